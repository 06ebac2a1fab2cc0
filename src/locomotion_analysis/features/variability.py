"""How one subject's strides differ from each other, and how stable walking is (group derived).

Strides are compared within a subject's task, left and right apart: variability of times, lengths and
curves, the Gait Variability Index, scaling and divergence exponents. Every cycle carries its group's
value. The measures of a series or signal (:func:`dfa_alpha`, :func:`divergence_exponent`,
:func:`sample_entropy`, :func:`harmonic_ratio`) take plain arrays.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.data.columns import numbered
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.kernels.series import medians, series_spread
from locomotion_analysis.features.kernels.signals import matching_pairs
from locomotion_analysis.features.kernels.statistics import Values
from locomotion_analysis.features.spec import (
    CycleView,
    Family,
    FeatureSpec,
    LeftOut,
    Schema,
)
from locomotion_analysis.standard import N_PHASES, resample_curves
from locomotion_analysis.standard.norms import score_reference

__all__ = [
    "dfa_alpha",
    "divergence_exponent",
    "harmonic_ratio",
    "improved_harmonic_ratio",
    "sample_entropy",
]

# Which cycles are strides of one subject doing one thing, and their statistics

_logger = logging.getLogger(__name__)

GROUP_KEYS = ("dataset", "subject", "task", "task_id")
"""Strides that share these vary about the same mean."""

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CycleGroups:
    """Strides by subject and task, left and right strides apart.

    Attributes
    ----------
    group : ndarray, shape (n_cycles,)
        Number of each cycle's group.
    series : ndarray, shape (n_cycles,)
        Number of each cycle's series: the strides of one leg in a group (of the whole group
        where the leg is not known).
    group_of : ndarray, shape (n_series,)
        The group each series belongs to.
    order : ndarray, shape (n_cycles,)
        Cycles sorted by series and step.
    starts : ndarray, shape (n_series + 1,)
        Where each series begins in `order`.
    follows : ndarray of bool, shape (n_cycles - 1,)
        Whether each cycle in `order` but the first is the stride after the one before it.
    """

    group: Codes
    series: Codes
    group_of: Codes
    order: Codes
    starts: Codes
    follows: NDArray[np.bool_]

    @classmethod
    def of(cls, cycles: pd.DataFrame) -> "CycleGroups":
        """Group cycles.

        Parameters
        ----------
        cycles : DataFrame
            Columns `GROUP_KEYS`, ``step``, and ``side`` where it is known.
        """
        group = numbered(cycles[name] for name in GROUP_KEYS)
        series = numbered([group, cycles["side"]]) if "side" in cycles else group
        n_series = int(series.max(initial=-1)) + 1
        group_of = np.zeros(n_series, dtype=np.int64)
        group_of[series] = group
        steps, by = numbers_of_steps(cycles["step"])
        order = np.lexsort((by, series)).astype(np.int64)
        starts = np.searchsorted(series[order], np.arange(n_series + 1)).astype(np.int64)
        follows = following(steps[order], series[order])
        return cls(group, series, group_of, order, starts, follows)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return int(self.group.max(initial=-1)) + 1

    def mean(self, values: Values) -> Values:
        """Return the mean of each group; NaN strides are left out."""
        return _mean(values, self.group, self.n_groups)

    def pooled(self, per_series: Values) -> Values:
        """Return the mean of each group's series; series without a value are left out."""
        return _mean(per_series, self.group_of, self.n_groups)

    def sd(self, values: Values) -> Values:
        """Return the root of the mean of left and right variance (ddof 1) of each group.

        A series of one stride has no variance and is left out.
        """
        count = len(self.group_of)
        known = np.isfinite(values)
        size = np.bincount(self.series[known], minlength=count)
        away = values - _mean(values, self.series, count)[self.series]
        squares = np.bincount(self.series[known], away[known] ** 2, minlength=count)
        variance = np.divide(squares, size - 1, out=np.full(count, np.nan), where=size > 1)
        return np.sqrt(self.pooled(variance))

    def robust_sd(self, values: Values) -> Values:
        """Return 1.4826 times the median distance from the median of the same leg's strides.

        NaN in a group where no leg has two strides.
        """
        distance = np.abs(values - medians(values, self.order, self.starts)[self.series])
        size = np.bincount(self.series[np.isfinite(values)], minlength=len(self.group_of))
        return 1.4826 * self.median(np.where(size[self.series] > 1, distance, np.nan))

    def median(self, values: Values) -> Values:
        """Return the median of each group; NaN strides are left out."""
        return medians(values, *self._by_group)

    @cached_property
    def _by_group(self) -> tuple[Codes, Codes]:
        """Cycles sorted by group, and where each group begins among them."""
        order = np.argsort(self.group, kind="stable").astype(np.int64)
        return order, np.searchsorted(self.group[order], np.arange(self.n_groups + 1))

    def successive(self, values: Values) -> Values:
        """Return |difference| from the same leg's stride before; NaN where that is not there."""
        change = np.where(self.follows, np.abs(np.diff(values[self.order])), np.nan)
        result = np.full(len(values), np.nan)
        result[self.order[1:]] = change
        return result

    def in_a_row(self, known: NDArray[np.bool_], least: int) -> Iterator[tuple[int, Codes]]:
        """Yield each series with at least so many strides in a row, and the first such row.

        Parameters
        ----------
        known : ndarray of bool, shape (n_cycles,)
            Whether each stride can be used; a row ends before one that cannot.
        least : int
            Strides wanted, 2 or more.
        """
        usable = known[self.order]
        follows = self.follows & usable[1:] & usable[:-1]
        for series in np.flatnonzero(np.diff(self.starts) >= least).tolist():
            begin, end = self.starts[series], self.starts[series + 1]
            edges = np.flatnonzero(~follows[begin : end - 1]) + begin + 1
            edges = np.concatenate([[begin], edges, [end]])
            long = np.flatnonzero(np.diff(edges) >= least)
            if len(long):
                yield series, self.order[edges[long[0]] : edges[long[0] + 1]]


