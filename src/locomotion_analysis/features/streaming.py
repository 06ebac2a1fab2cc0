"""One part of a run over a Parquet source: what it holds, how it is cut, read, computed, written.

A source is looked at without reading any curve, cut into parts of whole cycles that fit a memory
budget (the unit of work, of retrying and of resuming), and each part goes from reading to its file in
whatever process. :mod:`locomotion_analysis.features.extraction` runs the parts.
"""

import hashlib
import itertools
import json
import os
import re
import threading
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis import errors
from locomotion_analysis._version import __version__
from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.columns import Columns, rename_aliases, sort_columns
from locomotion_analysis.data.parquet import (
    open_parquet,
    parquet_files,
    parts_from_table,
    stored_history,
)
from locomotion_analysis.data.parts import Parts, concatenate
from locomotion_analysis.data.unpacked import columns_read_as_codes
from locomotion_analysis.errors import (
    FileReadError,
    LocomotionError,
    LocomotionWarning,
    SchemaError,
)
from locomotion_analysis.features.spec import CycleView, Schema, impossible_counts
from locomotion_analysis.features.table import FeaturePlan
from locomotion_analysis.files import atomic_path
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_COLUMN

# What a Parquet source holds, found out without reading any curve

GROUP_KEY = KEY[:4]
"""Cycles equal in these belong together: dataset, subject, task, task_id."""

_PACKED = ("task_info", "subject_metadata")
_BUFFER_BYTES = 1 << 20
_SCAN_ROWS = 1 << 16


