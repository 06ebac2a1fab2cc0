"""What each compiled kernel must compute, whole arrays at a time in NumPy."""

import numpy as np

from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT

SHORTEST = 8


def at_phase(curves, percent):
    period = curves.shape[1] - 1
    known = np.isfinite(curves).all(axis=1) & np.isfinite(percent)
    place = np.where(known, np.where(percent > 100.0, percent - 100.0, percent), 0.0)
    place = place / 100.0 * period
    before = np.minimum(place.astype(np.int64), period - 1)
    share = place - before
    cycle = np.arange(len(curves))
    with np.errstate(invalid="ignore"):
        low = curves[cycle, before].astype(np.float64)
        found = low + share * (curves[cycle, before + 1] - low)
    return np.where(known, found, np.nan)


def _portrait(curves):
    """Return angle scaled to -1..1 by its range, velocity by its largest size: (n, n_phases)."""
    exact = curves.astype(np.float64)
    low = exact.min(axis=1, keepdims=True)
    high = exact.max(axis=1, keepdims=True)
    speed = np.gradient(exact, axis=1)
    size = np.abs(speed).max(axis=1, keepdims=True)
    return (2.0 * exact - high - low) / (high - low), speed / size


def relative_phase(proximal, distal):
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
        angle, speed = _portrait(proximal)
        other_angle, other_speed = _portrait(distal)
        difference = np.arctan2(speed, angle) - np.arctan2(other_speed, other_angle)
        wrapped = np.arctan2(np.sin(difference), np.cos(difference))
    known = np.isfinite(wrapped).all(axis=1)
    return np.where(known[:, None], wrapped, np.nan)


def deviation(proximal, distal, order, starts):
    phase = relative_phase(proximal, distal)
    found = np.full(len(starts) - 1, np.nan)
    for series in range(len(found)):
        own = phase[order[starts[series] : starts[series + 1]]]
        own = own[np.isfinite(own).all(axis=1)]
        if len(own) > 1:
            length = np.clip(np.abs(np.exp(1j * own).mean(axis=0)), 1e-300, 1.0)
            found[series] = np.sqrt(-2.0 * np.log(length)).mean()
    return found


def coordination(proximal, distal, first, last):
    size = np.abs(relative_phase(proximal, distal))
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


def core_statistics(block, stance_index):
    block = np.asarray(block)
    finite = np.all(np.isfinite(block), axis=2)
    curves = np.where(finite[:, :, None], block, 0.0).astype(np.float64)
    stance = (np.arange(N_PHASES) < stance_index[:, None])[None]
    known = (stance_index > 0)[None, :, None]
    low, high = curves.min(axis=2), curves.max(axis=2)
    step = 1.0 / (N_PHASES - 1)
    rows = [
        curves.mean(axis=2),
        curves.std(axis=2, ddof=1),
        np.sqrt(np.square(curves).mean(axis=2)),
        low,
        high,
        high - low,
        PHASE_PERCENT[curves.argmin(axis=2)],
        PHASE_PERCENT[curves.argmax(axis=2)],
        *_extremes(curves, stance & known),
        *_extremes(curves, ~stance & known),
        np.trapezoid(np.maximum(curves, 0.0), dx=step, axis=2),
        np.trapezoid(np.minimum(curves, 0.0), dx=step, axis=2),
    ]
    return np.where(finite[:, None], np.stack(rows, axis=1), np.nan).astype(np.float32)


def _extremes(curves, part):
    low = np.where(part, curves, np.inf).min(axis=2)
    high = np.where(part, curves, -np.inf).max(axis=2)
    some = np.any(part, axis=2)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def derivative_peaks(curves):
    period = curves.shape[1] - 1
    known = np.asarray(np.isfinite(curves).all(axis=1))
    exact = np.where(known[:, None], curves, 0.0).astype(np.float64)
    first = np.gradient(exact, 1.0 / period, axis=1)[:, 1:-1]
    second = np.diff(exact, 2, axis=1) * period**2
    found = np.stack(
        [
            first.max(axis=1),
            first.min(axis=1),
            first.argmax(axis=1) + 1.0,
            first.argmin(axis=1) + 1.0,
            second.max(axis=1),
            second.min(axis=1),
        ]
    )
    return np.where(known, found, np.nan)


