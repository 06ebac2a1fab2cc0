"""Gait cycles in Parquet and CSV files: two layouts, read whole or in batches, and written.

*Cycle* layout: one row a cycle, one list of 150 values a channel. *Long* layout: 150 rows a cycle,
one phase column, one column a channel. Which of the two a table is in is seen from its columns.
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.budget import most_unpacked_bytes, refuse_unpacked
from locomotion_analysis.data.columns import (
    Columns,
    float32_values,
    plain_text,
    refuse_time_indexed,
    rename_aliases,
    require_key_columns,
    sort_columns,
    tidy_cycles,
)
from locomotion_analysis.data.identity import People
from locomotion_analysis.data.parts import (
    HistoryEntry,
    Parts,
    history_from_json,
    history_to_json,
)
from locomotion_analysis.data.unpacked import columns_read_as_codes, parquet_bytes, written_out
from locomotion_analysis.errors import (
    CycleShapeError,
    DuplicateCycleError,
    FileReadError,
    LocomotionError,
    SchemaError,
    listed,
)
from locomotion_analysis.standard import (
    KEY,
    N_PHASES,
    PHASE_COLUMN,
    PHASE_PERCENT,
    canonical_name,
)

_METADATA_KEY = b"locomotion_analysis.history"
_PARQUET_MAGIC = b"PAR1"
_NAMES = ("dataset", "subject", "task", "task_id")
_CSV_MISSING = [
    *pa_csv.ConvertOptions().null_values,
    *("-", "--", "---", "na", "N.A.", "n.a.", "<NA>"),
]
_DELIMITERS = b",;\t"
_NO_DELIMITER = re.compile(rb'"[^"]*"|\[[^\[\]]*\]|\([^()]*\)')
"""Parts of a heading in which a delimiter is none: quoted, or a unit in brackets."""
_COMMA_CELL = re.compile(
    rb'(?:^|[;\t"])[+-]?\d*,(?:\d{1,2}|\d{4,})(?:[eE][+-]?\d+)?(?=[;\t"\r\n]|\Z)', re.MULTILINE
)
"""A number whose comma can only be its decimal mark: 1,234 may be a thousand."""
_POINT_CELL = re.compile(
    rb'(?:^|[;\t"])[+-]?\d*\.\d+(?:[eE][+-]?\d+)?(?=[;\t"\r\n]|\Z)', re.MULTILINE
)
_PHASE_TOLERANCE = 1e-3
"""Percent of the cycle; float32 phase columns are off by less than 1e-5."""

# The cycle layout


def is_cycle_layout(table: pa.Table, columns: Columns) -> bool:
    """Return whether the channel columns of `table` are lists."""
    return any(pa.types.is_nested(table[name].type) for name, _ in columns.channels.values())


def read_cycle(table: pa.Table, columns: Columns) -> Parts:
    """Turn a table of one row a cycle into cycles and a curve block.

    Raises
    ------
    CycleShapeError
        If a curve does not have 150 values.
    """
    block = np.empty((len(columns.channels), len(table), N_PHASES), dtype=np.float32)
    for index, (name, factor) in enumerate(columns.channels.values()):
        block[index] = _curves(table[name], name)
        if factor != 1.0:
            block[index] *= np.float32(factor)
    metadata = plain_text(table.select(list(columns.metadata))).to_pandas()
    return Parts(metadata, block, tuple(columns.channels))


def write_cycle_columns(
    cycles: pd.DataFrame, block: NDArray[np.float32], channels: tuple[str, ...]
) -> dict[str, pa.Array]:
    """Return the columns of the cycle layout of some cycles, in order."""
    frame = pa.Table.from_pandas(cycles, preserve_index=False)
    columns = {name: frame[name].combine_chunks() for name in frame.column_names}
    for index, name in enumerate(channels):
        values = pa.array(block[index].reshape(-1))
        columns[name] = pa.FixedSizeListArray.from_arrays(values, N_PHASES)
    return columns


def _curves(column: pa.ChunkedArray, name: str) -> NDArray[np.float32]:
    if not pa.types.is_nested(column.type) or pa.types.is_struct(column.type):
        raise SchemaError(
            expected=f"a list of {N_PHASES} numbers a cycle in channel {name}",
            got=f"{column.type}",
            where=f"column {name}",
            fix="write all channels in the same layout",
        )
    missing = pc.is_null(column).to_numpy()
    lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    wrong = ~missing & (lengths != N_PHASES)
    if wrong.any():
        row = int(wrong.argmax())
        raise CycleShapeError(
            expected=f"{N_PHASES} values a gait cycle",
            got=f"{int(lengths[row])} values ({int(wrong.sum())} of {len(column)} cycles differ)",
            where=f"column {name}, row {row}",
            fix="resample the curves to numpy.linspace(0, 100, 150)",
        )
    # list_flatten leaves null lists out, so they are put back as NaN rows.
    curves = np.full((len(column), N_PHASES), np.nan, dtype=np.float32)
    values = float32_values(pc.list_flatten(column), name)
    curves[~missing] = values.reshape(-1, N_PHASES)
    return curves


# Files


def parquet_files(path: str | os.PathLike[str]) -> list[Path]:
    """Return the Parquet files of `path`: itself, or those of the folder, in name order."""
    place = Path(path)
    if not place.exists():
        raise FileReadError(
            expected="a Parquet file or a folder of them",
            got="nothing at that path",
            where=str(place),
            fix="check the spelling and the folder you are in",
        )
    if place.is_file():
        return [place]
    files = sorted(place.glob("**/*.parquet"))
    if not files:
        raise FileReadError(
            expected="a folder with Parquet files",
            got="no file that ends in .parquet",
            where=str(place),
            fix="name the folder that holds them; `locomotion convert FOLDER --out walk.parquet` "
            "makes one of recordings",
        )
    return files


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open one Parquet file, or say what is wrong with it.

    Raises
    ------
    FileReadError
        If it is damaged or of another kind.
    UnpackedSizeError
        If its pages would unpack to far more than a file of its size holds.
    """
    try:
        raw = _buffer_of(path)
        return open_within(raw, most_unpacked_bytes(raw.size), str(path), path)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:  # names that are no UTF-8
        raise _unreadable(path, error) from error


