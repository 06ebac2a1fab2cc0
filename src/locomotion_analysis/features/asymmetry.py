"""Asymmetry between the legs, paired by parsed channel name."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.feature import Feature, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.view import CycleView

SMALLEST_RANGE = 1e-6
"""A curve that moves less than this, in its own unit, is constant."""

_SOURCE = "normalised asymmetry (A - U) / max(|A|, |U|), with ranges in the denominator"
_ASYMMETRIES = {
    "rom": "(ROM ipsi - ROM contra) / larger ROM",
    "mean": "(mean ipsi - mean contra) / larger ROM",
    "max": "(max ipsi - max contra) / larger ROM",
}


def asymmetry_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield the normalised differences between the two legs.

    Joint curves change sign, so a sum or mean of the two legs can be near zero and is no
    denominator. All differences are divided by the larger of the two ranges of motion, which
    is zero only where both curves are constant: the index is then 0 for equal, NaN for
    different curves. Positive: the ipsilateral leg's value is larger. Statistics over the
    whole cycle do not depend on the half cycle between the legs.
    """
    channels = view.of_measurement("angle", "velocity", "acceleration", "moment", "power", "grf")
    seen: set[str] = set()
    for name, channel in channels.items():
        other = channel.opposite()
        # The index has no unit: one channel in Nm and again in Nm/kg gives the same number.
        if channel.side != "ipsi" or other is None or channel.quantity in seen:
            continue
        if other.name in channels:
            seen.add(channel.quantity)
            yield from _pair(view, channel.quantity, name, other.name)
    if not seen:
        yield LeftOut("asymmetry", "no channel measured on both legs")


def _pair(view: CycleView, quantity: str, ipsi: str, contra: str) -> Iterator[Feature]:
    for statistic, formula in _ASYMMETRIES.items():
        spec = FeatureSpec(
            name=f"{quantity}_asymmetry_{statistic}",
            group="derived",
            unit="1",
            formula=formula,
            source=_SOURCE,
            requires=(ipsi, contra),
        )
        yield Feature(spec, partial(_asymmetry, view, ipsi, contra, statistic))


def _asymmetry(view: CycleView, ipsi: str, contra: str, statistic: str) -> Values:
    difference = view.statistic(ipsi, statistic) - view.statistic(contra, statistic)
    scale = np.maximum(view.statistic(ipsi, "rom"), view.statistic(contra, "rom"))
    moves = scale > SMALLEST_RANGE
    at_rest = np.where(np.abs(difference) <= SMALLEST_RANGE, 0.0, np.nan)
    return np.where(moves, difference / np.where(moves, scale, 1.0), at_rest)
