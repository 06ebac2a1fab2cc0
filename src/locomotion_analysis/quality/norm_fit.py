"""How well curves fit the norm: under another start of the cycle, another sign, another zero.

The doctor judges median curves by it, the checks and the reports single cycles.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.columns import numbered
from locomotion_analysis.quality.batch import Floats
from locomotion_analysis.standard import N_PHASES, TASKS, Channel
from locomotion_analysis.standard.norms import NOT_CYCLIC, SD_FLOOR, normative_curves

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

WORST = 25.0
"""Squared distances are cut here, so that one strange channel does not outvote the others."""

OFFSET_SD_RAD = 0.25
"""Usual offset of an angle between laboratories and definitions (a pelvis-based hip angle is 12
degrees above a trunk-based one)."""

FAR_START, BETTER_START = 2.0, 0.5
"""Squared distance to the norm from which a start is doubted, and the share of it that another
start must bring it below: a start moves the curve without changing it."""

MOST_CYCLES = 0.8
"""Share of a subject's cycles, or a dataset's subjects, that make a habit."""

_TELLS_THE_START = (
    "hip_flexion_angle", "knee_flexion_angle", "ankle_dorsiflexion_angle", "grf_vertical",
)  # fmt: skip


@lru_cache(maxsize=256)
def task_norm(
    task: str, channels: tuple[str, ...], speed_m_s: float | None, incline_deg: float | None
) -> tuple[Floats, Floats]:
    """Return the norm beside some channels of a task.

    Returns
    -------
    mean, sd : ndarray of float32, shape (n_channels, 150)
        The standard deviation is nowhere below what is believed; NaN where there is no norm.
    """
    mean = np.full((len(channels), N_PHASES), np.nan, dtype=np.float32)
    sd = np.full_like(mean, np.nan)
    if task in TASKS:
        curves = normative_curves(task, speed_m_s, incline_deg)
        for row, name in enumerate(channels):
            found = curves.of(name)
            if found is not None:
                mean[row] = found[0]
                floor = SD_FLOOR.get(Channel.parse(name).measurement, 0.0)
                sd[row] = np.maximum(found[1], floor)
    return mean, sd


def usual_offsets(channels: tuple[str, ...]) -> Array:
    """Return the usual offset of each channel between laboratories; 0 where none is pardoned."""
    angles = [Channel.parse(name).measurement == "angle" for name in channels]
    return np.where(angles, OFFSET_SD_RAD, 0.0)


def correlation(curves: Floats, mean: Floats) -> Array:
    """Pearson correlation over the cycle; NaN for a constant curve."""
    x = curves - curves.mean(axis=-1, keepdims=True)
    y = mean - mean.mean(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = (x * y).sum(axis=-1) / np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    return found


def shifted_distances(
    curves: Floats, mean: Floats, sd: Floats, offset_sd: Array
) -> tuple[Array, Array]:
    """Squared distance to the norm for every circular shift, as is and with the sign flipped.

    ``D(L) = mean_p[w(p) (x(p+L) - m(p) - d)^2] + min(W, 1/offset_sd^2) d^2`` with ``w = 1/sd^2``,
    ``W`` its mean and ``d`` the weighted mean difference: an offset, which laboratories differ
    by, costs less than a wrong shape. Sums over p are circular cross-correlations (FFT).

    Parameters
    ----------
    curves, mean, sd : ndarray, shape (..., 150)
        The last sample is the first of the next cycle and is left out.
    offset_sd : ndarray, shape (...)
        Usual size of an offset; 0 where an offset costs as much as any difference.

    Returns
    -------
    as_is, flipped : ndarray, shape (..., 149)
        At shift L the curve's sample L is taken as the start of the cycle.
    """
    x, m = (c[..., :-1].astype(np.float64) for c in (curves, mean))
    weight = 1.0 / sd[..., :-1].astype(np.float64) ** 2
    n, total = x.shape[-1], weight.sum(axis=-1, keepdims=True)
    squares = _correlate(x**2, weight) + (m**2 * weight).sum(axis=-1, keepdims=True)
    cross, sums = 2.0 * _correlate(x, m * weight), _correlate(x, weight)
    norm = (m * weight).sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore"):
        pardoned = np.maximum(total / n - 1.0 / np.square(offset_sd)[..., None], 0.0)
    as_is = (squares - cross) / n - pardoned * ((sums - norm) / total) ** 2
    flipped = (squares + cross) / n - pardoned * ((sums + norm) / total) ** 2
    return np.maximum(as_is, 0.0), np.maximum(flipped, 0.0)


def start_distances(
    curves: Floats, mean: Floats, sd: Floats, offset_sd: Array
) -> tuple[Array, Array]:
    """Return :func:`shifted_distances` at shift 0 alone, without any transform.

    Returns
    -------
    as_is, flipped : ndarray, shape (...)
    """
    weight = 1.0 / sd[..., :-1].astype(np.float64) ** 2
    total = weight.mean(axis=-1)
    with np.errstate(divide="ignore"):
        pardoned = np.maximum(total - 1.0 / np.square(offset_sd), 0.0)
    found = []
    for sign in (1.0, -1.0):
        off = sign * curves[..., :-1].astype(np.float64) - mean[..., :-1]
        offset = (off * weight).mean(axis=-1) / total
        found.append(np.maximum((off**2 * weight).mean(axis=-1) - pardoned * offset**2, 0.0))
    return found[0], found[1]


def _correlate(moving: Array, fixed: Array) -> Array:
    """Return ``sum_p moving(p + L) fixed(p)`` for every circular shift L."""
    spectrum = np.fft.rfft(moving) * np.conj(np.fft.rfft(fixed))
    found: Array = np.fft.irfft(spectrum, n=moving.shape[-1])
    return found


def begun_later(curves: Floats, percent: float) -> Floats:
    """Let the cycle begin `percent` later; it is taken as periodic, and ends where it begins."""
    lag = round(percent / 100 * (N_PHASES - 1))
    own = np.roll(curves[..., :-1], -lag, axis=-1)
    return np.concatenate([own, own[..., :1]], axis=-1)


# Half a cycle off: the other leg's contact begins the cycle


def informative(curves: Floats, mean: Floats, sd: Floats) -> Mask:
    """Curves whose norm moves more over the cycle than people differ, and that are complete.

    Returns
    -------
    ndarray of bool, shape (n_channels, n_cycles)
    """
    moves = mean.std(axis=-1) > sd.mean(axis=-1)
    complete: Mask = moves & np.isfinite(curves).all(axis=-1)
    return complete


def start_costs(as_is: Array, flipped: Array, votes: Mask) -> Array:
    """Mean squared distance of a cycle's curves to the norm, each whatever its sign.

    One curve alone is taken as it is: its sign cannot be told from its start.

    Parameters
    ----------
    as_is, flipped : ndarray, shape (n_channels, n_cycles, ...)
        Of :func:`shifted_distances` or :func:`start_distances`.
    votes : ndarray of bool, shape (n_channels, n_cycles)

    Returns
    -------
    ndarray, shape (n_cycles, ...)
        NaN where no curve votes.
    """
    count = votes.sum(axis=0)
    more = (slice(None), *[None] * (as_is.ndim - 2))
    best = np.where((count == 1)[more], as_is, np.minimum(as_is, flipped))
    total = np.where(votes[(slice(None), *more)], np.minimum(best, WORST), 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = total / count[more]
    return found


def half_cycle_off(
    curves: Floats, mean: Floats, sd: Floats, channels: tuple[str, ...]
) -> tuple[Mask, Array, Array]:
    """Tell which cycles begin with the contact of the other leg, half a cycle from their own.

    Sagittal angles and vertical forces of both legs are held beside the norm as they are and
    begun half a cycle later. Those are off that are far from the norm and at least twice as near
    when begun later. A single curve may as well have the other sign; but a sign is the habit of a
    laboratory, so it is that where four in five of the cycles look so and it fits better.

    Parameters
    ----------
    curves, mean, sd : ndarray, shape (n_channels, n_cycles, 150)
        Cycles of one dataset; the norm is NaN where there is none.
    channels : tuple of str

    Returns
    -------
    off : ndarray of bool, shape (n_cycles,)
    as_is, later : ndarray, shape (n_cycles,)
        Mean squared distance to the norm, in variances between people, at most 25; NaN where it
        cannot be told.
    """
    telling = [row for row, name in enumerate(channels) if tells_the_start(name)]
    curves, mean, sd = (each[telling] for each in (curves, mean, sd))
    votes = informative(curves, mean, sd)
    pardoned = usual_offsets(tuple(channels[row] for row in telling))[:, None] + np.zeros_like(
        votes
    )
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        as_is, flipped = start_distances(curves, mean, sd, pardoned)
        later, both = start_distances(begun_later(curves, 50.0), mean, sd, pardoned)
        start, best = start_costs(as_is, flipped, votes), start_costs(later, both, votes)
        off: Mask = (start > FAR_START) & (best < BETTER_START * start)
        alone = votes.sum(axis=0) == 1
        turned = np.where(votes, flipped, 0.0).sum(axis=0)
    lone = off & alone
    if (
        lone.any()
        and lone.sum() >= MOST_CYCLES * alone.sum()
        and np.mean(turned[lone] < best[lone]) > 0.5
    ):
        off &= ~alone
    return off, start, best


def tells_the_start(name: str) -> bool:
    """Return whether a channel tells where the cycle begins."""
    return Channel.parse(name).quantity in _TELLS_THE_START


def out_of_phase(data: LocomotionData) -> Mask:
    """Tell which cycles begin half a cycle from the foot contact of their own leg.

    The rule of :func:`half_cycle_off`, for each cycle beside the norm of its task at any speed.
    Tasks that do not repeat, and those without a norm, are not judged.

    Parameters
    ----------
    data : LocomotionData

    Returns
    -------
    ndarray of bool, shape (n_cycles,)

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> bool(out_of_phase(simulate(n_subjects=2, n_cycles=3)).any())
    False
    """
    off = np.zeros(len(data), dtype=bool)
    telling = np.array([tells_the_start(name) for name in data.channels], dtype=bool)
    names = tuple(np.array(data.channels, dtype=object)[telling])
    cycles = data.cycles
    codes = numbered([cycles["dataset"], cycles["task"]])
    firsts = np.unique(codes, return_index=True)[1]
    for code, task in enumerate(cycles["task"].iloc[firsts]):
        if names and task in TASKS and task not in NOT_CYCLIC:
            rows = np.flatnonzero(codes == code)
            curves = data.block[np.ix_(np.flatnonzero(telling), rows)]
            norm = task_norm(task, names, None, None)
            mean, sd = (np.broadcast_to(each[:, None], curves.shape) for each in norm)
            off[rows] = half_cycle_off(curves, mean, sd, names)[0]
    return off


# Curves over the stance alone


_UNLOADED = 0.05
_LEAST_SWING = 0.1
_LATE = slice(round(0.7 * (N_PHASES - 1)), round(0.85 * (N_PHASES - 1)))
_LATE_LOAD = 0.25


def over_stance_alone(curves: Floats, channels: tuple[str, ...]) -> Mask:
    """Tell which cycles hold the force of the stance phase alone, without a swing.

    The leg's own force, of all axes there are, is low at both ends, still above a quarter of its
    peak from 70 to 85 % of the curve, and below a twentieth for less than a tenth of it. In a
    whole cycle of walking or running the foot is in the air by then.

    Parameters
    ----------
    curves : ndarray, shape (n_channels, n_cycles, 150)
        In any unit.
    channels : tuple of str
        Needs the vertical force, or both others.

    Returns
    -------
    ndarray of bool, shape (n_cycles,)
    """
    rows = [
        row for row, name in enumerate(channels) if name.startswith("grf_") and "_ipsi_" in name
    ]
    vertical = [row for row in rows if channels[row].startswith("grf_vertical")]
    if not vertical and len(rows) < 2:
        return np.zeros(curves.shape[1], dtype=bool)
    force = curves[vertical or rows].astype(np.float64)
    load = np.sqrt(np.square(force).sum(axis=0))
    peak = load.max(axis=-1)
    with np.errstate(invalid="ignore"):
        swing = (load < _UNLOADED * peak[:, None]).mean(axis=-1)
        ends = np.maximum(load[:, 0], load[:, -1])
        late = load[:, _LATE].min(axis=-1)
        alone: Mask = (swing < _LEAST_SWING) & (ends < 0.5 * peak) & (late > _LATE_LOAD * peak)
    alone &= np.isfinite(load).all(axis=-1)
    return alone
