"""Forces, moments and powers: what they have beyond the statistics of their curves.

Joint work and impulses, peaks and loading rate of the vertical ground reaction force, power bursts
of hip, knee and ankle, the support moment, and the path of the centre of pressure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from locomotion_analysis.features.kernels.forces import (
    IMPACT_SHARE,
    force_peaks,
    path,
    running_peaks,
    steepest,
)
from locomotion_analysis.features.kernels.statistics import (
    MAXIMUM,
    MAXIMUM_AT,
    MEAN,
    MINIMUM,
    MINIMUM_AT,
    Values,
    at_phase,
    part_integrals,
    part_statistics,
    read_only,
)
from locomotion_analysis.features.spec import (
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
    leg_events,
)

# Group derived: joint work, moment impulses and ground reaction impulses

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
            name="_".join(
                word
                for word in (
                    channel.quantity.removesuffix("_power"),
                    noun,
                    part,
                    channel.side,
                    unit,
                )
                if word
            ),
            group="derived",
            unit=unit,
            formula=f"integral of the {part} part over {variable}, trapezoid rule",
            source=source,
            requires=(name, "cycle_duration_s") if over_time else (name,),
        )
        for name, channel, part in parts
        for unit in (integral_unit(channel.unit, over_time=over_time),)
    )
    return Family(
        specs, lambda view: (view.integral(name, _SIGNS[part]) for name, _, part in parts)
    )


# The two peaks of the vertical ground reaction force of walking and the valley between them: their
# size (group derived), when they come and how fast the force rises (group kinetic). Running has
# other peaks at other places, and features of its own.

_FORCE_FORMULAE = {
    "peak1": "max over the first half of stance (loading)",
    "valley": "min between the two peaks (midstance)",
    "peak2": "max over the second half of stance (push-off)",
}
_RATE_SOURCE = "Milner et al. 2006 (doi:10.1249/01.mss.0000183477.75808.92)"
_PEAK1 = "max over the first half of stance"
_PEAK2 = "max over the second half of stance"
_VALLEY = "min between the two peaks"
_PHASE = "% of cycle"
_GROUND_FORCE_SOURCE = "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015)"


def ground_force_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield peak 1, valley and peak 2 of the ipsilateral vertical force; not of running."""
    forces = [
        (name, channel)
        for name, channel in schema.of_measurement("grf").items()
        if channel.quantity == "grf_vertical" and channel.side == "ipsi"
    ]
    if not forces:
        yield LeftOut("vertical force peaks", "no ipsilateral vertical force")
    for name, channel in forces:
        specs = tuple(
            FeatureSpec(
                name=f"{name}_{which}",
                group="derived",
                unit=channel.unit,
                formula=formula,
                source=_GROUND_FORCE_SOURCE,
                requires=(name, "stance_percent"),
            )
            for which, formula in _FORCE_FORMULAE.items()
        )
        yield Family(specs, partial(_force_peaks, name))


def _force_peaks(channel: str, view: CycleView) -> Values:
    return force_peaks(view.curves(channel), np.where(view.runs, np.nan, view.stance.percent))


