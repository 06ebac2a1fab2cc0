"""Curves of both legs and the cycles they make up.

From the template, the changes of a diagnosis and what makes people and strides differ, to curves
on the ipsilateral clock; then what the curves of one body must agree on (segment angles,
velocities, ground reaction, centre of pressure), the named channels, and the table of cycles with
each subject's performance tests and falls.
"""

from collections.abc import Iterator, Mapping
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
)
from locomotion_analysis.simulation.pathologies import (
    PATHOLOGIES,
    Change,
    Scaling,
)
from locomotion_analysis.simulation.people import Population
from locomotion_analysis.simulation.strides import (
    Strides,
    rise_duration,
    stride_length_cv,
    usual_toe_off,
)
from locomotion_analysis.standard import PHASE_PERCENT, STANDARD_GRAVITY_M_S2

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


def velocity(angle: Array, duration_s: Array, *, periodic: bool = True) -> Array:
    """Angular velocity of a curve.

    Central differences of fourth order: ``(8 (x[+1] - x[-1]) - (x[+2] - x[-2])) / (12 h)``.

    Parameters
    ----------
    angle : ndarray, shape (..., n_phases)
        rad; of a periodic curve the last sample repeats the first, one cycle later.
    duration_s : ndarray, shape (...)
        Cycle duration, s.
    periodic : bool
        False for a movement that starts and ends at rest.

    Returns
    -------
    ndarray
        rad/s, the shape of `angle`.
    """
    before, after = angle[..., -3:-1], angle[..., 1:3]
    if not periodic:
        before, after = angle[..., 2:0:-1], angle[..., -2:-4:-1]
    around = np.concatenate([before, angle, after], axis=-1)
    near = around[..., 3:-1] - around[..., 1:-3]
    far = around[..., 4:] - around[..., :-4]
    step = duration_s[..., None] / (angle.shape[-1] - 1)
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


def cycle_mean(curve: Array) -> Array:
    """Mean over the cycle (trapezium rule on the phase grid), keeping the last axis."""
    inner = curve[..., 1:-1].sum(axis=-1, keepdims=True)
    ends = 0.5 * (curve[..., :1] + curve[..., -1:])
    mean: Array = (inner + ends) / (curve.shape[-1] - 1)
    return mean


def carry_body_weight(vertical: Array) -> Array:
    """Scale the vertical forces of both legs so that together they carry one body weight.

    Over a periodic cycle the body gains no vertical momentum, so the two legs' mean vertical
    force is the weight, however unevenly they share it.

    Parameters
    ----------
    vertical : ndarray, shape (..., 2, n_phases)
        Both legs' force on one clock, BW.
    """
    lifted = np.maximum(vertical, 0.0)
    total = cycle_mean(lifted).sum(axis=-2, keepdims=True)
    scaled: Array = lifted / total
    return scaled


def balance_fore_aft(anterior: Array) -> Array:
    """Scale braking and propulsion so that both legs together neither speed up nor slow down.

    Parameters
    ----------
    anterior : ndarray, shape (..., 2, n_phases)
        Both legs' force, forward positive, BW.
    """
    forward, backward = np.maximum(anterior, 0.0), np.maximum(-anterior, 0.0)
    gained = cycle_mean(forward).sum(axis=-2, keepdims=True)
    lost = cycle_mean(backward).sum(axis=-2, keepdims=True)
    ratio = np.sqrt(lost / gained)
    balanced: Array = forward * ratio - backward / ratio
    return balanced


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


# Shares of body height and foot length after Winter; where the pressure starts and ends on the
# sole, and how far it strays sideways, are of the published order of magnitude.
_FOOT_PER_HEIGHT, _ANKLE_PER_HEIGHT = 0.152, 0.039
_HEEL_BEHIND_ANKLE = 0.25
_FIRST_CONTACT, _LAST_CONTACT = -0.20, 0.65
_UNCERTAIN_BW = 0.05
_OUTWARD_M, _INWARD_M = 0.010, 0.015


