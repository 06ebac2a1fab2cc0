"""How good the answers were, of those whose truth became known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.metric_sums import ERRORS, metric_values, sums_of
from locomotion_analysis.production.bundle.manifest import Manifest
from locomotion_analysis.production.monitoring.drift.drift import FEWEST_PEOPLE


@dataclass(frozen=True)
class LivePerformance:
    """Scores of answers whose label came later.

    Attributes
    ----------
    n_labelled, n_subjects : int
        Rows and people with a label.
    metric : str
        ``balanced_accuracy``, or ``mae`` of a quantity.
    score : float or None
        None with fewer than eight people.
    interval : tuple of float or None
        95 %, over people.
    trained : float or None
        The score on people not trained on, when the model was made.
    worse : bool
        Whether the interval lies wholly on the bad side of that score.
    """

    n_labelled: int
    n_subjects: int
    metric: str
    score: float | None
    interval: Interval | None
    trained: float | None
    worse: bool


def live_performance(
    predictions: pd.DataFrame, manifest: Manifest, n_bootstrap: int = 2000, random_state: int = 0
) -> LivePerformance:
    """Score the predictions that have a label.

    Parameters
    ----------
    predictions : DataFrame
        Of :meth:`PredictionStore.read`: ``subject``, ``prediction``, ``label``.
    manifest : Manifest
        Of the bundle: kind and scores.
    n_bootstrap, random_state : int
        Draws of people, and their seed.
    """
    classes = manifest.kind == "classification"
    metric = "balanced_accuracy" if classes else "mae"
    known = predictions.dropna(subset=["label", "subject"])
    subject, people = pd.factorize(known["subject"], sort=True)
    trained = manifest.metrics[metric].value if metric in manifest.metrics else None
    if len(people) < FEWEST_PEOPLE:
        return LivePerformance(len(known), len(people), metric, None, None, trained, False)
    kind = str if classes else float
    true, predicted = (known[name].to_numpy().astype(kind) for name in ("label", "prediction"))
    names = np.unique(np.concatenate([true, predicted])) if classes else None
    sums = np.asarray(sums_of(true, predicted, names)(subject, len(people)))
    score = float(metric_values(metric, sums.sum(axis=0)))
    weights = subject_weights(len(people), n_bootstrap, random_state)
    interval = percentile_interval(metric_values(metric, resampled_sums(weights, sums)))
    beyond = trained is not None and (
        interval[0] > trained if metric in ERRORS else interval[1] < trained
    )
    return LivePerformance(len(known), len(people), metric, score, interval, trained, beyond)