def ground_force_loading_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield phases of peak 1, valley and peak 2, depth of the valley, loading, unloading rate.

    They are not known (NaN) in running. For the contralateral leg the peaks and the valley themselves too; those of the ipsilateral
    leg are in group derived.
    """
    has_duration = schema.has("cycle_duration_s")
    forces = [
        (name, channel)
        for name, channel in schema.of_measurement("grf").items()
        if channel.quantity == "grf_vertical"
    ]
    if forces and not has_duration:
        yield LeftOut("loading rate", "the data has no cycle_duration_s")
    for name, channel in forces:
        unit = channel.unit
        rows = [
            ("peak1_phase", _PHASE, f"phase of the {_PEAK1}, since contact"),
            ("valley_phase", _PHASE, f"phase of the {_VALLEY}, since contact"),
            ("peak2_phase", _PHASE, f"phase of the {_PEAK2}, since contact"),
            ("valley_depth", unit, "(peak 1 + peak 2) / 2 - valley"),
        ]
        if channel.side == "contra":
            rows += [("peak1", unit, _PEAK1), ("valley", unit, _VALLEY), ("peak2", unit, _PEAK2)]
        if has_duration:
            slope = "slope of the force from 20 to 80 % of the time from"
            rows += [
                ("loading_rate", f"{unit}/s", f"{slope} contact to peak 1"),
                ("unloading_rate", f"{unit}/s", f"{slope} peak 2 to toe-off"),
            ]
        specs = tuple(
            FeatureSpec(
                name=f"{name}_{what}",
                group="kinetic",
                unit=of_unit,
                formula=formula,
                source=_RATE_SOURCE if what.endswith("_rate") else _GROUND_FORCE_SOURCE,
                requires=(
                    name,
                    "stance_percent",
                    *(("cycle_duration_s",) if what.endswith("_rate") else ()),
                ),
            )
            for what, of_unit, formula in rows
        )
        wanted = tuple(what for what, _, _ in rows)
        yield Family(specs, partial(_loading, name, channel.side, wanted))


def _loading(
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
        for name, from_phase, to_phase in (
            ("loading_rate", np.zeros_like(first), found["peak1_phase"]),
            ("unloading_rate", found["peak2_phase"], events.stance),
        ):
            span = to_phase - from_phase
            places = np.stack([from_phase + 0.2 * span, from_phase + 0.8 * span]) + events.start
            low, high = at_phase(force, places)
            seconds = 0.6 * span / 100.0 * view.duration_s
            unknown = np.full_like(span, np.nan)
            found[name] = np.divide(high - low, seconds, out=unknown, where=seconds > 0)
    yield from (np.where(view.runs, np.nan, found[name]) for name in wanted)


# Group kinetic: the vertical force of running

_RUNNING_SOURCE = (
    "Milner et al. 2006 (doi:10.1249/01.mss.0000183477.75808.92); 13 % of stance without an impact "
    "peak is a convention of the field, its source not verified"
)
_NO_IMPACT_SHARE = 0.13
"""Share of stance that stands for the time of the impact peak where there is none."""


def running_force_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield impact peak, active peak and loading rates of the vertical force in running."""
    has_duration = schema.has("cycle_duration_s")
    for name, channel in schema.of_measurement("grf").items():
        if channel.quantity != "grf_vertical":
            continue
        unit = channel.unit
        window = (
            "from 20 to 80 % of the time from contact to the impact peak, or to "
            f"{_NO_IMPACT_SHARE:.0%} of stance where there is none; running only"
        )
        rows = [
            ("impact_peak", unit, f"first local maximum within {IMPACT_SHARE:.0%} of stance"),
            ("impact_peak_phase", _PHASE, "phase of the impact peak, since contact"),
            ("active_peak", unit, "max over stance"),
            ("active_peak_phase", _PHASE, "phase of the active peak, since contact"),
        ]
        if has_duration:
            rows += [
                ("average_loading_rate", f"{unit}/s", f"slope of the force {window}"),
                (
                    "instantaneous_loading_rate",
                    f"{unit}/s",
                    f"steepest slope of the force {window}",
                ),
            ]
        specs = tuple(
            FeatureSpec(
                name=f"{name}_running_{what}",
                group="kinetic",
                unit=of_unit,
                formula=formula if what.endswith("_rate") else f"{formula}; running only",
                source=_RUNNING_SOURCE,
                requires=(
                    name,
                    "stance_percent",
                    *(("cycle_duration_s",) if what.endswith("_rate") else ()),
                ),
            )
            for what, of_unit, formula in rows
        )
        yield Family(specs, partial(_running_forces, name, channel.side, has_duration))


