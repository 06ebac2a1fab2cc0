"""What pretraining adds when a few real people are labelled.

    python benchmarks/transfer.py --recordings FOLDER                # prints
    python benchmarks/transfer.py --recordings FOLDER --write-docs   # and writes docs/reference

The folder has ``standard/hip_oa_phase.parquet``, ``standard/running_phase.parquet`` and
``raw/c3d_plugin_gait``.
"""

import argparse
import tempfile
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from measured_page import DOCS, machine
from research.few_subjects import plot_few_subject_curves
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation import few_subject_curves
from locomotion_analysis.evaluation.encoders import make_encoder
from locomotion_analysis.files import atomic_path
from locomotion_analysis.ingest import convert
from locomotion_analysis.models.deep import (
    FinetunedClassifier,
    FinetunedRegressor,
)
from locomotion_analysis.reporting.markdown import markdown_table

PAGE = DOCS / "transfer.md"
HIP, KNEE, ANKLE = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)
# Half of the healthy curves were cut at the other foot's contact, and none of the affected.
IN_PHASE = "session == 'M0' and (affected or (pathology == 'healthy' and side == 'right'))"
CYCLES_OF_A_RUNNER = 8
SCRATCH, LINEAR = "from scratch", "linear on the curves"
SIMULATED, MEASURED = "simulated", "simulated and measured"
HEAD = """# Pretraining, put to real people

A network is pretrained without labels: parts of cycles are hidden and it rebuilds them. It learns
from 800 simulated people, or from these and everybody in the recordings at hand but those of the
task: whoever is labelled or tested below had no part in the pretraining. Then it learns a task on
real recordings from 2, 5 and 10 people (of each class, where there are classes), drawn again and
again; everybody else is tested. The same network from random weights, scaled by its own training
cycles, is given three times the updates and twice the learning rate of the fine-tuning, so that it
is not starved. The line `linear on the curves` needs no network: a logistic or ridge regression on
the 150 points of each curve.

Intervals are 95 %, from a bootstrap of draws and tested people at once. A gain is against the
network from scratch, on the same draws and people; positive is better.
Made by `python benchmarks/transfer.py --recordings FOLDER --write-docs`.
"""


class Task(NamedTuple):
    """A question put to real recordings."""

    title: str
    source: str
    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    channels: list[str]


def hip_osteoarthritis(folder):
    file = folder / "standard" / "hip_oa_phase.parquet"
    data = LocomotionData.from_parquet(file).select(where=IN_PHASE)
    return Task(
        "Hip osteoarthritis or healthy, from hip flexion",
        "186 people, a mean curve each, before surgery (Bertaux et al. 2022, Sci Data, "
        "doi:10.1038/s41597-022-01483-3).",
        data.array([HIP]),
        data.cycles["pathology"].astype(str).to_numpy(),
        data.cycles["subject"].astype(str).to_numpy(),
        [HIP],
    )


def ankle_range(folder):
    data = LocomotionData.from_parquet(folder / "standard" / "running_phase.parquet")
    first = data.cycles.groupby("subject", observed=True).cumcount() < CYCLES_OF_A_RUNNER
    data = data.take(np.flatnonzero(first))
    return Task(
        "Range of the ankle while running (degrees), from hip and knee",
        f"46 runners at 2.5 m/s, {CYCLES_OF_A_RUNNER} cycles each (Fukuchi et al., BMC-RIC running "
        "set).",
        data.array([HIP, KNEE]),
        np.degrees(np.ptp(data.curves(ANKLE), axis=1)).astype(float),
        data.cycles["subject"].astype(str).to_numpy(),
        [HIP, KNEE],
    )


TASKS = {"hip": hip_osteoarthritis, "ankle": ankle_range}


def others(name, folder):
    """Return the recordings that may pretrain a network for a task: all but its own."""
    standard = folder / "standard"
    recordings = {
        "hip": lambda: LocomotionData.from_parquet(standard / "hip_oa_phase.parquet"),
        "ankle": lambda: LocomotionData.from_parquet(standard / "running_phase.parquet"),
        "children": lambda: convert([folder / "raw" / "c3d_plugin_gait"]).data,
    }
    return {each: read() for each, read in recordings.items() if each != name}


