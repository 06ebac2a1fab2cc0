"""Curves against each other: two joints', a cycle's and a reference, strides of one series."""

import numpy as np
from numba import prange

from locomotion_analysis.features.kernels.statistics import (
    Curves,
    Index,
    Values,
    extreme_bits,
    inner,
    is_finite,
    jit,
    reordered,
)

# Two joints' curves against each other: continuous relative phase and cyclogram

_TINY = np.float32(1e-37)
_LEAST = 1e-300
_THIRD, _FIFTH, _SEVENTH, _NINTH, _ELEVENTH, _THIRTEENTH, _FIFTEENTH = (
    np.float32(1.0 / odd) for odd in range(3, 17, 2)
)


@reordered
def _slopes(curve: Curves, speed: Curves, size: Curves) -> float:
    """Fill in central differences and their sizes; NaN unless all points are finite."""
    last = len(curve) - 1
    half, nothing = np.float32(0.5), np.float32(0.0)
    for phase in range(1, last):
        speed[phase] = half * (curve[phase + 1] - curve[phase - 1])
    speed[0] = curve[1] - curve[0]
    speed[last] = curve[last] - curve[last - 1]
    for phase in range(last + 1):
        size[phase] = abs(speed[phase])
        nothing += curve[phase] - curve[phase]
    return np.float64(nothing)


@inner
def _portrait(curves: Curves, cycle: int, work: Curves) -> bool:
    """Fill in scaled angle and velocity; False where a point is not finite or all are equal.

    Rows of `work`: angle, velocity, and room for the curve and the size of its velocity.
    """
    angle, speed, curve, size = work[0], work[1], work[2], work[3]
    n_phases = len(angle)
    for phase in range(n_phases):
        curve[phase] = curves[cycle, phase]
    if _slopes(curve, speed, size) != 0:
        return False
    bits = np.empty(4, np.int32)
    extremes = bits.view(np.float32)
    bits[0], bits[1] = extreme_bits(curve.view(np.int32), curve.view(np.uint32), 0, n_phases)
    bits[2], bits[3] = extreme_bits(size.view(np.int32), size.view(np.uint32), 0, n_phases)
    low, high, fastest = extremes[0], extremes[1], extremes[3]
    if high <= low:
        return False
    # In double precision, for the direction of a point near the origin depends on its last digits.
    middle = (np.float64(low) + np.float64(high)) / 2.0
    share = 2.0 / (np.float64(high) - np.float64(low))
    for phase in range(n_phases):
        angle[phase] = np.float32((np.float64(curve[phase]) - middle) * share)
        speed[phase] /= fastest
    return True


@inner
def _phase_sizes(x: Curves, x_speed: Curves, y: Curves, y_speed: Curves, found: Curves) -> None:
    """Fill in the angle, 0 to pi, between the two points of the portraits.

    arctan(t) = 2 arctan(t / (1 + sqrt(1 + t^2))) brings the argument below 0.42, where eight terms
    of the series are exact to 4e-8 rad; without calls the loop runs on several samples at once.
    """
    pi, half, none = np.float32(np.pi), np.float32(np.pi / 2), np.float32(0.0)
    one, two = np.float32(1.0), np.float32(2.0)
    for phase in range(len(found)):
        across = abs(x_speed[phase] * y[phase] - x[phase] * y_speed[phase])
        along = x[phase] * y[phase] + x_speed[phase] * y_speed[phase]
        small, large = min(across, abs(along)), max(across, abs(along))
        t = small / (large + np.sqrt(small * small + large * large) + _TINY)
        u = t * t
        series = _NINTH - u * (_ELEVENTH - u * (_THIRTEENTH - u * _FIFTEENTH))
        series = _THIRD - u * (_FIFTH - u * (_SEVENTH - u * series))
        angle = two * t * (one - u * series)
        angle = half - angle if across > abs(along) else angle
        found[phase] = pi - angle if along < none else angle


