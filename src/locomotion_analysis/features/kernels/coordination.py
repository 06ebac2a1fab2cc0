"""Two joints' curves against each other: continuous relative phase and cyclogram."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import HAVE_NUMBA, inner, jit, prange

Curves = NDArray[np.float32]
Index = NDArray[np.int64]
Values = NDArray[np.float64]

_TINY = 1e-300


def _portrait_numpy(curves: Curves) -> tuple[Values, Values]:
    """Return angle scaled to -1..1 by its range, velocity by its largest size: (n, n_phases)."""
    exact = curves.astype(np.float64)
    low = exact.min(axis=1, keepdims=True)
    high = exact.max(axis=1, keepdims=True)
    speed = np.gradient(exact, axis=1)
    size = np.abs(speed).max(axis=1, keepdims=True)
    return (2.0 * exact - high - low) / (high - low), speed / size


def relative_phase_numpy(proximal: Curves, distal: Curves) -> Values:
    """Return the continuous relative phase of each pair of curves, -pi to pi.

    Phase angle of each joint: arctan2(velocity, angle) in its phase portrait, angle scaled to
    -1..1 by its range, velocity by its largest size; the distal is subtracted from the proximal.

    Parameters
    ----------
    proximal, distal : ndarray of float32, shape (n_cycles, n_phases)

    Returns
    -------
    ndarray, shape (n_cycles, n_phases)
        NaN where a point of one of the curves is not finite, or one is constant.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        angle, speed = _portrait_numpy(proximal)
        other_angle, other_speed = _portrait_numpy(distal)
        difference = np.arctan2(speed, angle) - np.arctan2(other_speed, other_angle)
        wrapped = np.arctan2(np.sin(difference), np.cos(difference))
    known = np.isfinite(wrapped).all(axis=1)
    return np.where(known[:, None], wrapped, np.nan)


def deviation_numpy(proximal: Curves, distal: Curves, order: Index, starts: Index) -> Values:
    """Return how much the relative phase of each series differs between its strides.

    Parameters
    ----------
    proximal, distal : ndarray of float32, shape (n_cycles, n_phases)
    order : ndarray of int64, shape (n_cycles,)
        Cycles sorted by series.
    starts : ndarray of int64, shape (n_series + 1,)
        Where each series begins in `order`.

    Returns
    -------
    ndarray, shape (n_series,)
        Mean over the cycle of the circular standard deviation ``sqrt(-2 ln R)`` between strides,
        R the length of the mean unit vector. Cycles whose phase is not known are left out; NaN
        for fewer than two.
    """
    phase = relative_phase_numpy(proximal, distal)
    found = np.full(len(starts) - 1, np.nan)
    for series in range(len(found)):
        own = phase[order[starts[series] : starts[series + 1]]]
        own = own[np.isfinite(own).all(axis=1)]
        if len(own) > 1:
            length = np.clip(np.abs(np.exp(1j * own).mean(axis=0)), _TINY, 1.0)
            found[series] = np.sqrt(-2.0 * np.log(length)).mean()
    return found


def coordination_numpy(proximal: Curves, distal: Curves, first: Index, last: Index) -> Values:
    """Return mean absolute relative phase and the cyclogram's measures of each pair of curves.

    Parameters
    ----------
    proximal, distal : ndarray of float32, shape (n_cycles, n_phases)
    first, last : ndarray of int64, shape (2, n_cycles)
        First and last sample of stance and of swing; a part that runs past the end goes on at
        sample 1; ``last < first`` where unknown.

    Returns
    -------
    ndarray, shape (6, n_cycles)
        Mean absolute relative phase over all samples, over stance and over swing (rad, 0 to pi);
        area enclosed by the angle-angle diagram (unit squared), its perimeter (unit), and the
        correlation coefficient. NaN where a point is not finite or a curve is constant.
    """
    size = np.abs(relative_phase_numpy(proximal, distal))
    period = size.shape[1] - 1
    found = np.full((6, len(size)), np.nan)
    found[0] = size.mean(axis=1)
    for part, (begin, end) in enumerate(zip(first, last, strict=True)):
        place = begin[:, None] + np.arange(int(np.max(end - begin, initial=0)) + 1)
        inside = place <= end[:, None]
        sample = np.where(inside, np.where(place > period, place - period, place), 0)
        chosen = np.where(inside, np.take_along_axis(size, sample, axis=1), 0.0)
        count = np.where(end < begin, np.nan, inside.sum(axis=1))
        found[1 + part] = chosen.sum(axis=1) / count
    x, y = proximal.astype(np.float64), distal.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        next_x, next_y = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
        found[3] = np.abs((x * next_y - next_x * y).sum(axis=1)) / 2.0
        found[4] = np.hypot(next_x - x, next_y - y).sum(axis=1)
        found[5] = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.where(np.isfinite(found[0]), found, np.nan)


@inner
def _portrait(curve: Curves, angle: Values, speed: Values) -> bool:
    """Fill in scaled angle and velocity; False where a point is not finite or all are equal."""
    last = len(curve) - 1
    low, high, size, unknown = np.inf, -np.inf, 0.0, 0
    for phase in range(1, last):
        speed[phase] = (float(curve[phase + 1]) - float(curve[phase - 1])) / 2.0
    speed[0] = float(curve[1]) - float(curve[0])
    speed[last] = float(curve[last]) - float(curve[last - 1])
    for phase in range(last + 1):
        value = float(curve[phase])
        unknown += value - value != 0
        low, high = min(low, value), max(high, value)
        size = max(size, abs(speed[phase]))
    if unknown > 0 or high <= low:
        return False
    for phase in range(last + 1):
        angle[phase] = (2.0 * float(curve[phase]) - high - low) / (high - low)
        speed[phase] /= size
    return True


