"""The cycles a generator learns from, and what of the data it leaves aside."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.deep.generation.drawn_channels import ChannelPlan, channel_plan

DURATION = "cycle_duration_s"
FEWEST_CYCLES = 8


class TrainingCycles(NamedTuple):
    """What a generator learns from.

    Attributes
    ----------
    plan : ChannelPlan
        Which channels are drawn.
    cycles : DataFrame
        The cycles that have all of them.
    curves : ndarray of float32, shape (n_cycles, n_points, n_drawn)
        Their curves.
    durations : ndarray of float64, shape (n_cycles,), or None
        Their durations, s; None where one is not known.
    """

    plan: ChannelPlan
    cycles: pd.DataFrame
    curves: NDArray[np.float32]
    durations: NDArray[np.float64] | None


def training_cycles(data: LocomotionData, channels: Sequence[str] | None) -> TrainingCycles:
    """Return the cycles without gaps.

    Raises
    ------
    SchemaError
        If a channel is not there, or fewer than eight cycles have all of them.
    """
    if not isinstance(data, LocomotionData):
        raise SchemaError(
            expected="LocomotionData: a generator needs the cycles' tasks and subjects",
            got=type(data).__name__,
            where="data",
        )
    measured = [name for name in data.channels if np.isfinite(data.curves(name)).any()]
    durations = _durations(data.cycles)
    plan = channel_plan(measured, channels, durations=durations is not None)
    curves = data.array(plan.drawn)
    whole = np.isfinite(curves).all(axis=(1, 2))
    if whole.sum() < FEWEST_CYCLES:
        raise SchemaError(
            expected=f"at least {FEWEST_CYCLES} cycles with all of {len(plan.drawn)} channels",
            got=f"{int(whole.sum())} of {len(data)}",
            where="data",
            fix="name the channels that were measured together in `channels`",
        )
    if not whole.all():
        warnings.warn(
            f"{int((~whole).sum())} of {len(data)} cycles lack one of the {len(plan.drawn)} "
            "channels to draw and are left out; name fewer in `channels` to keep them.",
            LocomotionWarning,
            stacklevel=4,
        )
    return TrainingCycles(
        plan,
        data.cycles.iloc[np.flatnonzero(whole)].reset_index(drop=True),
        curves[whole],
        None if durations is None else durations[whole],
    )


def _durations(cycles: pd.DataFrame) -> NDArray[np.float64] | None:
    if DURATION not in cycles:
        return None
    seconds: NDArray[Any] = cycles[DURATION].to_numpy(np.float64, na_value=np.nan)
    return seconds if bool((seconds > 0).all() and np.isfinite(seconds).all()) else None
