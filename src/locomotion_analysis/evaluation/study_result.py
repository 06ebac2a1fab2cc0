"""What a study found: its scores, the cautions beside them, tables of detail, and the checks."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.evaluation.checks import (
    PermutationTest,
    learning_curve,
    missing_channels,
    noise_levels,
    other_laboratory,
    permutation_test,
    robustness,
)
from locomotion_analysis.evaluation.hardest_cycles import hardest_cycles
from locomotion_analysis.evaluation.metrics import Score, headline_scores
from locomotion_analysis.evaluation.probability import (
    calibration_scores,
    discrimination_scores,
    has_probabilities,
)
from locomotion_analysis.evaluation.study_inputs import Kind
from locomotion_analysis.evaluation.subject_scores import (
    agreement,
    class_metrics,
    fairness_table,
    subject_calls,
    subject_level_metrics,
)
from locomotion_analysis.progress import Progress, as_stage
from locomotion_analysis.quality import identity_findings
from locomotion_analysis.quality.norm_fit import out_of_phase
from locomotion_analysis.reporting.names import channel_title, number_text, value_title
from locomotion_analysis.standard import Channel

_FAR_DEVIATIONS = 10.0
_MAD_TO_SD = 1.4826
_FEW_SUBJECTS = 10
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


@dataclass(frozen=True, slots=True)
class StudyResult:
    """One study: data, features, scores and the files that tell of them.

    Attributes
    ----------
    kind : {"classification", "regression"}
        What the target's values asked for.
    target : str
        Column that was predicted.
    data : LocomotionData
        The cycles that were modelled: those with a target.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle; third of the range for a continuous target.
    X : DataFrame, shape (n_cycles, n_features)
        Features, indexed by the cycle key.
    y : Series, shape (n_cycles,)
        Target.
    results : dict
        What the evaluator returned.
    left_out : tuple of (str, str)
        What was left out, and why.
    notes : tuple of str
        What was assumed when the features were computed.
    cautions : tuple of str
        What to know before believing the score.
    model : str
        The model in words.
    n_splits : int
        Folds of the cross-validation.
    seed : int
        Seed of folds and model.
    provenance : dict
        Files with hashes, versions, platform, time.
    out : Path
        Folder of the three files.
    details : dict
        Tables of classes, probabilities, groups of people and hardest cycles: those that these
        results allow.
    checks : StudyChecks or None
        Permutation test, learning curve, robustness and other laboratories; None unless asked.
    """

    kind: Kind
    target: str
    data: LocomotionData
    labels: NDArray[Any]
    X: pd.DataFrame
    y: "pd.Series[Any]"
    results: dict[str, Any]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    cautions: tuple[str, ...]
    model: str
    n_splits: int
    seed: int
    provenance: dict[str, Any]
    out: Path
    details: dict[str, pd.DataFrame]
    checks: StudyChecks | None = None

    def __repr__(self) -> str:
        first = self.headline
        return (
            f"StudyResult: {self.target} by {self.model.partition(':')[0]}, {len(set(self.data.groups))} subjects\n"
            f"  {first.name} {number_text(first.value)} "
            f"({number_text(first.low)} to {number_text(first.high)})\n  {self.report_path}"
        )

    @property
    def scores(self) -> list[Score]:
        """All scores, the headline first."""
        return headline_scores(self.results, self.kind)

    @property
    def headline(self) -> Score:
        """The score to quote: balanced accuracy, or mean absolute error."""
        return self.scores[0]

    @property
    def report_path(self) -> Path:
        """The report, one self-contained HTML file."""
        return self.out / "report.html"

    @property
    def features_path(self) -> Path:
        """The features with key and target, Parquet."""
        return self.out / "features.parquet"

    @property
    def metrics_path(self) -> Path:
        """All numbers, JSON."""
        return self.out / "metrics.json"


def cautions(data: LocomotionData, labels: NDArray[Any]) -> list[str]:
    """Return what to beware of, one sentence or two each; empty where nothing was found.

    Parameters
    ----------
    data : LocomotionData
        The cycles that were modelled.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle, or third of a continuous target.
    """
    found = [str(each) for each in identity_findings(data) if each.is_open]
    counts = pd.Series(data.groups).groupby(labels).nunique()
    few = counts[counts < _FEW_SUBJECTS].astype(int)
    if not few.empty:
        named = ", ".join(f"{value_title(name)} {count}" for name, count in few.items())
        found.append(
            f"Few subjects: {named}. However many cycles each has, scores from so few people are "
            "uncertain; the intervals show how much."
        )
    shifted = out_of_phase(data)
    if shifted.any():
        each = pd.Series(shifted).groupby(labels).agg(["sum", "size"])
        named = ", ".join(
            f"{value_title(name)} {row['sum']:,} of {row['size']:,}"
            for name, row in each.iterrows()
        )
        found.append(
            f"{int(shifted.sum()):,} cycles are about half a cycle out of phase with their own leg's "
            f"foot contact, as check GAIT108 finds them ({named}). Mean curves blend the two kinds, "
            "and a model may tell classes apart by this alone. Cut these cycles at the "
            "contact of their own foot, or leave them out."
        )
    # Forces and powers swing by nature at contact and toe-off; only angles are judged.
    angles = [name for name in data.channels if Channel.parse(name).measurement == "angle"]
    far = {name: cycles for name in angles if (cycles := far_cycles(data, name)).any()}
    if far:
        named = "; ".join(f"{channel_title(name)} {cycles.sum():,}" for name, cycles in far.items())
        anywhere = np.logical_or.reduce(list(far.values()))
        subjects = len(np.unique(data.groups[anywhere].astype(str)))
        found.append(
            f"{int(anywhere.sum()):,} of {len(data):,} cycles, of {subjects} "
            f"subject{'s' * (subjects != 1)}, have an angle more than ten robust standard "
            f"deviations from the other cycles of their task ({named}). They were kept, in the "
            "curves and in the model; look whether they are faulty."
        )
    return found


def far_cycles(data: LocomotionData, channel: str) -> NDArray[np.bool_]:
    """Tell which cycles lie implausibly far from the others of their task.

    Far means more than ten robust standard deviations (1.4826 times the median absolute
    deviation, at no phase taken smaller than its median over the cycle) from the median curve.

    Returns
    -------
    ndarray of bool, shape (n_cycles,)
    """
    curves, far = data.curves(channel), np.zeros(len(data), dtype=bool)
    for rows in data.cycles.groupby("task").indices.values():
        of_task = curves[rows][~np.isnan(curves[rows]).all(axis=1)]
        if not len(of_task):
            continue
        with warnings.catch_warnings():
            # A phase at which nobody was measured has no median, and no cycle is far there.
            warnings.filterwarnings("ignore", message="All-NaN slice", category=RuntimeWarning)
            distance = np.abs(curves[rows] - np.nanmedian(of_task, axis=0))
            spread = _MAD_TO_SD * np.nanmedian(distance[~np.isnan(distance).all(axis=1)], axis=0)
        usual = np.nanmedian(spread)
        spread = np.maximum(spread, usual)
        if usual > 0:
            far[rows] = (np.nan_to_num(distance) > _FAR_DEVIATIONS * spread).any(axis=1)
    return far


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
    laboratories, why = None, ""
    if X.index.get_level_values("dataset").nunique() < 2:
        why = "All cycles are of one dataset: nothing is known of another laboratory."
    else:
        told = as_stage(step, "other laboratory")
        try:
            laboratories = other_laboratory(*study, progress=told)
        except LocomotionError as error:
            # A dataset of one class, or a person in two: part of the finding, not of the failure.
            why = f"Not possible: expected {error.expected}, got {error.got}."
    return StudyChecks(
        permutation=permutation_test(*study, **shared, n_permutations=PERMUTATIONS, progress=step),
        learning_curve=learning_curve(*study, **shared, progress=step),
        robustness=robustness(*study, disturbed, **shared, progress=as_stage(step, "robustness")),
        laboratories=laboratories,
        no_laboratories=why,
    )


def study_details(results: dict[str, Any], data: LocomotionData) -> dict[str, pd.DataFrame]:
    """Return the tables that these results allow.

    Parameters
    ----------
    results : dict
        What an evaluation of all cycles of `data` returned.
    data : LocomotionData
        The cycles.

    Returns
    -------
    dict
        ``fairness`` and ``hardest_cycles``; of a classification ``class_metrics``,
        ``subject_level`` where each subject has one class, ``discrimination`` and
        ``calibration`` where the model gives probabilities; of a regression ``agreement``.
    """
    tables = {
        "fairness": fairness_table(results, data.cycles),
        "hardest_cycles": hardest_cycles(results, data.cycles),
    }
    if results["kind"] == "regression":
        return {**tables, "agreement": agreement(results)}
    tables["class_metrics"] = class_metrics(results)
    if subject_calls(results).index.is_unique:
        tables["subject_level"] = subject_level_metrics(results)
    if has_probabilities(results):
        tables["discrimination"] = discrimination_scores(results)
        tables["calibration"] = calibration_scores(results)
    return tables
