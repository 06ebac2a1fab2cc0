"""Reading ranges of cycles of Parquet files, forward, decoding as little as can be."""

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from locomotion_analysis.data.parts import Parts
from locomotion_analysis.data.tables import parts_from_table
from locomotion_analysis.errors import FileReadError, LocomotionError
from locomotion_analysis.features.streaming.source import (
    SourceFile,
    open_for_batches,
    reading,
    standard_columns,
)

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
            table = self._table_with(start)
            piece = table.slice(start - self._first, stop - start)
            pieces.append(piece)
            start += len(piece)
        return pieces[0] if len(pieces) == 1 else pa.concat_tables(pieces).unify_dictionaries()

    def _table_with(self, row: int) -> pa.Table:
        if self._table is None or not self._first <= row < self._next:
            self._go_to(row)
            while not self._first <= row < self._next:
                self._table = pa.Table.from_batches([next(self._batches)])
                self._first, self._next = self._next, self._next + len(self._table)
        return self._table

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


def _reader_of(file: SourceFile, channels: Sequence[str], batch_cycles: int) -> RowReader:
    key = (file.path, file.size, file.modified_ns, tuple(channels), batch_cycles)
    if _last.reader is None or _last.key != key:
        close_reader()
        _refuse_changed(file)
        _last.reader, _last.key = RowReader(file, channels, batch_cycles), key
    return _last.reader


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
            reader = _reader_of(file, channels, batch_cycles)
            table = reader.read(rows[0], min(rows[1], file.row_groups[-1]))
        return parts_from_table(table, dataset)
    except LocomotionError as error:
        close_reader()
        raise error if file.path in error.where else error.at(file.path) from None


def _refuse_changed(file: SourceFile) -> None:
    state = Path(file.path).stat()
    if (state.st_size, state.st_mtime_ns) != (file.size, file.modified_ns):
        raise FileReadError(
            expected="the file as it was when the run began",
            got="a file that was written since",
            where=file.path,
            fix="run the command again: what is finished and still valid is kept",
        )
