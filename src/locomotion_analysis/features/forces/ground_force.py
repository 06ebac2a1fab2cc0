"""The two peaks of the vertical ground reaction force and the valley between them."""

from collections.abc import Iterator
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.kernels.force_peaks import force_peaks
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView

_FORMULAE = {
    "peak1": "max over the first half of stance (loading)",
    "valley": "min between the two peaks (midstance)",
    "peak2": "max over the second half of stance (push-off)",
}
_SOURCE = "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015)"


def ground_force_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield peak 1, valley and peak 2 of the ipsilateral vertical force."""
    forces = {
        name: channel
        for name, channel in schema.of_measurement("grf").items()
        if channel.motion == "vertical" and channel.side == "ipsi"
    }
    if not forces:
        yield LeftOut("vertical force peaks", "no ipsilateral vertical force")
    for name, channel in forces.items():
        specs = tuple(
            FeatureSpec(
                name=f"{name}_{which}",
                group="derived",
                unit=channel.unit,
                formula=formula,
                source=_SOURCE,
                requires=(name, "stance_percent"),
            )
            for which, formula in _FORMULAE.items()
        )
        yield Family(specs, partial(_peaks, name))


def _peaks(force: str, view: CycleView) -> Values:
    return force_peaks(view.curves(force), view.stance.percent)