def encoder_of(architecture, recordings):
    started = time.perf_counter()
    made = make_encoder(
        recordings,
        tempfile.mkdtemp(),
        channels=[HIP, KNEE, ANKLE],
        architecture=architecture,
        network_options={"width": 32},
    )
    seconds = time.perf_counter() - started
    print(f"{architecture} pretrained, {', '.join(recordings) or 'simulated'}: {seconds:.0f} s")
    return made.encoder


def models_of(task, encoders):
    regression = task.y.dtype.kind == "f"
    kind = FinetunedRegressor if regression else FinetunedClassifier
    # Penalties by hand: of two people none can be spared to choose them.
    linear = Ridge(alpha=100.0) if regression else LogisticRegression(C=0.1, max_iter=1000)
    flat = FunctionTransformer(_flat)
    models = {
        SCRATCH: kind(
            encoders[SIMULATED],
            start="random",
            channels=task.channels,
            n_updates=300,
            learning_rate=1e-3,
        )
    }
    for source, encoder in encoders.items():
        models[f"{source}, frozen"] = kind(encoder, frozen=True, channels=task.channels)
        models[f"{source}, fine-tuned"] = kind(encoder, channels=task.channels)
    return models | {LINEAR: make_pipeline(flat, StandardScaler(), linear)}


def _flat(X):
    return X.reshape(len(X), -1)


def section(name, task, architecture, encoders, n_draws):
    started = time.perf_counter()
    curves = few_subject_curves(
        models_of(task, encoders), task.X, task.y, task.groups, reference=SCRATCH, n_draws=n_draws
    )
    picture = f"transfer-{name}-{architecture}.svg"
    lines = [
        f"## {task.title}: {architecture}",
        f"{task.source} {n_draws} draws.",
        markdown_table(_wide(curves.scores, "score", "Score")),
        "Gain over the network from scratch:",
        markdown_table(_wide(curves.gains, "gain", "Gain")),
        verdict(curves),
        f"![Scores against training subjects, with intervals]({picture})",
    ]
    text = "\n\n".join(lines)
    print(f"{name}, {architecture}: {time.perf_counter() - started:.0f} s\n\n{text}\n", flush=True)
    return text, curves, picture


def _wide(table, value, title):
    cells = table.assign(
        cell=[
            f"{row[value]:.3g} ({row['low']:.3g} to {row['high']:.3g})"
            for _, row in table.iterrows()
        ]
    )
    wide = cells.pivot_table(index="model", columns="n_subjects", values="cell", aggfunc="first")
    wide = wide.loc[list(dict.fromkeys(table["model"]))]
    wide.columns = [f"{title}, {number} subjects" for number in wide.columns]
    return wide.reset_index()


def verdict(curves):
    """Say what each pretraining did with five people."""
    gains = curves.gains[curves.gains["n_subjects"] == 5].set_index("model")
    said = []
    for source in (SIMULATED, MEASURED):
        gain, low, high = gains.loc[f"{source}, fine-tuned", ["gain", "low", "high"]]
        judged = (
            "better than from scratch"
            if low > 0
            else "worse than from scratch"
            if high < 0
            else "not distinguishable from training from scratch"
        )
        said.append(
            f"With 5 subjects the network pretrained on {source} people and fine-tuned is "
            f"{judged}: gain {gain:+.3g} ({low:+.3g} to {high:+.3g})."
        )
    return " ".join(said)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--architectures", nargs="+", default=["cnn"])
    parser.add_argument("--only", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--draws", type=int, default=6)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)  # small batches: a second thread costs more than it brings
    parts = []
    for architecture in asked.architectures:
        simulated = encoder_of(architecture, {})
        for name in asked.only:
            measured = encoder_of(architecture, others(name, asked.recordings))
            encoders = {SIMULATED: simulated, MEASURED: measured}
            task = TASKS[name](asked.recordings)
            parts.append(section(name, task, architecture, encoders, asked.draws))
    if asked.write_docs:
        for _, curves, picture in parts:
            plot_few_subject_curves(curves).figure.savefig(DOCS / picture, bbox_inches="tight")
        page = [HEAD.strip(), f"Measured {machine()}.", *(text for text, _, _ in parts)]
        with atomic_path(PAGE) as temporary:
            temporary.write_text("\n\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
