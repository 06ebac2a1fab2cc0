"""Stride times, lengths and events."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.simulation.population import GRAVITY_M_S2, Population
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.templates import (
    STAIR_TOE_OFF_PERCENT,
    level_toe_off_percent,
    toe_off_percent,
)

N_STRIDE_NORMALS = 5
STAIR_RISE_M = 0.17
STAIR_PITCH_DEG = 30.0
STAIR_STRIDE_S = {"stair_ascent": 1.40, "stair_descent": 1.20}
_USUAL_SPEED_M_S = 1.3
_USUAL_V = 0.4375


@dataclass(frozen=True)
class Strides:
    """Timing of strides; arrays of shape (n_subjects, n_cycles).

    Attributes
    ----------
    duration_s, stride_length_m, step_width_m : ndarray
        Of each stride; on stairs the length runs along the pitch line.
    v : ndarray
        Dimensionless speed ``speed / sqrt(g L)``.
    grade_deg : ndarray
        Slope, uphill positive; 0 on stairs, whose treads are level.
    toe_off_percent : ndarray, shape (n_subjects, n_cycles, 2)
        Of the ipsi- and the contralateral leg, each in percent of its own cycle.
    template_toe_off_percent : ndarray
        Of the healthy template at this speed.
    contact_percent : ndarray
        When the contralateral foot lands, percent of the ipsilateral cycle.
    leg : ndarray of int, shape (n_cycles,)
        Ipsilateral leg: 0 left, 1 right; strides take turns.
    """

    duration_s: Array
    stride_length_m: Array
    step_width_m: Array
    v: Array
    grade_deg: Array
    toe_off_percent: Array
    template_toe_off_percent: Array
    contact_percent: Array
    leg: NDArray[np.intp]

    @property
    def speed_m_s(self) -> Array:
        """Speed along the walking surface."""
        speed: Array = self.stride_length_m / self.duration_s
        return speed

    @property
    def double_support_percent(self) -> Array:
        """Both feet on the ground: what the two stances exceed the cycle by."""
        both: Array = self.toe_off_percent.sum(axis=-1) - 100.0
        return both


def grade_deg(task: str, people: Population) -> Array:
    """Slope each subject walks on in a task."""
    sign = {"incline_walking": 1.0, "decline_walking": -1.0}.get(task, 0.0)
    return sign * people.ramp_grade_deg


def ground_speed(task: str, people: Population) -> Array:
    """Mean speed on level ground or a ramp; about 1 % slower a degree up, 0.5 % a degree down."""
    slope = grade_deg(task, people)
    return people.speed_m_s * (1 - 0.012 * np.maximum(slope, 0) + 0.006 * np.minimum(slope, 0))


def step_length_law(v: Array, leg_length_m: Array) -> Array:
    """Step length (m) at dimensionless speed `v`: ``1.085 L v^0.428`` (Schwartz et al. 2008)."""
    return 1.085 * leg_length_m * v**0.428


def _walking_stride(task: str, people: Population) -> tuple[Array, Array]:
    """Mean stride duration (s) and length (m) of each subject on level ground or a ramp."""
    speed = ground_speed(task, people)
    v = speed / np.sqrt(GRAVITY_M_S2 * people.leg_length_m)
    shorter = 1 - people.of_pathology("step_length_loss") * people.severity
    own = np.exp(0.06 * people.trait("step_length"))
    stride = 2 * step_length_law(v, people.leg_length_m) * own * shorter
    return stride / speed, stride


def _stair_stride(task: str, people: Population) -> tuple[Array, Array]:
    """Stairs fix the step, so speed shows in time alone; slow walkers climb slowly."""
    slower = (_USUAL_SPEED_M_S / people.speed_m_s) ** 0.6
    duration = STAIR_STRIDE_S[task] * slower * np.exp(0.07 * people.trait("tempo"))
    step = STAIR_RISE_M / np.sin(np.radians(STAIR_PITCH_DEG))
    return duration, np.full(len(people), 2 * step)


def _toe_off(task: str, people: Population, v: Array, leg: NDArray[np.intp]) -> Array:
    """Toe-off of both legs before stride noise, shape (n_subjects, n_cycles, 2)."""
    base = toe_off_percent(task, v)
    if task in STAIR_TOE_OFF_PERCENT:
        walking = level_toe_off_percent(_level_v(people)) - level_toe_off_percent(
            np.array(_USUAL_V)
        )
        base = base + 0.5 * walking[:, None]
    base = base + 1.2 * people.trait("toe_off")[:, None]
    shift = (people.of_pathology("toe_off_shift_percent") * people.severity)[:, None]
    ipsi = np.where(leg == people.affected_leg[:, None], shift, -shift)
    return np.stack([base + ipsi, base - ipsi], axis=-1)


def _level_v(people: Population) -> Array:
    v: Array = people.speed_m_s / np.sqrt(GRAVITY_M_S2 * people.leg_length_m)
    return v


def _contact(people: Population, leg: NDArray[np.intp], noise: Array) -> Array:
    """When the other foot lands: half way, earlier in the affected side's cycle."""
    shift = (people.of_pathology("contact_shift_percent") * people.severity)[:, None]
    own = 0.5 * people.trait("foot_placement")[:, None]
    sign = np.where(leg == people.affected_leg[:, None], -1.0, 1.0)
    contact: Array = 50.0 + sign * (shift + own) + 0.5 * noise
    return contact


def _step_width(people: Population) -> Array:
    """Return the mean width: about 0.11 L, between Donelan et al. 2001 and walkway norms."""
    wider = people.of_pathology("step_width_gain_m") * people.severity
    width: Array = 0.11 * people.leg_length_m + 0.025 * people.trait("step_width") + wider
    return width


def draw_strides(task: str, people: Population, normals: Array) -> Strides:
    """Lay out the strides of one task.

    Parameters
    ----------
    task : str
        Task name.
    people : Population
        The subjects.
    normals : ndarray, shape (n_subjects, n_cycles, 5)
        Standard normals: time, length, width, toe-off and contact of each stride.

    Returns
    -------
    Strides
    """
    n_cycles = normals.shape[1]
    leg = np.arange(n_cycles) % 2
    on_stairs = task in STAIR_STRIDE_S
    mean_time, mean_length = (_stair_stride if on_stairs else _walking_stride)(task, people)
    low, high = people.of_pathology("stride_cv").T
    cv = (low + (high - low) * people.severity) * np.exp(0.25 * people.trait("stride_noise"))
    duration = mean_time[:, None] * np.exp(cv[:, None] * normals[..., 0])
    length_cv = np.zeros_like(cv) if on_stairs else 1.2 * cv
    length = mean_length[:, None] * np.exp(length_cv[:, None] * normals[..., 1])
    v = length / duration / np.sqrt(GRAVITY_M_S2 * people.leg_length_m)[:, None]
    toe_off = _toe_off(task, people, v, leg) + 0.5 * normals[..., 3, None]
    return Strides(
        duration_s=duration,
        stride_length_m=length,
        step_width_m=np.maximum(_step_width(people)[:, None] + 0.018 * normals[..., 2], 0.01),
        v=v,
        grade_deg=np.repeat(grade_deg(task, people)[:, None], n_cycles, axis=1),
        toe_off_percent=np.clip(toe_off, 52.0, 82.0),
        template_toe_off_percent=toe_off_percent(task, v),
        contact_percent=_contact(people, leg, normals[..., 4]),
        leg=leg,
    )
