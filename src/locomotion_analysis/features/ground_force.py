"""The two peaks of the vertical ground reaction force and the valley between them."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.feature import Feature, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.stance_swing import extreme_within
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT

_FORMULAE = {
    "peak1": "max over the first half of stance (loading)",
    "valley": "min between the two peaks (midstance)",
    "peak2": "max over the second half of stance (push-off)",
}
_SOURCE = "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015)"


def ground_force_features(view: CycleView) -> Iterator[Feature | LeftOut]:
    """Yield peak 1, valley and peak 2 of the ipsilateral vertical force."""
    forces = [
        name
        for name, channel in view.of_measurement("grf").items()
        if channel.motion == "vertical" and channel.side == "ipsi"
    ]
    if not forces:
        yield LeftOut("vertical force peaks", "no measured ipsilateral vertical force")
    for name in forces:
        for which, formula in _FORMULAE.items():
            spec = FeatureSpec(
                name=f"{name}_{which}",
                group="derived",
                unit=view.channels[name].unit,
                formula=formula,
                source=_SOURCE,
                requires=(name, "stance_percent"),
            )
            yield Feature(spec, partial(_peak_or_valley, view, name, which))


def _peak_or_valley(view: CycleView, channel: str, which: str) -> Values:
    force, toe_off = view.curves(channel), view.stance.percent[:, None]
    early = toe_off / 2 >= PHASE_PERCENT
    late = (toe_off / 2 < PHASE_PERCENT) & (toe_off >= PHASE_PERCENT)
    if which == "valley":
        index = np.arange(N_PHASES)
        first = np.where(early, force, -np.inf).argmax(axis=1)[:, None]
        second = np.where(late, force, -np.inf).argmax(axis=1)[:, None]
        between = (first <= index) & (index <= second) & np.isfinite(toe_off)
        found = extreme_within(force, between, "min")
    else:
        found = extreme_within(force, early if which == "peak1" else late, "max")
    return np.where(view.complete(channel), found, np.nan)
