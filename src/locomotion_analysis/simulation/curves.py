"""Curves of both legs and the cycles they make up.

From the template, the changes of a diagnosis and what makes people and strides differ, to curves
on the ipsilateral clock; then what the curves of one body must agree on (segment angles,
velocities, ground reaction, centre of pressure), the named channels, and the table of cycles with
each subject's performance tests and falls.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from locomotion_analysis.simulation.base import (
    FORCE_CHANNELS,
    LEG_CHANNELS,
    N_COEFFICIENTS,
    N_SINES,
    RISE,
    Array,
    Trial,
    cosine_basis,
    cycle_bump,
    fourier_basis,
    mirrored_basis,
    mirrored_bump,
    sine_basis,
    stance_bump,
    template,
    template_slope,
)
from locomotion_analysis.simulation.clock import BEYOND, CYCLE_CLOCK, StrideClock
from locomotion_analysis.simulation.deviations import (
    ARTEFACT_CHANNELS,
    FORCE_ATOMS,
    IS_ANGLE,
    STRIDE_MEMORY,
    StrideDeviations,
    artefact_gains,
    stride_atoms,
    subject_deviations,
)
from locomotion_analysis.simulation.forces import (
    GROUND,
    StepForce,
    balance_fore_aft,
    carry_body_weight,
    centre_of_pressure,
)
from locomotion_analysis.simulation.pathologies import (
    PATHOLOGIES,
    Change,
    Scaling,
)
from locomotion_analysis.simulation.people import Population
from locomotion_analysis.simulation.strides import (
    STRIDES_BEFORE,
    USUAL_V,
    MeanStride,
    Strides,
    rise_duration,
    stride_length_cv,
    usual_toe_off,
)

# What a diagnosis changes in a subject's two legs

EXPRESSION_SD = 0.25


@dataclass(frozen=True)
class Changes:
    """Changes of the template curves of the left and right leg.

    Attributes
    ----------
    legs : ndarray, shape (n_subjects, 2, 18, 41)
        Fourier coefficients to add.
    forces : ndarray, shape (n_subjects, 2, 3, 24)
        Sine coefficients to add.
    leg_gain : ndarray, shape (n_subjects, 2, 18)
        Factor of the leg curves: of the whole moment, of an angle's variation about its mean.
    force_gain : ndarray, shape (n_subjects, 2, 3)
        Factor of the forces.
    """

    legs: Array
    forces: Array
    leg_gain: Array
    force_gain: Array


def _strength(change: Change, number: int, name: str, people: Population) -> Array:
    """Severity times the subject's own expression of change `number`; (n_subjects, 2)."""
    expression = np.maximum(1 + EXPRESSION_SD * people.normals["effects"][:, number], 0.0)
    low, high = change.share
    shown = (people.pathology == name) & (people.pattern >= low) & (people.pattern < high)
    whole = people.severity * expression * shown
    affected, other = {
        "affected": (1.0, 0.0),
        "other": (0.0, 1.0),
        "both": (1.0, PATHOLOGIES[name].other_leg),
    }[change.leg]
    is_affected = people.affected_leg[:, None] == np.arange(2)
    strength: Array = whole[:, None] * np.where(is_affected, affected, other)
    return strength