@dataclass(frozen=True)
class SourceFile:
    """One Parquet file of gait cycles.

    Attributes
    ----------
    path : str
        Absolute path.
    name : str
        Path inside the source.
    size, modified_ns : int
        What tells this version of the file from another.
    rows_a_cycle : int
        150 in the long layout, 1 in the cycle layout.
    row_groups : tuple of int
        First row of each row group, and at the end the number of rows.
    channels, columns : tuple of str
        Standard names of its channels and of the columns that describe a cycle.
    history : tuple of HistoryEntry
        What was done to it before, and what is renamed on reading.
    """

    path: str
    name: str
    size: int
    modified_ns: int
    rows_a_cycle: int
    row_groups: tuple[int, ...]
    channels: tuple[str, ...]
    columns: tuple[str, ...]
    history: tuple[HistoryEntry, ...]

    @property
    def n_cycles(self) -> int:
        """Number of cycles; a last one that is cut off counts."""
        return -(-self.row_groups[-1] // self.rows_a_cycle)


@dataclass(frozen=True)
class Bad:
    """A file that cannot be read, and why."""

    path: str
    error: LocomotionError


def look_at(source: str | os.PathLike[str]) -> tuple[list[SourceFile], list[Bad]]:
    """Look at the schema and the size of each file of a source.

    Raises
    ------
    FileReadError
        If there is no file at all.
    """
    place = Path(source)
    good, bad = [], []
    for path in parquet_files(place):
        name = path.name if path == place else path.relative_to(place).as_posix()
        try:
            good.append(_look_at_file(path.absolute(), name))
        except LocomotionError as error:
            bad.append(Bad(str(path), error))
    return good, bad


def _look_at_file(path: Path, name: str) -> SourceFile:
    with open_parquet(path) as file:
        columns, raw, history = standard_columns(file.schema_arrow)
        long = PHASE_COLUMN in raw
        starts = np.cumsum(
            [0, *(file.metadata.row_group(i).num_rows for i in range(file.num_row_groups))]
        )
        if not columns.channels or not int(starts[-1]):
            raise SchemaError(
                expected="gait cycles with at least one channel",
                got="no row" if columns.channels else f"columns {', '.join(columns.metadata[:12])}",
                where=str(path),
                fix="write the cycles with LocomotionData.to_parquet or `locomotion convert`",
            )
        history = (*stored_history(file.schema_arrow, path), *history)
    packed = set()  # names in columns of ``key:value,key:value`` strings
    for column in (raw[name] for name in _PACKED if name in raw):
        texts = {text for batch in _batches(path, [column]) for text in batch[column].unique()}
        pairs = (pair for text in texts for pair in str(text).split(",") if ":" in pair)
        packed |= {key.strip() for key, _ in (pair.split(":", 1) for pair in pairs) if key.strip()}
    state = path.stat()
    return SourceFile(
        str(path),
        name,
        state.st_size,
        state.st_mtime_ns,
        N_PHASES if long else 1,
        tuple(int(start) for start in starts),
        tuple(columns.channels),
        tuple(sorted({*columns.metadata, *packed}.difference(_PACKED))),
        history,
    )


def standard_columns(
    schema: pa.Schema,
) -> tuple[Columns, dict[str, str], tuple[HistoryEntry, ...]]:
    """Sort the columns of a file by name alone.

    Returns
    -------
    Columns
        Its channels and the columns that describe a cycle.
    dict of str to str
        Standard name of each column -> its name in the file.
    tuple of HistoryEntry
        What is renamed or converted.
    """
    empty, renamed = rename_aliases(schema.remove_metadata().empty_table())
    columns, converted = sort_columns(empty)
    raw = dict(zip(empty.column_names, schema.names, strict=True))
    return columns, raw, (*renamed, *converted)


def codes_of(
    files: Iterable[SourceFile], dataset: str
) -> tuple[list[NDArray[np.uint64]], list[Bad]]:
    """Return :func:`group_codes` of each file, and the files in which they cannot be read."""
    codes, bad = [], []
    for file in files:
        try:
            codes.append(group_codes(file, dataset))
        except LocomotionError as error:
            bad.append(Bad(file.path, error))
    return codes, bad


def group_codes(file: SourceFile, dataset: str) -> NDArray[np.uint64]:
    """Return one number a cycle: equal where dataset, subject, task and task_id are equal."""
    with open_parquet(Path(file.path)) as opened:
        _, raw, _ = standard_columns(opened.schema_arrow)
    present = {raw[name]: name for name in GROUP_KEY if name in raw}
    codes, offset = [], 0
    for frame in _batches(Path(file.path), list(present)):
        firsts = frame.iloc[(-offset) % file.rows_a_cycle :: file.rows_a_cycle]
        offset += len(frame)
        keyed = firsts.rename(columns=present).astype(str)
        keyed = keyed.assign(**{} if "dataset" in keyed else {"dataset": dataset})
        keyed = keyed.assign(**{} if "task_id" in keyed else {"task_id": keyed["task"]})
        hashed = pd.util.hash_pandas_object(keyed[list(GROUP_KEY)], index=False)
        codes.append(hashed.to_numpy(np.uint64))
    return np.concatenate(codes)


def _batches(path: Path, columns: Iterable[str]) -> Iterator[pd.DataFrame]:
    with reading(path), open_for_batches(path) as file:
        for batch in file.iter_batches(_SCAN_ROWS, columns=list(columns)):
            yield batch.to_pandas()


def open_for_batches(path: Path) -> pq.ParquetFile:
    """Open a file so that reading it in batches holds pages in memory, not row groups."""
    with open_parquet(path) as plain:
        kinds = {field.name: field.type for field in plain.schema_arrow}
        codes = columns_read_as_codes(plain.metadata)
        coded = {plain.metadata.schema.column(k).path for k in codes}
    texts = []
    for name, kind in kinds.items():
        value = kind.value_type if pa.types.is_dictionary(kind) else kind
        if name in coded and (pa.types.is_string(value) or pa.types.is_large_string(value)):
            texts.append(name)
    return pq.ParquetFile(
        path,
        read_dictionary=texts,
        pre_buffer=False,
        buffer_size=_BUFFER_BYTES,
        page_checksum_verification=True,
    )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong in a file's bytes into an error that names the file."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise FileReadError(
            expected="a whole Parquet file",
            got=f"a file that is cut off or damaged ({str(error).splitlines()[0]})",
            where=str(path),
            fix="copy or download the file again",
        ) from error


