"""What is read off each curve, and off two neighbouring joints' curves together.

Statistics of every channel over the cycle, over stance and over swing; values at the gait events;
peaks of derivatives; named peaks of moments and forces; harmonics; coordination of neighbours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from locomotion_analysis.features.kernels.series import coordination, deviation
from locomotion_analysis.features.kernels.statistics import (
    MAXIMUM,
    MAXIMUM_AT,
    MEAN,
    MINIMUM,
    MINIMUM_AT,
    Values,
    at_phase,
    derivative_peaks,
    harmonic_basis,
    harmonics,
    part_statistics,
)
from locomotion_analysis.features.spec import (
    DESCRIPTIVE,
    EVENTS,
    OTHER_LEG,
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
    aggregation,
    leg_events,
)
from locomotion_analysis.features.variability import groups_of
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT, Channel

# Groups kinematic and kinetic: ``<channel>_<aggregation>`` for every channel, and range and phases
# of the extremes whether they were asked for or not

KINEMATIC = ("angle", "velocity", "acceleration")
KINETIC = ("moment", "power", "grf", "cop")


def kinematic_statistics_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the statistics of all angles, velocities and accelerations."""
    yield _statistics(schema, "kinematic", KINEMATIC)


def kinetic_statistics_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the statistics of all moments, powers, ground reaction forces and their centres."""
    yield _statistics(schema, "kinetic", KINETIC)


def _statistics(schema: Schema, group: str, measurements: tuple[str, ...]) -> Family | LeftOut:
    channels = schema.of_measurement(*measurements)
    if not channels:
        return LeftOut(group, f"the data has no channel of {', '.join(measurements)}")
    specs = tuple(
        FeatureSpec(
            name=f"{channel}_{name}",
            group=group,
            unit=how.unit or parsed.unit,
            formula=how.formula,
            source=DESCRIPTIVE,
            requires=(channel,),
        )
        for channel, parsed in channels.items()
        for name, how in schema.aggregations.items()
    )
    pairs = [(channel, name) for channel in channels for name in schema.aggregations]
    return Family(specs, lambda view: (view.statistic(*pair) for pair in pairs))


_ALWAYS = ("rom", "argmax_phase", "argmin_phase")


def kinematic_peak_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield range and phases of the extremes of angles, velocities and accelerations."""
    yield from _range_and_phases(schema, "kinematic", "angle", "velocity", "acceleration")


def kinetic_peak_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield range and phases of the extremes of moments, powers and ground reaction forces."""
    yield from _range_and_phases(schema, "kinetic", "moment", "power", "grf")


def _range_and_phases(schema: Schema, group: str, *measurements: str) -> Iterator[Family | LeftOut]:
    """Leave out what the statistics asked for already give: a name stands once."""
    wanted = [name for name in _ALWAYS if name not in schema.aggregations]
    if not wanted:
        return
    for channel, parsed in schema.of_measurement(*measurements).items():
        specs = tuple(
            FeatureSpec(
                name=f"{channel}_{name}",
                group=group,
                unit=aggregation(name).unit or parsed.unit,
                formula=aggregation(name).formula,
                source=DESCRIPTIVE,
                requires=(channel,),
            )
            for name in wanted
        )
        yield Family(specs, partial(_statistics_of, channel, wanted))


def _statistics_of(channel: str, names: list[str], view: CycleView) -> Iterator[Values]:
    return (view.statistic(channel, name) for name in names)


# Group kinematic: peak velocity and acceleration of every angle

_DERIVATIVES_SOURCE = (
    "Winter 2009, Biomechanics and Motor Control of Human Movement, 4th ed., ch. 3"
)
_WHAT_IS_DERIVED = {
    "velocity_max": ("rad_s", "largest central difference of the angle over time"),
    "velocity_min": ("rad_s", "smallest central difference of the angle over time"),
    "velocity_max_phase": ("% of cycle", "phase of the (first) velocity_max"),
    "velocity_min_phase": ("% of cycle", "phase of the (first) velocity_min"),
    "acceleration_max": ("rad_s2", "largest second central difference of the angle over time"),
    "acceleration_min": ("rad_s2", "smallest second central difference of the angle over time"),
}


def derivative_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the peaks of the derivatives of each angle over time, at the inner 148 samples."""
    if not schema.has("cycle_duration_s"):
        yield LeftOut("velocity and acceleration peaks", "the data has no cycle_duration_s")
        return
    for name, channel in schema.of_measurement("angle").items():
        if channel.unit != "rad":
            continue
        specs = tuple(
            FeatureSpec(
                name=f"{name}_{what}",
                group="kinematic",
                unit=unit,
                formula=formula,
                source=_DERIVATIVES_SOURCE,
                requires=(name,) if "phase" in what else (name, "cycle_duration_s"),
            )
            for what, (unit, formula) in _WHAT_IS_DERIVED.items()
        )
        yield Family(specs, partial(_derivative_peaks, name))