def pathology_changes(people: Population, *, rising: bool = False) -> Changes:
    """Add up what every subject's diagnosis changes; nothing for the healthy.

    Parameters
    ----------
    people : Population
        The subjects.
    rising : bool
        The changes of sit to stand instead of those of a stride.
    """
    shape = (len(people), 2)
    total = Changes(
        legs=np.zeros((*shape, len(LEG_CHANNELS), N_COEFFICIENTS)),
        forces=np.zeros((*shape, len(FORCE_CHANNELS), N_SINES)),
        leg_gain=np.ones((*shape, len(LEG_CHANNELS))),
        force_gain=np.ones((*shape, len(FORCE_CHANNELS))),
    )
    for name in np.unique(people.pathology):
        pathology = PATHOLOGIES[name]
        listed = pathology.rising if rising else pathology.changes
        first = len(pathology.changes) if rising else 0
        for number, change in enumerate(listed, start=first):
            strength = _strength(change, number, name, people)
            is_force = change.channel in FORCE_CHANNELS
            index = (FORCE_CHANNELS if is_force else LEG_CHANNELS).index(change.channel)
            if isinstance(change, Scaling):
                gain = total.force_gain if is_force else total.leg_gain
                gain[:, :, index] *= np.maximum(1 + change.fraction * strength, 0.05)
            else:
                curves = total.forces if is_force else total.legs
                make = stance_bump if is_force else mirrored_bump if rising else cycle_bump
                bump = make(change.centre, change.width)
                curves[:, :, index] += change.amplitude * strength[..., None] * bump
    return total


# Besides gait: performance tests and falls

FALL_AGE = 65.0
_WALKED_IN_TUG_M = 6.0
_REST_BETWEEN_RISES = 0.22
"""Sitting down and pausing, as a share of the time to stand up and sit down."""

# Rate of falls at the reference gait, so that 38 % fall in the follow-up of 20 months, and the
# natural logarithms of the rate ratios of Verghese et al. 2009 (J Gerontol A 64:896).
_FALLS_AT_REFERENCE = -np.log(1 - 0.38)
# Their ratio of swing is left out: it says of the same toe-off what double support says.
_REFERENCE = {"speed_m_s": 1.10, "double_support": 21.2, "length_cv": 3.1}
_LOG_RATE = {"speed_m_s": -0.67, "double_support": 0.153, "length_cv": 0.073}


def five_sit_to_stand_s(people: Population) -> Array:
    """Time to stand up from a chair five times, s.

    Five times rising, sitting down and pausing; about 11.4, 12.6 and 14.8 s in the seventh,
    eighth and ninth decade (Bohannon 2006, Percept Mot Skills 103:215).
    """
    once = rise_duration(people) * (1 + _REST_BETWEEN_RISES)
    slower = np.exp(0.005 * np.maximum(people.age - 60.0, 0.0))
    noise = np.exp(0.07 * people.trait("endurance"))
    seconds: Array = 4.35 * once * slower * noise
    return seconds


def timed_up_and_go_s(people: Population) -> Array:
    """Time to rise, walk 3 m, turn, walk back, turn and sit down, s.

    Six metres at 90 % of the preferred speed, rising, and turns that take longer the slower
    and older one is; 8.1, 9.2 and 11.3 s in the seventh to ninth decade (Bohannon 2006, J Geriatr
    Phys Ther 29:64).
    """
    walking = _WALKED_IN_TUG_M / (0.90 * people.speed_m_s)
    stiffer = np.exp(0.02 * np.maximum(people.age - 60.0, 0.0))
    turning = 1.1 * stiffer * (1.3 / people.speed_m_s) ** 0.5
    noise = np.exp(0.06 * people.trait("turning"))
    seconds: Array = (walking + 0.8 * rise_duration(people) + turning) * noise
    return seconds


def six_minute_walk_m(people: Population) -> Array:
    """Distance walked in six minutes, m.

    Six minutes at 115 % of the preferred speed, less for the heavy (Enright & Sherrill 1998,
    Am J Respir Crit Care Med 158:1384, whose equations fall with age and mass as this does),
    and at most a brisk 2.1 m/s.
    """
    heavy = 0.008 * np.maximum(people.bmi - 25.0, 0.0)
    brisk = 1.15 - 0.10 * people.severity + 0.05 * people.trait("endurance")
    speed = np.minimum(people.speed_m_s * brisk * np.exp(-heavy), 2.1)
    metres: Array = 360.0 * speed
    return metres


