"""Metadata columns of the cycles, as numbers."""

import numpy as np
import pandas as pd

from locomotion_analysis.features.feature import Values

LEG_LENGTH_PER_HEIGHT = 0.53
"""Trochanter height over body height (Drillis & Contini 1966)."""

POSTURAL_TASKS = ("sit_to_stand", "stand_to_sit")
"""Tasks without steps."""

_ABOVE_ZERO = (
    "cycle_duration_s",
    "cadence_steps_min",
    "stride_length_m",
    "step_length_m",
    "leg_length_m",
    "height_m",
    "mass_kg",
)


def number_column(cycles: pd.DataFrame, name: str) -> Values:
    """Return a column as float64, NaN where it is absent, no number, or impossible (<= 0)."""
    if name not in cycles:
        return np.full(len(cycles), np.nan)
    values = pd.to_numeric(cycles[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    impossible = ~np.isfinite(values)
    if name in _ABOVE_ZERO:
        impossible |= values <= 0
    return np.where(impossible, np.nan, values)


def impossible_counts(cycles: pd.DataFrame) -> dict[str, int]:
    """Return, by column, how many durations, lengths and masses are zero or less."""
    present = [name for name in _ABOVE_ZERO if name in cycles]
    numbers = cycles[present].apply(pd.to_numeric, errors="coerce")
    return {name: int(count) for name, count in (numbers <= 0).sum().items() if count}


def first_known(*candidates: Values) -> Values:
    """Return, for each cycle, the first candidate that is not NaN."""
    result = candidates[0]
    for values in candidates[1:]:
        result = np.where(np.isnan(result), values, result)
    return result


def leg_length_m(cycles: pd.DataFrame) -> Values:
    """Return measured leg length, or 0.53 of the body height where only that is known."""
    height = number_column(cycles, "height_m")
    return first_known(number_column(cycles, "leg_length_m"), LEG_LENGTH_PER_HEIGHT * height)


def has_steps(cycles: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return whether each cycle belongs to a task with steps."""
    return ~cycles["task"].isin(POSTURAL_TASKS).to_numpy(dtype=bool)
