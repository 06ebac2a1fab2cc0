"""Targets of a trained model: which labels it knows, or that it predicts a quantity."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import TargetError
from locomotion_analysis.features.engineering.inputs import is_quantity

_SHOWN = 5


class Target(NamedTuple):
    """Name of the column predicted, and its sorted labels (None for a quantity)."""

    name: str | None
    classes: tuple[Any, ...] | None


def described_target(y: Any, n_rows: int, quantity: bool | None) -> Target:
    """Return what a target is, from the values a model is trained on.

    Raises
    ------
    TargetError
        If there is not one value a row, one is missing, or a quantity is not a number.
    """
    values = _complete(y)
    if len(values) != n_rows:
        raise TargetError(
            expected=f"one target a row ({n_rows})", got=f"{len(values)} targets", where="y"
        )
    name = getattr(y, "name", None)
    named = None if name is None else str(name)
    if is_quantity(values) if quantity is None else quantity:
        known_quantity(values)
        return Target(named, None)
    return Target(named, tuple(np.unique(values).tolist()))


def known_quantity(y: Any) -> NDArray[np.float64]:
    """Return a target as finite numbers.

    Raises
    ------
    TargetError
        If a value is missing, infinite or not a number.
    """
    try:
        values = _complete(y).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TargetError(
            expected="numbers, as the model was trained on", got=str(error), where="y"
        ) from error
    if not np.isfinite(values).all():
        raise TargetError(
            expected="finite numbers",
            got=f"{int((~np.isfinite(values)).sum())} of {len(values)} infinite",
            where="y",
        )
    return values


def known_labels(y: Any, classes: Sequence[Any]) -> NDArray[Any]:
    """Return labels that a model knows.

    Raises
    ------
    TargetError
        If a label is none of `classes`, or missing.
    """
    values = _complete(y)
    known = set(classes)
    unknown = [label for label in np.unique(values).tolist() if label not in known]
    if unknown:
        count = int(pd.Series(values).isin(unknown).sum())
        raise TargetError(
            expected=f"labels the model was trained on ({', '.join(map(repr, classes))})",
            got=f"{', '.join(map(repr, unknown[:_SHOWN]))} in {count} of {len(values)} rows",
            where="y",
            fix="leave these rows out, or train again with subjects of these classes",
        )
    return values


def _complete(y: Any) -> NDArray[Any]:
    column = pd.Series(y)
    missing = int(column.isna().sum())
    if missing:
        raise TargetError(
            expected="a target in every row",
            got=f"{missing} of {len(column)} rows without one",
            where="y",
            fix="leave these rows out",
        )
    values = column.infer_objects().to_numpy()
    # Text of pandas or NumPy, whatever its width: one kind of str.
    return values.astype(str) if values.dtype.kind in "OSU" else values
