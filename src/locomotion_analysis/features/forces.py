"""MERGED forces.

- Group kinetic: the path of the centre of pressure under the ipsilateral foot.
- The two peaks of the vertical ground reaction force and the valley between them.
- Group kinetic: when the vertical force has its peaks and valley, and how fast it rises.
- Group kinetic: the power bursts of hip, knee and ankle, each with its phase and its work.
- Group kinetic: the support moment and what each joint gives to it.
- Joint work, moment impulses and ground reaction impulses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.forces import force_peaks, path
from locomotion_analysis.features.kernels.statistics import (
    MAXIMUM,
    MAXIMUM_AT,
    MEAN,
    MINIMUM,
    MINIMUM_AT,
    NEGATIVE,
    POSITIVE,
    at_phase,
    part_statistics,
)
from locomotion_analysis.features.spec import (
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    LegEvents,
    Schema,
    Values,
    leg_events,
)
from locomotion_analysis.standard import Channel

# ----------------------------------------------------------------------
# Group kinetic: the path of the centre of pressure under the ipsilateral foot.


_COP_PATH_SOURCE = "Prieto et al. 1996, IEEE Transactions on Biomedical Engineering 43:956"
_CHANNELS = ("cop_anterior_ipsi_m", "cop_lateral_ipsi_m")
_ROWS = (
    ("cop_path_length_ipsi_m", "m", "sum of the distances between samples of stance"),
    ("cop_anterior_range_ipsi_m", "m", "forward max - min over stance"),
    ("cop_lateral_range_ipsi_m", "m", "sideways max - min over stance"),
    ("cop_mean_velocity_ipsi_m_s", "m_s", "path length / time between those samples"),
)


def cop_path_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield length, extent and mean speed of the path during stance.

    Only of the ipsilateral foot: one contralateral stance begins in this cycle and another ends
    in it, in two places on the floor.
    """
    if not all(name in schema.channels for name in _CHANNELS):
        yield LeftOut("path of the centre of pressure", f"no {' and '.join(_CHANNELS)}")
        return
    has_duration = schema.has("cycle_duration_s")
    if not has_duration:
        yield LeftOut("velocity of the centre of pressure", "the data has no cycle_duration_s")
    specs = tuple(
        FeatureSpec(
            name=name,
            group="kinetic",
            unit=unit,
            formula=formula,
            source=_COP_PATH_SOURCE,
            requires=(
                *_CHANNELS,
                "stance_percent",
                *(("cycle_duration_s",) if unit == "m_s" else ()),
            ),
        )
        for name, unit, formula in (_ROWS if has_duration else _ROWS[:3])
    )
    yield Family(specs, partial(_cop_lengths, has_duration))


def _cop_lengths(has_duration: bool, view: CycleView) -> Iterator[Values]:
    last = leg_events(view, "ipsi").stance_and_swing[1][0]
    forward, sideways = (view.curves(name) for name in _CHANNELS)
    length, anterior, lateral = path(forward, sideways, last)
    yield from (length, anterior, lateral)
    if has_duration:
        yield length / (last / (forward.shape[1] - 1) * view.duration_s)


# ----------------------------------------------------------------------
# The two peaks of the vertical ground reaction force and the valley between them.


_FORMULAE = {
    "peak1": "max over the first half of stance (loading)",
    "valley": "min between the two peaks (midstance)",
    "peak2": "max over the second half of stance (push-off)",
}
_GROUND_FORCE_SOURCE = "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015)"


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
                source=_GROUND_FORCE_SOURCE,
                requires=(name, "stance_percent"),
            )
            for which, formula in _FORMULAE.items()
        )
        yield Family(specs, partial(_peaks, name))


def _peaks(force: str, view: CycleView) -> Values:
    return force_peaks(view.curves(force), view.stance.percent)


# ----------------------------------------------------------------------
# Group kinetic: when the vertical force has its peaks and valley, and how fast it rises.


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
        specs = tuple(_loading_specs(name, channel, rates=has_duration))
        wanted = tuple(spec.name.removeprefix(f"{name}_") for spec in specs)
        yield Family(specs, partial(_loading_rates, name, channel.side, wanted))