def numbers_of_steps(steps: "pd.Series[Any]") -> tuple[Values, NDArray[Any]]:
    """Return the numbers of strides, NaN of all if one has none, and what sorts the strides.

    Numbers written as text are numbers (as text they would be sorted 0, 1, 10, 2), also within
    words that are always the same.

    Examples
    --------
    >>> numbers_of_steps(pd.Series(["stride 2", "stride 10"]))[0].tolist()
    [2.0, 10.0]
    """
    numbers = pd.to_numeric(steps, errors="coerce")
    if numbers.isna().any():
        parts = steps.map(str).str.extract(r"^(\D*)(\d+)(\D*)$")
        if parts.notna().all(axis=None) and len(parts[[0, 2]].drop_duplicates()) == 1:
            numbers = pd.to_numeric(parts[1])
    found = numbers.to_numpy(np.float64, na_value=np.nan)
    if np.isfinite(found).all():
        return found, found
    return np.full(len(found), np.nan), steps.map(str).to_numpy()


def following(steps: Values, series: Codes) -> NDArray[np.bool_]:
    """Return which strides directly follow the one before them.

    Parameters
    ----------
    steps : ndarray, shape (n,)
        Numbers of the strides, by series and in order; NaN where they have none. They go up by one,
        or by two where legs take turns.
    series : ndarray of int, shape (n,)
        Number of each stride's series.

    Returns
    -------
    ndarray of bool, shape (n - 1,)

    Examples
    --------
    >>> following(np.array([0.0, 1, 3, 0, 2, 4]), np.array([0, 0, 0, 1, 1, 1])).tolist()
    [True, False, False, True, True]
    """
    gaps = np.where(np.diff(series) == 0, np.diff(steps), np.inf)
    smallest = np.full(int(series.max(initial=-1)) + 1, np.inf)
    np.fmin.at(smallest, series[1:], gaps)
    usual = smallest[series[1:]]
    return np.asarray((gaps == usual) & (usual > 0) & (usual <= 2), dtype=np.bool_)


def _mean(values: Values, codes: NDArray[Any], count: int) -> Values:
    known = np.isfinite(values)
    size = np.bincount(codes[known], minlength=count)
    total = np.bincount(codes[known], values[known], minlength=count)
    mean: Values = np.divide(total, size, out=np.full(count, np.nan), where=size > 0)
    return mean


_groups: WeakKeyDictionary[CycleView, CycleGroups] = WeakKeyDictionary()


