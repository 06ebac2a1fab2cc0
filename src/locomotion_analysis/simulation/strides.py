"""Strides of a trial: their times, which remember those before, their lengths, widths and events."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from locomotion_analysis.simulation.base import (
    RISE,
    STAIR_TOE_OFF_PERCENT,
    Array,
    Trial,
    level_toe_off_percent,
    toe_off_percent,
)
from locomotion_analysis.simulation.people import Population
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

MEMORY_STRIDES = 256
"""How many strides back the stride time remembers."""


def _memory(alpha: Array) -> Array:
    """Weights of the white noise now, before, ...: shape (n_subjects, 257), unit sum of squares."""
    order = np.arange(1, MEMORY_STRIDES + 1)
    ratio = (order - 1 + (alpha[:, None] - 0.5)) / order
    weights = np.concatenate([np.ones((len(alpha), 1)), np.cumprod(ratio, axis=1)], axis=1)
    normalised: Array = weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return normalised


def long_range_noise(before: Array, each: Array, alpha: Array) -> Array:
    """Turn white noise into fractional noise of unit variance, as stride times have it.

    ``x[t] = sum_k psi[k] e[t - k]`` with ``psi[k] = psi[k - 1] (k - 1 + d) / k`` and
    ``d = alpha - 0.5`` (Granger & Joyeux 1980, Hosking 1981), cut off after 256 strides. The
    past is given, so that more strides leave the earlier ones as they were.

    Parameters
    ----------
    before : ndarray, shape (n_subjects, 256)
        White noise before the first stride.
    each : ndarray, shape (n_subjects, n_cycles)
        White noise of the strides.
    alpha : ndarray, shape (n_subjects,)
        Scaling exponent as detrended fluctuation analysis finds it, between 0.5 and 1.

    Returns
    -------
    ndarray, shape (n_subjects, n_cycles)

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal((1, 512))
    >>> white = long_range_noise(noise[:, :256], noise[:, 256:], np.array([0.5]))
    >>> bool(np.allclose(white, noise[:, 256:]))
    True
    """
    past = fftconvolve(np.concatenate([before, each], axis=1), _memory(alpha), axes=1)
    noise: Array = past[:, before.shape[1] : before.shape[1] + each.shape[1]]
    return noise


STRIDES_BEFORE, STRIDES_AFTER = 2, 3
"""Strides that are simulated on either side of the cycles asked for, so that those have neighbours."""

N_STRIDE_NORMALS = 4
STAIR_RISE_M = 0.17
STAIR_PITCH_DEG = 30.0
STAIR_STRIDE_S = {"stair_ascent": 1.40, "stair_descent": 1.20}
RISE_S = 1.95
TOE_OFF_SD_PERCENT = 1.2
STANCE_ASYMMETRY_SD_PERCENT = 0.75
"""Between the legs of one healthy person: stance and step times differ by 1 to 3 %."""

_USUAL_SPEED_M_S = 1.3
USUAL_V = 0.4375
_TOE_OFF_LIMITS = {"run": (27.0, 44.0), RISE: (100.0, 100.0)}
# Stride time of Fukuchi, Fukuchi & Duarte 2017 (leg length 0.9 m), by dimensionless speed.
_RUN_V, _RUN_STRIDE_S = (0.8414, 1.1779, 1.5144), (0.744, 0.702, 0.656)
_RUN_LEG_LENGTH_M = 0.9
_RUN_STRIDE_CV = 0.5


@dataclass(frozen=True)
class MeanStride:
    """What a trial's strides vary about; one entry a subject.

    Attributes
    ----------
    duration_s, v, grade_deg : ndarray, shape (n_subjects,)
        Duration; dimensionless speed, 0 in sit to stand; slope, uphill positive, 0 on stairs,
        whose treads are level.
    toe_off_percent : ndarray, shape (n_subjects, 2)
        Of the left and the right leg.
    contact_percent : ndarray, shape (n_subjects,)
        When the right foot lands, percent of the left stride.
    """

    duration_s: Array
    v: Array
    grade_deg: Array
    toe_off_percent: Array
    contact_percent: Array


@dataclass(frozen=True)
class Strides:
    """Successive strides of both legs, which take turns: every heel strike begins one.

    Stride `i` starts at heel strike `i` and ends at heel strike ``i + 2`` of the same leg; the
    other foot lands between them, at heel strike ``i + 1``. A cycle and the next therefore overlap,
    as cycles cut from a recording do. Two strides stand before those that are asked for and three
    after. Arrays of shape (n_subjects, n_strides) where nothing else is said.

    Attributes
    ----------
    duration_s, step_s : ndarray
        Of each stride, and from its heel strike to the other foot's, s; 0 in sit to stand, where
        both legs move as one and each movement stands alone.
    stride_length_m, step_width_m : ndarray
        On stairs the length runs along the pitch line. NaN in sit to stand.
    v : ndarray
        Dimensionless speed ``speed / sqrt(g L)``; 0 in sit to stand.
    toe_off_percent : ndarray
        Toe-off, percent of the stride.
    template_toe_off_percent : ndarray
        Of the healthy template at this speed.
    leg : ndarray of int, shape (n_strides,)
        0 left and 1 right.
    mean : MeanStride
    """

    duration_s: Array
    step_s: Array
    stride_length_m: Array
    step_width_m: Array
    v: Array
    toe_off_percent: Array
    template_toe_off_percent: Array
    leg: NDArray[np.intp]
    mean: MeanStride

    def some(self, cycles: slice) -> "Strides":
        """Return some of the cycles of each subject, with the strides around them."""
        last = min(cycles.stop, self.n_cycles)
        some = slice(cycles.start, last + STRIDES_BEFORE + STRIDES_AFTER)
        names = (
            "duration_s",
            "step_s",
            "stride_length_m",
            "step_width_m",
            "v",
            "toe_off_percent",
            "template_toe_off_percent",
        )
        cut = {name: getattr(self, name)[:, some] for name in names}
        return replace(self, **cut, leg=self.leg[some])

    @property
    def ipsilateral(self) -> NDArray[np.intp]:
        """Ipsilateral leg of each cycle, shape (n_cycles,)."""
        return self.leg[STRIDES_BEFORE:-STRIDES_AFTER]

    @property
    def n_cycles(self) -> int:
        """Cycles of each subject."""
        return len(self.leg) - STRIDES_BEFORE - STRIDES_AFTER

    def of_cycles(self, values: Array, shift: int = 0) -> Array:
        """Values of each cycle's own stride, or of the one `shift` heel strikes later."""
        first = STRIDES_BEFORE + shift
        return values[:, first : first + self.n_cycles]

    @property
    def contact_percent(self) -> Array:
        """When the other foot lands, percent of the stride."""
        contact: Array = 100.0 * self.step_s / self.duration_s
        return contact

    @property
    def double_support_percent(self) -> Array:
        """Both feet on the ground, percent of each cycle: after either heel strike; 0 in running."""
        overlap = self.toe_off_percent / 100 * self.duration_s - self.step_s
        both = np.maximum(overlap, 0.0)
        support = self.of_cycles(both, -1) + self.of_cycles(both)
        percent: Array = 100.0 * support / self.of_cycles(self.duration_s)
        return percent


