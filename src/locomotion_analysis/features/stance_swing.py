"""Extremes of the ipsilateral leg's and the midline's curves in stance and in swing."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.feature import DESCRIPTIVE, Feature, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import PHASE_PERCENT

_MEASUREMENTS = ("angle", "velocity", "acceleration", "moment", "power")


def stance_swing_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield the largest and smallest value before and after toe-off.

    The contralateral leg is left aside: its stance is another part of the cycle.
    """
    channels = view.of_measurement(*_MEASUREMENTS)
    if np.isnan(view.stance.percent).all():
        yield LeftOut("stance and swing extremes", "no task with a known end of stance")
        return
    for name, channel in channels.items():
        if channel.side == "contra":
            continue
        for window in ("stance", "swing"):
            for extreme in ("max", "min"):
                spec = FeatureSpec(
                    name=f"{name}_{window}_{extreme}",
                    group="derived",
                    unit=channel.unit,
                    formula=f"{extreme} over {window}",
                    source=DESCRIPTIVE,
                    requires=(name, "stance_percent"),
                )
                yield Feature(spec, partial(_extreme, view, name, window, extreme))


def extreme_within(curves: NDArray[np.floating], mask: NDArray[np.bool_], extreme: str) -> Values:
    """Return the max or min of each curve where `mask` is true; NaN where it never is."""
    if extreme == "max":
        found = np.where(mask, curves, -np.inf).max(axis=1)
    else:
        found = np.where(mask, curves, np.inf).min(axis=1)
    return np.where(mask.any(axis=1), found, np.nan).astype(np.float64)


def _extreme(view: CycleView, channel: str, window: str, extreme: str) -> Values:
    toe_off = view.stance.percent
    in_stance = toe_off[:, None] >= PHASE_PERCENT
    mask = in_stance if window == "stance" else (toe_off[:, None] < PHASE_PERCENT)
    found = extreme_within(view.curves(channel), mask, extreme)
    return np.where(view.complete(channel), found, np.nan)