def _derivative_peaks(channel: str, view: CycleView) -> Values:
    found = derivative_peaks(view.curves(channel))
    found[:2] /= view.duration_s
    found[2:4] *= PHASE_PERCENT[1]
    found[4:] /= view.duration_s**2
    return found


# Group kinematic: how the joints and segments of one leg move together, and (group derived) how
# much that differs from stride to stride

PAIRS = {
    "hip_knee": ("hip_flexion_angle", "knee_flexion_angle"),
    "knee_ankle": ("knee_flexion_angle", "ankle_dorsiflexion_angle"),
    "thigh_shank": ("thigh_sagittal_angle", "shank_sagittal_angle"),
    "shank_foot": ("shank_sagittal_angle", "foot_sagittal_angle"),
}
"""Neighbours, the proximal one first: name -> quantities."""

RELATIVE_PHASE = (
    "continuous relative phase: difference of arctan2(velocity / largest speed, angle scaled to "
    "-1..1 by its range), proximal less distal"
)
_PHASE_SOURCE = (
    "Hamill et al. 1999, Clinical Biomechanics 14:297; mean absolute relative phase: Stergiou et "
    "al. 2001, Clinical Biomechanics"
)
_DIAGRAM_SOURCE = (
    "Hershler & Milner 1980, American Journal of Physical Medicine 59:109; "
    "Goswami 1998, Gait & Posture 8:15"
)
_WHAT_IS_COORDINATED = {
    "marp": ("rad", f"mean of the absolute {RELATIVE_PHASE}", _PHASE_SOURCE),
    "marp_stance": ("rad", f"mean over stance of the absolute {RELATIVE_PHASE}", _PHASE_SOURCE),
    "marp_swing": ("rad", f"mean over swing of the absolute {RELATIVE_PHASE}", _PHASE_SOURCE),
    "cyclogram_area": ("rad2", "area enclosed by the angle-angle diagram", _DIAGRAM_SOURCE),
    "cyclogram_perimeter": ("rad", "perimeter of the angle-angle diagram", _DIAGRAM_SOURCE),
    "correlation": ("1", "Pearson correlation of the two angles over the cycle", _DIAGRAM_SOURCE),
}
_OF_PARTS = ("marp_stance", "marp_swing")


def pairs_of_neighbours(schema: Schema) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, side and the two channels of each pair of neighbours that is at hand."""
    for pair, (proximal, distal) in PAIRS.items():
        for side in ("ipsi", "contra"):
            channels = (f"{proximal}_{side}_rad", f"{distal}_{side}_rad")
            if all(name in schema.channels for name in channels):
                yield pair, side, *channels


def coordination_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield relative phase and angle-angle diagrams of hip-knee, knee-ankle and the segments."""
    found = list(pairs_of_neighbours(schema))
    if not found:
        yield LeftOut("coordination", "no two neighbouring joints or segments of one leg")
    for pair, side, proximal, distal in found:
        specs = tuple(
            FeatureSpec(
                name=f"{pair}_{what}_{side}" + (f"_{unit}" if unit != "1" else ""),
                group="kinematic",
                unit=unit,
                formula=formula,
                source=source,
                requires=(proximal, distal, *(("stance_percent",) if what in _OF_PARTS else ())),
            )
            for what, (unit, formula, source) in _WHAT_IS_COORDINATED.items()
        )
        yield Family(specs, partial(_coordination, proximal, distal, side))


