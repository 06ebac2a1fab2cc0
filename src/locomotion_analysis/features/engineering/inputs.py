"""What may be handed to the feature engineer, brought to one row a cycle."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import TargetError
from locomotion_analysis.standard import KEY, PHASE_COLUMN, canonical_name

_MOST_CLASSES = 20
"""A numeric target with more distinct values is a quantity, not a label."""


def is_long_frame(X: Any) -> bool:
    """Return whether `X` is a pandas frame with one row a phase."""
    return isinstance(X, pd.DataFrame) and any(
        canonical_name(str(name)) == PHASE_COLUMN for name in X.columns
    )


def as_cycles(X: Any) -> LocomotionData | None:
    """Return `X` as gait cycles, or None where it holds features already."""
    if isinstance(X, LocomotionData):
        return X
    return LocomotionData.from_dataframe(X) if is_long_frame(X) else None


def target_per_cycle(X: Any, y: Any, n_cycles: int) -> NDArray[Any]:
    """Return the target with one value a cycle.

    Parameters
    ----------
    X : DataFrame, LocomotionData or array
        What the engineer was given.
    y : array-like
        One value a row of a long frame, or one a cycle.
    n_cycles : int
        Cycles in `X`.

    Raises
    ------
    TargetError
        If the length fits neither, the target changes within a cycle, or is missing somewhere.
    """
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    n_rows = len(X) if is_long_frame(X) else n_cycles
    if values.ndim != 1 or len(values) not in (n_cycles, n_rows):
        raise TargetError(
            expected=f"one target a cycle ({n_cycles})"
            + (f" or a row ({n_rows})" if n_rows != n_cycles else ""),
            got=f"an array of shape {values.shape}",
            where="y",
            fix="pass a column of the same data",
        )
    if len(values) != n_cycles:
        values = _first_of_each_cycle(X, values)
    if pd.isna(values).any():
        raise TargetError(
            expected="a target for every cycle",
            got=f"{int(pd.isna(values).sum())} of {n_cycles} cycles without one (NaN)",
            where="y",
            fix="leave those cycles out first: data.select(where='<column>.notna()')",
        )
    return values


def is_quantity(y: NDArray[Any]) -> bool:
    """Return whether a target is a number to regress on: fractions, or over 20 values."""
    if y.dtype.kind not in "iuf":
        return False
    return bool((y % 1 != 0).any()) or len(np.unique(y)) > _MOST_CLASSES


def _first_of_each_cycle(frame: pd.DataFrame, values: NDArray[Any]) -> NDArray[Any]:
    """Reduce a target given a row, cycles in order of first appearance as they are read."""
    key = [name for name in frame.columns if canonical_name(str(name)) in KEY]
    cycle = frame.groupby(key, sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(cycle, return_index=True)[1]
    codes = pd.factorize(values)[0]
    changes = codes != codes[first][cycle]
    if changes.any():
        row = int(changes.argmax())
        raise TargetError(
            expected="one target value a cycle",
            got=f"{values[row]!r} and {values[first[cycle[row]]]!r} in one cycle",
            where=", ".join(f"{name}={frame[name].iloc[row]}" for name in key),
            fix="choose a column that does not change within a cycle",
        )
    reduced: NDArray[Any] = values[first]
    return reduced