def grade_deg(task: str, people: Population) -> Array:
    """Slope each subject walks on in a task."""
    sign = {"incline_walking": 1.0, "decline_walking": -1.0}.get(task, 0.0)
    return sign * people.ramp_grade_deg


def ground_speed(trial: Trial, people: Population) -> Array:
    """Mean speed: the one asked for, or the subject's own.

    On ramps 2 % slower a degree, up or down: the measured range of speeds was 0.8 to 1.2 m/s.
    """
    if trial.speed_m_s is not None:
        return np.full(len(people), trial.speed_m_s)
    if trial.task == "run":
        return people.run_speed_m_s
    return people.speed_m_s * (1 - 0.020 * np.abs(grade_deg(trial.task, people)))


def step_length_law(v: Array, leg_length_m: Array) -> Array:
    """Step length (m) at dimensionless speed `v`: ``1.085 L v^0.428`` (Schwartz et al. 2008)."""
    return 1.085 * leg_length_m * v**0.428


def mean_stride(trial: Trial, people: Population) -> tuple[Array, Array]:
    """Mean duration (s) and length (m) of each subject's strides."""
    if trial.task == RISE:
        return rise_duration(people), np.full(len(people), np.nan)
    if trial.task in STAIR_STRIDE_S:
        # Stairs fix the step, so speed shows in time alone; slow walkers climb slowly.
        slower = (_USUAL_SPEED_M_S / people.speed_m_s) ** 0.6
        duration = STAIR_STRIDE_S[trial.task] * slower * np.exp(0.07 * people.trait("tempo"))
        step = STAIR_RISE_M / np.sin(np.radians(STAIR_PITCH_DEG))
        return duration, np.full(len(people), 2 * step)
    speed = ground_speed(trial, people)
    v = speed / np.sqrt(STANDARD_GRAVITY_M_S2 * people.leg_length_m)
    own = np.exp(0.06 * people.trait("step_length"))
    if trial.task == "run":
        per_leg = np.sqrt(people.leg_length_m / _RUN_LEG_LENGTH_M)
        duration = np.interp(v, _RUN_V, _RUN_STRIDE_S) * per_leg * own
        return duration, speed * duration
    shorter = 1 - people.of_pathology("step_length_loss") * people.severity
    stride = 2 * step_length_law(v, people.leg_length_m) * own * shorter
    return stride / speed, stride