def centre_of_pressure(
    ankle_moment: Array, vertical: Array, anterior: Array, stance: Array, height_m: Array
) -> tuple[Array, Array]:
    """Where on the sole the ground pushes: forward of the heel and outward of its midline, m.

    Forward, from the quasi-static balance about the ankle,
    ``x = (-M / g - h F_anterior) / F_vertical`` with the ankle's height ``h``; where the force is
    small, it goes from the heel to the toes with stance. Kept on the sole. 0 in swing, as force
    plates report.

    Parameters
    ----------
    ankle_moment : ndarray, shape (..., n_phases)
        Internal, dorsiflexor positive, Nm/kg.
    vertical, anterior : ndarray, shape (..., n_phases)
        Forces, BW.
    stance : ndarray, shape (..., n_phases)
        Fraction of stance; above 1 in swing.
    height_m : ndarray, broadcastable
        Body height.

    Returns
    -------
    anterior, lateral : ndarray
        m.
    """
    foot = _FOOT_PER_HEIGHT * height_m
    loaded = stance <= 1.0
    usual = (_FIRST_CONTACT + (_LAST_CONTACT - _FIRST_CONTACT) * np.minimum(stance, 1.0)) * foot
    turning = -ankle_moment / STANDARD_GRAVITY_M_S2 - _ANKLE_PER_HEIGHT * height_m * anterior
    forward = (turning + _UNCERTAIN_BW * usual) / (vertical + _UNCERTAIN_BW)
    from_heel = np.clip(forward + _HEEL_BEHIND_ANKLE * foot, 0.0, foot)
    outward = _OUTWARD_M * np.sin(np.pi * stance) - _INWARD_M * stance**4
    return np.where(loaded, from_heel, 0.0), np.where(loaded, outward, 0.0)


# How people differ from the mean and strides from each other
#
# Deviations are smooth curves: an offset and two harmonics for angles, four for pelvis and trunk,
# five bumps for moments, three in stance for forces. They are correlated across joints; a person's
# two legs share most of them. Sizes: between-subject SD of Schwartz et al. 2008 and Pinzone et al. 2014 (Gait Posture 40:286),
# stride SD of the open recordings of Falisse et al. 2019 (J R Soc Interface
# 16:20190402) and Fukuchi et al. 2017; hip rotation, foot progression and trunk between strides, and
# harmonics 3 and 4, of the same order.


N_ATOMS = 9
N_FORCE_ATOMS = 3
N_LEG = len(LEG_CHANNELS) * N_ATOMS
N_FORCE = len(FORCE_CHANNELS) * N_FORCE_ATOMS
SHARED_BY_LEGS = 0.82
LARGEST_DEVIATION = 2.2
"""In standard deviations; who is further from the mean is not called healthy."""

_IS_ANGLE = np.array([name.endswith("_angle") for name in LEG_CHANNELS])