def fall_rate(people: Population) -> Array:
    """Falls expected in a follow-up of 20 months: log-linear in gait (Verghese et al. 2009).

    Rate ratios: 1.069 for each 10 cm/s of speed lost, 1.165 for each percent of double support
    gained, 1.076 for each percent of stride-length variation.
    """
    toe_off = usual_toe_off(people)
    measured = {
        "speed_m_s": people.speed_m_s,
        "double_support": 2 * toe_off - 100.0,
        "length_cv": 100.0 * stride_length_cv(people),
    }
    log_rate = sum(_LOG_RATE[name] * (value - _REFERENCE[name]) for name, value in measured.items())
    rate: Array = _FALLS_AT_REFERENCE * np.exp(log_rate)
    return rate


def fell(people: Population) -> "pd.arrays.BooleanArray":
    """Whether each subject fell in the follow-up; missing below 65 years."""
    chance = 1 - np.exp(-fall_rate(people))
    drawn = ndtr(people.trait("fall")) < chance
    return pd.arrays.BooleanArray(drawn, mask=people.age < FALL_AGE)


def outcomes(people: Population) -> dict[str, object]:
    """Return the columns of one value a subject: tests (s, s, m) and falls."""
    return {
        "tug_s": timed_up_and_go_s(people),
        "five_sit_to_stand_s": five_sit_to_stand_s(people),
        "six_minute_walk_m": six_minute_walk_m(people),
        "faller": fell(people),
    }


# What the curves of one body must agree on


def velocity(around: Array, duration_s: Array) -> Array:
    """Angular velocity of curves that go on for two samples beyond either end of the cycle.

    Central differences of fourth order: ``(8 (x[+1] - x[-1]) - (x[+2] - x[-2])) / (12 h)``.

    Parameters
    ----------
    around : ndarray, shape (..., n_phases + 4)
        rad.
    duration_s : ndarray, shape (...)
        Cycle duration, s.

    Returns
    -------
    ndarray, shape (..., n_phases)
        rad/s.
    """
    near = around[..., 3:-1] - around[..., 1:-3]
    far = around[..., 4:] - around[..., :-4]
    step = duration_s[..., None] / (around.shape[-1] - 2 * BEYOND - 1)
    rate: Array = (8 * near - far) / (12 * step)
    return rate


def segment_angles(
    hip: Array, knee: Array, ankle: Array, pelvis_tilt: Array
) -> tuple[Array, Array, Array]:
    """Sagittal angles of thigh, shank and foot against the vertical (foot: the ground), rad.

    ``thigh = hip - pelvic anterior tilt``, ``shank = thigh - knee``,
    ``foot = shank + ankle dorsiflexion``; positive: the far end forward, the toes up.
    """
    thigh = hip - pelvis_tilt
    shank = thigh - knee
    return thigh, shank, shank + ankle


def pelvis(shares: Array, mirrored: bool) -> Array:
    """Add the two legs' shares of a pelvis curve.

    Parameters
    ----------
    shares : ndarray, shape (..., 2, n_phases)
        Each leg's half of the curve, in that leg's own frame.
    mirrored : bool
        True for obliquity and rotation, which change sign seen from the other leg.
    """
    sign = -1.0 if mirrored else 1.0
    whole: Array = shares[..., 0, :] + sign * shares[..., 1, :]
    return whole


# Curves of both legs on the ipsilateral clock

SESSION_SHARE = 0.25
"""Differences between sessions, as a share of those between people (McGinley et al. 2009)."""

_IS_MIDLINE = np.array([name.startswith(("pelvis", "trunk")) for name in LEG_CHANNELS])
_N_SLOPE = 13
"""Coefficients that change with speed from stride to stride, up to harmonic 6."""

_INNER = slice(BEYOND, -BEYOND)