def _buffer_of(path: Path) -> pa.Buffer:
    with pa.memory_map(str(path)) as mapped:
        return mapped.read_buffer()


def open_within(raw: pa.Buffer, most: int, where: str, path: Path | None = None) -> pq.ParquetFile:
    """Open a Parquet file, its text as codes, whose pages unpack to at most `most` bytes.

    Parameters
    ----------
    raw : pyarrow.Buffer
        What is in the file.
    most : int
        Most bytes that its columns may take in memory.
    where : str
        Its name, for errors.
    path : Path, optional
        Where to read it from, so that pages are not held in memory after they are read.

    Raises
    ------
    UnpackedSizeError
        If it would take more.
    pyarrow.ArrowException, OSError
        If it is damaged.
    """
    footer = pq.read_metadata(pa.BufferReader(raw))
    # Repeated text (a subject's name in each of 150 rows) stays as codes while reading.
    coded = columns_read_as_codes(footer)
    refuse_unpacked(parquet_bytes(raw, footer, coded), most, where)
    texts = [footer.schema.column(k).path for k in coded]
    # Buffering ahead would hold the whole file in memory by the end of a scan.
    return pq.ParquetFile(
        pa.BufferReader(raw) if path is None else path,
        read_dictionary=texts,
        pre_buffer=False,
        page_checksum_verification=True,
    )


def read_parquet_table(path: Path) -> tuple[pa.Table, tuple[HistoryEntry, ...]]:
    """Read one Parquet file and the history stored in it; its text stays as codes."""
    with open_parquet(path) as file:
        try:
            table = file.read()
        except (pa.ArrowInvalid, OSError) as error:
            raise _unreadable(path, error) from error
        return table, stored_history(file.schema_arrow, path)


