"""Groups kinematic and kinetic: statistics of each curve over stance and over swing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import DESCRIPTIVE, FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import OTHER_LEG, leg_events
from locomotion_analysis.features.kernels.parts import (
    MAXIMUM,
    MAXIMUM_AT,
    MEAN,
    MINIMUM,
    MINIMUM_AT,
    part_statistics,
)
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import Channel

_FORMULAE = {
    "mean": "mean over {part}",
    "rom": "max - min over {part}",
    "max": "max over {part}",
    "min": "min over {part}",
    "max_phase": "phase of the (first) max over {part}, counted from the leg's own contact",
    "min_phase": "phase of the (first) min over {part}, counted from the leg's own contact",
}
_ROWS = {"mean": MEAN, "max": MAXIMUM, "min": MINIMUM}
_PLACES = {"max_phase": MAXIMUM_AT, "min_phase": MINIMUM_AT}
_PARTS = ("stance", "swing")


@dataclass(frozen=True)
class _Wanted:
    part: str
    statistic: str


def kinematic_stance_swing_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield mean, range and phases of the extremes of every angle over stance and over swing.

    Also the extremes of the contralateral leg; those of the other curves are in group derived.
    """
    for name, channel in schema.of_measurement("angle").items():
        yield _family("kinematic", name, channel, ("mean", "rom", "max_phase", "min_phase"))


def kinetic_stance_swing_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield mean and range of every moment and power over stance and over swing.

    Also the extremes of the contralateral leg; those of the other curves are in group derived.
    """
    for name, channel in schema.of_measurement("moment", "power").items():
        yield _family("kinetic", name, channel, ("mean", "rom"))


def _family(group: str, name: str, channel: Channel, statistics: tuple[str, ...]) -> Family:
    extremes = ("max", "min") if channel.side == "contra" else ()
    wanted = tuple(
        _Wanted(part, statistic) for part in _PARTS for statistic in (*statistics, *extremes)
    )
    note = f"; {OTHER_LEG}" if channel.side == "contra" else ""
    specs = tuple(
        FeatureSpec(
            name=f"{name}_{each.part}_{each.statistic}",
            group=group,
            unit="% of cycle" if each.statistic in _PLACES else channel.unit,
            formula=_FORMULAE[each.statistic].format(part=each.part) + note,
            source=DESCRIPTIVE,
            requires=(name, "stance_percent"),
        )
        for each in wanted
    )
    return Family(specs, partial(_values, name, channel.side, wanted))


def _values(
    channel: str, side: str | None, wanted: tuple[_Wanted, ...], view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    found = part_statistics(view.curves(channel), *events.stance_and_swing)
    for each in wanted:
        part = _PARTS.index(each.part)
        if each.statistic == "rom":
            yield found[MAXIMUM, part] - found[MINIMUM, part]
        elif each.statistic in _PLACES:
            yield events.percent(found[_PLACES[each.statistic], part])
        else:
            yield found[_ROWS[each.statistic], part]