@dataclass(frozen=True)
class SubjectLegs:
    """What does not change from stride to stride: deviations and diagnosis of both legs.

    Attributes
    ----------
    legs, forces : ndarray, shapes (n_subjects, 2, 18, 41) and (n_subjects, 2, 3, 24)
        Coefficients to add to the template; left leg first.
    artefact : ndarray, shape (n_subjects, 2, 4)
        See :func:`~locomotion_analysis.simulation.deviations.artefact_gains`.
    noise_size : ndarray, shape (n_subjects,)
        Size of the differences between strides, 1 being usual.
    walking, rising : Changes
        The diagnosis, in strides and in sit to stand.
    """

    legs: Array
    forces: Array
    artefact: Array
    noise_size: Array
    walking: Changes
    rising: Changes


@dataclass(frozen=True)
class MeanLegs:
    """What the strides of a trial vary about: coefficients of the left and the right leg.

    Attributes
    ----------
    legs, leg_slope : ndarray, shape (n_subjects, 2, 18, 41)
        At the trial's mean speed, and the change with dimensionless speed.
    forces, force_slope : ndarray, shapes (n_subjects, 2, 3, 24) and (n_subjects, 3, 24)
        The same of the healthy forces.
    force_gain, more_force : ndarray, shapes (n_subjects, 2, 3, 1) and (n_subjects, 2, 3, 24)
        What the diagnosis multiplies and adds.
    step_force : StepForce or None
        What both healthy feet together push with, where that is known.
    """

    legs: Array
    leg_slope: Array
    forces: Array
    force_slope: Array
    force_gain: Array
    more_force: Array
    step_force: StepForce | None


@dataclass(frozen=True)
class LegCurves:
    """Curves of both legs, ipsilateral leg first.

    Attributes
    ----------
    legs : ndarray, shape (n_subjects, n_cycles, 2, 18, n_phases + 4)
        Degrees and Nm/kg; order of `LEG_CHANNELS`; two samples beyond either end of the cycle.
    forces : ndarray, shape (n_subjects, n_cycles, 2, 3, n_phases)
        Body weights; order of `FORCE_CHANNELS`.
    stance : ndarray, shape (n_subjects, n_cycles, 2, n_phases)
        Fraction of stance; above 1 in swing.
    contact : ndarray, shape (n_subjects, n_cycles)
        When the other foot lands, a fraction of the cycle.
    """

    legs: Array
    forces: Array
    stance: Array
    contact: Array


def subject_legs(people: Population, another_day: Array | None = None) -> SubjectLegs:
    """Gather the deviations and pathology of each subject.

    Parameters
    ----------
    people : Population
    another_day : ndarray, shape (n_subjects, 3 * 171 or more), optional
        Standard normals of what differs in another session: markers and the day's form.
    """
    legs, forces = subject_deviations(people.normals["deviations"])
    if another_day is not None:
        more_legs, more_forces = subject_deviations(another_day)
        legs, forces = legs + SESSION_SHARE * more_legs, forces + SESSION_SHARE * more_forces
    size = np.exp(0.2 * people.trait("stride_noise"))
    size = size * (1 + (people.of_pathology("stride_noise") - 1) * people.severity)
    return SubjectLegs(
        legs=legs,
        forces=forces,
        artefact=artefact_gains(people),
        noise_size=size,
        walking=pathology_changes(people),
        rising=pathology_changes(people, rising=True),
    )


def mean_legs(task: str, people: Population, own: SubjectLegs, mean: MeanStride) -> MeanLegs:
    """Add up template, subject and diagnosis of one trial."""
    changes = own.rising if task == RISE else own.walking
    gain = np.repeat(changes.leg_gain[..., None], N_COEFFICIENTS, axis=-1)
    gain[..., IS_ANGLE, 0] = 1.0  # a gain leaves the mean of an angle alone
    # Each leg holds half of every midline curve.
    gain = gain * np.where(_IS_MIDLINE, 0.5, 1.0)[:, None]
    at = (task, mean.v, mean.grade_deg)
    forces = template(*at, FORCE_CHANNELS)[:, None]
    if task != RISE:  # whose forces are cosines
        forces = forces + own.forces
    return MeanLegs(
        legs=template(*at, LEG_CHANNELS)[:, None] * gain + own.legs + changes.legs,
        leg_slope=template_slope(*at, LEG_CHANNELS)[:, None] * gain,
        forces=forces,
        force_slope=template_slope(*at, FORCE_CHANNELS),
        force_gain=changes.force_gain[..., None],
        more_force=changes.forces,
        step_force=StepForce.of(forces[:, :, 0], people, mean) if task in GROUND else None,
    )