@inner
def _phase_sizes(x: Values, x_speed: Values, y: Values, y_speed: Values, found: Values) -> None:
    """Fill in the angle, 0 to pi, between the two points of the portraits.

    arctan(t) = 2 arctan(t / (1 + sqrt(1 + t^2))) brings the argument below 0.42, where eight terms
    of the series are exact to 4e-8 rad; without calls the loop runs on several samples at once.
    """
    for phase in range(len(found)):
        across = abs(x_speed[phase] * y[phase] - x[phase] * y_speed[phase])
        along = x[phase] * y[phase] + x_speed[phase] * y_speed[phase]
        small, large = min(across, abs(along)), max(across, abs(along))
        t = small / (large + np.sqrt(small * small + large * large) + _TINY)
        u = t * t
        series = 1 / 9 - u * (1 / 11 - u * (1 / 13 - u / 15))
        angle = 2.0 * t * (1.0 - u * (1 / 3 - u * (1 / 5 - u * (1 / 7 - u * series))))
        angle = np.pi / 2 - angle if across > abs(along) else angle
        found[phase] = np.pi - angle if along < 0.0 else angle


@inner
def _cyclogram(proximal: Curves, distal: Curves, found: Values) -> None:
    """Fill in area, perimeter and correlation."""
    n_phases = len(proximal)
    x_mean, y_mean = 0.0, 0.0
    for phase in range(n_phases):
        x_mean += float(proximal[phase]) / n_phases
        y_mean += float(distal[phase]) / n_phases
    area, perimeter, xy, xx, yy = 0.0, 0.0, 0.0, 0.0, 0.0
    x, y = float(proximal[n_phases - 1]) - x_mean, float(distal[n_phases - 1]) - y_mean
    for phase in range(n_phases):
        next_x, next_y = float(proximal[phase]) - x_mean, float(distal[phase]) - y_mean
        area += x * next_y - next_x * y
        perimeter += np.sqrt((next_x - x) ** 2 + (next_y - y) ** 2)
        x, y = next_x, next_y
        xy, xx, yy = xy + x * y, xx + x * x, yy + y * y
    found[0], found[1], found[2] = abs(area) / 2.0, perimeter, xy / np.sqrt(xx * yy)


@jit
def _coordination_loops(proximal: Curves, distal: Curves, first: Index, last: Index) -> Values:
    n_cycles, n_phases = proximal.shape
    period = n_phases - 1
    found = np.full((6, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        work = np.empty((5, n_phases))
        x, x_speed, y, y_speed, size = work[0], work[1], work[2], work[3], work[4]
        known = _portrait(proximal[cycle], x, x_speed)
        if not (_portrait(distal[cycle], y, y_speed) and known):
            continue
        _phase_sizes(x, x_speed, y, y_speed, size)
        found[0, cycle] = size.sum() / n_phases
        for part in range(2):
            begin, end = first[part, cycle], last[part, cycle]
            total = 0.0
            for place in range(begin, end + 1):
                total += size[place - period if place > period else place]
            if end >= begin:
                found[1 + part, cycle] = total / (end - begin + 1)
        _cyclogram(proximal[cycle], distal[cycle], found[3:, cycle])
    return found


@inner
def _add_directions(x: Values, x_speed: Values, y: Values, y_speed: Values, total: Values) -> None:
    """Add the unit vector of the relative phase at each sample."""
    for phase in range(len(x)):
        across = x_speed[phase] * y[phase] - x[phase] * y_speed[phase]
        along = x[phase] * y[phase] + x_speed[phase] * y_speed[phase]
        length = np.sqrt(across * across + along * along) + _TINY
        total[0, phase] += along / length
        total[1, phase] += across / length


@jit
def _deviation_loops(proximal: Curves, distal: Curves, order: Index, starts: Index) -> Values:
    n_phases = proximal.shape[1]
    n_series = len(starts) - 1
    found = np.full(n_series, np.nan)
    for series in prange(n_series):
        work = np.empty((4, n_phases))
        x, x_speed, y, y_speed = work[0], work[1], work[2], work[3]
        total = np.zeros((2, n_phases))
        count = 0
        for place in range(starts[series], starts[series + 1]):
            cycle = order[place]
            known = _portrait(proximal[cycle], x, x_speed)
            if _portrait(distal[cycle], y, y_speed) and known:
                _add_directions(x, x_speed, y, y_speed, total)
                count += 1
        if count > 1:
            deviation = 0.0
            for phase in range(n_phases):
                length = np.sqrt(total[0, phase] ** 2 + total[1, phase] ** 2) / count
                deviation += np.sqrt(-2.0 * np.log(min(max(length, _TINY), 1.0)))
            found[series] = deviation / n_phases
    return found


coordination = _coordination_loops if HAVE_NUMBA else coordination_numpy
deviation = _deviation_loops if HAVE_NUMBA else deviation_numpy
