"""A batch of cycles as the checks and the doctor see it: facts of its curves, bounds, groups.

A source is read in batches of whole cycles; one compiled pass over a batch's curves gathers what
several checks need, and robust median curves of groups of strides are compiled too.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numba import njit
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.columns import numbered
from locomotion_analysis.data.locomotion_data import refuse_other
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_COLUMN, TASKS, canonical_name
from locomotion_analysis.standard.norms import Kind, range_bands

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Codes = NDArray[np.intp]
Source = LocomotionData | str | os.PathLike[str]

HEALTHY = ("healthy", "control", "able_bodied", "none", "")
"""Values of the column pathology that mean no diagnosis."""

TIMING_PERCENT = 2.0
"""How much earlier or later than published an event of a healthy cycle may come.

Step times of the two legs differ by 1 to 3 % in healthy people; without this the other leg's
force would leave its band at every heel strike.
"""

GROUP = ("dataset", "subject", "task")
"""What makes strides comparable: one person doing one thing."""

WHOLE_CYCLE = -1
"""Channel index of a finding about a cycle rather than a curve."""

_SMALL_GROUP = 48
"""Strides up to which insertion sort is faster."""


def batches(source: Source, batch_cycles: int) -> Iterator[LocomotionData]:
    """Yield the cycles of a dataset in memory, a Parquet file or a folder, some at a time."""
    if isinstance(source, LocomotionData):
        # One slice keeps views where it can: a dataset of one batch is not copied.
        if len(source) <= batch_cycles:
            yield source
            return
        for start in range(0, len(source), batch_cycles):
            yield source.take(range(start, min(start + batch_cycles, len(source))))
        return
    given: object = source
    if not isinstance(given, str | os.PathLike):
        refuse_other(given)
    yield from LocomotionData.scan(source, batch_cycles)


def count_cycles(source: Source) -> int:
    """Return the number of cycles, for a progress bar; from the files' footers alone."""
    if isinstance(source, LocomotionData):
        return len(source)
    place = Path(source)
    files = sorted(place.glob("**/*.parquet")) if place.is_dir() else [place]
    total = 0
    for file in files:
        try:
            schema, rows = pq.read_schema(file), pq.read_metadata(file).num_rows
        except (OSError, ValueError):  # the scan says what is wrong with the file
            continue
        is_long = PHASE_COLUMN in {canonical_name(name) for name in schema.names}
        total += int(rows) // (N_PHASES if is_long else 1)
    return total


# Facts of single curves


@dataclass(frozen=True, eq=False)
class CurveFacts:
    """Facts of every curve; all arrays of shape (n_channels, n_cycles).

    Attributes
    ----------
    missing, infinite : ndarray of int
        Samples that are NaN, infinite.
    tail : ndarray of int
        How many of the last samples are equal; 150 for a constant curve.
    jump, jump_at : ndarray
        Largest change between neighbouring samples, and the sample after it.
    beyond, beyond_at : ndarray
        How far the worst sample lies outside the rails (0: inside), and which it is.
    outside, outside_by, outside_at : ndarray
        Samples outside the band, how far the worst is, and which it is.
    """

    missing: Ints
    infinite: Ints
    tail: Ints
    jump: Floats
    jump_at: Ints
    beyond: Floats
    beyond_at: Ints
    outside: Ints
    outside_by: Floats
    outside_at: Ints


