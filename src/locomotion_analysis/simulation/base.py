"""What all of the simulator stands on: random numbers, series and the published mean curves.

Every subject owns streams of random numbers derived from
``SeedSequence(seed, spawn_key=(subject, stream, ...))``: one for traits and one for each task, speed
asked for and session. More subjects, tasks or cycles therefore leave the earlier ones as they
were, and so does splitting the work.

Templates and their changes are added up as Fourier series of the cycle (angles, moments) and
sine series of stance (forces).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.standard import TASKS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """What subjects are asked to do.

    Attributes
    ----------
    task : str
        Task name.
    speed_m_s : float or None
        Speed asked for; None for the subject's own.
    session : int
        0, or 1 after a treatment.
    """

    task: str
    speed_m_s: float | None = None
    session: int = 0

    @property
    def spawn_key(self) -> tuple[int, ...]:
        """Which stream of a subject is this trial's."""
        millimetres = 0 if self.speed_m_s is None else round(1000 * self.speed_m_s)
        return (1 + list(TASKS).index(self.task), millimetres, self.session)


def _generator(seed: int, *spawn_key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))


def trait_normals(seed: int, subjects: range, n_traits: int, session: int = 0) -> Array:
    """Return the standard normals behind each subject's traits, shape (n_subjects, n_traits)."""
    return np.stack([_generator(seed, s, 0, session).standard_normal(n_traits) for s in subjects])


def stride_normals(
    seed: int, subjects: range, trial: Trial, n_before: int, shape: tuple[int, int]
) -> tuple[Array, Array]:
    """Return the standard normals behind the strides of a trial.

    Returns
    -------
    before : ndarray, shape (n_subjects, n_before)
        Of the time before the first stride.
    each : ndarray, shape (n_subjects, *shape)
        Of each stride.
    """
    before, each = np.empty((len(subjects), n_before)), np.empty((len(subjects), *shape))
    for row, subject in enumerate(subjects):
        generator = _generator(seed, subject, *trial.spawn_key)
        before[row] = generator.standard_normal(n_before)
        each[row] = generator.standard_normal(shape)
    return before, each


# Fourier and sine series

N_HARMONICS = 20
N_COEFFICIENTS = 2 * N_HARMONICS + 1
N_SINES = 24


def fourier_basis(phase: Array) -> Array:
    """Evaluate ``1, cos, sin, cos 2, sin 2, ...`` of the cycle.

    Parameters
    ----------
    phase : ndarray
        Fraction of the cycle, any shape.

    Returns
    -------
    ndarray
        Shape ``phase.shape + (41,)``.
    """
    # A curve's samples lie side by side in memory; seen from outside they come first.
    basis = np.empty((*phase.shape[:-1], N_COEFFICIENTS, phase.shape[-1]))
    basis[..., 0, :] = 1.0
    turn = np.exp(2j * np.pi * phase)
    power = turn.copy()
    for order in range(1, N_HARMONICS + 1):
        basis[..., 2 * order - 1, :] = power.real
        basis[..., 2 * order, :] = power.imag
        power *= turn
    return np.swapaxes(basis, -1, -2)


def sine_basis(stance: Array) -> Array:
    """Evaluate the sine series of stance; zero before contact and after toe-off.

    Parameters
    ----------
    stance : ndarray
        Fraction of stance: 0 at contact, 1 at toe-off.

    Returns
    -------
    ndarray
        Shape ``stance.shape + (24,)``.
    """
    inside = np.where((stance >= 0) & (stance <= 1), stance, 0.0)
    basis = np.empty((*stance.shape[:-1], N_SINES, stance.shape[-1]))
    turn = np.exp(1j * np.pi * inside)
    power = turn.copy()
    for order in range(N_SINES):
        basis[..., order, :] = power.imag
        power *= turn
    return np.swapaxes(basis, -1, -2)