# Reading ranges of cycles of Parquet files, forward, decoding as little as can be

_DECODED_ROWS = 1 << 16
"""Most rows of the long layout decoded at once (437 cycles)."""


@dataclass(frozen=True)
class Segment:
    """Consecutive cycles of one file: `start` up to but without `stop`."""

    file: SourceFile
    start: int
    stop: int


class RowReader:
    """Reads rows of one file; going forward it decodes every row once.

    Parameters
    ----------
    file : SourceFile
        The file.
    channels : sequence of str
        Standard names of the channels to read; every column that is no channel is read too.
    batch_cycles : int
        Most cycles decoded at once.
    """

    def __init__(self, file: SourceFile, channels: Sequence[str], batch_cycles: int) -> None:
        self._starts = file.row_groups
        self._opened = open_for_batches(Path(file.path))
        columns, raw, _ = standard_columns(self._opened.schema_arrow)
        others = set(columns.channels).difference(channels)
        unwanted = {columns.channels[name][0] for name in others}
        self._columns = [stored for name, stored in raw.items() if name not in unwanted]
        self._batch_rows = batch_cycles if file.rows_a_cycle == 1 else _DECODED_ROWS
        self._table: pa.Table | None = None
        self._first = self._next = 0
        self._batches: Iterator[pa.RecordBatch] = iter(())

    def read(self, start: int, stop: int) -> pa.Table:
        """Return the rows from `start` up to but without `stop`."""
        pieces: list[pa.Table] = []
        while start < stop:
            if self._table is None or not self._first <= start < self._next:
                self._go_to(start)
                while not self._first <= start < self._next:
                    self._table = pa.Table.from_batches([next(self._batches)])
                    self._first, self._next = self._next, self._next + len(self._table)
            table: pa.Table = self._table
            piece = table.slice(start - self._first, stop - start)
            pieces.append(piece)
            start += len(piece)
        return pieces[0] if len(pieces) == 1 else pa.concat_tables(pieces).unify_dictionaries()

    def _go_to(self, row: int) -> None:
        """Start at the row group of `row`, unless the rows decoded next are nearer."""
        group = bisect_right(self._starts, row) - 1
        if self._table is not None and self._starts[group] <= self._next <= row:
            return
        groups = range(group, self._opened.num_row_groups)
        self._batches = self._opened.iter_batches(
            self._batch_rows, row_groups=list(groups), columns=self._columns
        )
        self._first = self._next = self._starts[group]

    def close(self) -> None:
        """Close the file."""
        self._opened.close()


class _LastReader(threading.local):
    """The reader used last by a thread, kept so that the next range goes on from there."""

    key: tuple[object, ...] = ()
    reader: RowReader | None = None


_last = _LastReader()


def close_reader() -> None:
    """Close the file this thread read last."""
    if _last.reader is not None:
        _last.reader.close()
    _last.reader, _last.key = None, ()


def read_segment(
    segment: Segment, channels: Sequence[str], dataset: str, batch_cycles: int
) -> Parts:
    """Read consecutive cycles of one file.

    Raises
    ------
    FileReadError
        If the file is damaged, or another than when the run began.
    SchemaError, CycleShapeError
        If its rows are not gait cycles on the phase grid.
    """
    file = segment.file
    rows = (segment.start * file.rows_a_cycle, segment.stop * file.rows_a_cycle)
    try:
        with reading(Path(file.path)):
            key = (file.path, file.size, file.modified_ns, tuple(channels), batch_cycles)
            if _last.reader is None or _last.key != key:
                close_reader()
                state = Path(file.path).stat()
                if (state.st_size, state.st_mtime_ns) != (file.size, file.modified_ns):
                    raise FileReadError(
                        expected="the file as it was when the run began",
                        got="a file that was written since",
                        where=file.path,
                        fix="run the command again: what is finished and still valid is kept",
                    )
                _last.reader, _last.key = RowReader(file, channels, batch_cycles), key
            reader = _last.reader
            table = reader.read(rows[0], min(rows[1], file.row_groups[-1]))
        return parts_from_table(table, dataset)
    except LocomotionError as error:
        close_reader()
        raise error if file.path in error.where else error.at(file.path) from None


