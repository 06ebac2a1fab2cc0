"""What each regularisation is worth on few, uneven cycles: each added or left out, and all.

    python benchmarks/deep_ablation.py                # prints
    python benchmarks/deep_ablation.py --write-docs   # and writes docs/reference/deep-learning.md

A run that was broken off goes on where it stopped.
"""

import argparse
import logging
from functools import partial

import numpy as np
from deep_folds import PAGE, Fit, Study, row, run, score
from joblib import cpu_count
from measured_page import machine, write_part

from locomotion_analysis import load_dataset
from locomotion_analysis.models.deep import (
    AugmentationChain,
    DeepClassifier,
    MagnitudeWarp,
    PhaseJitter,
    SideSwap,
    StrideNoise,
)
from locomotion_analysis.selection import SubjectStratifiedKFold

DEFAULTS = "defaults (no augmentation)"
CHANGES = (PhaseJitter, MagnitudeWarp, SideSwap, StrideNoise)


def variants():
    """Return the arguments of each variant that differ from the defaults."""
    found = {DEFAULTS: {}}
    for each in CHANGES:
        found[f"with {each.__name__}"] = {"augmentation": AugmentationChain([each()])}
    return found | {
        "with all four": {"augmentation": AugmentationChain([each() for each in CHANGES])},
        "no dropout": {"dropout": 0.0},
        "no weight decay": {"weight_decay": 0.0},
        "no label smoothing": {"label_smoothing": 0.0},
        "no early stopping": {"validation_share": None},
        "no subject balance": {"balance": None},
        "none of these": {
            "dropout": 0.0,
            "weight_decay": 0.0,
            "label_smoothing": 0.0,
            "validation_share": None,
            "balance": None,
        },
    }


def uneven(folds, subjects, seed=0):
    """Keep one to all training cycles of each subject, few of most."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(subjects))
    rank = np.empty(len(subjects), int)
    for subject in np.unique(subjects):
        own = order[subjects[order] == subject]
        rank[own] = np.arange(len(own))
    names, position = np.unique(subjects, return_inverse=True)
    most = np.exp(rng.uniform(0, np.log(np.bincount(position).max() + 1), len(names))).astype(int)
    kept = rank < most[position]
    return [(train[kept[train]], test) for train, test in folds]


def ablation(architecture, epochs, jobs):
    """Return the part of the page."""
    data = load_dataset("classification")
    channels, subjects = list(data.channels), data.cycles["subject"].to_numpy()
    curves = data.array(channels)
    labels = np.unique(data.cycles["pathology"].to_numpy(), return_inverse=True)[1]
    whole = SubjectStratifiedKFold(5).split(curves, labels, subjects)
    folds = uneven(list(whole), subjects)
    study = Study(f"ablation-{architecture}", labels, subjects, folds)
    make = partial(DeepClassifier, architecture, channels=channels, max_epochs=epochs, device="cpu")
    fits = {
        name: Fit(partial(make, **changed), curves, takes_groups=True)
        for name, changed in variants().items()
    }
    scores = {name: score(study, each.predicted) for name, each in run(study, fits, jobs).items()}
    trained = int(np.mean([len(train) for train, _ in folds]))
    return [
        f"## What each regularisation is worth: {architecture}",
        (
            f"Pathology from simulated cycles (no person was measured). Each subject gives one to "
            f"all of its training cycles, few of most: {trained:,} a fit, of "
            f"{len(np.unique(subjects[folds[0][0]]))} subjects; tested on all cycles of the "
            f"others. {epochs} epochs at most. Intervals are 95 %, over subjects."
        ),
        "\n".join(
            [
                "| variant | balanced accuracy | against the defaults |",
                "|---|---|---|",
                *(f"| {name} | {row(each, scores[DEFAULTS])} |" for name, each in scores.items()),
            ]
        ),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--jobs", type=int, default=cpu_count())
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--architecture", default="two_leg")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    part = ablation(asked.architecture, asked.epochs, asked.jobs)
    print("\n\n".join(part))
    if asked.write_docs:
        write_part(f"ablation {asked.architecture}", [*part, f"Measured {machine()}."], PAGE)


if __name__ == "__main__":
    main()
