"""Asymmetry between the legs, paired by parsed channel name."""

from collections.abc import Iterator

import numpy as np

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

SMALLEST_RANGE = 1e-6
"""A curve that moves less than this, in its own unit, is constant."""

_MEASUREMENTS = ("angle", "velocity", "acceleration", "moment", "power", "grf")
_SOURCE = "normalised asymmetry (A - U) / max(|A|, |U|), with ranges in the denominator"
_ASYMMETRIES = {
    "rom": "(ROM ipsi - ROM contra) / larger ROM",
    "mean": "(mean ipsi - mean contra) / larger ROM",
    "max": "(max ipsi - max contra) / larger ROM",
}


def asymmetry_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the normalised differences between the two legs.

    Joint curves change sign, so a sum or mean of the two legs can be near zero and is no
    denominator. All differences are divided by the larger of the two ranges of motion, which
    is zero only where both curves are constant: the index is then 0 for equal, NaN for
    different curves. Positive: the ipsilateral leg's value is larger. Statistics over the
    whole cycle do not depend on the half cycle between the legs.
    """
    pairs = schema.pairs(*_MEASUREMENTS)
    if not pairs:
        yield LeftOut("asymmetry", "no channel measured on both legs")
        return
    specs = tuple(
        FeatureSpec(
            name=f"{quantity}_asymmetry_{statistic}",
            group="derived",
            unit="1",
            formula=formula,
            source=_SOURCE,
            requires=pair,
        )
        for quantity, pair in pairs.items()
        for statistic, formula in _ASYMMETRIES.items()
    )
    yield Family(
        specs, lambda view: (row for pair in pairs.values() for row in _asymmetries(view, *pair))
    )


def _asymmetries(view: CycleView, ipsi: str, contra: str) -> Iterator[Values]:
    scale = np.maximum(view.statistic(ipsi, "rom"), view.statistic(contra, "rom"))
    moves = scale > SMALLEST_RANGE
    divisor = np.where(moves, scale, 1.0)
    for statistic in _ASYMMETRIES:
        difference = view.statistic(ipsi, statistic) - view.statistic(contra, statistic)
        at_rest = np.where(np.abs(difference) <= SMALLEST_RANGE, 0.0, np.nan)
        yield np.where(moves, difference / divisor, at_rest)