def read_plain_table(source: Path | bytes, most: int | None = None, where: str = "") -> pa.Table:
    """Read any Parquet table with the types it was written with.

    Parameters
    ----------
    source : Path or bytes
        The file, or what is in it.
    most : int, optional
        Most bytes it may take in memory; else what a file of its size may.
    where : str
        Its name for errors, where it is not a path.

    Raises
    ------
    UnpackedSizeError
        If it would take more.
    pyarrow.ArrowException, OSError
        If it is damaged.
    """
    place = where or str(source)
    raw = pa.py_buffer(source) if isinstance(source, bytes) else _buffer_of(source)
    most = most_unpacked_bytes(raw.size) if most is None else most
    with open_within(raw, most, place) as file:
        table = file.read()
        stored = file.metadata.schema.to_arrow_schema()
    return written_out(table, stored, most, place)


def read_csv_table(path: str | os.PathLike[str], texts: Collection[str] = ()) -> pa.Table:
    """Read a CSV file with one header row as :func:`parse_csv`; an error names the file."""
    place = Path(path)
    if not place.is_file():
        raise FileReadError(
            expected="a CSV file",
            got="a folder" if place.is_dir() else "nothing at that path",
            where=str(place),
            fix="check the spelling and the folder you are in",
        )
    try:
        return parse_csv(place.read_bytes(), texts)
    except FileReadError as error:
        raise error.at(str(place)) from None
    except pa.ArrowInvalid as error:
        got = str(error).splitlines()[0].removeprefix("CSV parse error: ")
        raise FileReadError(
            expected="a table with one header row, and as many values in each row",
            got=got[0].lower() + got[1:],
            where=str(place),
            fix="export it again as CSV; is it cut off, or does it begin with a title?",
        ) from error


_NO_CSV = (
    (b"PAR1", "a Parquet file", "read it with LocomotionData.from_parquet"),
    (b"PK", "a workbook or an archive", "save its sheet as CSV, or convert it: locomotion convert"),
    (b"\x1f\x8b", "a gzip file", "unpack it first"),
)
"""First bytes of files of another kind, and what to do with them."""


def parse_csv(raw: bytes, texts: Collection[str] = ()) -> pa.Table:
    """Read text as a table; names such as 007, and columns `texts`, stay text.

    The header row tells whether commas, semicolons or tabs stand between the columns. Beside
    semicolons and tabs a decimal comma is read as one where every number that shows its mark has it.

    Raises
    ------
    FileReadError
        If it is no text in UTF-8.
    """
    for magic, kind, fix in _NO_CSV:
        if raw.startswith(magic):
            raise FileReadError(expected="comma-separated text", got=kind, fix=fix)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileReadError(
            expected="text in UTF-8",
            got="text of another encoding (Latin-1, Windows-1252 or UTF-16?)",
            where=f"line {line}",
            fix="save it again as UTF-8",
        ) from None
    delimiter, decimal = _csv_marks(raw)
    written = pa_csv.ParseOptions(delimiter=delimiter)
    with pa_csv.open_csv(pa.BufferReader(raw), parse_options=written) as reader:
        columns = reader.schema.names
    as_text = {
        name: pa.string()
        for name in columns
        if name in texts or canonical_name(name.lower()) in _NAMES
    }
    return pa_csv.read_csv(
        pa.BufferReader(raw),
        parse_options=written,
        convert_options=pa_csv.ConvertOptions(
            column_types=as_text,
            null_values=_CSV_MISSING,
            strings_can_be_null=True,
            decimal_point=decimal,
        ),
    )


def csv_names(raw: bytes) -> list[str]:
    """Return the names in the first line of a table of text, as they stand there."""
    delimiter, _ = _csv_marks(raw)
    heading = raw.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0]
    return [name.strip(' "\r') for name in heading.decode(errors="replace").split(delimiter)]


def csv_width(raw: bytes) -> int:
    """Return how many columns the first line of text in a table has."""
    heading = _NO_DELIMITER.sub(b"", raw.lstrip().partition(b"\n")[0])
    return max(heading.count(mark) for mark in _DELIMITERS) + 1


def _csv_marks(raw: bytes) -> tuple[str, str]:
    """Return what stands between columns, and before decimals."""
    heading = _NO_DELIMITER.sub(b"", raw.lstrip().partition(b"\n")[0])
    delimiter = chr(max(_DELIMITERS, key=heading.count))
    comma = delimiter != "," and _COMMA_CELL.search(raw) and not _POINT_CELL.search(raw)
    return delimiter, "," if comma else "."


