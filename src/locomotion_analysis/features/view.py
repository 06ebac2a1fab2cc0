"""The cycles as the feature families see them: parsed channels, shared intermediate results."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.aggregations import SAME_AS, Curves, quantile_level
from locomotion_analysis.features.columns import has_steps, number_column
from locomotion_analysis.features.feature import Values
from locomotion_analysis.features.gait_events.stance import (
    Stance,
    ground_force,
    stance_percent,
)
from locomotion_analysis.features.kernels.core_statistics import CORE_STATISTICS, core_statistics
from locomotion_analysis.features.kernels.ground_contact import loaded_percent
from locomotion_analysis.features.kernels.quantiles import quantiles
from locomotion_analysis.standard import PHASE_PERCENT, Channel

_CORE_ROWS = {name: row for row, name in enumerate(CORE_STATISTICS)}
_CORE_ROWS |= {name: _CORE_ROWS[other] for name, other in SAME_AS.items()}


class CycleView:
    """Read-only view of a dataset that computes each intermediate result once.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    aggregations : iterable of str
        The statistics that will be asked for, where known: all quantiles are found in one go.
    """

    def __init__(self, data: LocomotionData, aggregations: Iterable[str] = ()) -> None:
        self.data = data
        self._levels = {quantile_level(name) for name in aggregations if name not in _CORE_ROWS}
        self.cycles: pd.DataFrame = data.cycles
        self.channels = {name: Channel.parse(name) for name in data.channels}
        self._positions = {name: row for row, name in enumerate(data.channels)}
        self._quantiles: dict[float, Values] = {}

    def __len__(self) -> int:
        return len(self.cycles)

    def curves(self, channel: str) -> Curves:
        """Return one channel, (n_cycles, 150)."""
        return self.data.curves(channel)

    def complete(self, channel: str) -> NDArray[np.bool_]:
        """Return which cycles have all 150 points of a channel."""
        return ~np.isnan(self.statistic(channel, "mean"))

    def statistic(self, channel: str, name: str) -> Values:
        """Return a statistic of each curve of a channel; NaN where a point is not measured.

        Parameters
        ----------
        channel : str
            A channel of the data.
        name : str
            A statistic of :data:`AGGREGATIONS`, ``qNN``, or a row of
            :data:`~locomotion_analysis.features.kernels.core_statistics.CORE_STATISTICS`.
        """
        row = _CORE_ROWS.get(name)
        if row is None:
            level = quantile_level(name)
            if level not in self._quantiles:
                self._find_quantiles(level)
            values: Values = self._quantiles[level][self._positions[channel]]
        else:
            values = self._core[self._positions[channel], row].astype(np.float64)
        return values

    @cached_property
    def _core(self) -> Curves:
        return core_statistics(self.data.block, self.stance_index)

    def _find_quantiles(self, level: float) -> None:
        """Find this quantile and all that were asked for: sorting a curve serves all of them."""
        levels = sorted({level, *self._levels} - set(self._quantiles))
        found = quantiles(self.data.block, np.array(levels))
        self._quantiles.update(zip(levels, found, strict=True))

    def column(self, name: str) -> Values:
        """Return a metadata column as numbers, NaN where unknown."""
        return number_column(self.cycles, name)

    @cached_property
    def duration_s(self) -> Values:
        """Duration of each cycle, NaN where unknown: never a number of rows."""
        return self.column("cycle_duration_s")

    @cached_property
    def stance(self) -> Stance:
        """End of stance of each cycle."""
        return stance_percent(self.data)

    @cached_property
    def stance_index(self) -> NDArray[np.int64]:
        """Number of grid points in stance: the first of swing; -1 where stance is unknown."""
        percent = self.stance.percent
        index = np.searchsorted(PHASE_PERCENT, percent, side="right")
        return np.where(np.isnan(percent), -1, index)

    @cached_property
    def steps(self) -> NDArray[np.bool_]:
        """Whether each cycle belongs to a task with steps."""
        return has_steps(self.cycles)

    @cached_property
    def double_support_percent(self) -> Values | None:
        """Share of the cycle with both feet loaded, from both vertical forces, or None."""
        own = ground_force(self.data, self.cycles, "ipsi")
        other = ground_force(self.data, self.cycles, "contra")
        if own is None or other is None:
            return None
        return loaded_percent(*own, *other)

    def integral(self, channel: str, sign: int) -> Values:
        """Integrate the positive (+1) or negative (-1) part of a channel.

        Trapezoid rule over time (s) where the data have a column of durations, else over phase
        (1 = one cycle).
        """
        over_phase = self.statistic(channel, "positive" if sign > 0 else "negative")
        return over_phase * self.duration_s if "cycle_duration_s" in self.cycles else over_phase
