"""The cycles as the feature families see them: parsed channels, shared intermediate results."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.aggregations import Aggregation, Curves, aggregation
from locomotion_analysis.features.columns import has_steps, number_column
from locomotion_analysis.features.feature import LeftOut, Values
from locomotion_analysis.features.stance import Stance, ground_load, loaded_percent, stance_percent
from locomotion_analysis.standard import N_PHASES, Channel


class CycleView:
    """Read-only view of a dataset that computes each intermediate result once.

    Parameters
    ----------
    data : LocomotionData
        The cycles.
    aggregations : mapping of str to Aggregation
        The statistics asked for.
    """

    def __init__(self, data: LocomotionData, aggregations: Mapping[str, Aggregation]) -> None:
        self.data = data
        self.aggregations = aggregations
        self.cycles: pd.DataFrame = data.cycles
        self.channels = {name: Channel.parse(name) for name in data.channels}
        self._complete: dict[str, NDArray[np.bool_]] = {}
        self._statistics: dict[tuple[str, str], Values] = {}

    def curves(self, channel: str) -> Curves:
        """Return one channel, (n_cycles, 150)."""
        return self.data.curves(channel)

    def complete(self, channel: str) -> NDArray[np.bool_]:
        """Return which cycles have all 150 points of a channel."""
        if channel not in self._complete:
            self._complete[channel] = np.all(np.isfinite(self.curves(channel)), axis=1)
        return self._complete[channel]

    def of_measurement(self, *measurements: str) -> dict[str, Channel]:
        """Return the channels of some measurements that at least one cycle has in full."""
        return {
            name: channel
            for name, channel in self.channels.items()
            if channel.measurement in measurements and self.complete(name).any()
        }

    def unmeasured(self, *measurements: str) -> Iterator[LeftOut]:
        """Yield the channels of some measurements that no cycle has in full."""
        for name, channel in self.channels.items():
            if channel.measurement in measurements and not self.complete(name).any():
                yield LeftOut(name, "not fully measured in any cycle")

    def statistic(self, channel: str, name: str) -> Values:
        """Return a statistic of each curve of a channel; NaN where a point is not measured."""
        if (channel, name) not in self._statistics:
            compute = aggregation(name).compute
            with np.errstate(invalid="ignore", over="ignore"):
                values = compute(self.curves(channel))
            self._statistics[channel, name] = np.where(self.complete(channel), values, np.nan)
        return self._statistics[channel, name]

    def column(self, name: str) -> Values:
        """Return a metadata column as numbers, NaN where unknown."""
        return number_column(self.cycles, name)

    @cached_property
    def duration_s(self) -> Values:
        """Duration of each cycle, NaN where unknown: never a number of rows."""
        return self.column("cycle_duration_s")

    @cached_property
    def has_duration(self) -> bool:
        """Whether any cycle's duration is known."""
        return bool(np.isfinite(self.duration_s).any())

    @cached_property
    def stance(self) -> Stance:
        """End of stance of each cycle."""
        return stance_percent(self.data)

    @cached_property
    def steps(self) -> NDArray[np.bool_]:
        """Whether each cycle belongs to a task with steps."""
        return has_steps(self.cycles)

    @cached_property
    def double_support_percent(self) -> Values | None:
        """Share of the cycle with both feet loaded, from both vertical forces, or None."""
        loads = [ground_load(self.data, self.cycles, side) for side in ("ipsi", "contra")]
        if loads[0] is None or loads[1] is None:
            return None
        return loaded_percent(np.minimum(loads[0], loads[1]))

    def integral(self, channel: str, sign: int) -> Values:
        """Integrate the positive (+1) or negative (-1) part of a channel.

        Trapezoid rule over time (s) where durations are known, else over phase (1 = one cycle).
        """
        curves = self.curves(channel).astype(np.float64)
        part = np.maximum(curves, 0.0) if sign > 0 else np.minimum(curves, 0.0)
        with np.errstate(invalid="ignore"):
            over_phase = np.trapezoid(part, dx=1.0 / (N_PHASES - 1), axis=1)
        over_phase = np.where(self.complete(channel), over_phase, np.nan)
        return over_phase * self.duration_s if self.has_duration else over_phase