def stored_history(schema: pa.Schema, path: Path) -> tuple[HistoryEntry, ...]:
    """Return the history a file of this project carries, or an empty one."""
    content = (schema.metadata or {}).get(_METADATA_KEY)
    return () if content is None else history_from_json(content, f"{path}, history")


def is_own(path: Path) -> bool:
    """Return whether a file is Parquet that says that this project wrote it."""
    try:
        return _METADATA_KEY in (pq.read_schema(path).metadata or {})
    except (pa.ArrowInvalid, UnicodeDecodeError, OSError):
        return False  # of another format, or damaged: reading it says so


_WRITERS = {".parquet": ("Parquet", "to_parquet"), ".csv": ("CSV", "to_csv")}
_OTHER_ENDINGS = (
    *(".tsv", ".txt", ".json", ".xlsx", ".ods", ".mat", ".feather", ".h5", ".npz"),
    *(".c3d", ".trc", ".mot", ".sto", ".osim", ".b3d", ".html", ".yaml", ".zip", ".gz"),
)


def refuse_other_ending(path: str | os.PathLike[str], own: str = ".parquet") -> None:
    """Raise where a format would be written under the ending of another one.

    Parameters
    ----------
    path : path-like
        File to write.
    own : {".parquet", ".csv"}
        Ending of what is written.

    Raises
    ------
    SchemaError
        It names the ending.
    """
    ending = Path(path).suffix.lower()
    if ending != own and ending in (*_WRITERS, *_OTHER_ENDINGS):
        other = "other formats: dataset exports"
        if ending in _WRITERS:
            name, method = _WRITERS[ending]
            other = f"{method} writes {name}"
        raise SchemaError(
            expected=f"a file that ends in {own}, as {_WRITERS[own][0]} is written",
            got=Path(path).name,
            where="name of the file to write",
            fix=f"end it in {own}; {other}",
        )


def write_parquet(
    path: Path,
    batches: Iterator[pa.Table],
    history: tuple[HistoryEntry, ...],
    float_columns: list[str],
) -> None:
    """Write `batches` as one Parquet file (zstd, floats split by byte)."""
    first = next(batches)
    schema = first.schema.with_metadata({_METADATA_KEY: history_to_json(history).encode()})
    dictionary = [name for name in schema.names if name not in float_columns]
    leaves = [
        f"{name}.list.element" if pa.types.is_nested(schema.field(name).type) else name
        for name in float_columns
    ]
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=dictionary,
        use_byte_stream_split=leaves,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(first.cast(schema))
        for batch in batches:
            writer.write_table(batch.cast(schema))


def _unreadable(path: Path, error: Exception) -> FileReadError:
    if not path.exists():
        return FileReadError(
            expected="a Parquet file",
            got="nothing at that path",
            where=str(path),
            fix="check the spelling and the folder you are in",
        )
    with path.open("rb") as stream:
        begins = stream.read(4) == _PARQUET_MAGIC
    if begins:
        got, fix = "a Parquet file that is cut off or damaged", "copy or download the file again"
    elif not path.stat().st_size:
        got, fix = "an empty file", "copy or export the file again"
    else:
        got = "a file of another kind"
        fix = "save a table of features as .csv; `locomotion convert` makes gait cycles of "
        fix += "laboratory files and workbooks"
    detail = str(error).splitlines()[0] if begins else ""
    return FileReadError(
        expected="a Parquet file",
        got=f"{got} ({detail})" if detail else got,
        where=str(path),
        fix=fix,
    )


# The long layout