@reordered
def _cyclogram(x: Curves, y: Curves, found: Values) -> None:
    """Fill in area, perimeter and correlation of two curves, shifted to begin at zero."""
    last = len(x) - 1
    x_sum, y_sum, xx, yy, xy, area, perimeter = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for phase in range(last):
        across = np.float64(x[phase + 1] - x[phase])
        along = np.float64(y[phase + 1] - y[phase])
        here_x, here_y = np.float64(x[phase + 1] - x[0]), np.float64(y[phase + 1] - y[0])
        area += here_x * along - across * here_y
        perimeter += np.sqrt(across * across + along * along)
        x_sum, y_sum = x_sum + here_x, y_sum + here_y
        xx, yy, xy = xx + here_x * here_x, yy + here_y * here_y, xy + here_x * here_y
    # The way back to the beginning passes no area, as that is the origin.
    back_x, back_y = np.float64(x[last] - x[0]), np.float64(y[last] - y[0])
    n_phases = last + 1
    spread = (xx - x_sum * x_sum / n_phases) * (yy - y_sum * y_sum / n_phases)
    found[0] = abs(area) / 2.0
    found[1] = perimeter + np.sqrt(back_x * back_x + back_y * back_y)
    found[2] = (xy - x_sum * y_sum / n_phases) / np.sqrt(spread)


@reordered
def _sum_between(sizes: Curves, begin: int, end: int) -> float:
    total = 0.0
    for place in range(begin, end + 1):
        total += np.float64(sizes[place])
    return total


