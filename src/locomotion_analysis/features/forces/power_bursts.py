"""Group kinetic: the power bursts of hip, knee and ankle, each with its phase and its work."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import leg_events
from locomotion_analysis.features.kernels.parts import (
    MAXIMUM,
    MAXIMUM_AT,
    MINIMUM,
    MINIMUM_AT,
    NEGATIVE,
    POSITIVE,
    part_statistics,
)
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import Channel

_SOURCE = (
    "Winter 1991, The Biomechanics and Motor Control of Human Gait; "
    "Eng & Winter 1995, Journal of Biomechanics 28:753"
)
_WORK_UNIT = {"W": "J", "W_kg": "J_kg"}


@dataclass(frozen=True)
class Burst:
    """A power burst: where it is looked for (0 contact, 1 toe-off, 2 next contact) and its sign."""

    name: str
    meaning: str
    begin: float
    end: float
    generates: bool


BURSTS = {
    "hip": (
        Burst("H1", "hip extensors in early stance", 0.0, 0.5, generates=True),
        Burst("H2", "hip flexors in late stance", 0.3, 1.0, generates=False),
        Burst("H3", "pull-off by the hip flexors", 0.75, 1.5, generates=True),
    ),
    "knee": (
        Burst("K1", "knee extensors at loading", 0.0, 0.35, generates=False),
        Burst("K2", "knee extensors in midstance", 0.15, 0.65, generates=True),
        Burst("K3", "knee extensors before and after toe-off", 0.65, 1.2, generates=False),
        Burst("K4", "knee flexors in late swing", 1.5, 2.0, generates=False),
    ),
    "ankle": (
        Burst("A1", "plantarflexors while the shank rolls forward", 0.05, 0.85, generates=False),
        Burst("A2", "push-off", 0.5, 1.0, generates=True),
    ),
}
"""Bursts of sagittal power in walking, by joint."""


def power_burst_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield peak, phase and work of the bursts H1-H3, K1-K4, A1 and A2 of both legs.

    The work needs the duration of the cycle. In tasks other than walking the windows hold other
    bursts: the values are still the extremes of power in them.
    """
    with_work = schema.has("cycle_duration_s")
    found = [
        (name, channel)
        for name, channel in schema.of_measurement("power").items()
        if channel.joint in BURSTS and channel.motion is None
    ]
    if found and not with_work:
        yield LeftOut("work of the power bursts", "the data has no cycle_duration_s")
    for name, channel in found:
        specs = [
            spec
            for burst in BURSTS[channel.joint]
            for spec in _specs(name, channel, burst, with_work=with_work)
        ]
        compute = partial(_values, name, channel.side, BURSTS[channel.joint], with_work)
        yield Family(tuple(specs), compute)


def _specs(name: str, channel: Channel, burst: Burst, *, with_work: bool) -> Iterator[FeatureSpec]:
    verb, extreme, part = (
        ("generated", "max", "positive") if burst.generates else ("absorbed", "min", "negative")
    )
    where = (
        f"over {burst.begin:g} to {burst.end:g} of the stride (0 contact, 1 toe-off, 2 next "
        f"contact of this leg): power {verb}, {burst.meaning}"
    )
    label = f"{channel.joint}_power_{burst.name}"
    tail, work_unit = f"{channel.side}_{channel.unit}", _WORK_UNIT.get(channel.unit, "J")
    rows = [
        (f"{label}_{tail}", channel.unit, f"{extreme} {where}"),
        (f"{label}_{tail}_phase", "% of cycle", f"phase of the {extreme}, since contact, {where}"),
        (
            f"{label}_work_{channel.side}_{work_unit}",
            work_unit,
            f"integral over time of the {part} part {where}",
        ),
    ]
    for feature, unit, formula in rows if with_work else rows[:2]:
        requires = (name, "stance_percent") + (("cycle_duration_s",) if "work" in feature else ())
        yield FeatureSpec(feature, "kinetic", unit, formula, _SOURCE, requires)


def _values(
    channel: str, side: str | None, bursts: tuple[Burst, ...], with_work: bool, view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    windows = events.parts(*((burst.begin, burst.end) for burst in bursts))
    found = part_statistics(view.curves(channel), *windows)
    for part, burst in enumerate(bursts):
        yield found[MAXIMUM if burst.generates else MINIMUM, part]
        yield events.percent(found[MAXIMUM_AT if burst.generates else MINIMUM_AT, part])
        if with_work:
            yield found[POSITIVE if burst.generates else NEGATIVE, part] * view.duration_s