# From a batch of cycles to a table of features: the one function every engine runs

_FORCES = tuple(
    f"grf_vertical_{side}_{unit}" for side in ("ipsi", "contra") for unit in ("BW", "N")
)


@dataclass(frozen=True)
class Recipe:
    """What to compute, by name: small, comparable and the same on every machine.

    Attributes
    ----------
    channels, columns : tuple of str
        Standard channel names and columns of `cycles` of the whole source.
    groups, aggregations : tuple of str
        Feature groups and statistics.
    dataset : str
        Name of the dataset where the source has no such column.
    batch_cycles : int
        Most cycles of a batch.
    """

    channels: tuple[str, ...]
    columns: tuple[str, ...]
    groups: tuple[str, ...]
    aggregations: tuple[str, ...]
    dataset: str
    batch_cycles: int = 0


@lru_cache(maxsize=4)
def plan_of(recipe: Recipe) -> FeaturePlan:
    """Return the features of a recipe; every process makes its own."""
    schema = Schema.of(recipe.channels, [*KEY, *recipe.columns], recipe.aggregations)
    return FeaturePlan.of(schema, recipe.groups)


@lru_cache(maxsize=4)
def channels_needed(recipe: Recipe) -> tuple[str, ...]:
    """Return the channels the features of a recipe are computed from, in order."""
    required = {name for spec in plan_of(recipe).specs for name in spec.requires}
    if not required.issubset(recipe.channels):
        # Toe-off and support times, named as columns, come from the vertical forces.
        required.update(_FORCES)
    needed = tuple(name for name in recipe.channels if name in required)
    return needed or recipe.channels[:1]


def read_batch(batch: Sequence[Segment], recipe: Recipe) -> LocomotionData:
    """Read the cycles of a batch, with every channel and column of the recipe."""
    channels = channels_needed(recipe)
    pieces = []
    for segment in batch:
        piece = read_segment(segment, channels, recipe.dataset, recipe.batch_cycles)
        if piece.channels != channels:
            # All files' channels in one order; one that a file does not have is NaN.
            shape = (len(channels), len(piece.cycles), N_PHASES)
            block = np.full(shape, np.nan, dtype=np.float32)
            for row, name in zip(block, channels, strict=True):
                if name in piece.channels:
                    row[:] = piece.block[piece.channels.index(name)]
            piece = Parts(piece.cycles, block, channels, piece.history)
        pieces.append(piece)
    parts = pieces[0] if len(pieces) == 1 else concatenate(pieces)
    absent = [name for name in recipe.columns if name not in parts.cycles]
    cycles = parts.cycles.assign(**dict.fromkeys(absent, np.nan)) if absent else parts.cycles
    return LocomotionData._from_parts(  # noqa: SLF001 - the rows were checked when read
        Parts(cycles, parts.block, parts.channels, parts.history)
    )


def extract_batch(view: CycleView, plan: FeaturePlan) -> pa.Table:
    """Return the features of some cycles as an Arrow table.

    Parameters
    ----------
    view : CycleView
        Cycles with every channel and column of the plan; for features between strides, all
        cycles of each dataset, subject, task and task_id.
    plan : FeaturePlan
        The features.

    Returns
    -------
    pyarrow.Table, one row a cycle
        The cycle key, then each feature as float32, NaN where it cannot be known.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=3, n_cycles=2)
    >>> plan = FeaturePlan.of(Schema.of_data(data), ["temporal"])
    >>> table = extract_batch(CycleView(data), plan)
    >>> table.column_names[:5]
    ['dataset', 'subject', 'task', 'task_id', 'step']
    """
    values = plan.compute_view(view).astype(np.float32)
    names = [spec.name for spec in plan.specs]
    columns = {}
    for name in KEY:
        try:
            column = pa.Array.from_pandas(view.cycles[name])
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers in one file, text in the next
            column = pa.Array.from_pandas(view.cycles[name].astype(str))
        is_large = pa.types.is_large_string(column.type)
        columns[name] = column.cast(pa.string()) if is_large else column
    columns.update({name: pa.array(row) for name, row in zip(names, values, strict=True)})
    return pa.table(columns)