def leg_curves(
    task: str,
    people: Population,
    own: SubjectLegs,
    mean: MeanLegs,
    strides: Strides,
    deviations: StrideDeviations,
) -> LegCurves:
    """Curves of both legs.

    Parameters
    ----------
    task : str
        Task name.
    people, own, mean
        Subjects, their deviations, and what their strides vary about.
    strides : Strides
    deviations : StrideDeviations
        Of the same strides; in sit to stand of two for each movement, one a leg.
    """
    if task == RISE:
        return _rises(own, mean, strides, deviations)
    order = strides.ipsilateral[:, None] ^ np.arange(2)
    clock = StrideClock.of(strides)
    basis = np.swapaxes(fourier_basis(clock.template_phase(people)), -1, -2)
    change = clock.between(strides.v) - strides.mean.v[:, None, None, None]
    slope = mean.leg_slope[:, order, :, :_N_SLOPE]
    legs = np.concatenate([mean.legs[:, order], slope, clock.seen(deviations.legs)], axis=-1) @ (
        np.concatenate(
            [
                basis,
                basis[..., :_N_SLOPE, :] * change[..., None, :],
                clock.carry(stride_atoms(basis), STRIDE_MEMORY),
            ],
            axis=-2,
        )
    )
    _slide_markers(legs, own.artefact[:, order])
    stance = clock.inner.stance
    sines = np.swapaxes(sine_basis(stance), -1, -2)
    contact = strides.of_cycles(strides.contact_percent) / 100
    forces = mean.forces[:, order] @ sines
    if mean.step_force is not None:
        forces[..., 0, :] = mean.step_force.lift(forces[..., 0, :], contact)
    gentler = np.minimum(strides.mean.v / USUAL_V, 1.0)[:, None, None, None]
    pushes = clock.seen(gentler * deviations.forces)
    slope = np.broadcast_to(mean.force_slope[:, None, None], (*pushes.shape[:4], N_SINES))
    forces = forces * mean.force_gain[:, order]
    forces += np.concatenate([mean.more_force[:, order], slope, pushes], axis=-1) @ np.concatenate(
        [
            sines,
            sines * change[..., None, _INNER],
            clock.inner.carry(FORCE_ATOMS @ sines, STRIDE_MEMORY),
        ],
        axis=-2,
    )
    return LegCurves(legs, forces, stance, contact)


def _slide_markers(legs: Array, gains: Array) -> None:
    knee = legs[..., LEG_CHANNELS.index("knee_flexion_angle"), None, :]
    legs[..., ARTEFACT_CHANNELS, :] += gains[..., None] * knee


def _rises(
    own: SubjectLegs, mean: MeanLegs, strides: Strides, deviations: StrideDeviations
) -> LegCurves:
    """Curves of movements that each stand alone, both legs in phase."""
    n_cycles = strides.n_cycles
    order = strides.ipsilateral[:, None] ^ np.arange(2)
    basis = mirrored_basis(CYCLE_CLOCK).T
    legs = mean.legs[:, order] @ basis
    legs = legs + _both_legs(deviations.legs, n_cycles) @ stride_atoms(basis)
    _slide_markers(legs, own.artefact[:, order])
    stance = CYCLE_CLOCK[_INNER]
    # The forces do not vanish at the ends; what is added does.
    added = (own.forces + mean.more_force)[:, order]
    added = added + _both_legs(deviations.forces, n_cycles) @ FORCE_ATOMS
    forces = (mean.forces * mean.force_gain)[:, order] @ cosine_basis(stance).T
    forces = forces + 0.5 * added @ sine_basis(stance).T
    shape = (*forces.shape[:3], len(stance))
    together = np.zeros(shape[:2])
    return LegCurves(legs, forces, np.broadcast_to(stance, shape), together)


