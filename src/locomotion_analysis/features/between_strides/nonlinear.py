"""Measures of a series of strides or of a signal: scaling, divergence, regularity."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.feature import Values

SAMPLES_PER_STRIDE = 100
"""Samples a stride at which divergence is computed, so that studies compare."""

_PAIRS_AT_ONCE = 4096


def dfa_alpha(series: ArrayLike, smallest: int = 4) -> float:
    """Return the scaling exponent of detrended fluctuation analysis.

    The series is summed about its mean, cut into windows of n values, and a line taken from each;
    alpha is the slope of log F(n) against log n, n from `smallest` to a quarter of the length, at
    lengths evenly spread on the log axis. White noise 0.5, a random walk 1.5; stride times of
    healthy adults 0.7 to 1.0 (Peng et al. 1994, doi:10.1103/PhysRevE.49.1685; Hausdorff et al.
    1995, doi:10.1152/jappl.1995.78.1.349).

    Parameters
    ----------
    series : array_like, shape (n,)
        For example stride times in their order. At least 4 * (`smallest` + 2) finite values.
    smallest : int
        Shortest window.

    Returns
    -------
    float
        NaN for a constant series.

    Raises
    ------
    SchemaError
        If the series is too short or has a missing value.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=4000)
    >>> 0.45 < dfa_alpha(noise) < 0.55
    True
    """
    values = _finite_series(series, 4 * (smallest + 2))
    profile = np.cumsum(values - values.mean())
    longest = len(values) // 4
    steps = np.geomspace(smallest, longest, num=20)
    lengths = np.unique(np.round(steps).astype(int))
    spread = np.array([_fluctuation(profile, int(length)) for length in lengths])
    if not np.all(spread > 0):
        return float("nan")
    return float(np.polyfit(np.log(lengths), np.log(spread), 1)[0])


def _fluctuation(profile: Values, length: int) -> float:
    """Root mean square of what lines leave over in windows, counted from both ends."""
    count = len(profile) // length
    windows = np.concatenate(
        [
            profile[: count * length].reshape(count, length),
            profile[len(profile) - count * length :].reshape(count, length),
        ]
    )
    time = np.arange(length) - (length - 1) / 2.0
    centred = windows - windows.mean(axis=1, keepdims=True)
    slope = centred @ time / (time @ time)
    return float(np.sqrt(np.mean((centred - slope[:, None] * time) ** 2)))


def divergence_exponent(
    signal: ArrayLike,
    period: int,
    *,
    delay: int = 10,
    dimension: int = 5,
    span: tuple[float, float] = (0.0, 1.0),
) -> float:
    """Return how fast neighbouring states part: the largest Lyapunov exponent, per period.

    Each state (`dimension` samples `delay` apart) is paired with its nearest neighbour at least
    one period away; the exponent is the slope of the mean log distance over `span` periods
    (Rosenstein, Collins & De Luca 1993, doi:10.1016/0167-2789(93)90009-P). For gait: 100 samples
    a stride, 50 strides or more, span 0 to 0.5 or 0 to 1 stride (Dingwell & Cusumano 2000,
    doi:10.1063/1.1324008).

    Parameters
    ----------
    signal : array_like, shape (n,)
        Evenly sampled.
    period : int
        Samples a stride (mean period of the signal).
    delay, dimension : int
        Of the embedding.
    span : tuple of float
        Where the slope is taken, in periods.

    Returns
    -------
    float
        Per period; NaN where no two states differ.

    Raises
    ------
    SchemaError
        If the signal is shorter than the embedding and three periods, or has a missing value.

    Examples
    --------
    >>> steady = np.sin(2 * np.pi * np.arange(2000) / 100)
    >>> wobble = steady + 0.01 * np.random.default_rng(0).normal(size=2000)
    >>> abs(divergence_exponent(wobble, period=100, span=(0.5, 1.0))) < 0.5
    True
    """
    values = _finite_series(signal, (dimension - 1) * delay + 3 * period)
    n_states = len(values) - (dimension - 1) * delay
    states = np.stack([values[k * delay : k * delay + n_states] for k in range(dimension)], axis=1)
    first, last = (round(edge * period) for edge in span)
    usable = n_states - last
    neighbour = _nearest(states[:usable], period)
    paired = np.flatnonzero(neighbour >= 0)
    steps = np.arange(first, last + 1)
    curve = _mean_log_distance(
        values, paired, neighbour[paired], steps, delay * np.arange(dimension)
    )
    if np.isnan(curve).any():
        return float("nan")
    return float(np.polyfit(steps / period, curve, 1)[0])


def _nearest(states: Values, exclusion: int) -> NDArray[np.int64]:
    """Return each state's nearest neighbour more than `exclusion` samples away, -1 if none."""
    from scipy.spatial import cKDTree

    tree = cKDTree(states)
    found = np.full(len(states), -1, dtype=np.int64)
    wanted, asked = np.arange(len(states)), 16
    while len(wanted) and asked <= 2 * len(states):
        near = np.atleast_2d(tree.query(states[wanted], k=min(asked, len(states)))[1])
        far = np.abs(near - wanted[:, None]) > exclusion
        has = far.any(axis=1)
        found[wanted[has]] = near[has, far[has].argmax(axis=1)]
        wanted, asked = wanted[~has], asked * 4
    return found


