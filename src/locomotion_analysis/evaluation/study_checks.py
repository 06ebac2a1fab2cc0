"""The checks of a study that fit the model many times over."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.evaluation.learning_curve import learning_curve
from locomotion_analysis.evaluation.permutation import PermutationTest, permutation_test
from locomotion_analysis.evaluation.robustness import (
    missing_channels,
    noise_levels,
    other_laboratory,
    robustness,
)
from locomotion_analysis.progress import Progress, as_stage

PERMUTATIONS = 99
"""Enough for a smallest p of 0.01."""


@dataclass(frozen=True, slots=True)
class StudyChecks:
    """What the score is worth: against chance, with fewer people, disturbed, elsewhere.

    Attributes
    ----------
    permutation : PermutationTest
        Score with labels exchanged between people.
    learning_curve : DataFrame
        Score against the subjects trained on.
    robustness : DataFrame
        Score with a joint missing and with noise.
    laboratories : DataFrame or None
        Score in each dataset, trained on the others.
    no_laboratories : str
        Why there is none; empty where there is.
    """

    permutation: PermutationTest
    learning_curve: pd.DataFrame
    robustness: pd.DataFrame
    laboratories: pd.DataFrame | None
    no_laboratories: str


def study_checks(
    model: Any, X: pd.DataFrame, y: "pd.Series[Any]", cv: Any, seed: int, step: Progress
) -> StudyChecks:
    """Run all checks, one after the other.

    Parameters
    ----------
    model : scikit-learn estimator
        The study's model.
    X : DataFrame, shape (n_cycles, n_features)
        Features, indexed by the cycle key.
    y : Series, shape (n_cycles,)
        Target; of floating-point numbers for a regression alone.
    cv : splitter
        The study's folds.
    seed : int
        Seed of everything drawn.
    step : callable
        Called as ``step(stage, done, total)``.
    """
    study = (model, X, y, X.index.get_level_values("subject"))
    shared = {"cv": cv, "random_state": seed}
    disturbed = {**missing_channels(X), **noise_levels()}
    laboratories, why = _laboratories(*study, seed, step)
    return StudyChecks(
        permutation=permutation_test(*study, **shared, n_permutations=PERMUTATIONS, progress=step),
        learning_curve=learning_curve(*study, **shared, progress=step),
        robustness=robustness(*study, disturbed, **shared, progress=as_stage(step, "robustness")),
        laboratories=laboratories,
        no_laboratories=why,
    )


def _laboratories(
    model: Any, X: pd.DataFrame, y: "pd.Series[Any]", groups: pd.Index, seed: int, step: Progress
) -> tuple[pd.DataFrame | None, str]:
    if X.index.get_level_values("dataset").nunique() < 2:
        return None, "All cycles are of one dataset: nothing is known of another laboratory."
    try:
        table = other_laboratory(
            model, X, y, groups, random_state=seed, progress=as_stage(step, "other laboratory")
        )
    except LocomotionError as error:
        # A dataset of one class, or a person in two: part of the finding, not of the failure.
        return None, f"Not possible: expected {error.expected}, got {error.got}."
    return table, ""