# Between subjects: SD of (offset, harmonic 1, harmonic 2); between strides: the same.
# Pelvis and trunk curves are halves that the two legs add up, see pelvis(). Equal halves
# cancel every other harmonic, so theirs vary up to the fourth: no healthy pelvis is that even.
# Harmonics 3 and 4 vary by these shares of harmonic 2.
_FINE_SHARES = (0.5, 0.3)
_SUBJECT_ANGLE_SD = {
    "hip_flexion_angle": (4.9, 2.6, 1.0),
    "knee_flexion_angle": (3.6, 3.4, 2.8),
    "ankle_dorsiflexion_angle": (3.2, 2.2, 2.0),
    "hip_adduction_angle": (2.6, 1.6, 0.8),
    "hip_internal_rotation_angle": (8.4, 1.8, 1.0),
    "knee_adduction_angle": (2.8, 1.5, 0.9),
    "foot_progression_internal_angle": (5.9, 1.7, 1.1),
    "pelvis_anterior_tilt_angle": (2.4, 0.3, 0.3),
    "pelvis_obliquity_up_angle": (0.75, 1.1, 0.3),
    "pelvis_internal_rotation_angle": (1.2, 1.9, 0.4),
    "trunk_anterior_tilt_angle": (2.0, 0.3, 0.3),
    "trunk_obliquity_up_angle": (0.8, 0.9, 0.3),
    "trunk_internal_rotation_angle": (1.2, 1.2, 0.4),
}
_STRIDE_ANGLE_SD = {
    "hip_flexion_angle": (1.1, 1.0, 0.7),
    "knee_flexion_angle": (0.8, 1.0, 0.9),
    "ankle_dorsiflexion_angle": (0.8, 1.0, 0.9),
    "hip_adduction_angle": (0.7, 0.65, 0.45),
    "hip_internal_rotation_angle": (1.5, 1.0, 0.6),
    "knee_adduction_angle": (0.5, 0.6, 0.4),
    "foot_progression_internal_angle": (1.8, 1.0, 0.6),
    "pelvis_anterior_tilt_angle": (0.6, 0.3, 0.2),
    "pelvis_obliquity_up_angle": (0.2, 0.35, 0.2),
    "pelvis_internal_rotation_angle": (0.5, 0.7, 0.3),
    "trunk_anterior_tilt_angle": (0.5, 0.25, 0.2),
    "trunk_obliquity_up_angle": (0.3, 0.35, 0.2),
    "trunk_internal_rotation_angle": (0.5, 0.6, 0.3),
}
_MOMENT_BUMPS = ((10.0, 6.0), (24.0, 8.0), (40.0, 8.0), (52.0, 6.0), (88.0, 6.0))
_SUBJECT_MOMENT_SD = {
    "hip_flexion_moment": (0.20, 0.12, 0.12, 0.16, 0.09),
    "knee_flexion_moment": (0.17, 0.14, 0.13, 0.12, 0.06),
    "ankle_dorsiflexion_moment": (0.08, 0.12, 0.17, 0.18, 0.01),
    "hip_adduction_moment": (0.09, 0.13, 0.12, 0.09, 0.02),
    "knee_adduction_moment": (0.06, 0.09, 0.09, 0.06, 0.01),
}
_STRIDE_MOMENT_SD = {
    "hip_flexion_moment": (0.10, 0.06, 0.06, 0.07, 0.05),
    "knee_flexion_moment": (0.08, 0.06, 0.06, 0.05, 0.03),
    "ankle_dorsiflexion_moment": (0.04, 0.05, 0.06, 0.06, 0.005),
    "hip_adduction_moment": (0.04, 0.05, 0.05, 0.04, 0.01),
    "knee_adduction_moment": (0.03, 0.035, 0.035, 0.03, 0.005),
}
_FORCE_BUMPS = ((22.0, 9.0), (50.0, 14.0), (80.0, 9.0))
_SUBJECT_FORCE_SD = ((0.10, 0.07, 0.08), (0.028, 0.014, 0.024), (0.012, 0.010, 0.012))
_STRIDE_FORCE_SD = ((0.045, 0.025, 0.03), (0.012, 0.006, 0.010), (0.010, 0.008, 0.010))

# Correlations of subjects' deviations across channels; the rest are zero.
_CORRELATIONS = {
    ("hip_flexion_angle", "knee_flexion_angle"): 0.45,
    ("hip_flexion_angle", "pelvis_anterior_tilt_angle"): 0.70,
    ("knee_flexion_angle", "ankle_dorsiflexion_angle"): 0.35,
    ("knee_flexion_angle", "knee_flexion_moment"): -0.40,
    ("hip_adduction_angle", "pelvis_obliquity_up_angle"): 0.40,
    ("hip_internal_rotation_angle", "foot_progression_internal_angle"): 0.35,
    ("knee_adduction_angle", "knee_adduction_moment"): -0.30,
    ("hip_adduction_moment", "knee_adduction_moment"): 0.45,
    ("pelvis_anterior_tilt_angle", "trunk_anterior_tilt_angle"): 0.30,
    ("hip_flexion_moment", "knee_flexion_moment"): -0.35,
    ("knee_flexion_moment", "ankle_dorsiflexion_moment"): 0.25,
}


def _spread(
    angles: Mapping[str, tuple[float, ...]], moments: Mapping[str, tuple[float, ...]]
) -> Array:
    """SD of each atom of each leg channel, shape (n_channels, 9)."""
    rows = np.zeros((len(LEG_CHANNELS), N_ATOMS))
    for row, name in zip(rows, LEG_CHANNELS, strict=True):
        if name in angles:
            offset, first, second = angles[name]
            midline = name.startswith(("pelvis", "trunk"))
            fine = [share * second * midline for share in _FINE_SHARES]
            row[:] = [offset, *np.repeat([first, second, *fine], 2)]
        else:
            row[: len(_MOMENT_BUMPS)] = moments[name]
    return rows