def cycle_bump(centre: float, width: float) -> Array:
    """Fourier coefficients of a periodic Gaussian bump of height 1.

    Parameters
    ----------
    centre, width : float
        Centre and standard deviation in percent of the cycle; 100 is the same everywhere.
    """
    order = np.arange(1, N_HARMONICS + 1)
    sigma, mean = width / 100, centre / 100
    size = 2 * sigma * np.sqrt(2 * np.pi) * np.exp(-0.5 * (2 * np.pi * order * sigma) ** 2)
    angle = 2 * np.pi * order * mean
    pairs = np.stack([size * np.cos(angle), size * np.sin(angle)], axis=1)
    bump: Array = np.concatenate([[sigma * np.sqrt(2 * np.pi)], pairs.ravel()])
    # A wide bump overlaps with those of the cycles before and after.
    overlap = np.exp(-0.5 * (np.arange(-9, 10) / sigma) ** 2).sum()
    bump /= max(overlap, 1.0)
    return bump


def mirrored_bump(centre: float, width: float) -> Array:
    """Return the Fourier coefficients of a bump in a movement and its mirror image.

    Parameters
    ----------
    centre, width : float
        Percent of the movement, which is the first half of the period.
    """
    bump = cycle_bump(centre / 2, width / 2)
    bump[2::2] = 0.0
    bump *= 2.0
    height = float((bump @ fourier_basis(np.array([centre / 200])).T)[0])
    bump /= max(1.0, height)
    return bump


def mirrored_basis(phase: Array) -> Array:
    """Evaluate the Fourier series of a movement and its mirror image: it starts and ends at rest.

    Parameters
    ----------
    phase : ndarray
        Fraction of the movement, any shape.

    Returns
    -------
    ndarray
        Shape ``phase.shape + (41,)``; the sines are zero.
    """
    basis = fourier_basis(0.5 * phase)
    basis[..., 2::2] = 0.0
    return basis


def cosine_basis(phase: Array) -> Array:
    """Evaluate ``1, cos, cos 2, ...`` of half a turn, shape ``phase.shape + (24,)``."""
    basis: Array = np.cos(np.pi * phase[..., None] * np.arange(N_SINES))
    return basis


def stance_bump(centre: float, width: float) -> Array:
    """Sine coefficients of a Gaussian bump over stance (centre and width in percent of stance)."""
    grid = np.linspace(0, 1, 201)
    bump = np.exp(-0.5 * ((grid - centre / 100) / (width / 100)) ** 2)
    order = np.arange(1, N_SINES + 1)
    kernel = np.sin(np.pi * grid[:, None] * order)
    coefficients: Array = 2 * (bump @ kernel) / (len(grid) - 1)
    return coefficients


# Published mean gait curves as functions of speed and slope

LEG_CHANNELS = (
    "hip_flexion_angle",
    "knee_flexion_angle",
    "ankle_dorsiflexion_angle",
    "hip_adduction_angle",
    "hip_internal_rotation_angle",
    "knee_adduction_angle",
    "foot_progression_internal_angle",
    "hip_flexion_moment",
    "knee_flexion_moment",
    "ankle_dorsiflexion_moment",
    "hip_adduction_moment",
    "knee_adduction_moment",
    "pelvis_anterior_tilt_angle",
    "pelvis_obliquity_up_angle",
    "pelvis_internal_rotation_angle",
    "trunk_anterior_tilt_angle",
    "trunk_obliquity_up_angle",
    "trunk_internal_rotation_angle",
)
"""Curves given by a Fourier series of the leg's cycle: angles in degrees, moments in Nm/kg."""

FORCE_CHANNELS = ("grf_vertical", "grf_anterior", "grf_lateral")
"""Curves given by a sine series of stance, in body weights."""

SPEED_LIMITS = (0.15, 0.70)
"""Dimensionless speeds level walking was measured at; slower and faster are held here."""

RUN_SPEED_LIMITS = (0.75, 1.60)
"""The same for running."""

STAIR_TOE_OFF_PERCENT = {"stair_ascent": 65.0, "stair_descent": 66.5}
"""Toe-off of the stair templates, percent of the cycle."""