def _coordination(proximal: str, distal: str, side: str, view: CycleView) -> Values:
    parts = leg_events(view, side).stance_and_swing
    return coordination(view.curves(proximal), view.curves(distal), *parts)


_DEVIATION_PHASE_SOURCE = (
    "Stergiou et al. 2001, Clinical Biomechanics; circular standard deviation: "
    "Lamb & Stoeckl 2014, Clinical Biomechanics 29:484"
)
_DEVIATION_PHASE = (
    "mean over the cycle of the circular standard deviation between strides of one leg of a "
    f"subject in a task (left and right averaged) of the {RELATIVE_PHASE}"
)


def deviation_phase_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the deviation phase of each pair of neighbours; NaN for a single stride."""
    for pair, side, proximal, distal in pairs_of_neighbours(schema):
        spec = FeatureSpec(
            name=f"{pair}_deviation_phase_{side}_rad",
            group="derived",
            unit="rad",
            formula=_DEVIATION_PHASE,
            source=_DEVIATION_PHASE_SOURCE,
            requires=(proximal, distal),
        )
        yield Family((spec,), partial(_deviation_phase, proximal, distal), across_cycles=True)


def _deviation_phase(proximal: str, distal: str, view: CycleView) -> list[Values]:
    groups = groups_of(view)
    per_series = deviation(view.curves(proximal), view.curves(distal), groups.order, groups.starts)
    return [groups.pooled(per_series)[groups.group]]


# Group kinematic: the angle of every joint and segment at the events of its leg's stride

_PERRY = "Perry & Burnfield 2010, Gait Analysis: Normal and Pathological Function, 2nd ed."


def event_value_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield, for each angle, its values at contact, toe-off and the opposite foot's events.

    A contralateral angle is read at the events of the contralateral leg's own stride.
    """
    for name, channel in schema.of_measurement("angle").items():
        specs = tuple(
            FeatureSpec(
                name=f"{name}_at_{event}",
                group="kinematic",
                unit=channel.unit,
                formula=f"value at {meaning}, linear between samples; {OTHER_LEG}",
                source=_PERRY,
                requires=(name, "stance_percent"),
            )
            for event, meaning in EVENTS.items()
        )
        yield Family(specs, partial(_values_at_events, name, channel.side))


def _values_at_events(channel: str, side: str | None, view: CycleView) -> Values:
    return at_phase(view.curves(channel), leg_events(view, side).phases)


# Groups kinematic and kinetic: first harmonics of the main curves

N_HARMONICS = 4
"""Harmonics of the stride frequency: 1 to 4 hold nearly all of a joint angle's variance."""

_BASIS = harmonic_basis(N_PHASES, N_HARMONICS)
_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "hip_adduction")
_MIDLINE = ("pelvis", "trunk")
_FORCES = ("grf_vertical", "grf_anterior")
_ANGLE_SOURCE = "Chau 2001, Gait & Posture"
_FORCE_SOURCE = "Schneider & Chao 1983, Journal of Biomechanics"


def angle_harmonic_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield amplitude and phase of harmonics 1 to 4 of the main joint, pelvis and trunk angles."""
    for name, channel in schema.of_measurement("angle").items():
        if channel.joint in _MIDLINE or f"{channel.joint}_{channel.motion}" in _ANGLES:
            yield _fourier_family(name, channel, "kinematic", _ANGLE_SOURCE)


def force_harmonic_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield amplitude and phase of harmonics 1 to 4 of vertical and fore-aft force."""
    for name, channel in schema.of_measurement("grf").items():
        if channel.quantity in _FORCES:
            yield _fourier_family(name, channel, "kinetic", _FORCE_SOURCE)