_FORCE_ATOMS = np.stack([stance_bump(*place) for place in _FORCE_BUMPS])


def _leg_curves(normals: Array, spread: Array) -> Array:
    """Turn normals (..., 162) into coefficients (..., n_channels, n_coefficients)."""
    correlations = np.eye(len(LEG_CHANNELS))
    for (one, other), value in _CORRELATIONS.items():
        i, j = LEG_CHANNELS.index(one), LEG_CHANNELS.index(other)
        correlations[i, j] = correlations[j, i] = value
    harmonics = np.eye(N_ATOMS, N_COEFFICIENTS)
    bumps = np.zeros_like(harmonics)
    bumps[: len(_MOMENT_BUMPS)] = [cycle_bump(*place) for place in _MOMENT_BUMPS]
    atoms = np.stack([harmonics if is_angle else bumps for is_angle in _IS_ANGLE])
    shaped = normals.reshape(*normals.shape[:-1], len(LEG_CHANNELS), N_ATOMS)
    mixed = np.einsum("ij,...jk->...ik", np.linalg.cholesky(correlations), shaped) * spread
    curves: Array = np.einsum("...ik,ikc->...ic", mixed, atoms)
    return curves


def _force_curves(normals: Array, spread: tuple[tuple[float, ...], ...]) -> Array:
    shaped = normals.reshape(*normals.shape[:-1], len(FORCE_CHANNELS), N_FORCE_ATOMS)
    curves: Array = (shaped * np.array(spread)) @ _FORCE_ATOMS
    return curves


def subject_deviations(normals: Array) -> tuple[Array, Array]:
    """Deviations of each subject's left and right leg from the template.

    Parameters
    ----------
    normals : ndarray, shape (n_subjects, 3 * 171 or more)
        Standard normals: what both legs share, the left's own, the right's own.

    Returns
    -------
    legs : ndarray, shape (n_subjects, 2, 18, 41)
        Fourier coefficients, degrees or Nm/kg.
    forces : ndarray, shape (n_subjects, 2, 3, 24)
        Sine coefficients, body weights.
    """
    width = N_LEG + N_FORCE
    drawn = np.clip(normals[:, : 3 * width], -LARGEST_DEVIATION, LARGEST_DEVIATION)
    shared, left, right = np.split(drawn, 3, axis=1)
    own = np.stack([left, right], axis=1)
    mixed = np.sqrt(SHARED_BY_LEGS) * shared[:, None] + np.sqrt(1 - SHARED_BY_LEGS) * own
    legs = _leg_curves(mixed[..., :N_LEG], _spread(_SUBJECT_ANGLE_SD, _SUBJECT_MOMENT_SD))
    return legs, _force_curves(mixed[..., N_LEG:], _SUBJECT_FORCE_SD)


def stride_deviations(normals: Array, size: Array) -> tuple[Array, Array]:
    """Deviations of each stride of both legs.

    Parameters
    ----------
    normals : ndarray, shape (n_subjects, n_cycles, 2 * 171)
        Standard normals, ipsilateral leg first.
    size : ndarray, shape (n_subjects,)
        Relative size of the subject's stride noise.

    Returns
    -------
    legs, forces : ndarray
        Shapes (n_subjects, n_cycles, 2, 18, 41) and (n_subjects, n_cycles, 2, 3, 24).
    """
    each = normals.reshape(*normals.shape[:2], 2, N_LEG + N_FORCE) * size[:, None, None, None]
    legs = _leg_curves(each[..., :N_LEG], _spread(_STRIDE_ANGLE_SD, _STRIDE_MOMENT_SD))
    return legs, _force_curves(each[..., N_LEG:], _STRIDE_FORCE_SD)


# Curves of both legs on the ipsilateral clock

TIMING_SD = 0.010
SESSION_SHARE = 0.25
"""Differences between sessions, as a share of those between people (McGinley et al. 2009)."""

_IS_MIDLINE = np.array([name.startswith(("pelvis", "trunk")) for name in LEG_CHANNELS])


