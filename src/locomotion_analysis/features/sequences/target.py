"""The target of every labelled cycle, as numbers a loss function takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import TargetError
from locomotion_analysis.features.engineering.inputs import is_quantity
from locomotion_analysis.features.target import labelled_cycles
from locomotion_analysis.standard import N_PHASES


@dataclass(frozen=True)
class EncodedTarget:
    """The labelled cycles and their target.

    Attributes
    ----------
    rows : ndarray of intp, shape (n_labelled,)
        Positions of the labelled cycles, ascending.
    values : ndarray of int64 or float32, shape (n_labelled,)
        Positions in `classes`; or the quantity itself.
    classes : ndarray or None
        The labels, sorted; None for a quantity.
    """

    rows: NDArray[np.intp]
    values: NDArray[Any]
    classes: NDArray[Any] | None


def encoded_target(
    cycles: pd.DataFrame, target: str, classes: Sequence[Any] | None = None
) -> EncodedTarget:
    """Encode a column of the cycles; cycles without a value are left out and counted in the log.

    Parameters
    ----------
    cycles : DataFrame
        One row a gait cycle, as ``data.cycles``.
    target : str
        One of its columns, or an alias of one. Numbers with fractions, or of more than 20
        values, are a quantity; everything else is labels.
    classes : sequence, optional
        The labels, in the order of their codes; the sorted labels of `cycles` where None.

    Raises
    ------
    TargetError
        If the column is unknown or empty, or has a label that is not in `classes`.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": ["A", "B"], "task": "run", "step": 0, "sex": ["m", "f"]})
    >>> encoded_target(cycles, "sex").values.tolist()
    [1, 0]
    """
    y = _labels(cycles, target)
    rows = np.flatnonzero(cycles[y.name].notna())
    values = y.to_numpy()
    if classes is None and is_quantity(values):
        return EncodedTarget(rows, values.astype(np.float32), None)
    values = values if values.dtype.kind in "biuf" else values.astype(str)
    found = np.unique(values)
    known = found if classes is None else np.asarray(classes)
    codes = pd.Index(known).get_indexer(pd.Index(values))
    if (codes < 0).any():
        raise TargetError(
            expected=f"labels among {', '.join(map(str, known))}",
            got=", ".join(str(label) for label in found if label not in known),
            where=f"target {y.name}",
            fix="leave those cycles out with data.select, or leave `classes` out",
        )
    return EncodedTarget(rows, codes.astype(np.int64), known)


def _labels(cycles: pd.DataFrame, target: str) -> "pd.Series[Any]":
    """Return the known values of the target, without touching any curve."""
    without_curves = np.empty((0, len(cycles), N_PHASES), dtype=np.float32)
    return labelled_cycles(LocomotionData(cycles, without_curves, ()), target)[1]
