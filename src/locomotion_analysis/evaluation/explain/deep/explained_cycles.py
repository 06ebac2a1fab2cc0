"""Cycles to explain and what to explain of them, checked once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.timeseries.curve_checks import checked_curves
from locomotion_analysis.selection.subjects import subject_codes

PREDICTED_VALUE = "predicted value"


def checked_cycles(X: Any, groups: Any, channels: Sequence[str]) -> NDArray[np.float32]:
    """Return the curves after checking that subjects and channel names fit them.

    Raises
    ------
    SchemaError
        If they do not.
    """
    curves = checked_curves(X, gaps=True)
    if len(channels) != curves.shape[2] or len(set(channels)) != len(channels):
        raise SchemaError(
            expected=f"{curves.shape[2]} different channel names, one for each of the last axis",
            got=f"{len(channels)}: {', '.join(map(str, channels[:5]))}",
            where="channels",
            fix="pass the features you gave to prepare_sequential_features",
        )
    codes, _ = subject_codes(groups)
    if len(codes) != len(curves):
        raise SchemaError(
            expected=f"a subject for each of {len(curves)} cycles",
            got=str(len(codes)),
            where="groups",
        )
    return curves


def outcomes_of(model: Any, X: NDArray[np.float32], outcome: Any) -> NDArray[Any]:
    """Return what is explained of each cycle: `outcome`, else the class the model predicts.

    Raises
    ------
    SchemaError
        If `outcome` is not a class of the model, the model predicts a quantity, or several.
    """
    if not is_classifier(model):
        if not is_regressor(model):
            raise SchemaError(
                expected="a classifier or a regressor, with one answer",
                got=type(model).__name__,
                where="model",
            )
        if outcome is not None:
            raise SchemaError(
                expected="no outcome: the model predicts a quantity",
                got=repr(outcome),
                where="outcome",
            )
        return np.full(len(X), PREDICTED_VALUE, dtype=object)
    if outcome is None:
        return np.asarray(model.predict(X))
    if outcome not in list(model.classes_):
        raise SchemaError(
            expected=f"a class of the model: {', '.join(map(str, model.classes_))}",
            got=repr(outcome),
            where="outcome",
        )
    return np.full(len(X), outcome, dtype=np.asarray(model.classes_).dtype)


def columns_of(model: Any, outcomes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the column of each cycle's outcome in what the model answers."""
    if not is_classifier(model):
        return np.zeros(len(outcomes), dtype=np.intp)
    position = {name: column for column, name in enumerate(model.classes_)}
    return np.array([position[name] for name in outcomes], dtype=np.intp)


def reference_curves(
    reference: Any, curves: NDArray[np.float32], groups: Any
) -> NDArray[np.float32]:
    """Return the curves to compare with: `reference`, else the mean of the subjects' means.

    Returns
    -------
    ndarray of float32, shape (n_points, n_channels)
        NaN where no cycle measured the channel.
    """
    if reference is None:
        flat = pd.DataFrame(curves.reshape(len(curves), -1))
        mean = flat.groupby(subject_codes(groups)[0]).mean().mean().to_numpy()
        return mean.reshape(curves.shape[1:]).astype(np.float32)
    found: NDArray[np.float32] = np.asarray(reference, dtype=np.float32)
    if found.shape != curves.shape[1:]:
        raise CycleShapeError(
            expected=f"a reference of {curves.shape[1]} points and {curves.shape[2]} channels",
            got=f"shape {found.shape}",
            where="reference",
        )
    return found