@dataclass(frozen=True)
class SubjectLegs:
    """What does not change from stride to stride: deviations and diagnosis of both legs.

    Attributes
    ----------
    legs, forces : ndarray, shapes (n_subjects, 2, 18, 41) and (n_subjects, 2, 3, 24)
        Coefficients to add to the template; left leg first.
    walking, rising : Changes
        The diagnosis, in strides and in sit to stand.
    """

    legs: Array
    forces: Array
    walking: Changes
    rising: Changes


@dataclass(frozen=True)
class LegCurves:
    """Curves of both legs, ipsilateral leg first.

    Attributes
    ----------
    legs : ndarray, shape (n_subjects, n_cycles, 2, 18, n_phases)
        Degrees and Nm/kg; order of `LEG_CHANNELS`.
    forces : ndarray, shape (n_subjects, n_cycles, 2, 3, n_phases)
        Body weights; order of `FORCE_CHANNELS`.
    stance : ndarray, shape (n_subjects, n_cycles, 2, n_phases)
        Fraction of stance; above 1 in swing.
    """

    legs: Array
    forces: Array
    stance: Array


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
    walking, rising = pathology_changes(people), pathology_changes(people, rising=True)
    return SubjectLegs(legs, forces, walking, rising)


def _by_stride(per_leg: Array, strides: Strides) -> Array:
    """Reorder (n_subjects, left/right, ...) into (n_subjects, n_cycles, ipsi/contra, ...)."""
    order = np.stack([strides.leg, 1 - strides.leg], axis=-1)
    reordered: Array = per_leg[:, order]
    return reordered


def leg_phase(task: str, strides: Strides) -> Array:
    """Fraction of each leg's own cycle, shape (n_subjects, n_cycles, 2, n_phases)."""
    ipsi = np.broadcast_to(PHASE_PERCENT / 100, (*strides.v.shape, len(PHASE_PERCENT)))
    if task == RISE:
        return np.stack([ipsi, ipsi], axis=-2)
    contra = ipsi - strides.contact_percent[..., None] / 100
    phase: Array = np.stack([ipsi, contra], axis=-2) % 1.0
    return phase


def template_phase(phase: Array, strides: Strides, people: Population) -> Array:
    """Warp each leg's clock so that its toe-off meets the template's.

    ``phase + b sin(2 pi phase) + d sin(pi phase)^2``: smooth, periodic and increasing; `b` is the
    subject's own timing and `d` follows from the toe-offs, if the foot leaves the ground.
    """
    own = strides.toe_off_percent[..., None] / 100
    target = strides.template_toe_off_percent[..., None, None] / 100
    timing = TIMING_SD * people.trait("timing")[:, None, None, None]
    late = target - own - timing * np.sin(2 * np.pi * own)
    shift = np.where(own < 1, late / np.maximum(np.sin(np.pi * own) ** 2, 1e-9), 0.0)
    warped: Array = phase + timing * np.sin(2 * np.pi * phase) + shift * np.sin(np.pi * phase) ** 2
    return warped


def leg_curves(
    task: str, people: Population, own: SubjectLegs, strides: Strides, normals: Array
) -> LegCurves:
    """Curves of both legs.

    Parameters
    ----------
    task : str
        Task name.
    people, own, strides
        Subjects, their deviations, their strides.
    normals : ndarray
        Standard normals of the stride noise, see :func:`stride_deviations`.
    """
    size = np.exp(0.2 * people.trait("stride_noise"))
    size = size * (1 + (people.of_pathology("stride_noise") - 1) * people.severity)
    noise, force_noise = stride_deviations(normals, size)
    changes = own.rising if task == RISE else own.walking
    added = _by_stride(own.legs + changes.legs, strides) + noise
    healthy = template(task, strides.v, strides.grade_deg, LEG_CHANNELS)
    # Each leg holds half of every midline curve; a gain leaves the mean of an angle alone.
    healthy = np.where(_IS_MIDLINE[:, None], 0.5 * healthy, healthy)
    gain = np.repeat(_by_stride(changes.leg_gain, strides)[..., None], N_COEFFICIENTS, axis=-1)
    gain[..., _IS_ANGLE, 0] = 1.0
    phase = leg_phase(task, strides)
    basis = (mirrored_basis if task == RISE else fourier_basis)(
        template_phase(phase, strides, people)
    )
    legs = (healthy[:, :, None] * gain + added) @ np.swapaxes(basis, -1, -2)
    force = template(task, strides.v, strides.grade_deg, FORCE_CHANNELS)[:, :, None]
    force = force * _by_stride(changes.force_gain, strides)[..., None]
    more = _by_stride(own.forces + changes.forces, strides) + force_noise
    stance = phase / (strides.toe_off_percent[..., None] / 100)
    sines = np.swapaxes(sine_basis(stance), -1, -2)
    if task == RISE:  # the forces do not vanish at the ends; what is added does
        forces = force @ np.swapaxes(cosine_basis(stance), -1, -2) + 0.5 * more @ sines
    else:
        forces = (force + more) @ sines
    return LegCurves(legs, forces, stance)


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