def curve_facts(
    block: Floats, table_of: NDArray[np.int64], rails: Floats, band: Floats
) -> CurveFacts:
    """Gather the facts of a block of curves.

    Parameters
    ----------
    block : ndarray, shape (n_channels, n_cycles, 150)
    table_of : ndarray, shape (n_cycles,)
        Which of the tables of bounds holds for each cycle.
    rails, band : ndarray, shape (n_tables, n_channels, 2, 150)
        Lower and upper bounds; NaN where there are none.
    """
    shape = block.shape[:2]
    whole = np.zeros((6, *shape), dtype=np.int32)
    parts = np.zeros((3, *shape), dtype=np.float32)
    _facts(block, table_of, rails, band, whole, parts)
    missing, tail, jump_at, beyond_at, outside, outside_at = whole
    infinite = np.zeros(shape, dtype=np.int32)
    suspect = np.isinf(parts[0])
    if suspect.any():
        infinite[suspect] = np.isinf(block[suspect]).sum(axis=1)
    return CurveFacts(
        missing, infinite, tail, parts[0], jump_at, parts[1], beyond_at, outside, parts[2],
        outside_at,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _facts(block, table_of, rails, band, whole, parts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill `whole` and `parts` curve by curve; compiled."""
    n_channels, n_cycles, n_phases = block.shape
    for channel in range(n_channels):
        for cycle in range(n_cycles):
            curve = block[channel, cycle]
            low, high = rails[table_of[cycle], channel]
            floor, ceiling = band[table_of[cycle], channel]
            missing, tail, outside = 0, 1, 0
            jump, beyond, by = np.float32(0), np.float32(0), np.float32(0)
            jump_at, beyond_at, by_at = 0, 0, 0
            before = curve[0]
            for phase in range(n_phases):
                value = curve[phase]
                if value != value:
                    missing += 1
                step = abs(value - before)
                if step > jump:
                    jump, jump_at = step, phase
                tail = tail + 1 if step == 0 and phase > 0 else 1
                before = value
                excess = max(low[phase] - value, value - high[phase])
                if excess > beyond:
                    beyond, beyond_at = excess, phase
                excess = max(floor[phase] - value, value - ceiling[phase])
                if excess > 0:
                    outside += 1
                    if excess > by:
                        by, by_at = excess, phase
            whole[0, channel, cycle], whole[1, channel, cycle] = missing, tail
            whole[2, channel, cycle], whole[3, channel, cycle] = jump_at, beyond_at
            whole[4, channel, cycle], whole[5, channel, cycle] = outside, by_at
            parts[0, channel, cycle], parts[1, channel, cycle] = jump, beyond
            parts[2, channel, cycle] = by


def resting_extremes(curves: Floats, tolerance: float) -> tuple[Floats, Floats]:
    """Return lowest and highest value of curves, and how long each stays at it.

    Parameters
    ----------
    curves : ndarray, shape (n_channels, n_cycles, 150)
        Periodic: the last sample is the first of the next cycle.
    tolerance : float
        How near counts as at it, in the curves' unit.

    Returns
    -------
    level, share : ndarray, shape (2, n_channels, n_cycles)
        Lowest, then highest: the value, and the longest unbroken part of the cycle within the
        tolerance of it, 0 to 1; NaN where a sample is missing.
    """
    level = np.stack([curves.min(axis=2), curves.max(axis=2)])
    share = np.full(level.shape, np.nan, dtype=np.float32)
    _longest_rests(curves, level, tolerance, share)
    return level, share


@njit(cache=True, nogil=True)
def _longest_rests(curves, level, tolerance, share):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill `share`; every cycle is run through twice, so that a rest may span its end."""
    n_channels, n_cycles, n_phases = curves.shape
    period = n_phases - 1
    for end in range(2):
        for channel in range(n_channels):
            for cycle in range(n_cycles):
                curve, at = curves[channel, cycle], level[end, channel, cycle]
                if at != at:
                    continue
                longest, here = 0, 0
                for sample in range(2 * period):
                    here = here + 1 if abs(curve[sample % period] - at) <= tolerance else 0
                    longest = max(longest, here)
                share[end, channel, cycle] = min(longest, period) / period


@dataclass(frozen=True, eq=False)
class Batch:
    """Some cycles and where they stand in the whole.

    Attributes
    ----------
    data : LocomotionData
    start : int
        Number of cycles before this batch.
    """

    data: LocomotionData
    start: int = 0

    @cached_property
    def cycles(self) -> pd.DataFrame:
        """One row a cycle."""
        return self.data.cycles

    @cached_property
    def keys(self) -> pd.DataFrame:
        """Key of each cycle, and in the column ``row`` its place in the whole."""
        return self.cycles[list(KEY)].assign(row=np.arange(self.start, self.start + len(self)))

    @property
    def block(self) -> NDArray[np.float32]:
        """All curves, shape (n_channels, n_cycles, 150)."""
        return self.data.block

    @property
    def channels(self) -> tuple[str, ...]:
        """Channel names."""
        return self.data.channels

    def __len__(self) -> int:
        return len(self.cycles)

    @cached_property
    def tasks(self) -> tuple[NDArray[np.intp], list[str]]:
        """Task code of each cycle, and the task names."""
        codes, names = pd.factorize(self.cycles["task"])
        return codes, [str(name) for name in names]

    @cached_property
    def groups(self) -> NDArray[np.intp]:
        """Code of dataset, subject and task of each cycle."""
        return numbered(self.cycles[name] for name in GROUP)

    @cached_property
    def is_healthy(self) -> NDArray[np.bool_]:
        """Whether each cycle is of a person without a diagnosis, or nothing is known of one."""
        if "pathology" not in self.cycles:
            return np.ones(len(self), dtype=bool)
        known = self.cycles["pathology"].astype("str").str.lower().fillna("")
        return known.isin([*HEALTHY, "nan", "none", "<na>"]).to_numpy()

    def bounds(self, kind: Kind) -> NDArray[np.float32]:
        """Bounds of every task and channel of the batch, shape (n_tasks, n_channels, 2, 150)."""
        return np.stack([task_bounds(name, self.channels, kind) for name in self.tasks[1]])

    @cached_property
    def band(self) -> NDArray[np.float32]:
        """Healthy band of every task and channel; the last table, all NaN, is for patients."""
        healthy = self.bounds("healthy")
        return np.concatenate([healthy, np.full_like(healthy, np.nan)])

    @cached_property
    def rails(self) -> NDArray[np.float32]:
        """Wide rails of every task and channel; twice, to match `band`."""
        rails = self.bounds("rails")
        return np.concatenate([rails, rails])

    @cached_property
    def table_of(self) -> NDArray[np.intp]:
        """Which of the tables of bounds holds for each cycle."""
        codes, names = self.tasks
        return np.where(self.is_healthy, codes, codes + len(names))

    @cached_property
    def facts(self) -> CurveFacts:
        """Facts of every curve, gathered in one pass."""
        return curve_facts(self.block, self.table_of, self.rails, self.band)

    def having(self, names: Iterable[str]) -> list[NDArray[np.float32]] | None:
        """Return the curves of `names`, or None unless all are there."""
        wanted = list(names)
        if any(name not in self.channels for name in wanted):
            return None
        return [self.block[self.channels.index(name)] for name in wanted]


@lru_cache(maxsize=256)
def task_bounds(task: str, channels: tuple[str, ...], kind: Kind) -> NDArray[np.float32]:
    """Bounds of some channels in a task, shape (n_channels, 2, 150); NaN where there are none."""
    bounds = np.full((len(channels), 2, N_PHASES), np.nan, dtype=np.float32)
    if task in TASKS:
        rows, low, high = range_bands(task, kind, TIMING_PERCENT if kind == "healthy" else 0.0)
        for index, name in enumerate(channels):
            if name in rows:
                bounds[index] = low[rows[name]], high[rows[name]]
    bounds.setflags(write=False)
    return bounds


@dataclass(frozen=True, eq=False)
class Hits:
    """Findings of one check in one batch, one array entry each.

    Attributes
    ----------
    code : str
    cycle, channel : ndarray of int
        Positions in the batch; `WHOLE_CYCLE` where no channel is meant.
    phase : ndarray
        Percent of the cycle, NaN where the whole cycle is meant.
    value, low, high : ndarray
        What was found and what was allowed, in the channel's unit; NaN where there is none.
    column : str
        Metadata column, where that and not a channel is meant.
    """

    code: str
    cycle: NDArray[np.intp]
    channel: NDArray[np.intp]
    phase: NDArray[np.float64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    column: str = ""

    @classmethod
    def at(
        cls,
        code: str,
        cycle: NDArray[np.intp],
        channel: ArrayLike = WHOLE_CYCLE,
        phase: ArrayLike = np.nan,
        value: ArrayLike = np.nan,
        low: ArrayLike = np.nan,
        high: ArrayLike = np.nan,
        column: str = "",
    ) -> Self:
        """Build from arrays or single values, spread over `cycle`."""
        shown = (
            np.broadcast_to(np.asarray(each, dtype=np.float64), len(cycle))
            for each in (phase, value, low, high)
        )
        channels = np.broadcast_to(np.asarray(channel, dtype=np.intp), len(cycle))
        at_phase, found, bottom, top = shown
        return cls(code, cycle, channels, at_phase, found, bottom, top, column)

    @classmethod
    def where(
        cls,
        code: str,
        mask: NDArray[np.bool_],
        phase: ArrayLike = np.nan,
        value: ArrayLike = np.nan,
        low: ArrayLike = np.nan,
        high: ArrayLike = np.nan,
    ) -> Self:
        """Build from a mask of shape (n_channels, n_cycles).

        Parameters
        ----------
        code : str
        mask : ndarray of bool
        phase, value, low, high : array_like
            A single value, or an array of the mask's shape.
        """
        row, cycle = np.nonzero(mask)
        at_phase, found, bottom, top = (
            np.broadcast_to(np.asarray(each, dtype=np.float64), mask.shape)[row, cycle]
            for each in (phase, value, low, high)
        )
        return cls.at(code, cycle, row, at_phase, found, bottom, top)

    def __len__(self) -> int:
        return len(self.cycle)


# Robust mean curves and distances of groups of strides


def group_codes(cycles: pd.DataFrame, columns: list[str]) -> tuple[Codes, pd.DataFrame]:
    """Give each combination of some columns a number.

    Parameters
    ----------
    cycles : DataFrame
    columns : list of str
        Columns of `cycles`; those it lacks are taken as empty.

    Returns
    -------
    codes : ndarray of int, shape (n_cycles,)
    groups : DataFrame
        One row a code.
    """
    there = [cycles[name] for name in columns if name in cycles]
    codes = numbered(each.astype("str") if each.dtype == object else each for each in there)
    firsts = np.unique(codes, return_index=True)[1]
    groups = pd.DataFrame({each.name: each.iloc[firsts].astype("str").fillna("") for each in there})
    return codes, groups.reset_index(drop=True).reindex(columns=columns, fill_value="")


def sorted_groups(codes: Codes) -> tuple[Codes, Codes]:
    """Return the order that brings groups together, and where each begins and the last ends."""
    order = np.argsort(codes, kind="stable")
    n_groups = int(codes.max()) + 1 if len(codes) else 0
    return order, np.searchsorted(codes[order], np.arange(n_groups + 1))


def group_medians(curves: Floats, codes: Codes) -> Floats:
    """Pointwise median curve of every group.

    Parameters
    ----------
    curves : ndarray, shape (n_channels, n_cycles, n_phases)
        NaN is left out.
    codes : ndarray, shape (n_cycles,)
        Group of each cycle, 0 to n_groups - 1.

    Returns
    -------
    ndarray, shape (n_channels, n_groups, n_phases)
    """
    order, starts = sorted_groups(codes)
    out = np.empty((len(curves), len(starts) - 1, curves.shape[2]), dtype=np.float32)
    _medians(curves, order, starts, out)
    return out


def stride_distances(curves: Floats, codes: Codes, centre: Floats) -> Floats:
    """Root-mean-square distance of every stride to its group's centre.

    Returns
    -------
    ndarray, shape (n_channels, n_cycles)
        In the channel's own unit; NaN where a sample is missing.
    """
    out = np.empty(curves.shape[:2], dtype=np.float32)
    _distances(curves, codes, centre, out)
    return out


def distance_limits(distances: Floats, codes: Codes, floor: Floats, spreads: float) -> Floats:
    """Largest usual distance of each group: median + `spreads` scaled median deviations.

    Parameters
    ----------
    distances : ndarray, shape (n_channels, n_cycles)
    codes : ndarray, shape (n_cycles,)
    floor : ndarray, shape (n_channels,)
        The limit is never below it.
    spreads : float
        Times ``1.4826 MAD``, the standard deviation of a normal sample.

    Returns
    -------
    ndarray, shape (n_channels, n_groups)
    """
    middle = group_medians(distances[:, :, None], codes)
    off = np.abs(distances[:, :, None] - middle[:, codes])
    spread = group_medians(off, codes)
    limits: Floats = (middle + np.float32(spreads * 1.4826) * spread)[:, :, 0]
    return np.fmax(limits, floor[:, None])


@njit(cache=True, nogil=True)
def _medians(curves, order, starts, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Median of each channel, group and phase; insertion sort, as groups are small."""
    n_channels, n_groups, n_phases = out.shape
    buffer = np.empty(len(order), dtype=np.float32)
    for channel in range(n_channels):
        for group in range(n_groups):
            first, last = starts[group], starts[group + 1]
            for phase in range(n_phases):
                count = 0
                for at in range(first, last):
                    value = curves[channel, order[at], phase]
                    if value == value:
                        place = count
                        if last - first <= _SMALL_GROUP:
                            while place > 0 and buffer[place - 1] > value:
                                buffer[place] = buffer[place - 1]
                                place -= 1
                        buffer[place] = value
                        count += 1
                if count == 0:
                    out[channel, group, phase] = np.nan
                    continue
                if last - first > _SMALL_GROUP:
                    buffer[:count].sort()
                middle = count // 2
                if count % 2:
                    out[channel, group, phase] = buffer[middle]
                else:
                    out[channel, group, phase] = (buffer[middle - 1] + buffer[middle]) / 2


@njit(cache=True, nogil=True)
def _distances(curves, codes, centre, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """RMS distance to the centre of the stride's own group."""
    n_channels, n_cycles, n_phases = curves.shape
    for channel in range(n_channels):
        for cycle in range(n_cycles):
            total = 0.0
            for phase in range(n_phases):
                off = curves[channel, cycle, phase] - centre[channel, codes[cycle], phase]
                total += off * off
            out[channel, cycle] = np.sqrt(total / n_phases)