def rise_duration(people: Population) -> Array:
    """Time to stand up (s): 1.7 to 2.3 s (Kotake et al. 1993), longer for the old and weak."""
    older = 0.005 * (people.age - 50.0) - 0.10 * people.trait("strength")
    weaker = 1 + people.of_pathology("strength_loss") * people.severity
    duration: Array = RISE_S * np.exp(older) * weaker
    return duration


def usual_toe_off(people: Population) -> Array:
    """Mean toe-off of both legs on level ground, percent of the cycle."""
    return level_toe_off_percent(people.froude_root) + _own_toe_off(people)


def _own_toe_off(people: Population) -> Array:
    late = people.of_pathology("toe_off_delay_percent") * people.severity
    own: Array = TOE_OFF_SD_PERCENT * people.trait("toe_off") + late
    return own


def _toe_off(task: str, people: Population, v: Array, leg: NDArray[np.intp]) -> Array:
    """Toe-off of each stride before its own noise, shape (n_subjects, n_strides)."""
    base = toe_off_percent(task, v)
    if task in STAIR_TOE_OFF_PERCENT:
        usual = level_toe_off_percent(np.array(USUAL_V))
        base = base + 0.5 * (level_toe_off_percent(people.froude_root) - usual)[:, None]
    shift = people.of_pathology("toe_off_shift_percent") * people.severity
    shift = shift + 0.5 * STANCE_ASYMMETRY_SD_PERCENT * people.trait("stance_asymmetry")
    sign = np.where(leg == people.affected_leg[:, None], 1.0, -1.0)
    toe_off: Array = base + _own_toe_off(people)[:, None] + sign * shift[:, None]
    return toe_off


def _contact(people: Population, leg: NDArray[np.intp]) -> Array:
    """When the other foot lands: half way, earlier in the affected side's cycle; a fraction."""
    shift = people.of_pathology("contact_shift_percent") * people.severity
    shift = shift + 0.5 * people.trait("foot_placement")
    sign = np.where(leg == people.affected_leg[:, None], -1.0, 1.0)
    contact: Array = 0.5 + sign * shift[:, None] / 100
    return contact


def stride_time_cv(people: Population) -> Array:
    """Coefficient of variation of each subject's stride times on level ground."""
    cv: Array = people.between("stride_cv") * np.exp(0.25 * people.trait("stride_time"))
    return cv


def stride_length_cv(people: Population) -> Array:
    """Coefficient of variation of each subject's stride lengths."""
    cv: Array = people.of_pathology("stride_length_cv") * stride_time_cv(people)
    return cv


