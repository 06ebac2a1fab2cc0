"""What a classifier trained on generated cycles knows of real people."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.bootstrap import percentile_interval, subject_weights
from locomotion_analysis.evaluation.generation.compared_cycles import (
    CurveSpace,
    labels_of,
    subjects_of,
)
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.evaluation.metric_sums import metric_values, sums_of

_METRIC = "balanced_accuracy"


def predictive_scores(
    training: LocomotionData,
    generated: LocomotionData,
    held_out: LocomotionData,
    space: CurveSpace,
    target: str,
    *,
    classifier: Any = None,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Train on generated, on real and on both, and test on people whom nothing was trained on.

    "Train on synthetic, test on real" of Esteban, Hyland & Rätsch (2017,
    https://arxiv.org/abs/1706.02633).

    Parameters
    ----------
    training, generated, held_out : LocomotionData
        Cycles the generator learnt from, cycles it made for the same conditions, and cycles of
        other people.
    space : CurveSpace
        Scales of the channels.
    target : str
        Column of classes to predict from the curves.
    classifier : scikit-learn classifier, optional
        Takes curves (n_cycles, 150, n_channels). Default: logistic regression on mean,
        standard deviation, maximum and minimum of each channel, classes weighing the same.
    n_bootstrap, random_state : int
        Draws of the people tested, and seed.

    Returns
    -------
    DataFrame
        Indexed by ``trained_on`` (real, generated, both): ``score`` (balanced accuracy) with
        ``low`` and ``high`` (95 %), and ``gain`` over real with ``gain_low`` and ``gain_high``.
    """
    model = _default_classifier() if classifier is None else classifier
    sources = {"real": [training], "generated": [generated], "both": [training, generated]}
    true = labels_of(held_out, target)
    classes = np.unique(np.concatenate([labels_of(training, target), true]))
    subject, n_subjects = subjects_of(held_out)
    weights = subject_weights(n_subjects, n_bootstrap, random_state)
    tested = space.curves(held_out)
    sums: dict[str, NDArray[Any]] = {}
    for name, parts in sources.items():
        curves = np.concatenate([space.curves(part) for part in parts])
        labels = np.concatenate([labels_of(part, target) for part in parts])
        predicted = clone(model).fit(curves, labels).predict(tested)
        sums[name] = sums_of(true, predicted, classes)(subject, n_subjects)
    return said_simulated(_score_table(sums, weights), simulated=True)


def _score_table(sums: dict[str, NDArray[Any]], weights: NDArray[np.int64]) -> pd.DataFrame:
    score = {name: float(metric_values(_METRIC, each.sum(axis=0))) for name, each in sums.items()}
    draws = {
        name: metric_values(_METRIC, np.tensordot(weights, each, axes=1))
        for name, each in sums.items()
    }
    rows = []
    for name in sums:
        low, high = percentile_interval(draws[name])
        gain_low, gain_high = percentile_interval(draws[name] - draws["real"])
        gain = score[name] - score["real"]
        rows.append((name, score[name], low, high, gain, gain_low, gain_high))
    columns = ["trained_on", "score", "low", "high", "gain", "gain_low", "gain_high"]
    return pd.DataFrame(rows, columns=columns).set_index("trained_on")


def _default_classifier() -> Pipeline:
    return Pipeline(
        [
            ("describe", FunctionTransformer(_statistics)),
            ("scale", StandardScaler()),
            ("classify", LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)),
        ]
    )


def _statistics(curves: NDArray[Any]) -> NDArray[Any]:
    """Mean, standard deviation, maximum and minimum of each channel."""
    return np.concatenate(
        [curves.mean(axis=1), curves.std(axis=1), curves.max(axis=1), curves.min(axis=1)], axis=1
    )