def _both_legs(values: Array, n_cycles: int) -> Array:
    first = 2 * STRIDES_BEFORE
    some = values[:, first : first + 2 * n_cycles]
    return some.reshape(len(some), n_cycles, 2, *some.shape[2:])


# Named channels, and the table of cycles

SIDES = ("ipsi", "contra")
MOTIONS = (
    "hip_flexion",
    "knee_flexion",
    "ankle_dorsiflexion",
    "hip_adduction",
    "hip_internal_rotation",
    "knee_adduction",
)
POWERS = {"hip": "hip_flexion", "knee": "knee_flexion", "ankle": "ankle_dorsiflexion"}
"""Joint powers are those of the sagittal plane."""

MIDLINE = {
    "pelvis_anterior_tilt_angle": False,
    "pelvis_obliquity_up_angle": True,
    "pelvis_internal_rotation_angle": True,
    "trunk_anterior_tilt_angle": False,
    "trunk_obliquity_up_angle": True,
    "trunk_internal_rotation_angle": True,
}
"""Pelvis and trunk curves, and whether the other leg sees them with the opposite sign."""

Channels = Iterator[tuple[str, Array]]


def _curve(legs: Array, name: str) -> Array:
    """One curve of one leg, (n_subjects, n_cycles, n_phases), or of both."""
    found: Array = legs[..., LEG_CHANNELS.index(name), :]
    return found


def _joint_channels(leg: Array, side: str, duration_s: Array) -> Channels:
    """Angles, velocities, moments and powers of one leg."""
    rates, moments = {}, {}
    for motion in MOTIONS:
        angle = np.radians(_curve(leg, f"{motion}_angle"))
        rates[motion] = velocity(angle, duration_s)
        yield f"{motion}_angle_{side}_rad", angle[..., _INNER]
        yield f"{motion}_velocity_{side}_rad_s", rates[motion]
        if f"{motion}_moment" in LEG_CHANNELS:
            moments[motion] = _curve(leg, f"{motion}_moment")[..., _INNER]
            yield f"{motion}_moment_{side}_Nm_kg", moments[motion]
    for joint, motion in POWERS.items():
        yield f"{joint}_power_{side}_W_kg", moments[motion] * rates[motion]
    progression = _curve(leg, "foot_progression_internal_angle")[..., _INNER]
    yield f"foot_progression_internal_angle_{side}_rad", np.radians(progression)


def _force_channels(task: str, curves: LegCurves, height_m: Array) -> Channels:
    vertical, anterior, lateral = np.moveaxis(curves.forces, 3, 0)
    if task == RISE:  # the chair carries what the legs do not
        vertical = np.maximum(vertical, 0.0)
    else:
        vertical = carry_body_weight(vertical, curves.contact)
        anterior = balance_fore_aft(anterior, vertical)
    moment = _curve(curves.legs, "ankle_dorsiflexion_moment")[..., _INNER]
    forward, outward = centre_of_pressure(
        moment, vertical, anterior, curves.stance, height_m[:, None, None, None]
    )
    for i, side in enumerate(SIDES):
        yield f"grf_vertical_{side}_BW", vertical[:, :, i]
        yield f"grf_anterior_{side}_BW", anterior[:, :, i]
        yield f"grf_lateral_{side}_BW", lateral[:, :, i]
        yield f"cop_anterior_{side}_m", forward[:, :, i]
        yield f"cop_lateral_{side}_m", outward[:, :, i]


