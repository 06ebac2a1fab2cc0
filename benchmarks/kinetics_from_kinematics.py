"""Joint moments and ground reaction forces predicted from angles, on the embedded datasets.

    python benchmarks/kinetics_from_kinematics.py                # prints
    python benchmarks/kinetics_from_kinematics.py --write-docs   # and writes docs/reference/kinetics.md

Needs the extra ``deep``.
"""

import argparse
import time
from pathlib import Path

from research.kinetics import (
    by_phase,
    by_subject,
    plot_error_along_cycle,
    plot_predicted_kinetics,
    power_check,
    support_check,
    swing_force_check,
)

from locomotion_analysis import load_dataset
from locomotion_analysis.evaluation.kinetics import evaluate_kinetics
from locomotion_analysis.files import atomic_path
from locomotion_analysis.reporting import channel_title

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "kinetics.md"
ANKLE = "ankle_dorsiflexion_moment_ipsi_Nm_kg"
TARGETS = [
    "hip_flexion_moment_ipsi_Nm_kg",
    "knee_flexion_moment_ipsi_Nm_kg",
    ANKLE,
    "hip_adduction_moment_ipsi_Nm_kg",
    "knee_adduction_moment_ipsi_Nm_kg",
    "grf_vertical_ipsi_BW",
    "grf_anterior_ipsi_BW",
    "grf_lateral_ipsi_BW",
    "grf_vertical_contra_BW",
]
DATASETS = {
    "classification": "Level, sloped and stair walking of six groups",
    "regression": "Level walking of five groups",
}
HEAD = """# Kinetics from kinematics

Joint moments and ground reaction forces of people whom the models never saw, predicted from joint
and segment angles and angular velocities. Five folds of subjects; root mean square errors over all
held-out cycles, in Nm/kg (moments) and BW (forces). In brackets 95 % intervals over
subjects. Made by `python benchmarks/kinetics_from_kinematics.py --write-docs`; how to do it on your
own data: [Predict kinetics](../how-to/predict-kinetics.md).

The data are simulated: no person was measured. Most of the error
that is left lies between people: their moments seem to differ in ways that their angles do not tell.

The mean curve is one curve for all cycles of the training, whatever the task: the more the tasks
differ, the easier it is to beat. The second table has one task only.

The network's size and dropout were chosen on two folds of the first dataset, so its first table is
slightly too good; the second dataset had no part in that choice.
"""


def markdown(table):
    lines = [" | ".join(map(str, table.columns)), " | ".join("---" for _ in table.columns)]
    lines += [" | ".join(map(str, row)) for row in table.itertuples(index=False)]
    return "\n".join(f"| {line} |" for line in lines)


def error_table(found):
    errors = found.errors
    table = errors.pivot_table(index="channel", columns="model", values="rmse", sort=False)
    own = errors[errors["model"] == "network"].set_index("channel")
    for baseline in ("mean_curve", "ridge"):
        name = f"below_{baseline}_percent"
        table[f"below {baseline.replace('_', ' ')} (%)"] = [
            f"{row[name]:.0f} ({row[f'{name}_low']:.0f} to {row[f'{name}_high']:.0f})"
            for _, row in own.iterrows()
        ]
    table = table.map(lambda value: value if isinstance(value, str) else f"{value:.3f}")
    table.insert(0, "target", [channel_title(name) for name in table.index])
    return table


def phase_table(found):
    phases = by_phase(found, "network")
    own = phases[phases["channel"].isin(TARGETS[:3])].copy()
    own["shown"] = [f"{r.rmse:.3f} ({r.low:.3f} to {r.high:.3f})" for r in own.itertuples()]
    table = own.pivot_table(
        index="gait_phase", columns="channel", values="shown", aggfunc="first", sort=False
    )
    return table.rename(columns=channel_title).reset_index(names="gait phase")


def subject_line(found):
    errors = by_subject(found, "network")[ANKLE]
    low, middle, high = errors.quantile([0.05, 0.5, 0.95])
    return (
        f"Ankle moment, network, by subject: median {middle:.3f} Nm/kg, "
        f"5th to 95th percentile {low:.3f} to {high:.3f}."
    )


def physics_table(found):
    support, swing = support_check(found), swing_force_check(found)
    power = power_check(found).pivot_table(index="model", columns="channel", values="rmse")
    table = support[["mean", "rms_error"]].join(swing["rms"]).join(power)
    table.columns = [
        "mean force of both feet (BW)",
        "its rms distance from 1 BW",
        "rms force in swing (BW)",
        *(f"{channel_title(name)}, RMSE (W/kg)" for name in power.columns),
    ]
    return table.map("{:.3f}".format).reset_index(names="moments and forces")


def section(name, figures):
    data = load_dataset(name)
    started = time.perf_counter()
    found = evaluate_kinetics(data, targets=TARGETS)
    print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
    lines = [
        f"## {DATASETS[name]}",
        f"`{name}`: {len(data):,} cycles of {len(set(found.arrays.groups))} subjects.",
        markdown(error_table(found)),
        "### Network, by phase of gait",
        markdown(phase_table(found)),
        subject_line(found),
        "### Physics",
        (
            "The impulse of both feet over a cycle is body weight times its duration; a foot in the "
            "air bears nothing; power is moment times angular velocity."
        ),
        markdown(physics_table(found)),
    ]
    if figures:
        for part, draw in (
            ("curves", plot_predicted_kinetics),
            ("error", plot_error_along_cycle),
        ):
            file = PAGE.with_name(f"kinetics-{name}-{part}.svg")
            with atomic_path(file) as temporary:
                draw(found, ANKLE).figure.savefig(temporary, format="svg", metadata={"Date": None})
            lines.append(f"![Ankle moment: {part}]({file.name})")
    text = "\n\n".join(lines)
    print(text, flush=True)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--only", choices=list(DATASETS), help="run one dataset, write nothing")
    asked = parser.parse_args()
    if asked.only:
        section(asked.only, figures=False)
        return
    parts = [section(name, asked.write_docs) for name in DATASETS]
    if asked.write_docs:
        with atomic_path(PAGE) as temporary:
            temporary.write_text("\n\n".join([HEAD.strip(), *parts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