def _running_forces(
    channel: str, side: str | None, with_rates: bool, view: CycleView
) -> Iterator[Values]:
    force, events = view.curves(channel), leg_events(view, side)
    stance = np.where(view.runs, events.stance, np.nan)
    peaks = running_peaks(force, events.start, stance)
    yield from peaks
    if with_rates:
        span = np.where(np.isnan(peaks[1]), _NO_IMPACT_SHARE * stance, peaks[1])
        begin, end = events.start + 0.2 * span, events.start + 0.8 * span
        low, high = at_phase(force, np.stack([begin, end]))
        yield (high - low) / (0.6 * span / 100.0 * view.duration_s)
        yield steepest(force, begin, end) / view.duration_s


# Group kinetic: the power bursts of hip, knee and ankle, each with its phase and its work

_POWER_BURSTS_SOURCE = (
    "Winter 1991, The Biomechanics and Motor Control of Human Gait; "
    "Eng & Winter 1995, Journal of Biomechanics"
)


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
        bursts, specs = BURSTS[channel.joint], []
        for burst in bursts:
            verb, extreme, part = (
                ("generated", "max", "positive")
                if burst.generates
                else ("absorbed", "min", "negative")
            )
            where = (
                f"over {burst.begin:g} to {burst.end:g} of the stride (0 contact, 1 toe-off, 2 "
                f"next contact of this leg): power {verb}, {burst.meaning}"
            )
            label = f"{channel.joint}_power_{burst.name}"
            tail, work_unit = f"{channel.side}_{channel.unit}", _OVER_TIME[channel.unit]
            phase = f"phase of the {extreme}, since contact, {where}"
            work = f"integral over time of the {part} part {where}"
            rows = [
                (f"{label}_{tail}", channel.unit, f"{extreme} {where}", ()),
                (f"{label}_{tail}_phase", "% of cycle", phase, ()),
                (
                    f"{label}_work_{channel.side}_{work_unit}",
                    work_unit,
                    work,
                    ("cycle_duration_s",),
                ),
            ]
            specs += [
                FeatureSpec(
                    name=feature,
                    group="kinetic",
                    unit=unit,
                    formula=formula,
                    source=_POWER_BURSTS_SOURCE,
                    requires=(name, "stance_percent", *also),
                )
                for feature, unit, formula, also in (rows if with_work else rows[:2])
            ]
        yield Family(tuple(specs), partial(_bursts, name, channel.side, bursts, with_work))


