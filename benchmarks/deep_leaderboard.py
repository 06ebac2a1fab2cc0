"""Networks against classical models and random convolutions, on the same folds of subjects.

    python benchmarks/deep_leaderboard.py                # prints
    python benchmarks/deep_leaderboard.py --write-docs   # and writes docs/reference/deep-learning.md

A run that was broken off goes on where it stopped.
"""

import argparse
import logging
import warnings
from functools import partial

import numpy as np
from deep_folds import PAGE, Fit, Study, row, run, score
from joblib import cpu_count
from measured_page import machine, write_part
from sklearn.ensemble import VotingClassifier

from locomotion_analysis import load_dataset
from locomotion_analysis.evaluation.leaderboard import training_table
from locomotion_analysis.models.deep import ARCHITECTURES, DeepClassifier
from locomotion_analysis.models.supervised import PROBLEMS
from locomotion_analysis.models.timeseries import (
    mini_rocket_classifier,
    multi_rocket_hydra_classifier,
)
from locomotion_analysis.selection import SubjectStratifiedKFold

CLASSICAL = ("linear", "extra_trees", "boosting")
ROCKETS = {"MiniRocket": mini_rocket_classifier, "MultiRocket-Hydra": multi_rocket_hydra_classifier}
WITHIN = 0.01
N_AVERAGED = 5
# Chosen on 132 other simulated people (seed 901), for the two-leg network: every subject is trained
# on, a fixed number of epochs, and nothing is changed at random.
SETTINGS = {"validation_share": None, "augmentation": None, "device": "cpu"}


def models(data, problem, table, epochs):
    """Return all models to fit, by title."""
    channels = list(data.channels)
    curves = data.array(channels)
    recipes = (problem.recipe(name, 0) for name in CLASSICAL)
    found = {each.title: Fit(each.model, table.X, takes_groups=False) for each in recipes}
    found |= {title: Fit(make, curves, takes_groups=False) for title, make in ROCKETS.items()}
    for name in reversed(ARCHITECTURES):
        network = partial(DeepClassifier, name, channels=channels, max_epochs=epochs, **SETTINGS)
        found[f"network: {name}"] = Fit(network, curves, takes_groups=True)
    found[f"networks: {N_AVERAGED} two_leg"] = Fit(
        partial(averaged, channels, epochs), curves, takes_groups=False
    )
    return found


def averaged(channels, epochs):
    """Return networks that differ in their seed, and answer with their mean probability."""
    settings = {"channels": channels, "max_epochs": epochs, **SETTINGS}
    seeds = range(N_AVERAGED)
    return VotingClassifier(
        [
            (f"seed {seed}", DeepClassifier("two_leg", random_state=seed, **settings))
            for seed in seeds
        ],
        voting="soft",
    )


def compare(target, epochs, jobs):
    """Return the part of the page on one target."""
    data, problem = load_dataset("classification"), PROBLEMS[target]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = training_table(data, problem.target, problem)
    labels = np.unique(table.y.to_numpy(), return_inverse=True)[1]
    folds = list(SubjectStratifiedKFold(5).split(table.X, labels, table.groups))
    study = Study(f"leaderboard-{target}", labels, table.groups, folds)
    outcomes = run(study, models(data, problem, table, epochs), jobs)
    scores = {name: score(study, each.predicted) for name, each in outcomes.items()}
    networks = [name for name in scores if name.startswith("network")]
    best = max(scores.keys() - set(networks), key=lambda name: scores[name].value)
    order = sorted(scores, key=lambda name: -scores[name].value)
    lines = [
        f"| model | balanced accuracy, 95 % interval | against {best} | s a fit |",
        "|---|---|---|---|",
        *(
            f"| {name} | {row(scores[name], scores[best])} | {outcomes[name].seconds / 5:.0f} |"
            for name in order
        ),
    ]
    leading = max(networks, key=lambda name: scores[name].value)
    gap = scores[leading].value - scores[best].value
    verdict = "within one point of" if abs(gap) <= WITHIN else "above" if gap > 0 else "below"
    return [
        f"## {problem.target} from a cycle",
        (
            f"Simulated: no person was measured. {len(labels):,} cycles of "
            f"{len(set(table.groups))} subjects, five subject folds, the same for all; one "
            f"thread. Classical models see {table.X.shape[1]:,} features, among them speed and "
            f"step lengths; the others {len(data.channels)} curves."
        ),
        "\n".join(lines),
        (
            "Networks are trained on all training subjects for a fixed number of epochs, without "
            "augmentation: so chosen on 132 other simulated people. Classes are drawn equally "
            "often; the five averaged networks do not know the subjects."
        ),
        (
            f"The best network, {leading.split(': ')[1]}, is {verdict} the best other "
            f"model, {best}: {gap:+.3f}."
        ),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--jobs", type=int, default=cpu_count())
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--target", choices=["pathology", "task"], default="pathology")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    part = compare(asked.target, asked.epochs, asked.jobs)
    print("\n\n".join(part))
    if asked.write_docs:
        write_part(f"leaderboard {asked.target}", [*part, f"Measured {machine()}."], PAGE)


if __name__ == "__main__":
    main()
