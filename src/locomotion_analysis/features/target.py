"""The column to predict, and the features that would give it away."""

import logging
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import TargetError
from locomotion_analysis.features.feature import FeatureTable, LeftOut
from locomotion_analysis.standard import canonical_name

_logger = logging.getLogger(__name__)

_LENGTHS = frozenset({"stride_length_m", "step_length_m"})
_TIMES = frozenset({"cycle_duration_s", "cadence_steps_min"})
_TIED = {
    # speed = stride length / duration: of the three, at most one other may stay.
    "speed_m_s": _LENGTHS,
    "stride_length_m": _LENGTHS | {"speed_m_s"},
    "step_length_m": _LENGTHS | {"speed_m_s"},
    "cycle_duration_s": _LENGTHS | _TIMES,
    "cadence_steps_min": _LENGTHS | _TIMES,
}
"""Target -> columns that determine it exactly, alone or with one more."""


def labelled_cycles(data: LocomotionData, target: str) -> tuple[LocomotionData, "pd.Series[Any]"]:
    """Return the cycles whose target is known, and that target.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    target : str
        A column of ``data.cycles``, or an alias of one.

    Raises
    ------
    TargetError
        If there is no such column, or it is empty.
    """
    cycles = data.cycles
    name = target if target in cycles else canonical_name(target)
    if name not in cycles:
        near = get_close_matches(name, cycles.columns, n=3)
        raise TargetError(
            expected=f"a column of data.cycles ({', '.join(cycles.columns)})",
            got=repr(target),
            where="target",
            fix=f"did you mean {', '.join(near)}?" if near else "choose one of these columns",
        )
    known = cycles[name].notna().to_numpy()
    if not known.any():
        raise TargetError(
            expected=f"a value of {name} for some cycles",
            got=f"none in {len(cycles)} cycles",
            where=f"target {name}",
            fix="choose another column, or fill this one in",
        )
    if not known.all():
        _logger.warning("dropped %d of %d cycles without %s", (~known).sum(), len(known), name)
        data = data.take(np.flatnonzero(known))
    values = cycles.loc[known, name]
    return data, pd.Series(values.array, index=data.key, name=name)


def without_giveaways(table: FeatureTable, y: "pd.Series[Any]") -> FeatureTable:
    """Drop the features that contain the target, are computed from it, or equal it."""
    name = str(y.name)
    given_away = _TIED.get(name, frozenset()) | {name}
    drop = np.array(
        [bool(given_away & {spec.name, *spec.requires}) for spec in table.specs], dtype=bool
    )
    drop |= _equal_columns(table.frame, y)
    if not drop.any():
        return table
    specs = tuple(spec for spec, gone in zip(table.specs, drop, strict=True) if not gone)
    gone = tuple(
        LeftOut(spec.name, f"it would give the target {name} away")
        for spec, dropped in zip(table.specs, drop, strict=True)
        if dropped
    )
    return replace(
        table, frame=table.frame.loc[:, ~drop], specs=specs, left_out=(*table.left_out, *gone)
    )


def _equal_columns(frame: pd.DataFrame, y: "pd.Series[Any]") -> NDArray[np.bool_]:
    if not pd.api.types.is_numeric_dtype(y) or pd.api.types.is_bool_dtype(y):
        return np.zeros(frame.shape[1], dtype=bool)
    values = y.to_numpy(np.float64)
    same: NDArray[np.bool_] = np.isclose(frame.to_numpy(), values[:, None], rtol=1e-9, atol=0.0)
    everywhere: NDArray[np.bool_] = np.all(same, axis=0)
    return everywhere