def _bursts(
    channel: str, side: str | None, bursts: tuple[Burst, ...], with_work: bool, view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    curves, shares = view.curves(channel), [(burst.begin, burst.end) for burst in bursts]
    found = part_statistics(curves, *events.parts(*shares))
    if with_work:
        begin, end = np.array([list(map(events.phase, share)) for share in shares]).swapaxes(0, 1)
        areas = part_integrals(curves, begin, end)
    for part, burst in enumerate(bursts):
        yield found[MAXIMUM if burst.generates else MINIMUM, part]
        yield events.percent(found[MAXIMUM_AT if burst.generates else MINIMUM_AT, part])
        if with_work:
            yield areas[0 if burst.generates else 1, part] * view.duration_s


# Group kinetic: the support moment and what each joint gives to it

_SUPPORT_MOMENT_SOURCE = "Winter 1980, Journal of Biomechanics"
_JOINTS = {
    "hip": "hip_flexion_moment",
    "knee": "knee_flexion_moment",
    "ankle": "ankle_dorsiflexion_moment",
}
_MOMENT = "extensor moment of the leg, -(hip + knee + ankle) with flexor and dorsiflexor positive"
_PARTS = ((0.0, 0.5), (0.5, 1.0), (0.0, 1.0))


def support_moment_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield peaks, stance mean and impulse of the support moment, and the joints' shares."""
    with_impulse = schema.has("cycle_duration_s")
    legs = [
        (side, unit, tuple(f"{joint}_{side}_{unit}" for joint in _JOINTS.values()))
        for side in ("ipsi", "contra")
        for unit in ("Nm_kg", "Nm")
    ]
    legs = [leg for leg in legs if all(name in schema.channels for name in leg[2])]
    if not legs:
        yield LeftOut("support moment", "no leg with the moments of hip, knee and ankle")
    elif not with_impulse:
        yield LeftOut("impulse of the support moment", "the data has no cycle_duration_s")
    for side, unit, channels in legs:
        peak, tail = "max over the {} half of stance of the " + _MOMENT, f"{side}_{unit}"
        phase = "phase of peak {}, since contact"
        rows: list[tuple[str, str, str, tuple[str, ...]]] = [
            (f"peak1_{tail}", unit, peak.format("first"), ()),
            (f"peak1_{tail}_phase", "% of cycle", phase.format(1), ()),
            (f"peak2_{tail}", unit, peak.format("second"), ()),
            (f"peak2_{tail}_phase", "% of cycle", phase.format(2), ()),
            (f"stance_mean_{tail}", unit, f"mean over stance of the {_MOMENT}", ()),
        ]
        for joint in _JOINTS:
            share = (
                f"stance mean of the {joint}'s extensor moment / that of the support moment * 100"
            )
            rows.append((f"{joint}_share_{tail}_percent", "%", share, ()))
        if with_impulse:
            of_time, timed = _OVER_TIME[unit], ("cycle_duration_s",)
            impulse = f"stance mean * stance time of the {_MOMENT}"
            rows.append((f"impulse_{side}_{of_time}", of_time, impulse, timed))
        specs = tuple(
            FeatureSpec(
                name=f"support_moment_{name}",
                group="kinetic",
                unit=of_unit,
                formula=formula,
                source=_SUPPORT_MOMENT_SOURCE,
                requires=(*channels, "stance_percent", *also),
            )
            for name, of_unit, formula, also in rows
        )
        yield Family(specs, partial(_support_moments, channels, side, with_impulse))


def _support_moments(
    channels: tuple[str, ...], side: str, with_impulse: bool, view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    hip, knee, ankle = (view.curves(name) for name in channels)
    with np.errstate(invalid="ignore", over="ignore"):
        support = -(hip + knee + ankle)
    found = part_statistics(read_only(support), *events.parts(*_PARTS))
    for part in range(2):
        yield found[MAXIMUM, part]
        yield events.percent(found[MAXIMUM_AT, part])
    mean = found[MEAN, 2]
    yield mean
    stance = events.parts((0.0, 1.0))
    for channel in channels:
        own = -part_statistics(view.curves(channel), *stance)[MEAN, 0]
        yield np.divide(100.0 * own, mean, out=np.full_like(mean, np.nan), where=mean > 0)
    if with_impulse:
        yield mean * events.stance / 100.0 * view.duration_s


# Group kinetic: the path of the centre of pressure under the ipsilateral foot

_COP_PATH_SOURCE = "Prieto et al. 1996, IEEE Transactions on Biomedical Engineering 43:956"
_COP = ("cop_anterior_ipsi_m", "cop_lateral_ipsi_m")
_COP_ROWS = (
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
    if not all(name in schema.channels for name in _COP):
        yield LeftOut("path of the centre of pressure", f"no {' and '.join(_COP)}")
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
                *_COP,
                "stance_percent",
                *(("cycle_duration_s",) if unit == "m_s" else ()),
            ),
        )
        for name, unit, formula in (_COP_ROWS if has_duration else _COP_ROWS[:3])
    )

    def compute(view: CycleView) -> Iterator[Values]:
        last = leg_events(view, "ipsi").stance_and_swing[1][0]
        forward, sideways = (view.curves(name) for name in _COP)
        length, anterior, lateral = path(forward, sideways, last)
        yield from (length, anterior, lateral)
        if has_duration:
            yield length / (last / (forward.shape[1] - 1) * view.duration_s)

    yield Family(specs, compute)