def read_long(table: pa.Table, columns: Columns) -> Parts:
    """Turn a long table with standard names into cycles and a curve block.

    Parameters
    ----------
    table : pyarrow.Table
        150 rows a cycle, in any order; one column ``phase_ipsi`` from 0 to 100.
    columns : Columns
        Which columns are channels and which describe a cycle.

    Raises
    ------
    CycleShapeError
        If a cycle has another number of rows, or another phase grid.
    DuplicateCycleError
        If two cycles share a key.
    """
    require_key_columns(table.column_names)
    phase = _checked_phase(table)
    codes = [_codes(table[name]) for name in KEY if name in table.column_names]
    history = []
    in_cycle_order = (
        len(phase) % N_PHASES == 0
        and bool((np.diff(phase.reshape(-1, N_PHASES), axis=1) > 0).all())
        and all(map(_same_in_cycles, codes))
    )
    if not in_cycle_order:
        order = _cycle_order(table, phase, codes)
        table, phase = table.take(pa.array(order)), phase[order]
        history.append(HistoryEntry("reordered", "rows sorted by cycle and phase", len(order)))
    distance = np.abs(phase.reshape(-1, N_PHASES) - PHASE_PERCENT.astype(np.float32)).max(axis=1)
    wrong = distance > _PHASE_TOLERANCE
    if wrong.any():
        first = int(wrong.argmax())
        raise CycleShapeError(
            expected="the phase grid numpy.linspace(0, 100, 150)",
            got=f"phases up to {distance[first]:.3g} % away ({int(wrong.sum())} cycles)",
            where=_name_cycle(table, first * N_PHASES),
            fix="resample the cycles to numpy.linspace(0, 100, 150)",
        )
    metadata = [name for name in columns.metadata if _constant_in_cycles(table[name])]
    for name in columns.metadata:
        if name not in metadata:
            detail = f"column {name}: changes within a cycle and is no channel name"
            history.append(HistoryEntry("dropped", detail))
    firsts = pa.array(np.arange(0, len(table), N_PHASES))
    cycles = plain_text(table.select(metadata).take(firsts)).to_pandas()
    block = np.empty((len(columns.channels), len(cycles), N_PHASES), dtype=np.float32)
    for index, (column, factor) in enumerate(columns.channels.values()):
        block[index] = float32_values(table[column], column).reshape(-1, N_PHASES)
        if factor != 1.0:
            block[index] *= np.float32(factor)
    return Parts(cycles, block, tuple(columns.channels), tuple(history))


def write_long_columns(
    cycles: pd.DataFrame, block: NDArray[np.float32], channels: tuple[str, ...]
) -> dict[str, pa.Array]:
    """Return the columns of the long layout of some cycles, in order."""
    rows = pa.array(np.repeat(np.arange(len(cycles), dtype=np.int32), N_PHASES))
    columns: dict[str, pa.Array] = {}
    frame = pa.Table.from_pandas(cycles, preserve_index=False)
    for name in frame.column_names:
        column = frame[name].combine_chunks()
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            encoded = column.dictionary_encode()
            columns[name] = pa.DictionaryArray.from_arrays(
                encoded.indices.take(rows), encoded.dictionary
            )
        else:
            columns[name] = column.take(rows)
    columns[PHASE_COLUMN] = pa.array(np.tile(PHASE_PERCENT.astype(np.float32), len(cycles)))
    for index, name in enumerate(channels):
        columns[name] = pa.array(block[index].reshape(-1))
    return columns


def _checked_phase(table: pa.Table) -> NDArray[np.float32]:
    phase = float32_values(table[PHASE_COLUMN], PHASE_COLUMN)
    outside = ~((phase >= -_PHASE_TOLERANCE) & (phase <= 100.0 + _PHASE_TOLERANCE))
    if outside.any():
        row = int(outside.argmax())
        raise SchemaError(
            expected="phases from 0 to 100 (percent of the gait cycle)",
            got=f"{phase[row]:g} ({int(outside.sum())} such rows)",
            where=f"column {PHASE_COLUMN}, row {row}",
            fix="give the phase in percent of the ipsilateral cycle",
        )
    if len(phase) and phase.max() <= 1.0:
        raise SchemaError(
            expected="phases from 0 to 100 (percent of the gait cycle)",
            got=f"a largest phase of {phase.max():g}, so a fraction of the cycle",
            where=f"column {PHASE_COLUMN}",
            fix="multiply the column by 100",
        )
    return phase


