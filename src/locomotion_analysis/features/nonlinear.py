"""Orbital stability, regularity and recurrence of many strides in a row (group derived).

Floquet multipliers, multiscale and permutation entropy, recurrence quantification. They need many
strides of one leg one after the other, and are NaN where there are fewer; every cycle carries the
value of its subject and task. The functions take plain arrays.
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.kernels.signals import diagonal_lines
from locomotion_analysis.features.kernels.statistics import Values
from locomotion_analysis.features.spec import CycleView, Family, FeatureSpec, LeftOut, Schema
from locomotion_analysis.features.variability import (
    DFA_STRIDES,
    DIVERGENCE_STRIDES,
    SAMPLES_PER_STRIDE,
    entropy_within,
    finite_series,
    groups_of,
    sagittal_angles,
)
from locomotion_analysis.standard import resample_curves

__all__ = [
    "Recurrence",
    "floquet_multiplier",
    "multiscale_entropy",
    "permutation_entropy",
    "recurrence",
]

# Measures of plain arrays

_FLOQUET = (
    "Hurmuzlu & Basdogan 1994 (doi:10.1115/1.2895701); Dingwell & Kang 2007 (doi:10.1115/1.2746383)"
)
_COSTA = "Costa, Goldberger & Peng 2002 (doi:10.1103/PhysRevLett.89.068102)"
_BANDT = "Bandt & Pompe 2002 (doi:10.1103/PhysRevLett.88.174102)"
_MARWAN = "Marwan et al. 2007 (doi:10.1016/j.physrep.2006.11.001)"


def floquet_multiplier(states: ArrayLike) -> float:
    """Return the largest Floquet multiplier: how much of a deviation is left one stride later.

    The state at one instant of each stride deviates from its mean over the strides; the linear map
    from the deviations of one stride to those of the next is found by least squares, and the
    multiplier is the largest size of its eigenvalues. Below 1 the cycle is orbitally stable
    (Hurmuzlu & Basdogan 1994, doi:10.1115/1.2895701; Dingwell & Kang 2007,
    doi:10.1115/1.2746383).

    Parameters
    ----------
    states : array_like, shape (n_strides, n_dimensions)
        The Poincare section: one state a stride, strides in order, none missing. At least
        ``5 * n_dimensions + 1`` strides.

    Returns
    -------
    float
        NaN where the deviations do not span all dimensions, so that no single map fits them.

    Raises
    ------
    SchemaError
        If there are too few strides, or a value is missing.

    Notes
    -----
    Strides without any memory have a multiplier of 0, but a map that is fitted to few of them does
    not: for 50 strides and five dimensions it is 0.33 on average. Compare equal numbers of strides.

    Examples
    --------
    >>> decay, states = np.diag([0.8, 0.3]), [np.array([1.0, 1.0])]
    >>> rng = np.random.default_rng(0)
    >>> for _ in range(500):
    ...     states.append(decay @ states[-1] + rng.normal(size=2))
    >>> 0.7 < floquet_multiplier(states) < 0.9
    True
    """
    values = np.asarray(states, dtype=np.float64)
    if values.ndim != 2 or len(values) < 5 * values.shape[1] + 1 or not np.isfinite(values).all():
        raise SchemaError(
            expected="finite states, shape (n_strides, n_dimensions), with at least "
            "5 * n_dimensions + 1 strides",
            got=f"an array of shape {values.shape}, {int((~np.isfinite(values)).sum())} of its "
            "values not finite",
            fix="record more strides, or describe the state by fewer dimensions",
        )
    away = values - values.mean(axis=0)
    transposed, _, rank, _ = np.linalg.lstsq(away[:-1], away[1:])
    if rank < values.shape[1]:
        return float("nan")
    return float(np.abs(np.linalg.eigvals(transposed)).max())


def multiscale_entropy(
    series: ArrayLike,
    scales: Sequence[int] = (1, 2, 3, 4, 5),
    length: int = 2,
    tolerance: float = 0.15,
) -> Values:
    """Return the sample entropy of a series and of its means over more and more values.

    At scale s the series is replaced by the means of s consecutive values, and the sample
    entropy taken of these, with the tolerance of the series itself. It falls with the scale for
    white noise and stays for 1/f noise (Costa, Goldberger & Peng 2002,
    doi:10.1103/PhysRevLett.89.068102).

    Parameters
    ----------
    series : array_like, shape (n,)
        For example stride times in their order. At least ``10**length`` values at the coarsest
        scale.
    scales : sequence of int
        Values a mean.
    length, tolerance
        As of :func:`~locomotion_analysis.features.variability.sample_entropy`; the tolerance in
        standard deviations of the series itself.

    Returns
    -------
    ndarray, shape (n_scales,)
        NaN at scales where nothing matches, and for a constant series.

    Raises
    ------
    SchemaError
        If the series is too short or has a missing value.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=3000)
    >>> bool((np.diff(multiscale_entropy(noise)) < 0).all())
    True
    """
    values = finite_series(series, max(scales) * 10**length)
    limit = tolerance * float(values.std())
    if not limit > 0:
        return np.full(len(scales), np.nan)
    coarse = (
        values[: len(values) // scale * scale].reshape(-1, scale).mean(axis=1) for scale in scales
    )
    return np.array([entropy_within(means, length, limit) for means in coarse])


def permutation_entropy(series: ArrayLike, order: int = 3, delay: int = 1) -> float:
    """Return the entropy of the orders in which values of a series rise, 0 to 1.

    Of each `order` values `delay` apart the permutation that sorts them is noted; the entropy of
    the frequencies of these patterns is divided by that of equal frequencies, ``ln(order!)``. Equal
    values count as rising (Bandt & Pompe 2002, doi:10.1103/PhysRevLett.88.174102).

    Parameters
    ----------
    series : array_like, shape (n,)
    order : int
        Values a pattern, 2 or more. A series of fewer than about ``5 * order!`` patterns looks
        more regular than it is.
    delay : int

    Returns
    -------
    float
        0 where one pattern recurs throughout, near 1 for white noise.

    Raises
    ------
    SchemaError
        If the series has fewer than two patterns or a missing value.

    Examples
    --------
    >>> permutation_entropy([1, 2, 3, 4, 5, 6])
    0.0
    >>> round(permutation_entropy([4, 7, 9, 10, 6, 11, 3], order=2), 3)
    0.918
    """
    values = finite_series(series, (order - 1) * delay + 2)
    count = len(values) - (order - 1) * delay
    windows = np.stack([values[k * delay : k * delay + count] for k in range(order)], axis=1)
    patterns = np.argsort(windows, axis=1, kind="stable") @ order ** np.arange(order)
    share = np.unique(patterns, return_counts=True)[1] / count
    return abs(float(share @ np.log(share))) / math.log(math.factorial(order))


class Recurrence(NamedTuple):
    """What a recurrence plot is made of.

    Attributes
    ----------
    rate_percent : float
        Pairs of states that recur, of all pairs.
    determinism_percent : float
        Recurrent pairs that lie on diagonal lines, of all recurrent pairs; NaN without any.
    mean_diagonal : float
        Mean length of the diagonal lines, samples; NaN without any.
    """

    rate_percent: float
    determinism_percent: float
    mean_diagonal: float


def recurrence(
    series: ArrayLike,
    *,
    delay: int = 10,
    dimension: int = 5,
    radius: float = 0.1,
    exclusion: int = 1,
    shortest: int = 2,
) -> Recurrence:
    """Quantify how often, and for how long, a signal comes back to where it was.

    Two states (`dimension` samples `delay` apart) recur where no coordinate differs by more than
    `radius` times the range of the signal, that is the diameter of the states in the maximum norm
    (Marwan et al. 2007, doi:10.1016/j.physrep.2006.11.001, sections 3.2 and 3.5).

    Parameters
    ----------
    series : array_like, shape (n,)
        Evenly sampled.
    delay, dimension : int
        Of the embedding.
    radius : float
        Share of the signal's range.
    exclusion : int
        Pairs less than this many samples apart are left out (Theiler window); at least 1.
    shortest : int
        Recurrent points one after the other that make a diagonal line.

    Returns
    -------
    Recurrence

    Raises
    ------
    SchemaError
        If the series has no pair of states that far apart, is constant, or has a missing value.

    Examples
    --------
    >>> found = recurrence(np.sin(2 * np.pi * np.arange(1000) / 100), exclusion=50)
    >>> round(found.determinism_percent, 6)
    100.0
    """
    values = finite_series(series, (dimension - 1) * delay + exclusion + 1)
    extent = float(np.ptp(values))
    if not extent > 0 or exclusion < 1:
        raise SchemaError(
            expected="a series that changes, and an exclusion of at least 1 sample",
            got=f"a range of {extent:g}, exclusion={exclusion}",
            where="recurrence",
            fix="leave constant series out",
        )
    pairs, points, within, lines = diagonal_lines(
        values, dimension, delay, radius * extent, exclusion, shortest
    ).tolist()
    return Recurrence(
        100.0 * points / pairs,
        100.0 * within / points if points else float("nan"),
        within / lines if lines else float("nan"),
    )


# Features of the stride times

ENTROPY_SCALES = 5
"""Scales of the multiscale entropy."""
ENTROPY_STRIDES = 100 * ENTROPY_SCALES
"""Strides of one leg in a row that the multiscale entropy of stride times needs: 100 means at the
coarsest scale."""


def stride_time_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the permutation entropy and the multiscale entropy of stride times."""
    if not schema.has("cycle_duration_s"):
        yield LeftOut("entropy of stride times", "needs cycle_duration_s")
        return
    row = "stride times of a leg in a row, mean of the legs"
    specs = (
        FeatureSpec(
            "stride_time_permutation_entropy",
            "derived",
            "1",
            "entropy of the orders of 3 consecutive stride times / ln 6, of at least "
            f"{DFA_STRIDES} {row}",
            _BANDT,
            ("cycle_duration_s",),
        ),
        FeatureSpec(
            "stride_time_multiscale_entropy",
            "derived",
            "1",
            f"mean of the sample entropy (2 values, tolerance 0.15 SD of the series) of means over "
            f"1 to {ENTROPY_SCALES} stride times, of at least {ENTROPY_STRIDES} {row}",
            _COSTA,
            ("cycle_duration_s",),
        ),
    )
    yield Family(specs, _stride_time_entropies, across_cycles=True)