# How many cycles a batch may have within a memory budget

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")

_LIBRARIES_BYTES = 330 * 10**6
"""A process that has loaded pandas, pyarrow, numba and the compiled kernels, before any data."""

_COPIES = 5
"""Decoded columns, the curve block, the batch read ahead and kernels' intermediate results."""

_FEATURE_BYTES = 16
"""float64 while computed, float32 in the batch's table and once more in the part."""

_MOST_BATCH_CYCLES = 2048
"""More makes nothing faster."""

_LEAST_BATCH_CYCLES = 32
_PART_BYTES = 24 * 10**6
_MOST_PART_CYCLES = 16384


def bytes_of(memory: str | int) -> int:
    """Return a number of bytes from a number or a text such as ``"1GB"`` or ``"512 MiB"``.

    Raises
    ------
    SchemaError
        If it is neither.

    Examples
    --------
    >>> bytes_of("1.5GB"), bytes_of("512MiB")
    (1500000000, 536870912)
    """
    match = _PATTERN.fullmatch(str(memory))
    if match is None or match.group(2).upper() not in _UNITS:
        raise SchemaError(
            expected="an amount of memory such as 1GB, 800MB or 512MiB",
            got=repr(memory),
            where="memory",
        )
    return int(float(match.group(1)) * _UNITS[match.group(2).upper()])


def batch_cycles_within(memory: str | int, recipe: Recipe, rows_a_cycle: int, least: int) -> int:
    """Return how many cycles a batch may have.

    Parameters
    ----------
    memory : str or int
        What one process may hold.
    recipe : Recipe
        The features.
    rows_a_cycle : int
        150 if a file of the source is in the long layout, else 1.
    least : int
        Cycles that must be in one batch: those of the largest group where features between
        strides are computed, else 1.

    Raises
    ------
    SchemaError
        If a batch does not fit; the message gives the least budget that would do.
    """
    a_cycle = bytes_a_cycle(recipe, rows_a_cycle)
    least = max(least, _LEAST_BATCH_CYCLES)
    fixed = _LIBRARIES_BYTES + min(_PART_BYTES, 4 * len(plan_of(recipe).specs) * _MOST_PART_CYCLES)
    fitting = (bytes_of(memory) - fixed) // a_cycle
    if fitting < least:
        needed = (fixed + least * a_cycle) / 10**6
        raise SchemaError(
            expected=f"at least {needed:,.0f}MB for one batch ({least} cycles, which must be "
            f"computed together, of {a_cycle / 1000:,.0f} kB each; the libraries themselves hold "
            f"{_LIBRARIES_BYTES / 10**6:,.0f}MB)",
            got=f"{bytes_of(memory) / 10**6:,.0f}MB",
            where="memory",
            fix=f"give --memory {-(-needed // 1):.0f}MB or more, or ask for fewer feature groups",
        )
    return max(least, min(fitting, _MOST_BATCH_CYCLES))


def bytes_a_cycle(recipe: Recipe, rows_a_cycle: int) -> int:
    """Return about how many bytes each cycle of a batch takes while it is worked on."""
    curves = len(channels_needed(recipe)) * N_PHASES * 4 * _COPIES
    columns = len(recipe.columns) * 8 * (rows_a_cycle + 8)
    return curves + columns + len(plan_of(recipe).specs) * _FEATURE_BYTES


def part_cycles(recipe: Recipe, batch_cycles: int) -> int:
    """Return about how many cycles a part has, so that its features fit beside a batch."""
    fitting = _PART_BYTES // max(1, 4 * len(plan_of(recipe).specs))
    return max(batch_cycles, min(fitting, _MOST_PART_CYCLES))


