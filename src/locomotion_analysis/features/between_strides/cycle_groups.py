"""Which cycles are strides of one subject doing one thing, and their statistics."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.features.feature import Values
from locomotion_analysis.features.kernels.medians import medians
from locomotion_analysis.features.view import CycleView

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
    """

    group: Codes
    series: Codes
    group_of: Codes
    order: Codes
    starts: Codes

    @classmethod
    def of(cls, cycles: pd.DataFrame) -> "CycleGroups":
        """Group cycles.

        Parameters
        ----------
        cycles : DataFrame
            Columns `GROUP_KEYS`, ``step``, and ``side`` where it is known.
        """
        group = _codes(cycles, list(GROUP_KEYS))
        sides = ["side"] if "side" in cycles else []
        series = _codes(cycles, [*GROUP_KEYS, *sides])
        n_series = int(series.max(initial=-1)) + 1
        group_of = np.zeros(n_series, dtype=np.int64)
        group_of[series] = group
        order = np.lexsort((cycles["step"].to_numpy(), series)).astype(np.int64)
        starts = np.searchsorted(series[order], np.arange(n_series + 1)).astype(np.int64)
        return cls(group, series, group_of, order, starts)

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
        """Return |difference| from the same leg's stride before; NaN for its first."""
        ordered = values[self.order]
        same = np.diff(self.series[self.order]) == 0
        change = np.where(same, np.abs(np.diff(ordered)), np.nan)
        result = np.full(len(values), np.nan)
        result[self.order[1:]] = change
        return result


def _codes(cycles: pd.DataFrame, columns: list[str]) -> Codes:
    """Return the number of each cycle's combination of columns, in order of appearance."""
    grouped = cycles.groupby(columns, sort=False, observed=True, dropna=False)
    codes: Codes = np.asarray(grouped.ngroup(), dtype=np.int64)
    return codes


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
        _warn_of_single_strides(found)
    return found


def _warn_of_single_strides(groups: CycleGroups) -> None:
    """Log one warning if some groups have no leg with two strides."""
    longest = np.zeros(groups.n_groups, dtype=np.int64)
    np.maximum.at(longest, groups.group_of, np.diff(groups.starts))
    single = int((longest < 2).sum())
    if single:
        _logger.warning(
            "%d of %d groups (subject and task) have one stride a leg: their variability between "
            "strides is NaN",
            single,
            groups.n_groups,
        )