def _stride_time_entropies(view: CycleView) -> Iterator[Values]:
    groups, times = groups_of(view), view.duration_s
    for least, measure in (
        (DFA_STRIDES, permutation_entropy),
        (ENTROPY_STRIDES, _mean_entropy),
    ):
        found = np.full(len(groups.group_of), np.nan)
        for series, cycles in groups.in_a_row(view.steps & np.isfinite(times), least):
            found[series] = measure(times[cycles])
        yield groups.pooled(found)[groups.group]


def _mean_entropy(series: Values) -> float:
    return float(multiscale_entropy(series, range(1, ENTROPY_SCALES + 1)).mean())


# Features of the sagittal angles over many strides

SIGNAL_STRIDES = DIVERGENCE_STRIDES
"""Strides of one leg in a row that the features of signals need and use: the first ones, as many of
everybody, since the measures change with the length."""

_DELAY, _DIMENSION = 10, 5
_SECTIONS = range(0, SAMPLES_PER_STRIDE, 10)
_WHAT_IS_RECURRENT = (
    f"states of {_DIMENSION} samples {_DELAY} apart recur where none differs by more than 10 % of "
    "the range; pairs at least one stride apart"
)
_OF_SIGNALS = {
    "floquet_multiplier": (
        "1",
        (
            f"largest size of the eigenvalues of the map from one stride's state ({_DIMENSION} samples "
            f"{_DELAY} apart) to the next one's, mean of {len(_SECTIONS)} instants of the stride"
        ),
        _FLOQUET,
    ),
    "multiscale_entropy": (
        "1",
        (
            "mean of the sample entropy (2 values, tolerance 0.15 SD of the signal) of means over 1 to "
            f"{ENTROPY_SCALES} samples"
        ),
        _COSTA,
    ),
    "permutation_entropy": (
        "1",
        f"entropy of the orders of {_DIMENSION} samples {_DELAY} apart / ln {_DIMENSION}!",
        _BANDT,
    ),
    "recurrence_rate_percent": ("%", f"recurrent pairs of states; {_WHAT_IS_RECURRENT}", _MARWAN),
    "determinism_percent": (
        "%",
        f"share of the recurrent pairs in diagonal lines of {_DELAY} or more samples; {_WHAT_IS_RECURRENT}",
        _MARWAN,
    ),
    "mean_diagonal_strides": (
        "strides",
        f"mean length of the diagonal lines of {_DELAY} or more samples; {_WHAT_IS_RECURRENT}",
        _MARWAN,
    ),
}