def _fourier_family(name: str, channel: Channel, group: str, source: str) -> Family:
    series = "x(t) = a0 + sum A_k cos(2 pi k t - p_k), t from 0 to 1 in the ipsilateral cycle"
    amplitudes, phases = (
        [
            FeatureSpec(
                name=f"{name}_harmonic{order}_{what}",
                group=group,
                unit=unit,
                formula=f"{letter}_{order} of {series}",
                source=source,
                requires=(name,),
            )
            for order in range(1, N_HARMONICS + 1)
        ]
        for what, unit, letter in (("amplitude", channel.unit, "A"), ("phase", "rad", "p"))
    )
    return Family((*amplitudes, *phases), lambda view: harmonics(view.curves(name), _BASIS))


# Each curve over stance and over swing: extremes of the ipsilateral leg and the midline (group
# derived), and what else there is of them (groups kinematic and kinetic)

_PARTS = ("stance", "swing")
_EXTREMES = tuple((part, extreme) for part in _PARTS for extreme in ("max", "min"))


def stance_swing_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the largest and smallest value before and after toe-off.

    The contralateral leg is left aside: its stance is another part of the cycle.
    """
    channels = {
        name: channel
        for name, channel in schema.of_measurement(*KINEMATIC, "moment", "power").items()
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


def kinematic_stance_swing_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield mean, range and phases of the extremes of every angle over stance and over swing.

    Also the extremes of the contralateral leg; those of the other curves are in group derived.
    """
    for name, channel in schema.of_measurement("angle").items():
        yield _parts_family("kinematic", name, channel, ("mean", "rom", "max_phase", "min_phase"))


def kinetic_stance_swing_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield mean and range of every moment and power over stance and over swing.

    Also the extremes of the contralateral leg; those of the other curves are in group derived.
    """
    for name, channel in schema.of_measurement("moment", "power").items():
        yield _parts_family("kinetic", name, channel, ("mean", "rom"))


def _parts_family(group: str, name: str, channel: Channel, statistics: tuple[str, ...]) -> Family:
    extremes = ("max", "min") if channel.side == "contra" else ()
    wanted = tuple((part, statistic) for part in _PARTS for statistic in (*statistics, *extremes))
    note = f"; {OTHER_LEG}" if channel.side == "contra" else ""
    specs = tuple(
        FeatureSpec(
            name=f"{name}_{part}_{statistic}",
            group=group,
            unit="% of cycle" if statistic in _PLACES else channel.unit,
            formula=_FORMULAE[statistic].format(part=part) + note,
            source=DESCRIPTIVE,
            requires=(name, "stance_percent"),
        )
        for part, statistic in wanted
    )

    def compute(view: CycleView) -> Iterator[Values]:
        events = leg_events(view, channel.side)
        found = part_statistics(view.curves(name), *events.stance_and_swing)
        for part, statistic in wanted:
            of_part = found[:, _PARTS.index(part)]
            if statistic == "rom":
                yield of_part[MAXIMUM] - of_part[MINIMUM]
            elif statistic in _PLACES:
                yield events.percent(of_part[_PLACES[statistic]])
            else:
                yield of_part[_ROWS[statistic]]

    return Family(specs, compute)


# Group kinetic: named peaks of moments and of horizontal forces, and when they come

_WINTER = "Winter 1991, The Biomechanics and Motor Control of Human Gait"
_KNEE_LOAD = "Miyazaki et al. 2002, Annals of the Rheumatic Diseases 61:617"
_FORCE = "Schwartz, Rozumalski & Trost 2008 (doi:10.1016/j.jbiomech.2008.03.015)"


@dataclass(frozen=True)
class Peak:
    """A named peak: 0 contact, 1 toe-off, 2 next contact; sign -1 for the channel's negative."""

    name: str
    sign: int
    begin: float
    end: float


