"""What sets each group apart: effect size curves, clinical scores and demographics."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.bootstrap import resampled_sums, subject_weights
from locomotion_analysis.models.unsupervised.units import CurveUnits
from locomotion_analysis.standard import PHASE_PERCENT

Floats = NDArray[np.float64]

LARGE = 0.8
_DRAWS = 300
_MOST_VALUES = 20_000_000
_SCORES = ("gdi_ipsi", "gdi_star_ipsi", "gps_overall_deg", "gps_ipsi_deg")
_DEMOGRAPHICS = ("age", "height_m", "mass_kg", "bmi", "speed_m_s", "cycle_duration_s")


@dataclass(frozen=True, slots=True)
class EffectCurve:
    """Standardised difference of a group from all others over the cycle.

    Attributes
    ----------
    value, low, high : ndarray, shape (150, n_channels)
        Hedges' g with the pointwise 95 % interval of a bootstrap over subjects; positive where
        the group lies higher. NaN where it is not defined.
    """

    value: Floats
    low: Floats
    high: Floats


def effect_curves(
    units: CurveUnits, labels: NDArray[np.int64], n_draws: int = _DRAWS, random_state: int = 0
) -> list[EffectCurve]:
    r"""Return each group's difference from the others, at every phase of every channel.

    Parameters
    ----------
    units : CurveUnits
        What was grouped.
    labels : ndarray of int, shape (n_units,)
        Group of each unit.
    n_draws : int
        Bootstrap draws of subjects.
    random_state : int
        Seed.

    Notes
    -----
    :math:`g = J (\bar x_{in} - \bar x_{out}) / s`, s the pooled standard deviation, J = 1 -
    3 / (4 (n - 2) - 1) (Hedges 1981, J Educ Stat 6:107). Cycles of one subject in one group are
    averaged first, so that n counts people. The groups were made from these very curves: the
    intervals tell how firmly the difference is known, and test nothing.
    """
    return [
        _effect(*_inside_and_outside(units, labels == group), n_draws, random_state)
        for group in range(int(labels.max()) + 1)
    ]


def apart(effect: EffectCurve, channel: int) -> list[tuple[float, float, float]]:
    """Return the stretches of the cycle in which a group is clearly apart from the others.

    Clearly: |g| of at least 0.8 and an interval without zero.

    Returns
    -------
    list of (float, float, float)
        First and last percent of the cycle, and the largest g between.
    """
    value = np.nan_to_num(effect.value[:, channel])
    same_side = effect.low[:, channel] * effect.high[:, channel] > 0
    sign = np.where((np.abs(value) >= LARGE) & same_side, np.sign(value), 0.0)
    edges = np.flatnonzero(np.diff(sign, prepend=np.nan) != 0)
    stops = np.append(edges[1:], len(sign))
    return [
        (
            float(PHASE_PERCENT[start]),
            float(PHASE_PERCENT[stop - 1]),
            float(value[start:stop][np.abs(value[start:stop]).argmax()]),
        )
        for start, stop in zip(edges, stops, strict=True)
        if sign[start] != 0
    ]


def describe_groups(units: CurveUnits, labels: NDArray[np.int64]) -> pd.DataFrame:
    """Return mean and standard deviation of what is known of the people of each group.

    Returns
    -------
    DataFrame
        Columns ``group`` (1, 2, ...), ``variable``, ``n_subjects``, ``mean``, ``sd``; demographic
        columns, speed, and clinical scores where the data give them. A subject's cycles in a
        group are averaged first.
    """
    of_cycle = labels[units.unit_of_cycle] + 1
    cycles = units.data.cycles
    known = [
        name
        for name in _DEMOGRAPHICS
        if name in cycles and pd.api.types.is_numeric_dtype(cycles[name])
    ]
    values = pd.concat([cycles[known].astype(float), clinical_scores(units.data)], axis=1)
    subject = units.subjects[units.unit_of_cycle]
    people = values.groupby([of_cycle, subject]).mean()
    rows = []
    for group in range(int(labels.max()) + 1):
        own = people[people.index.get_level_values(0) == group + 1]
        rows += [
            (group + 1, str(name), int(each.count()), each.mean(), each.std(ddof=1))
            for name, each in own.items()
            if each.notna().any()
        ]
    return pd.DataFrame(rows, columns=["group", "variable", "n_subjects", "mean", "sd"])


def clinical_scores(data: LocomotionData) -> pd.DataFrame:
    """Return Gait Deviation Index and Gait Profile Score of each cycle, where they can be had."""
    from locomotion_analysis.errors import SchemaError
    from locomotion_analysis.features import feature_table

    try:
        frame = feature_table(data, ["clinical"], ["mean"]).frame.reset_index(drop=True)
    except SchemaError:  # no clinical score at all can be computed from these channels
        return pd.DataFrame(index=range(len(data)))
    return frame[[name for name in _SCORES if name in frame]].astype(float)


def _inside_and_outside(
    units: CurveUnits, inside: NDArray[np.bool_]
) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return each subject's mean curve inside and outside a group, and whether it has one."""
    codes = np.unique(units.subjects, return_inverse=True)[1]
    means, has = [], []
    for chosen in (inside, ~inside):
        count = np.bincount(codes[chosen], minlength=codes.max() + 1)
        sums = np.zeros((len(count), *units.curves.shape[1:]))
        np.add.at(sums, codes[chosen], units.curves[chosen])
        means.append(sums / np.maximum(count, 1)[:, None, None])
        has.append(count > 0)
    return means[0], means[1], has[0], has[1]


