"""Extremes of the ipsilateral leg's and the midline's curves in stance and in swing."""

from collections.abc import Iterator

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import DESCRIPTIVE, FeatureSpec, LeftOut
from locomotion_analysis.features.schema import Schema

_MEASUREMENTS = ("angle", "velocity", "acceleration", "moment", "power")
_EXTREMES = tuple((part, extreme) for part in ("stance", "swing") for extreme in ("max", "min"))


def stance_swing_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the largest and smallest value before and after toe-off.

    The contralateral leg is left aside: its stance is another part of the cycle.
    """
    channels = {
        name: channel
        for name, channel in schema.of_measurement(*_MEASUREMENTS).items()
        if channel.side != "contra"
    }
    if not channels:
        yield LeftOut("stance and swing extremes", "no channel of this leg or of the midline")
        return
    specs = tuple(
        FeatureSpec(
            name=f"{name}_{part}_{extreme}",
            group="derived",
            unit=channel.unit,
            formula=f"{extreme} over {part}",
            source=DESCRIPTIVE,
            requires=(name, "stance_percent"),
        )
        for name, channel in channels.items()
        for part, extreme in _EXTREMES
    )
    pairs = [(name, f"{part}_{extreme}") for name in channels for part, extreme in _EXTREMES]
    yield Family(specs, lambda view: (view.statistic(*pair) for pair in pairs))
