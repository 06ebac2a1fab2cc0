"""Group kinetic: when the vertical force has its peaks and valley, and how fast it rises."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.gait_events.leg_events import LegEvents, leg_events
from locomotion_analysis.features.kernels.at_phase import at_phase
from locomotion_analysis.features.kernels.parts import (
    MAXIMUM,
    MAXIMUM_AT,
    MINIMUM,
    MINIMUM_AT,
    part_statistics,
)
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import Channel

_SOURCE = "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015)"
_RATE_SOURCE = "Milner et al. 2006, Medicine & Science in Sports & Exercise 38:323"
_PEAK1 = "max over the first half of stance"
_PEAK2 = "max over the second half of stance"
_VALLEY = "min between the two peaks"
_PHASE = "% of cycle"


def ground_force_loading_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield phases of peak 1, valley and peak 2, depth of the valley, loading, unloading rate.

    For the contralateral leg the peaks and the valley themselves too; those of the ipsilateral
    leg are in group derived.
    """
    has_duration = schema.has("cycle_duration_s")
    forces = {
        name: channel
        for name, channel in schema.of_measurement("grf").items()
        if channel.motion == "vertical"
    }
    if forces and not has_duration:
        yield LeftOut("loading rate", "the data has no cycle_duration_s")
    for name, channel in forces.items():
        specs = tuple(_specs(name, channel, rates=has_duration))
        wanted = tuple(spec.name.removeprefix(f"{name}_") for spec in specs)
        yield Family(specs, partial(_values, name, channel.side, wanted))


def _specs(name: str, channel: Channel, *, rates: bool) -> Iterator[FeatureSpec]:
    unit = channel.unit
    rows = [
        ("peak1_phase", _PHASE, f"phase of the {_PEAK1}, since contact"),
        ("valley_phase", _PHASE, f"phase of the {_VALLEY}, since contact"),
        ("peak2_phase", _PHASE, f"phase of the {_PEAK2}, since contact"),
        ("valley_depth", unit, "(peak 1 + peak 2) / 2 - valley"),
    ]
    if channel.side == "contra":
        rows += [("peak1", unit, _PEAK1), ("valley", unit, _VALLEY), ("peak2", unit, _PEAK2)]
    for what, of_unit, formula in rows:
        yield FeatureSpec(
            f"{name}_{what}", "kinetic", of_unit, formula, _SOURCE, (name, "stance_percent")
        )
    if rates:
        requires = (name, "stance_percent", "cycle_duration_s")
        rise = "slope of the force from 20 to 80 % of the time from {} to {}"
        for what, places in (
            ("loading_rate", ("contact", "peak 1")),
            ("unloading_rate", ("peak 2", "toe-off")),
        ):
            yield FeatureSpec(
                f"{name}_{what}",
                "kinetic",
                f"{unit}/s",
                rise.format(*places),
                _RATE_SOURCE,
                requires,
            )


def _values(
    channel: str, side: str | None, wanted: tuple[str, ...], view: CycleView
) -> Iterator[Values]:
    force, events = view.curves(channel), leg_events(view, side)
    halves = part_statistics(force, *events.parts((0.0, 0.5), (0.5, 1.0)))
    (first, second), (peak1, peak2) = halves[MAXIMUM_AT], halves[MAXIMUM]
    known = np.isfinite(first) & np.isfinite(second)
    begin, end = (np.where(known, place, -1).astype(np.int64)[None] for place in (first, second))
    between = part_statistics(force, np.where(known, begin, 0), end)
    valley = between[MINIMUM, 0]
    found = {
        "peak1": peak1,
        "valley": valley,
        "peak2": peak2,
        "peak1_phase": events.percent(first),
        "valley_phase": events.percent(between[MINIMUM_AT, 0]),
        "peak2_phase": events.percent(second),
        "valley_depth": (peak1 + peak2) / 2.0 - valley,
    }
    if "loading_rate" in wanted:
        found |= _rates(view, channel, events, found["peak1_phase"], found["peak2_phase"])
    for name in wanted:
        yield found[name]


def _rates(
    view: CycleView, channel: str, events: LegEvents, first: Values, second: Values
) -> dict[str, Values]:
    zero = np.zeros_like(first)
    found: dict[str, Values] = {}
    for name, begin, end in (
        ("loading_rate", zero, first),
        ("unloading_rate", second, events.stance),
    ):
        span = end - begin
        places = np.stack([begin + 0.2 * span, begin + 0.8 * span]) + events.start
        low, high = at_phase(view.curves(channel), places)
        seconds = 0.6 * span / 100.0 * view.duration_s
        found[name] = np.divide(
            high - low, seconds, out=np.full_like(span, np.nan), where=seconds > 0
        )
    return found
