"""Outlier strides (GAIT3xx): strides unlike the others of the same leg, subject and task."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.hits import Hits
from locomotion_analysis.quality.stride_groups import (
    distance_limits,
    group_codes,
    group_medians,
    stride_distances,
)
from locomotion_analysis.standard import KEY, Channel

Floats = NDArray[np.float32]

FEWEST_STRIDES = 5
"""A median of fewer says little about what is usual."""

SPREADS = 6.0
"""Scaled median deviations beyond the median distance at which a stride stands out."""

SMALLEST_DISTANCE = {
    "angle": 0.10, "velocity": 1.0, "acceleration": 20.0, "moment": 0.25, "power": 0.8,
    "grf": 0.12, "cop": 0.04,
}  # fmt: skip
"""RMS distance, in the channel's own unit, below which no stride stands out.

About three within-subject standard deviations of healthy walking (hip 1.7 deg, moments
0.07 Nm/kg, vertical force 3.7 % of body weight).
"""

STRIDES_OF = ["dataset", "subject", "task", "task_id", "side"]
"""One leg of one person doing one thing at one setting."""

_SAMPLES = slice(0, None, 5)
_MOST_GROUPS = 2000


@dataclass
class Waiting:
    """Strides of a group that are too few to judge so far."""

    keys: pd.DataFrame
    curves: Floats


@dataclass
class Strides:
    """Judges strides batch by batch; groups cut by a batch's end wait for their rest.

    Memory is bounded: at most 2,000 groups are remembered, each by a curve a channel.
    """

    channels: tuple[str, ...] = ()
    usual: OrderedDict[tuple[str, ...], tuple[Floats, Floats]] = field(default_factory=OrderedDict)
    waiting: OrderedDict[tuple[str, ...], Waiting] = field(default_factory=OrderedDict)
    n_unjudged: int = 0

    def hits(self, batch: Batch) -> Iterator[Hits | pd.DataFrame]:
        """GAIT301 as hits of this batch, or as rows for strides of earlier ones."""
        if batch.channels != self.channels:
            self._forget(batch.channels)
        codes, groups = group_codes(batch.cycles, STRIDES_OF)
        curves = np.ascontiguousarray(batch.block[:, :, _SAMPLES])
        enough = np.bincount(codes) >= FEWEST_STRIDES
        many = np.flatnonzero(enough[codes])
        if len(many):
            yield self._judge(curves[:, many], codes[many], many, groups)
        for code in np.flatnonzero(~enough):
            name = tuple(groups.iloc[code])
            rows = np.flatnonzero(codes == code)
            yield from self._judge_few(name, batch, rows, curves[:, rows])

    def finish(self) -> int:
        """Return how many strides were in groups too small to judge (GAIT302)."""
        self._forget(())
        return self.n_unjudged

    def _judge(
        self, curves: Floats, codes: NDArray[np.intp], rows: NDArray[np.intp], groups: pd.DataFrame
    ) -> Hits:
        present, own = np.unique(codes, return_inverse=True)
        centre, limits, distances = _usual(self.channels, curves, own)
        for index, code in enumerate(present[-_MOST_GROUPS:], len(present[:-_MOST_GROUPS])):
            self._remember(tuple(groups.iloc[code]), centre[:, index], limits[:, index])
        allowed = limits[:, own]
        channel, stride = np.nonzero(distances > allowed)
        return Hits.at(
            "GAIT301", rows[stride], channel, value=distances[channel, stride], low=0,
            high=allowed[channel, stride],
        )  # fmt: skip

    def _judge_few(
        self, name: tuple[str, ...], batch: Batch, rows: NDArray[np.intp], curves: Floats
    ) -> Iterator[Hits | pd.DataFrame]:
        alone = np.zeros(len(rows), dtype=np.intp)
        if name in self.usual:
            centre, limits = self.usual[name]
            distances = stride_distances(curves, alone, centre[:, None])
            channel, stride = np.nonzero(distances > limits[:, None])
            yield Hits.at(
                "GAIT301", rows[stride], channel, value=distances[channel, stride], low=0,
                high=limits[channel],
            )  # fmt: skip
            return
        keys = batch.cycles[list(KEY)].iloc[rows]
        if name in self.waiting:
            before = self.waiting.pop(name)
            keys = pd.concat([before.keys, keys])
            curves = np.concatenate([before.curves, curves], axis=1)
        if len(keys) >= FEWEST_STRIDES:
            yield self._judge_waiting(name, keys, curves)
        else:
            self.waiting[name] = Waiting(keys, curves)
            if len(self.waiting) > _MOST_GROUPS:
                self.n_unjudged += len(self.waiting.popitem(last=False)[1].keys)

    def _judge_waiting(
        self, name: tuple[str, ...], keys: pd.DataFrame, curves: Floats
    ) -> pd.DataFrame:
        codes = np.zeros(len(keys), dtype=np.intp)
        centre, limits, distances = _usual(self.channels, curves, codes)
        self._remember(name, centre[:, 0], limits[:, 0])
        channel, stride = np.nonzero(distances > limits)
        return keys.iloc[stride].assign(
            code="GAIT301", severity="warning", channel=np.array(self.channels)[channel],
            phase=np.nan, value=distances[channel, stride], low=0.0, high=limits[channel, 0],
        )  # fmt: skip

    def _remember(self, name: tuple[str, ...], centre: Floats, limits: Floats) -> None:
        self.usual[name] = centre.copy(), limits.copy()
        if len(self.usual) > _MOST_GROUPS:
            self.usual.popitem(last=False)

    def _forget(self, channels: tuple[str, ...]) -> None:
        self.n_unjudged += sum(len(group.keys) for group in self.waiting.values())
        self.waiting.clear()
        self.usual.clear()
        self.channels = channels


def _usual(
    channels: tuple[str, ...], curves: Floats, codes: NDArray[np.intp]
) -> tuple[Floats, Floats, Floats]:
    """Median curve and largest usual distance of each group, and every stride's distance."""
    smallest = [SMALLEST_DISTANCE[Channel.parse(name).measurement] for name in channels]
    centre = group_medians(curves, codes)
    distances = stride_distances(curves, codes, centre)
    limits = distance_limits(distances, codes, np.array(smallest, dtype=np.float32), SPREADS)
    return centre, limits, distances