def _mean_log_distance(
    values: Values,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    steps: NDArray[np.int64],
    embedding: NDArray[np.int64],
) -> Values:
    """Return the mean log distance of pairs of states after some steps; NaN where all are equal."""
    total, count = np.zeros(len(steps)), np.zeros(len(steps), dtype=np.int64)
    ahead = np.arange(steps[0], steps[-1] + embedding[-1] + 1)
    for start in range(0, len(one), _PAIRS_AT_ONCE):
        rows = slice(start, start + _PAIRS_AT_ONCE)
        # States share samples: each difference is taken once, not once a step and coordinate.
        apart = values[one[rows, None] + ahead] - values[other[rows, None] + ahead]
        squared = np.square(apart, out=apart)
        distance = np.zeros((len(squared), len(steps)))
        for shift in embedding:
            distance += squared[:, shift : shift + len(steps)]
        some = distance > 0
        total += np.log(distance, where=some, out=np.zeros_like(distance)).sum(axis=0) / 2.0
        count += some.sum(axis=0)
    mean: Values = np.divide(total, count, where=count > 0, out=np.full(len(steps), np.nan))
    return mean


def sample_entropy(series: ArrayLike, length: int = 2, tolerance: float = 0.2) -> float:
    """Return the sample entropy: how seldom patterns that match go on matching.

    ``-ln(A / B)``: B pairs of stretches of `length` values that nowhere differ by more than
    `tolerance` SD, A those still alike one value later; no stretch is paired with itself
    (Richman & Moorman 2000, doi:10.1152/ajpheart.2000.278.6.H2039).

    Parameters
    ----------
    series : array_like, shape (n,)
    length : int
    tolerance : float
        In standard deviations of the series.

    Returns
    -------
    float
        NaN where no stretches match.

    Raises
    ------
    SchemaError
        If the series has fewer than `length` + 2 values or a missing one.
    """
    values = _finite_series(series, length + 2)
    limit = tolerance * values.std()
    count = len(values) - length
    stretches = np.stack([values[k : k + count] for k in range(length + 1)], axis=1)
    alike, longer = 0, 0
    for row in range(count - 1):
        apart = np.abs(stretches[row + 1 :] - stretches[row]) <= limit
        short = apart[:, :length].all(axis=1)
        alike += int(short.sum())
        longer += int((short & apart[:, length]).sum())
    return float(-np.log(longer / alike)) if longer else float("nan")


def _finite_series(series: ArrayLike, least: int) -> Values:
    values = np.asarray(series, dtype=np.float64).ravel()
    if len(values) < least or not np.isfinite(values).all():
        missing = int((~np.isfinite(values)).sum())
        raise SchemaError(
            expected=f"a series of at least {least} finite values",
            got=f"{len(values)} values, {missing} of them not finite",
            fix="record more strides, or cut the series where values are missing",
        )
    return values
