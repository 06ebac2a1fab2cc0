"""Strides as a series in time: drift, memory, change points and how variability changes."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.variability import following, numbers_of_steps
from locomotion_analysis.statistics.formula import columns_of

__all__ = ["Trend", "autocorrelation", "change_points", "stride_series", "trend"]

Values = NDArray[np.float64]

_LEAST_STRIDES = 10
_LEAST_SEGMENT = 5
_MOST_MEMORY = 0.95
_TRIAL = ("dataset", "subject", "task", "task_id", "side")


class Trend(NamedTuple):
    """Change of a series per stride, with its 95 % interval.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 0.02, 100)
    >>> slower = trend(1.1 + 0.002 * np.arange(100) + noise)
    >>> bool(slower.low > 0)
    True
    """

    slope: float
    low: float
    high: float


def trend(values: ArrayLike, at: ArrayLike | None = None) -> Trend:
    r"""Return how much a series drifts, per stride.

    Least squares, with the standard error of Newey and West 1987 (Bartlett weights, the
    bandwidth for autoregression of Andrews 1991): strides that follow each other resemble each other, and the
    usual standard error takes that for certainty.

    Parameters
    ----------
    values : array_like, shape (n_strides,)
        In the order they were walked.
    at : array_like, shape (n_strides,), optional
        Number of each stride, rising, where some were not measured; 0, 1, 2, ... where None.

    Returns
    -------
    Trend
        In the unit of the values per stride.

    Raises
    ------
    SchemaError
        If values are missing, there are fewer than ten, or `at` does not rise.

    Examples
    --------
    >>> found = trend(1.1 + 0.002 * np.arange(100) + np.random.default_rng(0).normal(0, 0.02, 100))
    >>> round(found.slope, 4), bool(found.low < 0.002 < found.high)
    (0.002, True)
    """
    from scipy import stats

    series = _checked(values)
    n = len(series)
    place = np.arange(n, dtype=float) if at is None else np.asarray(at, dtype=float)
    if place.shape != series.shape or not (np.diff(place) > 0).all():
        raise SchemaError(
            expected=f"{n} rising numbers of strides", got=f"shape {place.shape}", where="at"
        )
    x = place - place.mean()
    squares = float(x @ x)
    slope = float(x @ series) / squares
    rest = series - series.mean() - slope * x
    if not rest @ rest > 0:
        return Trend(slope, slope, slope)
    pull = x * rest
    memory = np.clip(rest[1:] @ rest[:-1] / (rest @ rest), -_MOST_MEMORY, _MOST_MEMORY)
    bandwidth = 1.1447 * (4 * memory**2 * n / ((1 - memory) ** 2 * (1 + memory) ** 2)) ** (1 / 3)
    variance = float(pull @ pull)
    # All lags of a weight above zero: with fewer the sum may be negative.
    for lag in range(1, min(n, int(np.ceil(bandwidth)) + 1)):
        variance += 2 * (1 - lag / (bandwidth + 1)) * float(pull[lag:] @ pull[:-lag])
    half = float(stats.t.ppf(0.975, n - 2) * np.sqrt(max(variance, 0.0) * n / (n - 2)) / squares)
    return Trend(slope, slope - half, slope + half)


def autocorrelation(values: ArrayLike, max_lag: int = 20) -> pd.DataFrame:
    """Return the autocorrelation of a series of strides.

    Parameters
    ----------
    values : array_like, shape (n_strides,)
        In the order they were walked.
    max_lag : int
        Most strides.

    Returns
    -------
    DataFrame, one row a lag from 1
        ``correlation``, and ``limit``: what independent strides stay below in size with a
        probability of 95 % (the first), and strides with the memory of the lags before it (Bartlett
        1946).

    Raises
    ------
    SchemaError
        If values are missing, or there are fewer than ten.

    Examples
    --------
    >>> alternating = np.tile([1.0, 1.1], 30)
    >>> autocorrelation(alternating, 2)["correlation"].round(2).tolist()
    [-0.98, 0.97]
    """
    series = _checked(values)
    rest = series - series.mean()
    lags = np.arange(1, min(max_lag, len(series) - 1) + 1)
    whole = rest @ rest
    found = np.array([rest[lag:] @ rest[:-lag] for lag in lags])
    found = np.divide(found, whole, out=np.zeros_like(found), where=whole > 0)
    before = np.concatenate([[0.0], np.cumsum(found**2)[:-1]])
    limit = 1.959964 * np.sqrt((1 + 2 * before) / len(series))
    return pd.DataFrame({"correlation": found, "limit": limit}, index=pd.Index(lags, name="lag"))


def change_points(values: ArrayLike, penalty: float | None = None) -> NDArray[np.intp]:
    r"""Return where the level of a series changes: the first stride of each new level.

    The cheapest of all segmentations into levels, with least squares and a price on every change, by
    optimal partitioning (the problem of Killick, Fearnhead & Eckley 2012,
    doi:10.1080/01621459.2012.737745); no segment is under five strides.

    Parameters
    ----------
    values : array_like, shape (n_strides,)
        In the order they were walked.
    penalty : float, optional
        Price of a change, in squared units of the values. Where None 2 log(n) times the variance of
        a sum of strides per stride, which counts their memory: with *d* the differences of
        neighbours and :math:`r_1` their first autocorrelation, a first-order process has
        :math:`\phi = 1 + 2 r_1` and the variance :math:`\overline{d^2} (1 + \phi) / (2 (1 - \phi)^2)`.
        Differences hardly see the changes themselves.

    Returns
    -------
    ndarray of int
        Positions in the series, rising; empty where the level does not change.

    Raises
    ------
    SchemaError
        If values are missing, there are fewer than ten, or the price is not above zero.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 0.02, 120)
    >>> change_points(noise + np.repeat([1.0, 1.1], 60)).tolist()
    [60]
    """
    series = _checked(values)
    if penalty is not None and not penalty > 0:
        raise SchemaError(expected="a price above zero", got=f"{penalty:g}", where="penalty")
    price = _price(series) if penalty is None else penalty
    if price == 0:
        return np.array([], dtype=np.intp)
    centred = series - series.mean()
    n = len(series)
    sums, squares = (np.concatenate([[0.0], np.cumsum(each)]) for each in (centred, centred**2))
    cost = np.full(n + 1, np.inf)
    cost[0] = -price
    last = np.zeros(n + 1, dtype=np.intp)
    for end in range(_LEAST_SEGMENT, n + 1):
        starts = np.arange(end - _LEAST_SEGMENT + 1)
        within = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        whole = cost[starts] + within + price
        last[end] = whole.argmin()
        cost[end] = whole[last[end]]
    found = []
    at = last[n]
    while at:
        found.append(at)
        at = last[at]
    return np.array(found[::-1], dtype=np.intp)


def _price(series: Values) -> float:
    steps = np.diff(series)
    whole = float(steps @ steps)
    if not whole > 0:
        return 0.0
    memory = min(max(1 + 2 * float(steps[1:] @ steps[:-1]) / whole, 0.0), _MOST_MEMORY)
    variance = whole / len(steps) * (1 + memory) / (2 * (1 - memory) ** 2)
    return float(2 * np.log(len(series)) * variance)


def stride_series(
    data: pd.DataFrame | LocomotionData, value: str, *, window: int = 30
) -> pd.DataFrame:
    """Describe the series of strides of each trial and leg.

    Parameters
    ----------
    data : DataFrame or LocomotionData
        One row a stride, with ``step`` for their order and any of ``dataset``, ``subject``,
        ``task``, ``task_id``, ``side``, which make a trial.
    value : str
        Column of a number: stride time, stride length, a feature.
    window : int
        Strides of a window of variability.

    Returns
    -------
    DataFrame, one row a trial
        ``n_strides``; ``mean``, ``sd``, ``cv_percent`` (NaN of a mean of 0); ``drift`` (change per
        100 strides, those between that are missing counted) with ``drift_low``, ``drift_high``;
        ``memory``: first autocorrelation, the drift taken out, over strides that follow each other;
        ``change_points``: steps at which the level changes; ``sd_first`` and ``sd_last``: standard
        deviation within the first and the last window, drift taken out (NaN where windows would
        overlap). Trials of fewer than ten known strides are left out; ``attrs["left_out"]`` counts
        them.

    Raises
    ------
    SchemaError
        If columns are missing or no trial is long enough.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> strides = pd.DataFrame({"subject": "S1", "step": range(80), "stride_time_s": 1.1})
    >>> strides["stride_time_s"] += rng.normal(0, 0.02, 80)
    >>> stride_series(strides, "stride_time_s")[["n_strides", "cv_percent"]].round(1).values.tolist()
    [[80.0, 1.8]]
    """
    frame = data.cycles if isinstance(data, LocomotionData) else data
    keys = [name for name in _TRIAL if name in frame or name in frame.index.names]
    if not keys:
        raise SchemaError(expected=f"one of the columns {', '.join(_TRIAL)}", got="none of them")
    rows = columns_of(frame, [*keys, "step", value]).dropna(subset=[value])
    found: dict[Any, dict[str, Any]] = {}
    left_out = 0
    for key, trial in rows.groupby(keys, dropna=False, sort=True):
        if len(trial) < _LEAST_STRIDES:
            left_out += 1
            continue
        steps, by = numbers_of_steps(trial["step"])
        order = np.argsort(by, kind="stable")
        found[key] = _described(
            trial[value].to_numpy(float)[order],
            trial["step"].to_numpy()[order],
            steps[order],
            window,
        )
    if not found:
        raise SchemaError(
            expected=f"a trial of at least {_LEAST_STRIDES} strides of one leg",
            got=f"{left_out} shorter ones",
            where=f"column {value}",
        )
    table = pd.DataFrame(list(found.values()), index=pd.MultiIndex.from_tuples(found, names=keys))
    table.attrs["left_out"] = left_out
    return table


def _described(series: Values, names: NDArray[Any], steps: Values, window: int) -> dict[str, Any]:
    n = len(series)
    follows = following(steps, np.zeros(n, dtype=np.int64))
    place, gaps = np.arange(n, dtype=float), np.diff(steps)
    if (gaps > 0).all():
        # Legs take turns where steps go up by two.
        place = (steps - steps[0]) / (gaps.min() if follows.any() else 1.0)
    drift = trend(series, place)
    flat = series - drift.slope * (place - place.mean())
    rest = flat - flat.mean()
    pairs = (rest[1:] * rest[:-1])[follows]
    spread, mean, sd = float(rest @ rest), series.mean(), series.std(ddof=1)
    apart = n >= 2 * window
    memory = float("nan")
    if len(pairs):
        memory = float(pairs.mean() * (n - 1) / spread) if spread > 0 else 0.0
    return {
        "n_strides": n,
        "mean": mean,
        "sd": sd,
        "cv_percent": 100 * sd / abs(mean) if mean else float("nan"),
        "drift": 100 * drift.slope,
        "drift_low": 100 * drift.low,
        "drift_high": 100 * drift.high,
        "memory": memory,
        "change_points": names[change_points(series)].tolist(),
        "sd_first": flat[:window].std(ddof=1) if apart else float("nan"),
        "sd_last": flat[-window:].std(ddof=1) if apart else float("nan"),
    }


def _checked(values: ArrayLike) -> Values:
    series = np.asarray(values, dtype=float)
    if series.ndim != 1 or len(series) < _LEAST_STRIDES or not np.isfinite(series).all():
        raise SchemaError(
            expected=f"one series of at least {_LEAST_STRIDES} known values",
            got=f"shape {series.shape}, {int((~np.isfinite(series)).sum())} missing",
            where="values",
        )
    return series
