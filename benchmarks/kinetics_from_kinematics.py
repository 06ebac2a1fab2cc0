"""Joint moments and ground reaction forces predicted from angles, on the embedded datasets.

    python benchmarks/kinetics_from_kinematics.py                # prints
    python benchmarks/kinetics_from_kinematics.py --recordings FOLDER --write-docs

``--recordings`` adds the measured people of that folder's ``raw/``; ``--only`` makes one section.
Sections are written into docs/reference/kinetics.md, the others stay. Needs the extra ``deep``.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from measured_page import DOCS, machine, write_part
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
from locomotion_analysis.ingest import convert, read_subjects
from locomotion_analysis.models.deep import CurveRegressor
from locomotion_analysis.models.deep.curve_baselines import MeanCurve, RidgeCurves
from locomotion_analysis.models.deep.kinetics import measured_curves
from locomotion_analysis.reporting import channel_title
from locomotion_analysis.reporting.markdown import markdown_table
from locomotion_analysis.standard import N_PHASES

PAGE = DOCS / "kinetics.md"
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
MEASURED = {
    "opensim_s01": "an adult, OpenSim inverse dynamics",
    "c3d_plugin_gait": "a healthy child, Plug-in Gait",
    "b3d": "an adult, AddBiomechanics",
}
"""Recordings with joint angles, moments and forces in files: folder, and who that is."""

SAGITTAL = [
    f"{joint}_angle_{side}_rad"
    for joint in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
    for side in ("ipsi", "contra")
]
MEASURED_TARGETS = [*TARGETS[:3], "grf_vertical_ipsi_BW", "grf_anterior_ipsi_BW"]


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
    lines = [
        f"## {DATASETS[name]}",
        f"`{name}`: {len(data):,} cycles of {len(set(found.arrays.groups))} subjects.",
        markdown_table(error_table(found)),
        "### Network, by phase of gait",
        markdown_table(phase_table(found)),
        subject_line(found),
        "### Physics",
        (
            "The impulse of both feet over a cycle is body weight times its duration; a foot in the "
            "air bears nothing; power is moment times angular velocity."
        ),
        markdown_table(physics_table(found)),
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
    lines.append(f"Measured {machine()}, {time.perf_counter() - started:.0f} s.")
    return lines


def measured_people(folder):
    """Yield name, what it is and level cycles of each recorded person."""
    for name, who in MEASURED.items():
        place = folder / "raw" / name
        table = place / "subject_info.csv"
        known = read_subjects(table) if table.exists() else None
        walks = convert([place], subjects=known).data.select(where="task == 'level_walking'")
        for subject in dict.fromkeys(walks.cycles["subject"]):
            yield f"{name} {subject}", who, walks.select(subject=subject)


def angles_and_rates(data):
    """Return sagittal angles and their rates of change, (n_cycles, 150, 12).

    Recordings hold no velocities: both are had from the angles in the same way here.
    """
    angles = data.array(SAGITTAL)
    step_s = data.cycles["cycle_duration_s"].to_numpy(float)[:, None, None] / (N_PHASES - 1)
    return np.concatenate([angles, np.gradient(angles, axis=1) / step_s], axis=2)


def measured_section(folder):
    """Return the paragraphs on measured people: models of simulated gait, applied to them."""
    started = time.perf_counter()
    walk = load_dataset("regression")
    models = {"mean curve": MeanCurve(), "ridge": RidgeCurves(), "network": CurveRegressor()}
    for model in models.values():
        model.fit(angles_and_rates(walk), measured_curves(walk, MEASURED_TARGETS), walk.groups)
    rows = []
    for name, who, data in measured_people(folder):
        true = measured_curves(data, MEASURED_TARGETS)
        guesses = {title: model.predict(angles_and_rates(data)) for title, model in models.items()}
        for place, target in enumerate(MEASURED_TARGETS):
            known = np.isfinite(true[..., place])
            own = true[..., place][known].astype(float)
            for title, guess in guesses.items():
                answer = guess[..., place][known].astype(float)
                rmse = np.sqrt(np.mean((answer - own) ** 2))
                rows.append(
                    {
                        "person": f"{name}, {who}",
                        "target": channel_title(target),
                        "cycles": int(known.any(axis=1).sum()),
                        "model": title,
                        "cell": f"{rmse:.3f}, {100 * rmse / np.ptp(own):.0f} %, "
                        f"{np.corrcoef(answer, own)[0, 1]:.2f}",
                    }
                )
    wide = pd.DataFrame(rows).pivot_table(
        index=["person", "target", "cycles"],
        columns="model",
        values="cell",
        aggfunc="first",
        sort=False,
    )
    people = len({row["person"] for row in rows})
    return [
        "## Measured people, from a model of simulated gait",
        (
            f"Trained on the simulated level walking of `regression` ({len(walk):,} cycles of "
            f"{len(set(walk.groups))} subjects, no person was measured), from the sagittal angles "
            f"and velocities of both legs alone, and applied to {people} people who were measured. "
            "Each cell: root mean square error (Nm/kg or BW), the same in percent of the measured "
            "range, and the correlation over all points."
        ),
        markdown_table(wide.reset_index()),
        (
            "For comparison: networks trained on measured gait and tested on other people of the same "
            "laboratory reached a mean correlation of 0.963 (feed-forward) and 0.935 (recurrent) over "
            "moments and forces (Mundt et al. 2020, Med Eng Phys 86:29, "
            "doi:10.1016/j.medengphy.2020.10.001)."
        ),
        (
            f"Beware: {people} people of three laboratories and three models of the body say little. "
            "Their axes, joint centres and filters differ from the simulator's, which counts as error "
            "here; a model for a laboratory is trained on that laboratory."
        ),
        f"Measured {machine()}, {time.perf_counter() - started:.0f} s.",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--recordings", type=Path, help="folder of the real recordings")
    parser.add_argument("--only", choices=[*DATASETS, "measured"], help="make one section")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    names = [asked.only] if asked.only else [*DATASETS, *(["measured"] if asked.recordings else [])]
    for name in names:
        if name == "measured":
            lines = measured_section(asked.recordings)
        else:
            lines = section(name, asked.write_docs)
        print("\n\n".join(lines), flush=True)
        if asked.write_docs:
            write_part(name, lines, PAGE)


if __name__ == "__main__":
    main()
