"""Structure (GAIT0xx): keys, copies, gaps, missing sides and metadata."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.quality.batch import Batch
from locomotion_analysis.quality.hits import Hits
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_PERCENT, TASKS, Channel

EXPECTED_METADATA = (
    "cycle_duration_s", "speed_m_s", "side", "age", "sex", "height_m", "mass_kg", "pathology",
)  # fmt: skip
"""Columns later steps can use: time integrals, speed-matched norms, normalisation, targets."""

SHORTEST_TAIL = 3
"""Equal last samples that are more than a coincidence of rounding."""

_HASH_SAMPLES = slice(0, None, 7)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MAY_BE_CONSTANT = ("grf", "cop")
_DERIVED = ("velocity", "acceleration")
"""Checked against the curves they derive from, not against ranges."""


def curve_hits(batch: Batch) -> Iterator[Hits]:
    """GAIT004, 005, 006, 008 and 011: what is missing or not alive in single curves."""
    facts, absent = batch.facts, batch.facts.missing == N_PHASES
    gap = (facts.missing > 0) & ~absent
    yield _gaps(batch, gap)
    measured_somewhere = ~absent.all(axis=1, keepdims=True)
    yield Hits.where("GAIT005", absent & measured_somewhere)
    yield Hits.where("GAIT006", facts.infinite > 0, value=np.inf)
    flat = facts.tail == N_PHASES
    yield Hits.where("GAIT008", flat, value=batch.block[:, :, 0])
    forces = [Channel.parse(name).measurement in _MAY_BE_CONSTANT for name in batch.channels]
    # Force is zero through swing, so a constant end means nothing there.
    ends = (facts.tail >= SHORTEST_TAIL) & ~flat & ~np.array(forces)[:, None]
    ends &= batch.block[:, :, -1] != 0
    yield Hits.where(
        "GAIT011", ends, phase=PHASE_PERCENT[N_PHASES - facts.tail.clip(1)], value=facts.tail,
        low=1, high=SHORTEST_TAIL - 1,
    )  # fmt: skip


def _gaps(batch: Batch, gap: NDArray[np.bool_]) -> Hits:
    row, cycle = np.nonzero(gap)
    first = np.isnan(batch.block[row, cycle]).argmax(axis=1)
    missing = batch.facts.missing[row, cycle]
    return Hits.at("GAIT004", cycle, row, PHASE_PERCENT[first], missing, 0, 0)


@dataclass
class Seen:
    """What was seen in earlier batches: 16 bytes a cycle.

    Attributes
    ----------
    keys, curves : ndarray of uint64, sorted
        Hashes of the keys and of the curves.
    """

    keys: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    curves: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def hits(self, batch: Batch) -> Iterator[Hits]:
        """GAIT002 and GAIT003: cycles that were there before, by key or by curves."""
        hashes = pd.util.hash_pandas_object(batch.cycles[list(KEY)], index=False)
        key = hashes.to_numpy().astype(np.uint64)
        again, self.keys = _again(key, self.keys)
        yield Hits.at("GAIT002", np.flatnonzero(again))
        curve, alive = _hash_curves(batch)
        copied, self.curves = _again(curve[alive], self.curves)
        yield Hits.at("GAIT003", np.flatnonzero(alive)[copied])


def _again(
    found: NDArray[np.uint64], seen: NDArray[np.uint64]
) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Return which hashes occurred before, and the sorted hashes with the new ones."""
    place = np.searchsorted(seen, found)
    before = np.zeros(len(found), dtype=bool)
    if len(seen):
        before = seen[np.minimum(place, len(seen) - 1)] == found
    again = before | pd.Series(found).duplicated().to_numpy()
    new = np.sort(found[~again])
    return again, np.insert(seen, np.searchsorted(seen, new), new)


def _hash_curves(batch: Batch) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Hash each cycle's curves bit by bit; a cycle without any change is not looked at."""
    bits = batch.block[:, :, _HASH_SAMPLES].view(np.uint32).astype(np.uint64)
    total = np.zeros(len(batch), dtype=np.uint64)
    for channel in range(len(bits)):
        for sample in range(bits.shape[2]):
            total = (total ^ bits[channel, :, sample]) * _MULTIPLIER
            total ^= total >> np.uint64(29)
    moving = (batch.facts.tail < N_PHASES) & (batch.facts.missing < N_PHASES)
    return total, np.asarray(moving.any(axis=0))


@dataclass
class Inventory:
    """Which channels and columns each dataset has, counted over batches."""

    cycles: Counter[str] = field(default_factory=Counter)
    measured: Counter[tuple[str, str]] = field(default_factory=Counter)
    filled: Counter[tuple[str, str]] = field(default_factory=Counter)
    unranged: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def count(self, batch: Batch) -> None:
        """Count the batch's cycles by channel measured and column filled in."""
        datasets = batch.cycles["dataset"]
        there = batch.facts.missing < N_PHASES
        for dataset in datasets.unique():
            own = (datasets == dataset).to_numpy()
            self.cycles[dataset] += int(own.sum())
            for name, row in zip(batch.channels, there, strict=True):
                self.measured[dataset, name] += int((row & own).sum())
            self._count_unranged(batch, dataset, own & there)
            for name in EXPECTED_METADATA:
                if name in batch.cycles:
                    self.filled[dataset, name] += int(batch.cycles.loc[own, name].notna().sum())

    def _count_unranged(self, batch: Batch, dataset: str, there: NDArray[np.bool_]) -> None:
        codes, tasks = batch.tasks
        for code, task in enumerate(tasks):
            for row, name in enumerate(batch.channels):
                derived = Channel.parse(name).measurement in _DERIVED
                if task in TASKS and not derived and np.isnan(batch.rails[code, row, 0, 0]):
                    self.unranged[dataset, task, name] += int((there[row] & (codes == code)).sum())

    def findings(self) -> Iterator[tuple[str, str, str, str, int]]:
        """GAIT009, 010 and 104: (code, dataset, task, channel or column, cycles concerned)."""
        for (dataset, task, name), count in self.unranged.items():
            if count:
                yield "GAIT104", dataset, task, name, count
        for dataset, n_cycles in self.cycles.items():
            has = {name for (of, name), n in self.measured.items() if of == dataset and n}
            for name in sorted(has):
                opposite = Channel.parse(name).opposite()
                if opposite is not None and opposite.name not in has:
                    yield "GAIT009", dataset, "", opposite.name, n_cycles
            for name in EXPECTED_METADATA:
                lacking = n_cycles - self.filled[dataset, name]
                if lacking:
                    yield "GAIT010", dataset, "", name, lacking
