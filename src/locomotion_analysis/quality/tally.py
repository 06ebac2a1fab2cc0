"""Pass rates and sample curves, gathered over batches."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.quality.batch import GROUP, Batch
from locomotion_analysis.quality.result import Samples
from locomotion_analysis.standard import N_PHASES

MOST_SAMPLES = 40
"""Curves kept of each task and channel, with and without a finding."""

_COLUMNS = [*GROUP, "channel", "cycles", "failed", "pass_rate"]

Counts = NDArray[np.int64]


@dataclass
class Tally:
    """Counts cycles measured and failed, and keeps a few curves of each kind."""

    counts: dict[tuple[str, ...], dict[str, Counts]] = field(default_factory=dict)
    curves: dict[tuple[str, str, bool], list[NDArray[np.float32]]] = field(default_factory=dict)

    def add(self, batch: Batch, failed: NDArray[np.bool_]) -> None:
        """Count one batch; `failed` has shape (n_channels, n_cycles)."""
        measured = batch.facts.missing < N_PHASES
        n_groups = int(batch.groups.max()) + 1
        each = np.stack(
            [_per_group(mask, batch.groups, n_groups) for mask in (measured, failed & measured)]
        )
        firsts = np.unique(batch.groups, return_index=True)[1]
        names = batch.cycles[list(GROUP)].iloc[firsts]
        for index, group in enumerate(names.itertuples(index=False, name=None)):
            own = self.counts.setdefault(group, {})
            for row, channel in enumerate(batch.channels):
                own[channel] = own.get(channel, np.zeros(2, np.int64)) + each[:, row, index]
        self._keep_curves(batch, failed, measured)

    def _keep_curves(
        self, batch: Batch, failed: NDArray[np.bool_], measured: NDArray[np.bool_]
    ) -> None:
        codes, tasks = batch.tasks
        for code, task in enumerate(tasks):
            own = codes == code
            for row, channel in enumerate(batch.channels):
                for kind in (False, True):
                    kept = self.curves.setdefault((task, channel, kind), [])
                    room = MOST_SAMPLES - len(kept)
                    if room:
                        fits = np.flatnonzero(own & measured[row] & (failed[row] == kind))
                        step = max(1, len(fits) // room)
                        kept.extend(batch.block[row, at].copy() for at in fits[::step][:room])

    def pass_rate(self) -> pd.DataFrame:
        """Share of measured cycles without error or warning, by subject, task and channel."""
        rows = [
            (*group, channel, *map(int, counts), 1.0 - counts[1] / counts[0])
            for group, own in self.counts.items()
            for channel, counts in own.items()
            if counts[0]
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)

    def samples(self) -> Samples:
        """(task, channel) -> curves without and curves with a finding."""
        empty = np.empty((0, N_PHASES), dtype=np.float32)
        names = dict.fromkeys((task, channel) for task, channel, _ in self.curves)

        def stacked(task: str, channel: str, kind: bool) -> NDArray[np.float32]:
            kept = self.curves[task, channel, kind]
            return np.stack(kept) if kept else empty

        return {name: (stacked(*name, False), stacked(*name, True)) for name in names}


def _per_group(mask: NDArray[np.bool_], groups: NDArray[np.intp], n_groups: int) -> Counts:
    """Count True by row and group, shape (n_channels, n_groups)."""
    return np.stack([np.bincount(groups[row], minlength=n_groups) for row in mask])