def signal_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield Floquet multiplier, entropies and recurrence of the sagittal angles."""
    names = sagittal_angles(schema)
    if not names:
        yield LeftOut(
            "Floquet multipliers, entropy and recurrence of angles",
            "no sagittal angle of the trunk, hip, knee or ankle",
        )
    of = (
        f"of the first {SIGNAL_STRIDES} strides of a leg in a row ({SAMPLES_PER_STRIDE} samples a "
        "stride), mean of the legs"
    )
    for name in names:
        specs = tuple(
            FeatureSpec(f"{name}_{what}", "derived", unit, f"{formula}; {of}", source, (name,))
            for what, (unit, formula, source) in _OF_SIGNALS.items()
        )
        yield Family(specs, partial(_of_signal, name), across_cycles=True)


def _of_signal(channel: str, view: CycleView) -> Values:
    groups = groups_of(view)
    found = np.full((len(_OF_SIGNALS), len(groups.group_of)), np.nan)
    for series, cycles in groups.in_a_row(view.steps & view.complete(channel), SIGNAL_STRIDES):
        curves = view.curves(channel)[cycles[:SIGNAL_STRIDES]].astype(np.float64)
        strides = resample_curves(curves, SAMPLES_PER_STRIDE + 1)[:, :-1]
        signal = strides.ravel().astype(np.float64, copy=False)
        if np.ptp(signal) > 0:
            found[:, series] = _measures(signal)
    return np.stack([groups.pooled(each)[groups.group] for each in found])


def _measures(signal: Values) -> tuple[float, ...]:
    """Return the features of one signal, in the order of their catalogue entries."""
    n_states = len(signal) - (_DIMENSION - 1) * _DELAY
    states = np.stack([signal[k * _DELAY :][:n_states] for k in range(_DIMENSION)], axis=1)
    sections = [floquet_multiplier(states[first::SAMPLES_PER_STRIDE]) for first in _SECTIONS]
    recurs = recurrence(
        signal,
        delay=_DELAY,
        dimension=_DIMENSION,
        exclusion=SAMPLES_PER_STRIDE,
        shortest=_DELAY,
    )
    return (
        float(np.mean(sections)),
        _mean_entropy(signal),
        permutation_entropy(signal, _DIMENSION, _DELAY),
        recurs.rate_percent,
        recurs.determinism_percent,
        recurs.mean_diagonal / SAMPLES_PER_STRIDE,
    )