def groups_of(view: CycleView) -> CycleGroups:
    """Return the groups of a view's cycles; the first call says how many have one stride."""
    found = _groups.get(view)
    if found is None:
        found = _groups[view] = CycleGroups.of(view.cycles)
        longest = np.zeros(found.n_groups, dtype=np.int64)
        np.maximum.at(longest, found.group_of, np.diff(found.starts))
        single = int((longest < 2).sum())
        if single:
            _logger.warning(
                "one stride a leg in %d of %d groups (subject and task): no variability between "
                "strides there (NaN)",
                single,
                found.n_groups,
            )
    return found


# How alike the curves of one subject's strides are

_MEASUREMENTS = ("angle", "moment", "grf")
_CMC = "Kadaba et al. 1989 (doi:10.1002/jor.1100070611)"
_MEAN_SD = "Dingwell & Marin 2006, Journal of Biomechanics 39:444"


def curve_variability_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the coefficient of multiple correlation and the mean SD of each curve."""
    names = tuple(schema.of_measurement(*_MEASUREMENTS))
    if not names:
        yield LeftOut("CMC and mean SD of curves", "no angle, moment or ground reaction force")
        return
    among = "among the strides of a subject in a task, left and right apart"
    cmc = (
        "sqrt(1 - [SS about the mean curve / (F (G - 1))] / [SS about the grand mean "
        f"/ (G F - 1)]), F = 150 points, G strides, {among}; NaN where the root is imaginary"
    )
    sd = f"mean over the cycle of the SD {among} (root of the mean square of the two)"
    specs = []
    for name in names:
        unit = schema.channels[name].unit
        specs.append(FeatureSpec(f"{name}_cmc", "derived", "1", cmc, _CMC, (name,)))
        specs.append(FeatureSpec(f"{name}_stride_sd", "derived", unit, sd, _MEAN_SD, (name,)))

    def compute(view: CycleView) -> Iterator[Values]:
        groups = groups_of(view)
        rows = np.array([view.data.channels.index(name) for name in names])
        for spread in series_spread(view.data.block, rows, groups.order, groups.starts):
            yield multiple_correlation(spread, groups)[groups.group]
            yield np.sqrt(groups.pooled(spread[:, 3] ** 2))[groups.group]

    yield Family(tuple(specs), compute, across_cycles=True)


def multiple_correlation(spread: Values, groups: CycleGroups) -> Values:
    """Return each group's coefficient of multiple correlation.

    Parameters
    ----------
    spread : ndarray, shape (n_series, 4)
        One channel's, from :func:`~locomotion_analysis.features.kernels.series.series_spread`.
    groups : CycleGroups

    Returns
    -------
    ndarray, shape (n_groups,)
        Sums of squares and degrees of freedom of left and right are added. NaN for one stride.
    """
    enough = spread[:, 0] > 1
    count = np.where(enough, spread[:, 0], 0.0)
    squares = np.where(enough[:, None], spread[:, 1:3], 0.0)
    freedom = np.stack(
        [N_PHASES * (count - 1.0), np.where(enough, count * N_PHASES - 1.0, 0.0)], axis=1
    )
    freedom[~enough] = 0.0
    total = np.zeros((groups.n_groups, 4))
    np.add.at(total, groups.group_of, np.concatenate([squares, freedom], axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (total[:, 0] / total[:, 2]) / (total[:, 1] / total[:, 3])
        found: Values = np.sqrt(np.where(ratio <= 1.0, 1.0 - ratio, np.nan))
    return found


# Measures of a series of strides or of a signal: scaling, divergence, regularity

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
    values = finite_series(series, 4 * (smallest + 2))
    profile = np.cumsum(values - values.mean())
    longest = len(values) // 4
    steps = np.geomspace(smallest, longest, num=20)
    lengths = np.unique(np.round(steps).astype(int))
    spread = np.empty(len(lengths))
    for row, length in enumerate(lengths.tolist()):
        # What lines leave over in windows of this length, counted from both ends.
        count = len(profile) // length
        ends = (profile[: count * length], profile[len(profile) - count * length :])
        windows = np.concatenate([end.reshape(count, length) for end in ends])
        time = np.arange(length) - (length - 1) / 2.0
        centred = windows - windows.mean(axis=1, keepdims=True)
        slope = centred @ time / (time @ time)
        spread[row] = np.sqrt(np.mean((centred - slope[:, None] * time) ** 2))
    if not np.all(spread > 0):
        return float("nan")
    return float(np.polyfit(np.log(lengths), np.log(spread), 1)[0])


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
    values = finite_series(signal, (dimension - 1) * delay + 3 * period)
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
    values = finite_series(series, length + 2)
    return entropy_within(values, length, tolerance * float(values.std()))


def entropy_within(values: Values, length: int, limit: float) -> float:
    """Return the sample entropy of finite values for a limit in their own unit."""
    alike, longer = matching_pairs(values, length, limit).tolist()
    return float(-np.log(longer / alike)) if longer else float("nan")


def finite_series(series: ArrayLike, least: int) -> Values:
    """Return a series as float64; raise where it is too short or has a missing value."""
    values = np.asarray(series, dtype=np.float64).ravel()
    if len(values) < least or not np.isfinite(values).all():
        missing = int((~np.isfinite(values)).sum())
        raise SchemaError(
            expected=f"a series of at least {least} finite values",
            got=f"{len(values)} values, {missing} of them not finite",
            fix="record more strides, or cut the series where values are missing",
        )
    return values


# Stability of walking: harmonic ratio, divergence of strides

DIVERGENCE_STRIDES = 50
"""Strides of one leg in a row that the divergence exponent needs."""

_SIGNALS = ("trunk_anterior_tilt", "hip_flexion", "knee_flexion", "ankle_dorsiflexion")
_ROSENSTEIN = (
    "Rosenstein, Collins & De Luca 1993 (doi:10.1016/0167-2789(93)90009-P); "
    "Dingwell & Cusumano 2000 (doi:10.1063/1.1324008)"
)
_LEFT_OUT = LeftOut(
    "harmonic ratio",
    "no channel holds the linear acceleration of the trunk; with it, use "
    "features.variability.harmonic_ratio",
)


def sagittal_angles(schema: Schema) -> tuple[str, ...]:
    """Return the sagittal angles of trunk and ipsilateral leg, whose strides make a signal."""
    return tuple(
        name
        for name, channel in schema.of_measurement("angle").items()
        if f"{channel.joint}_{channel.motion}" in _SIGNALS and channel.side != "contra"
    )


def stability_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the divergence exponent of sagittal angles; name what no channel can give."""
    yield _LEFT_OUT
    names = sagittal_angles(schema)
    if not names:
        yield LeftOut("divergence exponent", "no sagittal angle of the trunk, hip, knee or ankle")
        return
    specs = tuple(
        FeatureSpec(
            name=f"{name}_divergence_per_stride",
            group="derived",
            unit="1/stride",
            formula="slope of the mean log distance of nearest neighbours over the first half "
            f"stride (embedding 5 x 10 samples, {SAMPLES_PER_STRIDE} samples a stride); at least "
            f"{DIVERGENCE_STRIDES} strides of a leg one after the other, mean of the legs",
            source=_ROSENSTEIN,
            requires=(name,),
        )
        for name in names
    )
    yield Family(specs, partial(_divergences, names), across_cycles=True)