# Cutting a source into parts of whole cycles: the unit of work, of retrying and of resuming


@dataclass(frozen=True)
class Part:
    """Batches computed one after the other and written as one file.

    Attributes
    ----------
    batches : tuple of tuple of Segment
        The cycles of each batch, in the order of the output.
    """

    batches: tuple[tuple[Segment, ...], ...]

    @property
    def n_cycles(self) -> int:
        """Number of cycles."""
        return sum(s.stop - s.start for batch in self.batches for s in batch)

    def fingerprint(self, recipe: Recipe) -> str:
        """Return a name that only the same cycles of the same files, and features, have."""
        what = [
            [(s.file.name, s.file.size, s.file.modified_ns, s.start, s.stop) for s in batch]
            for batch in self.batches
        ]
        specs = [repr(spec) for spec in plan_of(recipe).specs]
        text = json.dumps([__version__, recipe.dataset, specs, what])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def cut(files: Sequence[SourceFile], batch_cycles: int, part_cycles: int) -> list[Part]:
    """Cut files into batches of cycles that each stand for themselves."""
    pieces = (
        [Segment(file, start, min(start + batch_cycles, file.n_cycles))]
        for file in files
        for start in range(0, file.n_cycles, batch_cycles)
    )
    return list(_packed(_merged(pieces, batch_cycles), part_cycles))


def cut_between_groups(
    files: Sequence[SourceFile],
    codes: Sequence[NDArray[np.uint64]],
    batch_cycles: int,
    part_cycles: int,
) -> list[Part]:
    """Cut files so that the cycles of one subject, task and task_id are in one batch.

    Parameters
    ----------
    files : sequence of SourceFile
    codes : sequence of ndarray
        For each file one number a cycle; cycles with equal numbers belong together.
    batch_cycles, part_cycles : int
        Most cycles of a batch, and about how many cycles a part has.

    Notes
    -----
    Groups come in the order in which they first appear; a group that is spread over the source
    is brought together.
    """
    groups: dict[int, list[Segment]] = {}
    for file, of_file in zip(files, codes, strict=True):
        edges = np.flatnonzero(np.diff(of_file)) + 1
        bounds = [0, *edges.tolist(), len(of_file)]
        for start, stop in itertools.pairwise(bounds):
            groups.setdefault(int(of_file[start]), []).append(Segment(file, start, stop))
    return list(_packed(_merged(groups.values(), batch_cycles), part_cycles))


def largest_group(codes: Sequence[NDArray[np.uint64]]) -> int:
    """Return the number of cycles of the largest group."""
    _, counts = np.unique(np.concatenate(codes), return_counts=True)
    return int(counts.max())


def _merged(
    groups: Iterable[Sequence[Segment]], batch_cycles: int
) -> Iterator[tuple[Segment, ...]]:
    """Put small groups together into batches, in order."""
    batch: list[Segment] = []
    size = 0
    for group in groups:
        own = sum(segment.stop - segment.start for segment in group)
        if batch and size + own > batch_cycles:
            yield _joined(batch)
            batch, size = [], 0
        batch.extend(group)
        size += own
    if batch:
        yield _joined(batch)


def _joined(segments: list[Segment]) -> tuple[Segment, ...]:
    """Join segments that follow each other in a file."""
    joined = segments[:1]
    for segment in segments[1:]:
        last = joined[-1]
        if segment.file is last.file and segment.start == last.stop:
            joined[-1] = Segment(last.file, last.start, segment.stop)
        else:
            joined.append(segment)
    return tuple(joined)


def _packed(batches: Iterable[tuple[Segment, ...]], part_cycles: int) -> Iterator[Part]:
    part: list[tuple[Segment, ...]] = []
    size = 0
    for batch in batches:
        own = sum(segment.stop - segment.start for segment in batch)
        if part and size + own > part_cycles:
            yield Part(tuple(part))
            part, size = [], 0
        part.append(batch)
        size += own
    if part:
        yield Part(tuple(part))