def _effect(
    inside: Floats,
    outside: Floats,
    in_group: NDArray[np.bool_],
    in_others: NDArray[np.bool_],
    n_draws: int,
    random_state: int,
) -> EffectCurve:
    # Differences of sums of squares: taken from the common mean, for precision.
    centre = (inside[in_group].sum(axis=0) + outside[in_others].sum(axis=0)) / (
        in_group.sum() + in_others.sum()
    )
    moments = [
        _moments(side - centre, has) for side, has in ((inside, in_group), (outside, in_others))
    ]
    shape = inside.shape[1:]
    ones = np.ones((1, len(inside)), dtype=np.int64)
    value = _hedges(*(_sums(ones, each) for each in moments))[0].reshape(shape)
    weights = subject_weights(len(inside), n_draws, random_state)
    low, high = np.full(value.size, np.nan), np.full(value.size, np.nan)
    step = max(1, _MOST_VALUES // (n_draws * 8))
    for start in range(0, value.size, step):
        part = slice(start, start + step)
        sums = [
            _sums(weights, (count, first[:, part], second[:, part]))
            for count, first, second in moments
        ]
        low[part], high[part] = _interval(_hedges(*sums))
    return EffectCurve(value, low.reshape(shape), high.reshape(shape))


def _interval(draws: Floats) -> tuple[Floats, Floats]:
    """Return the 95 % interval of each column; NaN where fewer than half the draws have a value."""
    usable = np.isfinite(draws).mean(axis=0) >= 0.5
    low, high = np.full(draws.shape[1], np.nan), np.full(draws.shape[1], np.nan)
    if usable.any():
        low[usable], high[usable] = np.nanpercentile(draws[:, usable], [2.5, 97.5], axis=0)
    return low, high


def _moments(curves: Floats, has: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    flat = curves.reshape(len(curves), -1) * has[:, None]
    return has.astype(np.float64), flat, flat**2


def _sums(weights: NDArray[np.int64], moments: Any) -> tuple[Floats, Floats, Floats]:
    count, first, second = (resampled_sums(weights, each) for each in moments)
    return count[:, None], first, second


def _hedges(inside: Any, outside: Any) -> Floats:
    (n_in, sum_in, square_in), (n_out, sum_out, square_out) = inside, outside
    freedom = n_in + n_out - 2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_in, mean_out = sum_in / n_in, sum_out / n_out
        squares = square_in - n_in * mean_in**2 + square_out - n_out * mean_out**2
        spread = np.sqrt(np.clip(squares, 0, None) / freedom)
        correction = 1 - 3 / (4 * freedom - 1)
        effect: Floats = correction * (mean_in - mean_out) / spread
    # Two people of each kind at least: a spread of one is none.
    defined = (n_in > 1) & (n_out > 1) & (spread > 0)
    return np.where(defined, effect, np.nan)