def _divergences(channels: tuple[str, ...], view: CycleView) -> Iterator[Values]:
    groups = groups_of(view)
    for channel in channels:
        found = np.full(len(groups.group_of), np.nan)
        for series, rows in groups.in_a_row(
            view.steps & view.complete(channel), DIVERGENCE_STRIDES
        ):
            curves = view.curves(channel)[rows]
            signal = resample_curves(curves, SAMPLES_PER_STRIDE + 1)[:, :-1].ravel()
            found[series] = divergence_exponent(signal, SAMPLES_PER_STRIDE, span=(0.0, 0.5))
        yield groups.pooled(found)[groups.group]


def harmonic_ratio(
    acceleration: ArrayLike, *, across: bool = False, n_harmonics: int = 20
) -> Values:
    """Return the harmonic ratio of trunk acceleration over single strides.

    Sum of the amplitudes of the even harmonics of the stride frequency over that of the odd ones
    (fore-aft and vertical); the inverse across the walking direction, where a stride has one
    period (Menz, Lord & Fitzpatrick 2003, doi:10.1016/S0966-6362(02)00159-5).

    Parameters
    ----------
    acceleration : array_like, shape (..., n_samples)
        One stride along the last axis, without the sample that begins the next.
    across : bool
        Whether the axis is the mediolateral one.
    n_harmonics : int
        Harmonics of the stride frequency, an even number.

    Returns
    -------
    ndarray, shape (...)
        NaN where a sample is missing, or the denominator is zero.

    Raises
    ------
    SchemaError
        If a stride has fewer than ``2 * n_harmonics + 1`` samples.

    Examples
    --------
    >>> t = 2 * np.pi * np.arange(100) / 100
    >>> round(float(harmonic_ratio(3 * np.sin(2 * t) + np.sin(t))), 6)
    3.0
    """
    even, odd = _even_odd(acceleration, n_harmonics, power=False)
    above, below = (odd, even) if across else (even, odd)
    known = below > 1e-12 * above
    ratio: Values = np.divide(above, below, out=np.full(above.shape, np.nan), where=known)
    return ratio


