"""Which part of a cycle the answer hangs on: take it away and ask the model again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.explain.deep.cycle_relevance import CycleRelevance
from locomotion_analysis.evaluation.explain.deep.explained_cycles import (
    checked_cycles,
    columns_of,
    outcomes_of,
    reference_curves,
)
from locomotion_analysis.evaluation.explain.sequences import ALL_CHANNELS


def phase_occlusion(
    model: Any,
    X: Any,
    groups: Any,
    channels: Sequence[str],
    *,
    outcome: Any = None,
    n_windows: int = 20,
    by_channel: bool = False,
    reference: Any = None,
) -> CycleRelevance:
    """Put a reference curve in the place of each window and see how the answer falls.

    Unlike :func:`sequence_importance`, which fits anew in every fold and asks what the score
    loses, this explains one fitted model, cycle by cycle.

    Parameters
    ----------
    model : fitted scikit-learn estimator
        Takes ``(n_cycles, n_points, n_channels)``; a classifier with ``predict_proba``, or a
        regressor.
    X : ndarray, shape (n_cycles, n_points, n_channels)
        Cycles of people the model was not trained on, in the channels' units.
    groups : array-like, shape (n_cycles,)
        Subject of each cycle.
    channels : sequence of str
        Names of the channels, in the order of the last axis.
    outcome : object, optional
        Class to explain; for each cycle the class that the model predicts where None.
    n_windows : int
        Windows of equal length that the cycle is cut into.
    by_channel : bool
        Whether each channel is occluded by itself, which asks the model as many times more;
        all channels together where False.
    reference : array-like, shape (n_points, n_channels), optional
        Curves put in; the mean curve of the subjects in `X` where None. Curves that were not
        measured stay so.

    Returns
    -------
    CycleRelevance
        Fall of the probability of the outcome, or of the predicted value in its unit.

    Raises
    ------
    SchemaError
        If channels, subjects, outcome or windows do not fit.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> rng, subjects = np.random.default_rng(0), np.repeat(np.arange(20), 2)
    >>> X = rng.normal(0, 0.1, (40, 20, 1))
    >>> X[:, 5:10, 0] += (subjects % 2)[:, None]
    >>> flat = make_pipeline(FunctionTransformer(lambda x: x.reshape(len(x), -1)), LogisticRegression())
    >>> found = phase_occlusion(flat.fit(X, subjects % 2), X, subjects, ["knee"], n_windows=4)
    >>> float(found.profile().set_index("start")["relevance"].idxmax())
    25.0
    """
    curves = checked_cycles(X, groups, channels)
    if not 2 <= n_windows <= curves.shape[1]:
        raise SchemaError(
            expected=f"2 to {curves.shape[1]} windows", got=str(n_windows), where="n_windows"
        )
    outcomes = outcomes_of(model, curves, outcome)
    columns = columns_of(model, outcomes)
    put_in = np.where(np.isnan(curves), np.nan, reference_curves(reference, curves, groups))
    every = np.arange(len(channels))
    parts = [every[[position]] for position in every] if by_channel else [every]
    windows = np.array_split(np.arange(curves.shape[1]), n_windows)

    untouched = _answer(model, curves, columns)
    values = np.empty((len(curves), n_windows, len(parts)), np.float32)
    for step, window in enumerate(windows):
        for part, positions in enumerate(parts):
            occluded = curves.copy()
            where = np.ix_(np.arange(len(curves)), window, positions)
            occluded[where] = put_in[where]
            values[:, step, part] = untouched - _answer(model, occluded, columns)
    return CycleRelevance(
        values=values,
        edges=np.linspace(0, 100, n_windows + 1),
        channels=tuple(channels) if by_channel else (ALL_CHANNELS,),
        outcomes=outcomes,
        subjects=np.asarray(groups),
        quantity="fall of the probability"
        if is_classifier(model)
        else "fall of the predicted value",
    )


def _answer(
    model: Any, curves: NDArray[np.float32], columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the probability of each cycle's outcome, or the predicted value."""
    found: NDArray[np.float64]
    if is_classifier(model):
        found = np.asarray(model.predict_proba(curves), float)[np.arange(len(curves)), columns]
    else:
        found = np.asarray(model.predict(curves), float).reshape(len(curves))
    return found