def named_channels(task: str, curves: LegCurves, duration_s: Array, height_m: Array) -> Channels:
    """Yield name and curves, (n_subjects, n_cycles, n_phases), of all channels of one task.

    Parameters
    ----------
    task : str
        Task name.
    curves : LegCurves
        Of both legs.
    duration_s : ndarray, shape (n_subjects, n_cycles)
        Cycle durations.
    height_m : ndarray, shape (n_subjects,)
        Body heights.
    """
    midline = {
        name: np.radians(pelvis(_curve(curves.legs, name)[..., _INNER], mirrored=mirrored))
        for name, mirrored in MIDLINE.items()
    }
    for name, angle in midline.items():
        yield f"{name}_rad", angle
    for i, side in enumerate(SIDES):
        leg = curves.legs[:, :, i]
        yield from _joint_channels(leg, side, duration_s)
        hip, knee, ankle = (
            np.radians(_curve(leg, f"{motion}_angle")[..., _INNER]) for motion in POWERS.values()
        )
        segments = segment_angles(hip, knee, ankle, midline["pelvis_anterior_tilt_angle"])
        for segment, angle in zip(("thigh", "shank", "foot"), segments, strict=True):
            yield f"{segment}_sagittal_angle_{side}_rad", angle
    yield from _force_channels(task, curves, height_m)


_WHO = ("age", "sex", "height_m", "mass_kg", "bmi", "leg_length_m", "pathology", "subtype")


def _task_id(trial: Trial, people: Population) -> list[str]:
    short = trial.task.removesuffix("_walking")
    if trial.speed_m_s is not None:
        return [f"{short}_{trial.speed_m_s:.2f}m_s"] * len(people)
    if short in ("incline", "decline"):
        return [f"{short}_{grade:.0f}deg" for grade in people.ramp_grade_deg]
    return [short] * len(people)


def cycle_table(trial: Trial, people: Population, strides: Strides) -> pd.DataFrame:
    """One row a cycle of one trial: key, events, speeds, subject, tests."""
    n_cycles = strides.n_cycles
    of_subjects: dict[str, Any] = {name: getattr(people, name) for name in (*_WHO, "severity")}
    subjects = pd.DataFrame(of_subjects | outcomes(people))
    repeated = subjects.loc[np.repeat(np.arange(len(people)), n_cycles)].reset_index(drop=True)
    length, duration, width, stance = (
        strides.of_cycles(values)
        for values in (
            strides.stride_length_m,
            strides.duration_s,
            strides.step_width_m,
            strides.toe_off_percent,
        )
    )
    of_steps = {
        "stance_percent": stance,
        "double_support_percent": strides.double_support_percent,
        "cadence_steps_min": 120.0 / duration,
    }
    if trial.task == RISE:
        of_steps = {name: np.full_like(length, np.nan) for name in of_steps}
    of_strides = {
        "speed_m_s": length / duration,
        "incline_deg": np.repeat(strides.mean.grade_deg[:, None], n_cycles, axis=1),
        "cycle_duration_s": duration,
        **of_steps,
        "step_length_m": 0.5 * length,
        "stride_length_m": length,
        "step_width_m": width,
    }
    legs = strides.ipsilateral
    each = {
        "dataset": "simulated",
        "subject": np.repeat(people.subject, n_cycles),
        "task": trial.task,
        "task_id": np.repeat(_task_id(trial, people), n_cycles),
        "step": np.tile(np.arange(n_cycles), len(people)),
        **{name: values.ravel() for name, values in of_strides.items()},
    }
    last = {
        "side": np.tile(np.where(legs == 0, "left", "right"), len(people)),
        "affected_side": np.repeat(people.affected_side, n_cycles),
        "simulated": True,
    }
    return pd.concat([pd.DataFrame(each), repeated, pd.DataFrame(last)], axis=1)