def mean_square(block, channels, mean):
    with np.errstate(invalid="ignore", over="ignore"):
        away = block[channels].astype(np.float64) - mean[:, None]
        found = np.mean(away**2, axis=2)
    return np.where(np.isfinite(found), found, np.nan)


def mean_square_z(block, channels, place, share, mean, variance):
    after = place + (share > 0)  # never a row that has no share: it may be another task's
    part = share[:, None]
    found = np.empty((len(channels), block.shape[1]))
    for row, channel in enumerate(channels):
        centre = (1.0 - part) * mean[row][place] + part * mean[row][after]
        spread = (1.0 - part) * variance[row][place] + part * variance[row][after]
        with np.errstate(invalid="ignore", over="ignore"):
            away = block[channel].astype(np.float64) - centre
            found[row] = np.mean(away**2 / spread, axis=1)
    return np.where(np.isfinite(found) & (place >= 0), found, np.nan)


def basis_scores(block, channels, basis):
    curves = block[channels]
    complete = np.all(np.isfinite(curves), axis=(0, 2))
    finite = np.where(complete[:, None], curves, 0.0).astype(np.float64)
    scores = np.einsum("kcp,kvp->cv", finite, basis)
    scores[~complete] = np.nan
    return scores


def force_peaks(force, toe_off):
    index, end = np.arange(N_PHASES), toe_off[:, None]
    early = end / 2 >= PHASE_PERCENT
    late = (end / 2 < PHASE_PERCENT) & (end >= PHASE_PERCENT)
    first = np.where(early, force, -np.inf).argmax(axis=1)[:, None]
    second = np.where(late, force, -np.inf).argmax(axis=1)[:, None]
    between = (first <= index) & (index <= second)
    found = [
        np.where(early, force, -np.inf).max(axis=1),
        np.where(between, force, np.inf).min(axis=1),
        np.where(late, force, -np.inf).max(axis=1),
    ]
    known = np.isfinite(force).all(axis=1) & early.any(axis=1) & late.any(axis=1)
    return np.where(known, found, np.nan)


def harmonics(curves, basis):
    known = np.asarray(np.isfinite(curves).all(axis=1))
    parts = np.where(known[:, None], curves, 0.0).astype(np.float64) @ basis
    cosine, sine = np.split(parts.T, 2)
    found = np.vstack([np.hypot(cosine, sine), np.arctan2(sine, cosine)])
    return np.where(known, found, np.nan)


def toe_off(force, threshold):
    load = _load(force, threshold)
    index = np.arange(load.shape[1])
    last_loaded = np.maximum.accumulate(np.where(load > 0, index, -1), axis=1)
    unloaded_for = index - last_loaded
    swing_end = unloaded_for.argmax(axis=1)
    rows = np.arange(len(load))
    before = last_loaded[rows, swing_end]
    good = (unloaded_for[rows, swing_end] >= SHORTEST) & (before >= SHORTEST)
    good &= np.isfinite(load).all(axis=1)
    before = np.where(good, before, 0)
    high, low = load[rows, before], load[rows, before + 1]
    share = np.divide(high, high - low, out=np.zeros_like(high), where=good)
    return np.where(good, (before + share) * 100.0 / (load.shape[1] - 1), np.nan)


def swing(force, threshold):
    load = _load(force, threshold)
    period = load.shape[1] - 1
    on = load[:, :period] > 0
    good = np.isfinite(load).all(axis=1) & (on.sum(axis=1) >= SHORTEST)
    # Three rounds: the middle one sees every stretch whole, counted from its last loaded sample.
    index = np.arange(3 * period)
    last_on = np.maximum.accumulate(np.where(np.tile(on, 3), index, -1), axis=1)
    begin = on.argmax(axis=1)[:, None]
    turn = (index > begin + period) & (index <= begin + 2 * period)
    off_for = np.where(turn, index - last_on, 0)
    end = off_for.argmax(axis=1)
    rows = np.arange(len(load))
    length = off_for[rows, end]
    good &= length >= SHORTEST
    places = np.stack([end - length, end])
    before, after = places % period, (places + 1) % period
    low, high = load[rows, before], load[rows, after]
    share = np.divide(low, low - high, out=np.zeros_like(low), where=good)
    return np.where(good, (before + share) % period * 100.0 / period, np.nan)