PEAKS = {
    "hip_flexion_moment": (
        Peak("hip_extensor_moment_peak", -1, 0.0, 0.5),
        Peak("hip_flexor_moment_peak", 1, 0.5, 1.2),
        Peak("hip_extensor_moment_swing_peak", -1, 1.5, 2.0),
    ),
    "knee_flexion_moment": (
        Peak("knee_extensor_moment_peak1", -1, 0.05, 0.5),
        Peak("knee_flexor_moment_peak", 1, 0.4, 0.9),
        Peak("knee_extensor_moment_peak2", -1, 0.75, 1.1),
        Peak("knee_flexor_moment_swing_peak", 1, 1.5, 2.0),
    ),
    "ankle_dorsiflexion_moment": (
        Peak("dorsiflexor_moment_peak", 1, 0.0, 0.3),
        Peak("plantarflexor_moment_peak", -1, 0.3, 1.0),
    ),
    "hip_adduction_moment": (
        Peak("hip_abductor_moment_peak1", -1, 0.0, 0.5),
        Peak("hip_abductor_moment_peak2", -1, 0.5, 1.0),
    ),
    "knee_adduction_moment": (
        Peak("knee_external_adduction_moment_peak1", -1, 0.0, 0.5),
        Peak("knee_external_adduction_moment_peak2", -1, 0.5, 1.0),
    ),
    "grf_anterior": (
        Peak("braking_force_peak", -1, 0.0, 0.5),
        Peak("propulsive_force_peak", 1, 0.5, 1.0),
    ),
    "grf_lateral": (
        Peak("lateral_force_peak", 1, 0.0, 0.3),
        Peak("medial_force_peak1", -1, 0.0, 0.5),
        Peak("medial_force_peak2", -1, 0.5, 1.0),
    ),
}
"""Peaks by quantity. Internal moments; the external knee adduction moment is the negative of the
internal one. A peak in the named direction is positive."""


def subphase_peak_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield size and phase of the named moment and force peaks of both legs."""
    for name, channel in schema.of_measurement("moment", "grf").items():
        peaks = PEAKS.get(channel.quantity, ())
        if not peaks:
            continue
        source = _FORCE if channel.measurement == "grf" else _WINTER
        if channel.quantity == "knee_adduction_moment":
            source = _KNEE_LOAD
        specs = []
        for peak in peaks:
            extreme = "max" if peak.sign > 0 else "min"
            where = (
                f"of {name} over {peak.begin:g} to {peak.end:g} of the stride "
                "(0 contact, 1 toe-off, 2 next contact of this leg)"
            )
            feature = f"{peak.name}_{channel.side}_{channel.unit}"
            size = f"{extreme if peak.sign > 0 else '-min'} {where}"
            for ending, unit, formula in (
                ("", channel.unit, size),
                ("_phase", "% of cycle", f"phase of the {extreme} {where}, since contact"),
            ):
                requires = (name, "stance_percent")
                spec = FeatureSpec(feature + ending, "kinetic", unit, formula, source, requires)
                specs.append(spec)
        yield Family(tuple(specs), partial(_peaks_by_subphase, name, channel.side, peaks))


def _peaks_by_subphase(
    channel: str, side: str | None, peaks: tuple[Peak, ...], view: CycleView
) -> Iterator[Values]:
    events = leg_events(view, side)
    windows = events.parts(*((peak.begin, peak.end) for peak in peaks))
    found = part_statistics(view.curves(channel), *windows)
    for part, peak in enumerate(peaks):
        yield found[MAXIMUM, part] if peak.sign > 0 else -found[MINIMUM, part]
        yield events.percent(found[MAXIMUM_AT if peak.sign > 0 else MINIMUM_AT, part])