RISE = "sit_to_stand"
"""The task that is no stride: both feet stay down and both legs do the same."""

_SMALL_V = 0.01
_RUN_V, _RUN_TOE_OFF_PERCENT = (0.8414, 1.1779, 1.5144), (39.4, 34.8, 32.8)
Table = dict[tuple[str, str, str], Array]


@cache
def _table() -> Table:
    path = files("locomotion_analysis.simulation") / "templates" / "coefficients.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return {(task, term, name): np.array(c.split(), float) for task, term, name, _, c in rows}


def _stack(task: str, term: str, channels: tuple[str, ...]) -> Array:
    width = N_SINES if channels is FORCE_CHANNELS else N_COEFFICIENTS
    return np.stack([_table().get((task, term, name), np.zeros(width)) for name in channels])


def level_toe_off_percent(v: Array) -> Array:
    """Toe-off (% of the cycle) at dimensionless speed `v`: ``52.8 + 2.64 / v``.

    Fitted to Schwartz, Rozumalski & Trost 2008, J Biomech 41:1639.
    """
    return 52.8 + 2.64 / np.clip(v, *SPEED_LIMITS)


def _quadratic(task: str, v: Array, channels: tuple[str, ...]) -> Array:
    limits = RUN_SPEED_LIMITS if task == "run" else SPEED_LIMITS
    v = np.clip(v, *limits)[..., None, None]
    terms = [_stack(task, term, channels) for term in ("one", "v", "v2")]
    curves: Array = terms[0] + v * terms[1] + v**2 * terms[2]
    return curves


def template(task: str, v: Array, grade: Array, channels: tuple[str, ...]) -> Array:
    """Coefficients of the healthy mean curves.

    Walking is quadratic in the dimensionless speed ``v* = v / sqrt(g L)`` plus a change
    quadratic in the slope; running is quadratic in `v`; stairs and sit to stand have one
    template each.

    Parameters
    ----------
    task : str
        One of the simulated tasks.
    v, grade : ndarray, shape (...)
        Dimensionless speed, and slope in degrees (uphill positive).
    channels : tuple of str
        `LEG_CHANNELS` or `FORCE_CHANNELS`.

    Returns
    -------
    ndarray, shape (..., n_channels, n_coefficients)
        Fourier or sine coefficients; for sit to stand Fourier coefficients of the movement and
        its mirror image, and cosine coefficients of the forces.
    """
    if task == "run":
        return _quadratic(task, v, channels)
    if task == RISE or task in STAIR_TOE_OFF_PERCENT:
        one = _stack(task, "one", channels)
        return np.broadcast_to(one, (*np.shape(v), *one.shape))
    slope = grade[..., None, None]
    ramp = slope * _stack("ramp", "grade", channels) + slope**2 * _stack("ramp", "grade2", channels)
    walking: Array = _quadratic("level_walking", v, channels) + ramp
    return walking


def template_slope(task: str, v: Array, grade: Array, channels: tuple[str, ...]) -> Array:
    """Change of the healthy mean curves with dimensionless speed; 0 where they do not change.

    Parameters and result are those of :func:`template`.
    """
    faster, slower = (template(task, v + d, grade, channels) for d in (_SMALL_V, -_SMALL_V))
    slope: Array = (faster - slower) / (2 * _SMALL_V)
    return slope


def toe_off_percent(task: str, v: Array) -> Array:
    """Toe-off of the template (% of the cycle), the anchor of the time warp.

    Running: Fukuchi, Fukuchi & Duarte 2017 (PeerJ 5:e3298), by dimensionless speed.
    """
    if task == RISE:
        return np.full(np.shape(v), 100.0)
    if task == "run":
        return np.interp(v, _RUN_V, _RUN_TOE_OFF_PERCENT)
    if task in STAIR_TOE_OFF_PERCENT:
        return np.full(np.shape(v), STAIR_TOE_OFF_PERCENT[task])
    return level_toe_off_percent(v)