def loaded_percent(force, threshold, other, other_threshold):
    with np.errstate(invalid="ignore"):
        load = np.minimum(_load(force, threshold), _load(other, other_threshold))
        start, end = load[:, :-1], load[:, 1:]
        above = np.maximum(start, 0) + np.maximum(end, 0)
        size = np.abs(start) + np.abs(end)
        share = np.divide(above, size, out=np.zeros_like(size), where=size > 0)
    known = np.isfinite(force).all(axis=1) & np.isfinite(other).all(axis=1)
    return np.where(known, 100.0 * share.mean(axis=1), np.nan)


def _load(force, threshold):
    return force.astype(np.float64) - threshold[:, None]


def medians(values, order, starts):
    found = np.full(len(starts) - 1, np.nan)
    for series in range(len(found)):
        own = values[order[starts[series] : starts[series + 1]]]
        own = own[np.isfinite(own)]
        if len(own):
            found[series] = np.median(own)
    return found


def part_statistics(curves, first, last):
    return np.stack([_part(curves, *edges) for edges in zip(first, last, strict=True)], axis=1)


def _part(curves, first, last):
    period = curves.shape[1] - 1
    known = np.isfinite(curves).all(axis=1) & (last >= first)
    place = first[:, None] + np.arange(int(np.max(last - first, initial=0)) + 1)
    inside = (place <= last[:, None]) & known[:, None]
    sample = np.where(inside, np.where(place > period, place - period, place), 0)
    values = np.take_along_axis(np.where(known[:, None], curves, 0.0), sample, axis=1)
    values = values.astype(np.float64)
    low, high = np.where(inside, values, np.inf), np.where(inside, values, -np.inf)
    count = np.maximum(inside.sum(axis=1), 1)
    found = np.stack(
        [
            low.min(axis=1),
            high.max(axis=1),
            first + low.argmin(axis=1),
            first + high.argmax(axis=1),
            np.sum(values * inside, axis=1) / count,
        ]
    )
    return np.where(known, found, np.nan)


def path(forward, sideways, last):
    inside = np.arange(forward.shape[1]) <= last[:, None]
    finite = np.isfinite(forward) & np.isfinite(sideways)
    known = np.all(finite | ~inside, axis=1) & (last >= 1)
    inside &= known[:, None]
    x, y = (np.where(inside, curves, 0.0).astype(np.float64) for curves in (forward, sideways))
    steps = np.hypot(np.diff(x, axis=1), np.diff(y, axis=1))
    ranges = [
        np.where(inside, each, -np.inf).max(axis=1) - np.where(inside, each, np.inf).min(axis=1)
        for each in (x, y)
    ]
    found = np.stack([np.where(inside[:, 1:], steps, 0.0).sum(axis=1), *ranges])
    return np.where(known, found, np.nan)


def quantiles(block, levels):
    finite = np.all(np.isfinite(block), axis=2)
    curves = np.where(finite[:, :, None], block, 0.0).astype(np.float64)
    return np.where(finite, np.quantile(curves, levels, axis=2), np.nan)


def series_spread(block, channels, order, starts):
    found = np.full((len(channels), len(starts) - 1, 4), np.nan)
    for row, series in np.ndindex(found.shape[:2]):
        cycles = order[starts[series] : starts[series + 1]]
        own = block[channels[row]][cycles].astype(np.float64)
        own = own[np.isfinite(own).all(axis=1)]
        found[row, series, 0] = len(own)
        if len(own) > 1:
            found[row, series, 1] = ((own - own.mean(axis=0)) ** 2).sum()
            found[row, series, 2] = ((own - own.mean()) ** 2).sum()
            found[row, series, 3] = own.std(axis=0, ddof=1).mean()
    return found