@jit
def coordination(proximal: Curves, distal: Curves, first: Index, last: Index) -> Values:
    """Return mean absolute relative phase and the cyclogram's measures of each pair of curves.

    The continuous relative phase is the proximal joint's phase angle less the distal one's. Phase
    angle: arctan2(velocity, angle) in the joint's phase portrait, angle scaled to -1..1 by its
    range, velocity by its largest size.

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
    n_cycles, n_phases = proximal.shape
    period = n_phases - 1
    found = np.full((6, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        one, other = np.empty((4, n_phases), np.float32), np.empty((4, n_phases), np.float32)
        size, shape = np.empty(n_phases, np.float32), np.empty(3)
        if not (_portrait(proximal, cycle, one) and _portrait(distal, cycle, other)):
            continue
        _phase_sizes(one[0], one[1], other[0], other[1], size)
        found[0, cycle] = _sum_between(size, 0, period) / n_phases
        for part in range(2):
            begin, end = first[part, cycle], last[part, cycle]
            if end >= begin:
                total = _sum_between(size, begin, min(end, period))
                total += _sum_between(size, max(begin - period, 1), end - period)
                found[1 + part, cycle] = total / (end - begin + 1)
        _cyclogram(one[2], other[2], shape)
        found[3, cycle], found[4, cycle], found[5, cycle] = shape
    return found


@inner
def _add_directions(one: Curves, other: Curves, total: Values) -> None:
    """Add the unit vector of the relative phase at each sample."""
    x, x_speed, y, y_speed = one[0], one[1], other[0], other[1]
    for phase in range(len(x)):
        across = x_speed[phase] * y[phase] - x[phase] * y_speed[phase]
        along = x[phase] * y[phase] + x_speed[phase] * y_speed[phase]
        length = np.sqrt(across * across + along * along) + _TINY
        total[0, phase] += np.float64(along / length)
        total[1, phase] += np.float64(across / length)


@jit
def deviation(proximal: Curves, distal: Curves, order: Index, starts: Index) -> Values:
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
    n_phases = proximal.shape[1]
    n_series = len(starts) - 1
    found = np.full(n_series, np.nan)
    for series in prange(n_series):
        one, other = np.empty((4, n_phases), np.float32), np.empty((4, n_phases), np.float32)
        total = np.zeros((2, n_phases))
        count = 0
        for place in range(starts[series], starts[series + 1]):
            cycle = order[place]
            if _portrait(proximal, cycle, one) and _portrait(distal, cycle, other):
                _add_directions(one, other, total)
                count += 1
        if count > 1:
            deviation = 0.0
            for phase in range(n_phases):
                length = np.sqrt(total[0, phase] ** 2 + total[1, phase] ** 2) / count
                deviation += np.sqrt(-2.0 * np.log(min(max(length, _LEAST), 1.0)))
            found[series] = deviation / n_phases
    return found


# Vector coding: the directions of the angle-angle diagram

_TAN_22_5 = np.sqrt(2.0) - 1.0


@inner
def _directions(proximal: Curves, distal: Curves, cycle: int, found: Values) -> bool:
    """Fill in the unit vectors between samples, 0 without movement; False where one is unknown."""
    for phase in range(found.shape[1]):
        along = np.float64(proximal[cycle, phase + 1]) - np.float64(proximal[cycle, phase])
        across = np.float64(distal[cycle, phase + 1]) - np.float64(distal[cycle, phase])
        length = np.sqrt(along * along + across * across)
        if not np.isfinite(length):
            return False
        share = 1.0 / length if length > 0.0 else 0.0
        found[0, phase], found[1, phase] = along * share, across * share
    return True


@inner
def _mean_direction(directions: Values, begin: int, end: int) -> float:
    """Return the circular mean of the directions from sample `begin` to sample `end`, 0 to 2 pi."""
    along, across, count = 0.0, 0.0, 0
    for sample in range(begin, end):
        place = sample % directions.shape[1]
        along += directions[0, place]
        across += directions[1, place]
        count += 1
    # Directions that cancel out have no mean; the bound is far above their rounding.
    if along * along + across * across <= (1e-9 * count) ** 2:
        return np.nan
    angle: float = np.arctan2(across, along) % (2.0 * np.pi)
    return angle


@jit
def coupling(proximal: Curves, distal: Curves, first: Index, last: Index) -> Values:
    """Return mean coupling angles and shares of the coordination patterns of each pair of curves.

    Parameters
    ----------
    proximal, distal : ndarray of float32, shape (n_cycles, n_phases)
    first, last : ndarray of int64, shape (2, n_cycles)
        As of :func:`coordination`.

    Returns
    -------
    ndarray, shape (7, n_cycles)
        Circular mean of the coupling angle over the cycle, over stance and over swing (0 to 2 pi);
        shares of in-phase, anti-phase, proximal and distal phase (percent of the intervals in which
        something moves). NaN where a point is not finite or nothing moves; a mean also where the
        directions cancel out.
    """
    n_cycles, n_phases = proximal.shape
    found = np.full((7, n_cycles), np.nan)
    for cycle in prange(n_cycles):
        directions, shares = np.empty((2, n_phases - 1)), np.zeros(4)
        if not _directions(proximal, distal, cycle, directions):
            continue
        found[0, cycle] = _mean_direction(directions, 0, n_phases - 1)
        for part in range(2):
            found[1 + part, cycle] = _mean_direction(
                directions, first[part, cycle], last[part, cycle]
            )
        for phase in range(n_phases - 1):
            along, across = directions[0, phase], directions[1, phase]
            if abs(across) < _TAN_22_5 * abs(along):
                shares[2] += 1.0
            elif abs(along) < _TAN_22_5 * abs(across):
                shares[3] += 1.0
            elif along * across > 0.0:
                shares[0] += 1.0
            elif along * across < 0.0:
                shares[1] += 1.0
        moving = shares.sum()
        if moving > 0.0:
            for pattern in range(4):
                found[3 + pattern, cycle] = 100.0 * shares[pattern] / moving
    return found


@jit
def coupling_deviation(proximal: Curves, distal: Curves, order: Index, starts: Index) -> Values:
    """Return how much the coupling angle of each series differs between its strides.

    Parameters
    ----------
    proximal, distal, order, starts
        As of :func:`deviation`.

    Returns
    -------
    ndarray, shape (n_series,)
        Mean over the cycle of the angular deviation ``sqrt(2 (1 - R))`` between strides, R the
        length of the mean unit vector. Cycles with a point that is not finite are left out, and
        intervals in which fewer than two strides move; NaN where nothing is left.
    """
    n_intervals = proximal.shape[1] - 1
    n_series = len(starts) - 1
    found = np.full(n_series, np.nan)
    for series in prange(n_series):
        directions, total = np.empty((2, n_intervals)), np.zeros((3, n_intervals))
        for place in range(starts[series], starts[series + 1]):
            if _directions(proximal, distal, order[place], directions):
                for phase in range(n_intervals):
                    along, across = directions[0, phase], directions[1, phase]
                    total[0, phase] += along
                    total[1, phase] += across
                    total[2, phase] += 1.0 if along != 0.0 or across != 0.0 else 0.0
        deviations, count = 0.0, 0
        for phase in range(n_intervals):
            if total[2, phase] > 1.0:
                length = np.sqrt(total[0, phase] ** 2 + total[1, phase] ** 2) / total[2, phase]
                deviations += np.sqrt(2.0 * (1.0 - min(length, 1.0)))
                count += 1
        if count > 0:
            found[series] = deviations / count
    return found


# How far curves are from reference curves, and their scores on a basis


@reordered
def _square_sum(curve: Values, mean: Values) -> float:
    total = 0.0
    for phase in range(len(mean)):
        away = np.float64(curve[phase]) - mean[phase]
        total += away * away
    return total


@jit
def mean_square(block: Curves, channels: Index, mean: Values) -> Values:
    """Return the mean square of each curve's difference from its channel's mean curve.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    mean : ndarray, shape (k, n_phases)

    Returns
    -------
    ndarray, shape (k, n_cycles)
        In the squared unit of the curves; NaN where a point of the curve is not finite.
    """
    n_cycles, n_phases = block.shape[1:]
    found = np.empty((len(channels), n_cycles))
    for curve in prange(len(channels) * n_cycles):
        row, cycle = curve // n_cycles, curve % n_cycles
        total = _square_sum(block[channels[row], cycle], mean[row])
        found[row, cycle] = total / n_phases if np.isfinite(total) else np.nan
    return found


@reordered
def _z_sum(
    curve: Values, part: float, low: Values, high: Values, low_spread: Values, high_spread: Values
) -> float:
    total = 0.0
    for phase in range(len(low)):
        centre = (1.0 - part) * low[phase] + part * high[phase]
        spread = (1.0 - part) * low_spread[phase] + part * high_spread[phase]
        away = np.float64(curve[phase]) - centre
        total += away * away / spread
    return total


@jit
def mean_square_z(
    block: Curves, channels: Index, place: Index, share: Values, mean: Values, variance: Values
) -> Values:
    """Return the mean square of z = (x - m) / s, each cycle with its own reference.

    The reference of a cycle lies between two rows of its channel's table: mean and variance are
    ``(1 - share) * table[place] + share * table[place + 1]``.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    place : ndarray of int64, shape (n_cycles,)
        Row of the tables; -1 where there is no reference.
    share : ndarray, shape (n_cycles,)
        0 to 1; 0 where `place` is the last one.
    mean, variance : ndarray, shape (k, n_rows, n_phases)

    Returns
    -------
    ndarray, shape (k, n_cycles)
        NaN without reference, or where a point of the curve is not finite.
    """
    n_cycles, n_phases = block.shape[1:]
    found = np.full((len(channels), n_cycles), np.nan)
    for curve in prange(len(channels) * n_cycles):
        row, cycle = curve // n_cycles, curve % n_cycles
        low = place[cycle]
        if low < 0:
            continue
        part = share[cycle]
        high = low + 1 if part > 0.0 else low
        total = _z_sum(
            block[channels[row], cycle],
            part,
            mean[row, low],
            mean[row, high],
            variance[row, low],
            variance[row, high],
        )
        found[row, cycle] = total / n_phases if np.isfinite(total) else np.nan
    return found


@reordered
def _product(curve: Values, vector: Values) -> float:
    total = 0.0
    for phase in range(len(vector)):
        total += np.float64(curve[phase]) * vector[phase]
    return total


@jit
def basis_scores(block: Curves, channels: Index, basis: Values) -> Values:
    """Return the scalar products of each cycle's channels, end to end, with a basis.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    basis : ndarray, shape (k, n_vectors, n_phases)

    Returns
    -------
    ndarray, shape (n_cycles, n_vectors)
        NaN where a point of one of the curves is not finite.
    """
    n_cycles, n_vectors = block.shape[1], basis.shape[1]
    scores = np.zeros((n_cycles, n_vectors))
    for cycle in prange(n_cycles):
        for row in range(len(channels)):
            for vector in range(n_vectors):
                scores[cycle, vector] += _product(block[channels[row], cycle], basis[row, vector])
        if not np.isfinite(scores[cycle].sum()):
            scores[cycle] = np.nan
    return scores


# Medians of the strides of each series


@jit
def medians(values: Values, order: Index, starts: Index) -> Values:
    """Return the median of each series.

    Parameters
    ----------
    values : ndarray, shape (n,)
    order : ndarray of int64, shape (n,)
        Places in `values` sorted by series.
    starts : ndarray of int64, shape (n_series + 1,)
        Where each series begins in `order`.

    Returns
    -------
    ndarray, shape (n_series,)
        Values that are not finite are left out; NaN where none is left.
    """
    n_series = len(starts) - 1
    found = np.full(n_series, np.nan)
    for series in prange(n_series):
        own = np.empty(starts[series + 1] - starts[series])
        count = 0
        for place in range(starts[series], starts[series + 1]):
            value = values[order[place]]
            if np.isfinite(value):
                own[count] = value
                count += 1
        if count > 0:
            own = np.sort(own[:count])
            found[series] = (own[(count - 1) // 2] + own[count // 2]) / 2.0
    return found


# How curves of one series differ from each other


@inner
def _spread(curves: Curves, cycles: Index, found: Values) -> None:
    n_phases = curves.shape[1]
    mean, within = np.zeros(n_phases), np.zeros(n_phases)
    count = 0
    for cycle in cycles:
        if not is_finite(curves[cycle]):
            continue
        count += 1
        part = 1.0 / count
        for phase in range(n_phases):
            away = curves[cycle, phase] - mean[phase]
            mean[phase] += away * part
            within[phase] += away * (curves[cycle, phase] - mean[phase])
    found[0] = count
    if count < 2:
        return
    inside, grand = within.sum(), mean.mean()
    found[1] = inside
    found[2] = inside + count * ((mean - grand) ** 2).sum()
    found[3] = np.sqrt(within / (count - 1)).mean()


@jit
def series_spread(block: Curves, channels: Index, order: Index, starts: Index) -> Values:
    """Return sums of squares within and about the grand mean of series of curves.

    Parameters
    ----------
    block : ndarray of float32, shape (n_channels, n_cycles, n_phases)
    channels : ndarray of int64, shape (k,)
        Rows of `block`.
    order : ndarray of int64, shape (n_cycles,)
        Cycles sorted by series.
    starts : ndarray of int64, shape (n_series + 1,)
        Where each series begins in `order`.

    Returns
    -------
    ndarray, shape (k, n_series, 4)
        Number of curves without a missing point; sum of squares about the mean curve; sum of
        squares about the grand mean; mean over the phases of the standard deviation (ddof 1).
        NaN, and a count of 0 or 1, where fewer than two curves are complete.
    """
    n_series = len(starts) - 1
    found = np.full((len(channels), n_series, 4), np.nan)
    for job in prange(len(channels) * n_series):
        row, series = job // n_series, job % n_series
        cycles = order[starts[series] : starts[series + 1]]
        _spread(block[channels[row]], cycles, found[row, series])
    return found