def _codes(column: pa.ChunkedArray) -> NDArray[np.integer[Any]]:
    if pa.types.is_integer(column.type) and column.null_count == 0:
        values: NDArray[np.integer[Any]] = column.to_numpy()
        return values
    if pa.types.is_null(column.type):  # an empty column of text, which Arrow cannot unify
        return np.zeros(len(column), dtype=np.int8)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    # Chunks may number the same text differently until their dictionaries are unified.
    indices = column.unify_dictionaries().combine_chunks().indices
    # Polars numbers categories with unsigned integers, which have no -1.
    codes: NDArray[np.integer[Any]] = pc.fill_null(indices.cast(pa.int64()), -1).to_numpy(
        zero_copy_only=False
    )
    return codes


def _same_in_cycles(codes: NDArray[Any]) -> bool:
    cycles = codes.reshape(-1, N_PHASES)
    return bool((cycles == cycles[:, :1]).all())


def _cycle_order(
    table: pa.Table, phase: NDArray[np.float32], codes: list[NDArray[np.integer[Any]]]
) -> NDArray[np.intp]:
    """Return the row order that sorts by first appearance of a cycle, then by phase."""
    keys = pd.DataFrame(dict(enumerate(codes)))
    cycle = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy()
    counts = np.bincount(cycle)
    order: NDArray[np.intp] = np.lexsort((phase, cycle))
    wrong = counts != N_PHASES
    if wrong.any():
        first = int(wrong.argmax())
        where = _name_cycle(table, int((cycle == first).argmax()))
        own = np.sort(phase[cycle == first])
        if (np.diff(own) == 0).any():
            raise DuplicateCycleError(
                expected="every gait cycle once",
                got=f"{int(wrong.sum())} cycle(s) in which a phase occurs twice",
                where=where,
                fix="number the steps of a subject and task differently, or remove the copies",
            )
        raise CycleShapeError(
            expected=f"{N_PHASES} rows a gait cycle",
            got=f"{int(counts[first])} rows ({int(wrong.sum())} of {len(counts)} cycles differ)",
            where=where,
            fix="remove the incomplete cycles, or resample all to numpy.linspace(0, 100, 150)",
        )
    return order


def _name_cycle(table: pa.Table, row: int) -> str:
    names = [name for name in KEY if name in table.column_names]
    return ", ".join(f"{name}={table[name][row].as_py()}" for name in names)


def _constant_in_cycles(column: pa.ChunkedArray) -> bool:
    if pa.types.is_nested(column.type):
        return False
    if pa.types.is_floating(column.type):
        values = pc.fill_null(column, np.nan).to_numpy().reshape(-1, N_PHASES)
        return np.array_equal(values, np.broadcast_to(values[:, :1], values.shape), equal_nan=True)
    return _same_in_cycles(_codes(column))


# Either layout


def parts_from_table(
    table: pa.Table, dataset: str, met: People | None = None, *, curveless: bool = False
) -> Parts:
    """Read a table in either layout, recognised by its columns.

    Parameters
    ----------
    table : pyarrow.Table
        150 rows a cycle with a phase column, or one row a cycle with lists of 150.
    dataset : str
        Name of the dataset where the table has no such column.
    met : People, optional
        Those of earlier parts of the same data.
    curveless : bool
        Whether it may be cycles without any curve, one row each.
    """
    table, renamed = rename_aliases(table.replace_schema_metadata(None))
    refuse_time_indexed(table)
    columns, converted = sort_columns(table)
    if len(table) == 0:
        raise SchemaError(
            expected="at least one gait cycle",
            got="a table without rows",
            fix="export it again; were all rows filtered out?",
        )
    curveless = curveless and PHASE_COLUMN not in table.column_names
    if not columns.channels and not curveless:
        raise SchemaError(
            expected="at least one channel, for example knee_flexion_angle_ipsi_rad",
            got=f"columns {listed(table.column_names)}",
            fix="are the curves under other names? `locomotion convert FILE --write-map map.yaml` "
            "drafts what they mean. A table of features (one number a column) goes to locomotion "
            "run, train and audit, and to LocomotionData.from_features",
        )
    if is_cycle_layout(table, columns) or not columns.channels:
        parts = read_cycle(table, columns)
    elif PHASE_COLUMN in table.column_names:
        parts = read_long(table, columns)
    else:
        raise SchemaError(
            expected=f"a column {PHASE_COLUMN} (percent of the gait cycle), or lists of 150 values",
            got=f"columns {listed(table.column_names)}",
            fix=f"add {PHASE_COLUMN}, running from 0 to 100 in every cycle",
        )
    cycles, tidied = tidy_cycles(parts.cycles, dataset, met, curves=bool(parts.channels))
    history = (*renamed, *converted, *parts.history, *tidied)
    return Parts(cycles, parts.block, parts.channels, history)