# One part from reading to its file, in whatever process

_NOTES_KEY = b"locomotion_analysis.notes"

ReadBatch = Callable[[Sequence[Segment], Recipe], LocomotionData]


@dataclass(frozen=True)
class Task:
    """A part to compute and the file to write it to."""

    part: Part
    recipe: Recipe
    path: str

    def is_finished(self) -> bool:
        """Return whether the file is there and whole."""
        try:
            table, _ = read_part(Path(self.path))
        except (OSError, pa.ArrowInvalid):
            return False
        return len(table) == self.part.n_cycles


@dataclass(frozen=True)
class Failure:
    """An error made on purpose, as plain values that any process can hand over.

    Attributes
    ----------
    file : str
        The source file that cannot be read; empty where no file is to blame.
    kind, expected, got, where, fix : str
        Class and parts of the error.
    """

    file: str
    kind: str
    expected: str
    got: str
    where: str
    fix: str

    def error(self) -> LocomotionError:
        """Return the error itself."""
        made: LocomotionError = getattr(errors, self.kind)(
            expected=self.expected, got=self.got, where=self.where, fix=self.fix
        )
        return made


@dataclass(frozen=True)
class Notes:
    """What was found and assumed while computing some cycles.

    Attributes
    ----------
    stance : dict of str to int
        How many cycles' end of stance came from where.
    impossible : dict of str to int
        How many values of a column are impossible and were taken as unknown.
    warnings : tuple of str
        What the features warned of.
    """

    stance: dict[str, int]
    impossible: dict[str, int]
    warnings: tuple[str, ...] = ()

    @classmethod
    def joined(cls, notes: "Sequence[Notes]") -> "Notes":
        """Add notes up."""
        stance: Counter[str] = Counter()
        impossible: Counter[str] = Counter()
        for note in notes:
            stance.update(note.stance)
            impossible.update(note.impossible)
        texts = dict.fromkeys(text for note in notes for text in note.warnings)
        return cls(dict(stance), dict(impossible), tuple(texts))


def run_task(task: Task, read: ReadBatch = read_batch) -> Failure | None:
    """Compute a part and write it, whole or not at all.

    Returns
    -------
    Failure or None
        Why the part cannot be computed, or None when its file is there.
    """
    tables, notes = [], []
    for batch in task.part.batches:
        try:
            data = read(batch, task.recipe)
        except LocomotionError as error:
            blamed = [s.file.path for s in batch if s.file.path in error.where]
            return _failure(error, blamed[0] if blamed else "")
        try:
            plan = plan_of(task.recipe)
            view = CycleView(data)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", LocomotionWarning)
                table = extract_batch(view, plan)
            stance = {}
            if any("stance_percent" in spec.requires for spec in plan.specs):
                stance = {str(name): count for name, count in Counter(view.stance.source).items()}
            texts = tuple(dict.fromkeys(str(warning.message) for warning in caught))
            noted = Notes(stance, impossible_counts(view.cycles), texts)
        except LocomotionError as error:
            return _failure(error, "")
        tables.append(table)
        notes.append(noted)
    joined = pa.concat_tables(tables, promote_options="permissive")
    text = json.dumps(asdict(Notes.joined(notes))).encode()
    schema = joined.schema.with_metadata({_NOTES_KEY: text})
    with (
        atomic_path(task.path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, schema) as writer,
    ):
        writer.write_table(joined)
    return None


def _failure(error: LocomotionError, file: str) -> Failure:
    return Failure(file, type(error).__name__, error.expected, error.got, error.where, error.fix)


def read_part(path: Path) -> tuple[pa.Table, Notes]:
    """Read a finished part; its numbers stay in the file until they are touched.

    Raises
    ------
    pyarrow.ArrowInvalid
        If the file is not whole.
    """
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
        table = file.read_all()
    notes = json.loads(table.schema.metadata[_NOTES_KEY])
    stored = Notes(notes["stance"], notes["impossible"], tuple(notes["warnings"]))
    return table.replace_schema_metadata(None), stored