def _joint_channels(leg: Array, side: str, duration_s: Array, *, periodic: bool) -> Channels:
    """Angles, velocities, moments and powers of one leg."""
    rates, moments = {}, {}
    for motion in MOTIONS:
        angle = np.radians(_curve(leg, f"{motion}_angle"))
        rates[motion] = velocity(angle, duration_s, periodic=periodic)
        yield f"{motion}_angle_{side}_rad", angle
        yield f"{motion}_velocity_{side}_rad_s", rates[motion]
        if f"{motion}_moment" in LEG_CHANNELS:
            moments[motion] = _curve(leg, f"{motion}_moment")
            yield f"{motion}_moment_{side}_Nm_kg", moments[motion]
    for joint, motion in POWERS.items():
        yield f"{joint}_power_{side}_W_kg", moments[motion] * rates[motion]
    progression = _curve(leg, "foot_progression_internal_angle")
    yield f"foot_progression_internal_angle_{side}_rad", np.radians(progression)


def _force_channels(task: str, curves: LegCurves, height_m: Array) -> Channels:
    vertical, anterior, lateral = np.moveaxis(curves.forces, 3, 0)
    if task == RISE:  # the chair carries what the legs do not
        vertical = np.maximum(vertical, 0.0)
    else:
        vertical = carry_body_weight(vertical)
        anterior = balance_fore_aft(anterior)
    moment = _curve(curves.legs, "ankle_dorsiflexion_moment")
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
        name: np.radians(pelvis(_curve(curves.legs, name), mirrored=mirrored))
        for name, mirrored in MIDLINE.items()
    }
    for name, angle in midline.items():
        yield f"{name}_rad", angle
    for i, side in enumerate(SIDES):
        leg = curves.legs[:, :, i]
        yield from _joint_channels(leg, side, duration_s, periodic=task != RISE)
        hip, knee, ankle = (
            np.radians(_curve(leg, f"{motion}_angle")) for motion in POWERS.values()
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
    n_cycles = strides.v.shape[1]
    of_subjects: dict[str, Any] = {name: getattr(people, name) for name in (*_WHO, "severity")}
    subjects = pd.DataFrame(of_subjects | outcomes(people))
    repeated = subjects.loc[np.repeat(np.arange(len(people)), n_cycles)].reset_index(drop=True)
    length = strides.stride_length_m
    of_steps = {
        "stance_percent": strides.toe_off_percent[..., 0],
        "double_support_percent": strides.double_support_percent,
        "cadence_steps_min": 120.0 / strides.duration_s,
    }
    if trial.task == RISE:
        of_steps = {name: np.full_like(length, np.nan) for name in of_steps}
    of_strides = {
        "speed_m_s": strides.speed_m_s,
        "incline_deg": strides.grade_deg,
        "cycle_duration_s": strides.duration_s,
        **of_steps,
        "step_length_m": 0.5 * length,
        "stride_length_m": length,
        "step_width_m": strides.step_width_m,
    }
    each = {
        "dataset": "simulated",
        "subject": np.repeat(people.subject, n_cycles),
        "task": trial.task,
        "task_id": np.repeat(_task_id(trial, people), n_cycles),
        "step": np.tile(np.arange(n_cycles), len(people)),
        **{name: values.ravel() for name, values in of_strides.items()},
    }
    last = {
        "side": np.tile(np.where(strides.leg == 0, "left", "right"), len(people)),
        "affected_side": np.repeat(people.affected_side, n_cycles),
        "simulated": True,
    }
    return pd.concat([pd.DataFrame(each), repeated, pd.DataFrame(last)], axis=1)