def parts_of_file(
    table: pa.Table,
    history: tuple[HistoryEntry, ...],
    path: str | os.PathLike[str],
    dataset: str,
    met: People | None = None,
) -> Parts:
    """Read a file's table as :func:`parts_from_table`; an error names the file.

    Parameters
    ----------
    table, history
        What the file holds, and what it says was done to it.
    path : path-like
        The file, for errors.
    dataset : str
        Name of the dataset where the table has no such column.
    met : People, optional
        Those of earlier parts of the same data.
    """
    # Only what this project wrote may be cycles without curves: other tables are of another kind.
    own = _METADATA_KEY in (table.schema.metadata or {})
    try:
        parts = parts_from_table(table, dataset, met, curveless=own)
    except LocomotionError as error:
        raise error.at(str(path)) from None
    new = (entry for entry in parts.history if entry not in history)
    return replace(parts, history=(*history, *new))


def table_from_frame(frame: pd.DataFrame) -> pa.Table:
    """Return a pandas frame as an Arrow table, its index left out unless it is named."""
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError(
            expected="a pandas DataFrame of 150 rows a gait cycle",
            got=type(frame).__name__,
            fix="name its columns, pandas.DataFrame(values, columns=[...]); of a file: "
            "LocomotionData.from_parquet or from_csv",
        )
    named = [name for name in frame.index.names if name is not None and name not in frame]
    plain = frame.reset_index(level=named) if named else frame
    repeated = plain.columns[plain.columns.duplicated()]
    if len(repeated):
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(map(str, repeated))} more than once",
            fix="remove or rename the repeated columns",
        )
    arrays: dict[str, pa.Array] = {}
    for name in plain.columns:
        values = plain[name]
        try:
            arrays[str(name)] = pa.Array.from_pandas(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # values of several types
            texts = values.map(str).to_numpy(dtype=object)
            arrays[str(name)] = pa.array(texts, mask=np.asarray(values.isna()))
        except pa.ArrowNotImplementedError:
            raise SchemaError(
                expected="columns of real numbers, text, truth values or times",
                got=f"{values.dtype} values",
                where=f"column {name}",
                fix="remove the column, or make such values of it",
            ) from None
    return pa.table(arrays)


# Reading in batches of whole cycles, so that memory stays bounded


def scan_parts(path: str | os.PathLike[str], batch_cycles: int) -> Iterator[Parts]:
    """Yield the parts of at most `batch_cycles` cycles at a time, file after file.

    A long file must hold each cycle's 150 rows together, as every writer of the field does.
    """
    met = People()
    for file_path in parquet_files(path):
        with open_parquet(file_path) as file:
            history = stored_history(file.schema_arrow, file_path)
            for table in _tables_of_whole_cycles(file, batch_cycles):
                yield parts_of_file(table, history, file_path, Path(path).stem, met)


def _tables_of_whole_cycles(file: pq.ParquetFile, batch_cycles: int) -> Iterator[pa.Table]:
    """Cut a file's rows at cycle boundaries, whatever its row groups are."""
    names = {canonical_name(name) for name in file.schema_arrow.names}
    rows_a_cycle = N_PHASES if PHASE_COLUMN in names else 1
    rest: pa.Table | None = None
    for batch in file.iter_batches(batch_size=batch_cycles * rows_a_cycle):
        table = pa.Table.from_batches([batch])
        if rest is not None:
            table = pa.concat_tables([rest, table]).unify_dictionaries()
        whole = min(len(table) // rows_a_cycle, batch_cycles) * rows_a_cycle
        rest = table.slice(whole)
        if whole:
            yield table.slice(0, whole)
    if rest is None:
        yield file.read()  # no rows at all, which is refused as by `from_parquet`
    elif len(rest):
        for start in range(0, len(rest), batch_cycles * rows_a_cycle):
            yield rest.slice(start, batch_cycles * rows_a_cycle)