def improved_harmonic_ratio(
    acceleration: ArrayLike, *, across: bool = False, n_harmonics: int = 20
) -> Values:
    """Return the power of the in-phase harmonics, percent of the power of all harmonics.

    100 for a stride of two equal steps (Pasciuto et al. 2017, J Biomech 53:84).

    Parameters
    ----------
    acceleration, across, n_harmonics
        As for :func:`harmonic_ratio`.

    Examples
    --------
    >>> t = 2 * np.pi * np.arange(100) / 100
    >>> round(float(improved_harmonic_ratio(3 * np.sin(2 * t) + np.sin(t))), 6)
    90.0
    """
    even, odd = _even_odd(acceleration, n_harmonics, power=True)
    total = even + odd
    part = odd if across else even
    ratio: Values = np.divide(part, total, out=np.full(total.shape, np.nan), where=total > 0)
    return 100.0 * ratio


def _even_odd(acceleration: ArrayLike, n_harmonics: int, *, power: bool) -> tuple[Values, Values]:
    values = np.asarray(acceleration, dtype=np.float64)
    if values.shape[-1] < 2 * n_harmonics + 1:
        raise SchemaError(
            expected=f"at least {2 * n_harmonics + 1} samples a stride",
            got=f"{values.shape[-1]} samples",
            fix="pass strides resampled to 100 samples, or ask for fewer harmonics",
        )
    size = np.abs(np.fft.rfft(values, axis=-1))[..., 1 : n_harmonics + 1]
    size = size**2 if power else size
    return size[..., 1::2].sum(axis=-1), size[..., 0::2].sum(axis=-1)


# How strides of one subject in one task differ, in time and space

DFA_STRIDES = 64
"""Strides of one leg in a row that the scaling exponent needs."""

_CV = "Hausdorff et al. 2001 (doi:10.1053/apmr.2001.24893)"
_GVI = "Gouelle et al. 2013, Gait & Posture"
_EGVI = "after Gouelle et al. 2018, PLoS ONE 13(6):e0198267 (doi:10.1371/journal.pone.0198267)"
_DFA = "Hausdorff et al. 1995 (doi:10.1152/jappl.1995.78.1.349)"


_INPUTS: dict[str, Callable[[CycleView], Values]] = {
    "stride_time": lambda view: view.duration_s,
    "stance_time": lambda view: view.stance.measured / 100.0 * view.duration_s,
    "swing_time": lambda view: (1.0 - view.stance.measured / 100.0) * view.duration_s,
    "double_support_time": lambda view: view.double_support_percent / 100.0 * view.duration_s,
    "single_support_time": lambda view: (
        (view.stance.measured - view.double_support_percent) / 100.0 * view.duration_s
    ),
    "stride_length": lambda view: view.stride_length_m,
    "speed": lambda view: view.speed_m_s,
    "step_length": lambda view: view.column("step_length_m"),
    "step_width": lambda view: view.column("step_width_m"),
}
_NEEDS = {
    "stride_time": "cycle_duration_s",
    "stance_time": "cycle_duration_s, and stance_percent or the vertical force",
    "swing_time": "cycle_duration_s, and stance_percent or the vertical force",
    "double_support_time": "cycle_duration_s, and double_support_percent or both vertical forces",
    "single_support_time": "what stance_time and double_support_time need",
    "stride_length": "stride_length_m, or speed_m_s and cycle_duration_s",
    "speed": "speed_m_s, or stride_length_m and cycle_duration_s",
    "step_length": "step_length_m",
    "step_width": "step_width_m",
}
_FORMULAE = {
    "cv": "100 * SD / mean of the strides of a subject in a task; SD = root of the mean of left "
    "and right variance",
    "robust_cv": "100 * 1.4826 * median distance from the leg's median / median",
}
GVI_INPUTS = (
    "stride_time",
    "stance_time",
    "swing_time",
    "double_support_time",
    "stride_length",
    "speed",
)
"""Quantities of the Gait Variability Index."""
EGVI_INPUTS = ("step_length", "stride_time", "stance_time", "single_support_time", "speed")
"""Quantities of the enhanced index; the stride's time stands for the step's, a cycle being a stride."""