def _loading_specs(name: str, channel: Channel, *, rates: bool) -> Iterator[FeatureSpec]:
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
            f"{name}_{what}",
            "kinetic",
            of_unit,
            formula,
            _GROUND_FORCE_SOURCE,
            (name, "stance_percent"),
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


def _loading_rates(
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


# ----------------------------------------------------------------------
# Group kinetic: the power bursts of hip, knee and ankle, each with its phase and its work.


_POWER_BURSTS_SOURCE = (
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
            for spec in _burst_specs(name, channel, burst, with_work=with_work)
        ]
        compute = partial(_bursts, name, channel.side, BURSTS[channel.joint], with_work)
        yield Family(tuple(specs), compute)


def _burst_specs(
    name: str, channel: Channel, burst: Burst, *, with_work: bool
) -> Iterator[FeatureSpec]:
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
        yield FeatureSpec(feature, "kinetic", unit, formula, _POWER_BURSTS_SOURCE, requires)


def _bursts(
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


# ----------------------------------------------------------------------
# Group kinetic: the support moment and what each joint gives to it.


_SUPPORT_MOMENT_SOURCE = "Winter 1980, Journal of Biomechanics 13:923"
_JOINTS = {
    "hip": "hip_flexion_moment",
    "knee": "knee_flexion_moment",
    "ankle": "ankle_dorsiflexion_moment",
}
_MOMENT = "extensor moment of the leg, -(hip + knee + ankle) with flexor and dorsiflexor positive"
_IMPULSE_UNIT = {"Nm": "Nm_s", "Nm_kg": "Nm_s_kg"}
_PARTS = ((0.0, 0.5), (0.5, 1.0), (0.0, 1.0))


def support_moment_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield peaks, stance mean and impulse of the support moment, and the joints' shares."""
    found = list(_legs(schema))
    if not found:
        yield LeftOut("support moment", "no leg with the moments of hip, knee and ankle")
    elif not schema.has("cycle_duration_s"):
        yield LeftOut("impulse of the support moment", "the data has no cycle_duration_s")
    for side, unit, channels in found:
        impulse = schema.has("cycle_duration_s")
        specs = tuple(_support_specs(side, unit, channels, impulse=impulse))
        yield Family(specs, partial(_support_moments, channels, side, impulse))


def _legs(schema: Schema) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for side in ("ipsi", "contra"):
        for unit in ("Nm_kg", "Nm"):
            channels = tuple(f"{joint}_{side}_{unit}" for joint in _JOINTS.values())
            if all(name in schema.channels for name in channels):
                yield side, unit, channels


def _support_specs(
    side: str, unit: str, channels: tuple[str, ...], *, impulse: bool
) -> Iterator[FeatureSpec]:
    start, requires = "support_moment", (*channels, "stance_percent")
    rows = [
        (
            f"{start}_peak1_{side}_{unit}",
            unit,
            f"max over the first half of stance of the {_MOMENT}",
        ),
        (f"{start}_peak1_{side}_{unit}_phase", "% of cycle", "phase of peak 1, since contact"),
        (
            f"{start}_peak2_{side}_{unit}",
            unit,
            f"max over the second half of stance of the {_MOMENT}",
        ),
        (f"{start}_peak2_{side}_{unit}_phase", "% of cycle", "phase of peak 2, since contact"),
        (f"{start}_stance_mean_{side}_{unit}", unit, f"mean over stance of the {_MOMENT}"),
    ]
    for joint in _JOINTS:
        formula = f"stance mean of the {joint}'s extensor moment / that of the support moment * 100"
        rows.append((f"{start}_{joint}_share_{side}_{unit}_percent", "%", formula))
    for name, of_unit, formula in rows:
        yield FeatureSpec(name, "kinetic", of_unit, formula, _SUPPORT_MOMENT_SOURCE, requires)
    if impulse:
        yield FeatureSpec(
            name=f"{start}_impulse_{side}_{_IMPULSE_UNIT[unit]}",
            group="kinetic",
            unit=_IMPULSE_UNIT[unit],
            formula=f"stance mean * stance time of the {_MOMENT}",
            source=_SUPPORT_MOMENT_SOURCE,
            requires=(*requires, "cycle_duration_s"),
        )


def _support_moments(
    channels: tuple[str, ...], side: str, impulse: bool, view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    found = part_statistics(_support(channels, view), *events.parts(*_PARTS))
    for part in range(2):
        yield found[MAXIMUM, part]
        yield events.percent(found[MAXIMUM_AT, part])
    mean = found[MEAN, 2]
    yield mean
    stance = events.parts((0.0, 1.0))
    for channel in channels:
        own = -part_statistics(view.curves(channel), *stance)[MEAN, 0]
        yield np.divide(100.0 * own, mean, out=np.full_like(mean, np.nan), where=mean > 0)
    if impulse:
        yield mean * events.stance / 100.0 * view.duration_s


def _support(channels: tuple[str, ...], view: CycleView) -> NDArray[np.float32]:
    hip, knee, ankle = (view.curves(name) for name in channels)
    with np.errstate(invalid="ignore", over="ignore"):
        total: NDArray[np.float32] = -(hip + knee + ankle)
    total.flags.writeable = False
    return total


# ----------------------------------------------------------------------
# Joint work, moment impulses and ground reaction impulses.


_SIGNS = {"positive": 1, "negative": -1}
_WORK_SOURCE = "Winter 1991, The Biomechanics and Motor Control of Human Gait: W = integral of P"
_IMPULSE_SOURCE = "integral of the moment or force"
_OVER_TIME = {"W": "J", "W_kg": "J_kg", "Nm": "Nm_s", "Nm_kg": "Nm_s_kg", "N": "N_s", "BW": "BW_s"}


def work_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield positive and negative work of every joint power: energy made and taken up."""
    yield _integrals(schema, "joint work", ("power",), "work", _WORK_SOURCE)


def impulse_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield positive and negative impulse of every moment and ground reaction force.

    Of the anterior force these are the propulsive and the braking impulse.
    """
    yield _integrals(schema, "impulses", ("moment", "grf"), "impulse", _IMPULSE_SOURCE)


def integral_unit(unit: str, *, over_time: bool) -> str:
    """Return the unit of a curve's integral over time, or over phase where 1 is one cycle.

    Examples
    --------
    >>> integral_unit("W_kg", over_time=True), integral_unit("W_kg", over_time=False)
    ('J_kg', 'W_kg_cycle')
    """
    return _OVER_TIME[unit] if over_time else f"{unit}_cycle"


def _integrals(
    schema: Schema, family: str, measurements: tuple[str, ...], noun: str, source: str
) -> Family | LeftOut:
    channels = schema.of_measurement(*measurements)
    if not channels:
        return LeftOut(family, f"the data has no channel of {', '.join(measurements)}")
    over_time = schema.has("cycle_duration_s")
    variable = "time" if over_time else "phase (1 = one cycle; durations are not known)"
    parts = [
        (name, channel, part)
        for name, channel in channels.items()
        for part in _SIGNS
        if part == "positive" or channel.quantity != "grf_vertical"
    ]
    specs = tuple(
        FeatureSpec(
            name=_name(channel, noun, part, over_time=over_time),
            group="derived",
            unit=integral_unit(channel.unit, over_time=over_time),
            formula=f"integral of the {part} part over {variable}, trapezoid rule",
            source=source,
            requires=(name, "cycle_duration_s") if over_time else (name,),
        )
        for name, channel, part in parts
    )
    return Family(
        specs, lambda view: (view.integral(name, _SIGNS[part]) for name, _, part in parts)
    )


def _name(channel: Channel, noun: str, part: str, *, over_time: bool) -> str:
    unit = integral_unit(channel.unit, over_time=over_time)
    quantity = channel.quantity.removesuffix("_power")
    return "_".join(part for part in (quantity, noun, part, channel.side, unit) if part)