def _steps(
    mean_time: Array, contact: Array, cv: Array, alpha: Array, before: Array, each: Array
) -> Array:
    """Step times, shape (n_subjects, n_strides + 1): a stride is two of them.

    The steps of both legs are one series of fractional noise, so the strides of either leg have
    its scaling exponent. Two successive steps, whose correlation is that of the noise, give a
    stride the variation asked for.
    """
    first, rest = before[:, :-1], np.concatenate([before[:, -1:], each], axis=1)
    remembered = long_range_noise(first, rest, alpha)
    weights = _memory(alpha)
    alike = (weights[:, 1:] * weights[:, :-1]).sum(axis=1)
    step_cv = cv * np.sqrt(2.0 / (1.0 + alike))
    share = np.concatenate([contact, 1.0 - contact[:, -1:]], axis=1)
    steps: Array = mean_time[:, None] * share * np.exp(step_cv[:, None] * remembered)
    return steps


def draw_strides(trial: Trial, people: Population, before: Array, normals: Array) -> Strides:
    """Lay out the strides of one trial.

    Parameters
    ----------
    trial : Trial
        Task and speed.
    people : Population
        The subjects.
    before : ndarray, shape (n_subjects, 257)
        Standard normals of the step times before the second step.
    normals : ndarray, shape (n_subjects, n_strides, 4)
        Standard normals: step time, step length, width and toe-off of each stride.

    Returns
    -------
    Strides
    """
    task, n_strides = trial.task, normals.shape[1]
    leg = (np.arange(n_strides) + STRIDES_BEFORE) % 2
    mean_time, mean_length = mean_stride(trial, people)
    calmer = _RUN_STRIDE_CV if task == "run" else 1.0  # 0.8-0.9 % on a treadmill
    alpha = np.clip(people.between("stride_alpha") + 0.06 * people.trait("timing"), 0.5, 0.98)
    cv = calmer * stride_time_cv(people)
    if task == RISE:
        noise = long_range_noise(before[:, 1:], normals[..., 0], alpha)
        duration = mean_time[:, None] * np.exp(cv[:, None] * noise)
        step = np.zeros_like(duration)
    else:
        steps = _steps(mean_time, _contact(people, leg), cv, alpha, before, normals[..., 0])
        step, duration = steps[:, :-1], steps[:, :-1] + steps[:, 1:]
    steady = task in STAIR_STRIDE_S or task == RISE
    length_cv = np.zeros_like(cv) if steady else calmer * stride_length_cv(people)
    # Two steps of independent lengths a stride, one of which it shares with the other leg's.
    longer = (normals[..., 1] + np.roll(normals[..., 1], 1, axis=1)) / np.sqrt(2.0)
    longer[:, 0] = normals[:, 0, 1]
    length = mean_length[:, None] * np.exp(length_cv[:, None] * longer)
    root = np.sqrt(STANDARD_GRAVITY_M_S2 * people.leg_length_m)
    speed = np.zeros_like(length) if task == RISE else length / duration
    v = speed / root[:, None]
    mean_v = np.zeros_like(mean_time) if task == RISE else mean_length / mean_time / root
    limits = _TOE_OFF_LIMITS.get(task, (52.0, 82.0))
    legs = np.arange(2)
    mean = MeanStride(
        duration_s=mean_time,
        v=mean_v,
        grade_deg=grade_deg(task, people),
        toe_off_percent=np.clip(_toe_off(task, people, mean_v[:, None], legs), *limits),
        contact_percent=100 * _contact(people, legs)[:, 0],
    )
    toe_off = _toe_off(task, people, v, leg) + 0.5 * normals[..., 3]
    # Widths of about 0.11 L, between Donelan et al. 2001 and walkway norms.
    wider = people.of_pathology("step_width_gain_m") * people.severity
    mean_width = 0.11 * people.leg_length_m + 0.025 * people.trait("step_width") + wider
    width = np.maximum(mean_width[:, None] + 0.018 * normals[..., 2], 0.01)
    return Strides(
        duration_s=duration,
        step_s=step,
        stride_length_m=length,
        step_width_m=np.full_like(width, np.nan) if task == RISE else width,
        v=v,
        toe_off_percent=np.clip(toe_off, *limits),
        template_toe_off_percent=toe_off_percent(task, v),
        leg=leg,
        mean=mean,
    )