def variability_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield CV and robust CV of times and lengths, GVI, EGVI, scaling exponent of stride time."""
    timed = schema.has("cycle_duration_s")
    force = {side: schema.force("vertical", side) is not None for side in ("ipsi", "contra")}
    stance = timed and (schema.has("stance_percent") or force["ipsi"])
    both = schema.has("double_support_percent") or all(force.values())
    known = {
        "stride_time": timed,
        "stance_time": stance,
        "swing_time": stance,
        "double_support_time": timed and both,
        "single_support_time": stance and both,
        "stride_length": schema.has_stride_length,
        "speed": schema.has_speed,
        "step_length": schema.has("step_length_m"),
        "step_width": schema.has("step_width_m"),
    }
    names = tuple(name for name in _INPUTS if known[name])
    for name in _INPUTS:
        if name not in names:
            yield LeftOut(f"{name}_cv_percent", f"needs {_NEEDS[name]}")
    indices = []
    for index, inputs in (("gvi", GVI_INPUTS), ("egvi", EGVI_INPUTS)):
        lacking = [name for name in inputs if name not in names]
        if lacking:
            yield LeftOut(index, f"needs {', '.join(lacking)}")
        else:
            indices.append(index)
    if not names:
        return
    specs = [
        FeatureSpec(f"{name}_{how}_percent", "derived", "%", formula, _CV, _required(name))
        for name in names
        for how, formula in _FORMULAE.items()
    ]
    fluctuation = "mean and SD of |change from stride to stride|, % of the mean, of"
    version = score_reference().version
    formulae = {
        "gvi": (
            f"100 - 10 z of the log distance from healthy fluctuations ({fluctuation} "
            f"{', '.join(GVI_INPUTS)}), weighted by the healthy cohort's first component; without "
            "direction: unusually even strides are as far from healthy as uneven ones; the healthy "
            f"had 20 strides, fewer give a lower value; reference {version}"
        ),
        "egvi": (
            "100 + 10 z of the sum of z of the logarithms of fluctuations "
            f"({fluctuation} {', '.join(EGVI_INPUTS)}), weighted by the healthy cohort's first "
            "component: above 100 more variable than the healthy, below it less; the weights are "
            f"this reference's, not those published; reference {version}"
        ),
    }
    for index in indices:
        inputs, source = (GVI_INPUTS, _GVI) if index == "gvi" else (EGVI_INPUTS, _EGVI)
        needs = tuple(dict.fromkeys(need for name in inputs for need in _required(name)))
        specs.append(FeatureSpec(index, "derived", "1", formulae[index], source, needs))
    if "stride_time" in names:
        formula = (
            f"detrended fluctuation analysis of at least {DFA_STRIDES} stride times of a leg in a "
            "row, windows of 4 to n/4 strides; mean of the legs"
        )
        needs = _required("stride_time")
        specs.append(FeatureSpec("stride_time_dfa_alpha", "derived", "1", formula, _DFA, needs))

    def compute(view: CycleView) -> Iterator[Values]:
        groups = groups_of(view)
        values = dict(zip(names, variability_inputs(view, names), strict=True))
        for found in _group_values(values, groups):
            yield found[groups.group]

    yield Family(tuple(specs), compute, across_cycles=True)


def variability_inputs(view: CycleView, names: tuple[str, ...]) -> list[Values]:
    """Return the quantities whose variability is asked for, each of shape (n_cycles,).

    Parameters
    ----------
    view : CycleView
    names : tuple of str
        For example `GVI_INPUTS`; seconds, metres, m/s. NaN in tasks without steps.
    """
    return [np.where(view.steps, _INPUTS[name](view), np.nan) for name in names]


def _group_values(values: dict[str, Values], groups: CycleGroups) -> Iterator[Values]:
    """Yield the features in the order of :func:`variability_families`, one number a group."""
    for quantity in values.values():
        yield _percent(groups.sd(quantity), groups.mean(quantity))
        yield _percent(groups.robust_sd(quantity), groups.median(quantity))
    if set(GVI_INPUTS) <= set(values):
        yield variability_index(fluctuations([values[name] for name in GVI_INPUTS], groups))
    if set(EGVI_INPUTS) <= set(values):
        changes = fluctuations([values[name] for name in EGVI_INPUTS], groups)
        yield enhanced_variability_index(changes)
    if "stride_time" in values:
        times, alphas = values["stride_time"], np.full(len(groups.group_of), np.nan)
        for series, rows in groups.in_a_row(np.isfinite(times), DFA_STRIDES):
            alphas[series] = dfa_alpha(times[rows])
        yield groups.pooled(alphas)


def fluctuations(quantities: list[Values], groups: CycleGroups) -> Values:
    """Return mean and SD of the change from stride to stride, % of the mean.

    Parameters
    ----------
    quantities : list of ndarray, shape (n_cycles,)
    groups : CycleGroups

    Returns
    -------
    ndarray, shape (n_groups, 2 * n_quantities)
        Mean and SD of the first quantity, then of the second, and so on.
    """
    columns = []
    for values in quantities:
        change = groups.successive(values)
        mean = groups.mean(values)
        columns += [_percent(groups.mean(change), mean), _percent(groups.sd(change), mean)]
    return np.stack(columns, axis=1)


def variability_index(changes: Values) -> Values:
    """Return the Gait Variability Index: 100 +- 10 among the healthy, less further from them.

    Parameters
    ----------
    changes : ndarray, shape (n_groups, 12)
        From :func:`fluctuations` of `GVI_INPUTS`.
    """
    reference = score_reference()
    z = (changes - reference.variability_mean) / reference.variability_sd
    distance = np.linalg.norm(z * reference.variability_weight, axis=1)
    mean, sd = reference.log_variability
    with np.errstate(divide="ignore"):
        index: Values = 100.0 - 10.0 * (np.log(distance) - mean) / sd
    return index


def enhanced_variability_index(changes: Values) -> Values:
    """Return the enhanced index: 100 +- 10 among the healthy, more with more variability.

    Parameters
    ----------
    changes : ndarray, shape (n_groups, 10)
        From :func:`fluctuations` of `EGVI_INPUTS`; NaN results where one of them is 0.
    """
    reference = score_reference()
    mean, sd = reference.enhanced_variability
    # Steps that do not change at all were set, by stairs or a model, not walked.
    logarithms = np.log(np.where(changes > 0, changes, np.nan))
    z = (logarithms - reference.enhanced_mean) / reference.enhanced_sd
    index: Values = 100.0 + 10.0 * (z @ reference.enhanced_weight - mean) / sd
    return index


def _percent(part: Values, whole: Values) -> Values:
    positive = np.isfinite(whole) & (whole > 0)
    ratio: Values = np.divide(part, whole, out=np.full(len(part), np.nan), where=positive)
    return 100.0 * ratio


def _required(name: str) -> tuple[str, ...]:
    columns = {
        "stance_time": ("cycle_duration_s", "stance_percent"),
        "swing_time": ("cycle_duration_s", "stance_percent"),
        "double_support_time": ("cycle_duration_s", "double_support_percent"),
        "single_support_time": ("cycle_duration_s", "stance_percent", "double_support_percent"),
        "stride_length": ("stride_length_m", "speed_m_s", "cycle_duration_s"),
        "speed": ("speed_m_s", "stride_length_m", "cycle_duration_s"),
        "step_length": ("step_length_m",),
        "step_width": ("step_width_m",),
    }
    return columns.get(name, ("cycle_duration_s",))
