"""MERGED parquet.

- The cycle layout: one row a cycle, one list of 150 values a channel.
- Opening Parquet and CSV files, with errors that name the file and the reason.
- The long layout: 150 rows a cycle, one phase column, one column a channel.
- From any table of gait cycles to the parts of the core object.
- Reading in batches of whole cycles, so that memory stays bounded.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

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
from locomotion_analysis.data.history import HistoryEntry, history_from_json, history_to_json
from locomotion_analysis.data.parts import Parts
from locomotion_analysis.errors import (
    CycleShapeError,
    DuplicateCycleError,
    FileReadError,
    LocomotionError,
    SchemaError,
)
from locomotion_analysis.standard import (
    KEY,
    N_PHASES,
    PHASE_COLUMN,
    PHASE_PERCENT,
    canonical_name,
    is_channel,
)

# ----------------------------------------------------------------------
# The cycle layout: one row a cycle, one list of 150 values a channel.


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


# ----------------------------------------------------------------------
# Opening Parquet and CSV files, with errors that name the file and the reason.


_METADATA_KEY = b"locomotion_analysis.history"
_PARQUET_MAGIC = b"PAR1"
_NAMES = ("dataset", "subject", "task", "task_id")


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
            fix="name the file itself, or the folder that holds the files",
        )
    return files


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open one Parquet file, or say what is wrong with it."""
    try:
        schema = pq.read_schema(path)
        # Repeated text (a subject's name in each of 150 rows) stays as codes while reading.
        texts = [field.name for field in schema if _is_text(field)]
        # Buffering ahead would hold the whole file in memory by the end of a scan.
        return pq.ParquetFile(
            path, read_dictionary=texts, pre_buffer=False, page_checksum_verification=True
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(path, error) from error


def read_parquet_table(path: Path) -> tuple[pa.Table, tuple[HistoryEntry, ...]]:
    """Read one Parquet file and the history stored in it."""
    with open_parquet(path) as file:
        try:
            table = file.read()
        except (pa.ArrowInvalid, OSError) as error:
            raise _unreadable(path, error) from error
        return table, stored_history(file.schema_arrow)


def read_csv_table(path: str | os.PathLike[str]) -> pa.Table:
    """Read a comma-separated file with one header row."""
    place = Path(path)
    if not place.is_file():
        raise FileReadError(
            expected="a CSV file",
            got="a folder" if place.is_dir() else "nothing at that path",
            where=str(place),
            fix="check the spelling and the folder you are in",
        )
    try:
        return parse_csv(place.read_bytes())
    except pa.ArrowInvalid as error:
        raise FileReadError(
            expected="a comma-separated table with one header row",
            got=str(error).splitlines()[0],
            where=str(place),
            fix="export it again with commas between columns and points in numbers",
        ) from error


def parse_csv(raw: bytes) -> pa.Table:
    """Read comma-separated text; names such as 007 stay text and keep their zeros."""
    with pa_csv.open_csv(pa.BufferReader(raw)) as reader:
        columns = reader.schema.names
    as_text = {name: pa.string() for name in columns if canonical_name(name) in _NAMES}
    return pa_csv.read_csv(
        pa.BufferReader(raw), convert_options=pa_csv.ConvertOptions(column_types=as_text)
    )


def stored_history(schema: pa.Schema) -> tuple[HistoryEntry, ...]:
    """Return the history a file of this project carries, or an empty one."""
    text = (schema.metadata or {}).get(_METADATA_KEY)
    return () if text is None else history_from_json(text.decode())


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


def _is_text(field: pa.Field) -> bool:
    kind = field.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return text and not is_channel(canonical_name(field.name))


def _unreadable(path: Path, error: Exception) -> FileReadError:
    with path.open("rb") as stream:
        begins = stream.read(4) == _PARQUET_MAGIC
    if begins:
        got, fix = "a Parquet file that is cut off or damaged", "copy or download the file again"
    else:
        got = "an empty file" if path.stat().st_size == 0 else "a file of another kind"
        fix = "for CSV use LocomotionData.from_csv; for laboratory files `locomotion convert`"
    detail = str(error).splitlines()[0] if begins else ""
    return FileReadError(
        expected="a Parquet file",
        got=f"{got} ({detail})" if detail else got,
        where=str(path),
        fix=fix,
    )


# ----------------------------------------------------------------------
# The long layout: 150 rows a cycle, one phase column, one column a channel.


_PHASE_TOLERANCE = 1e-3
"""Percent of the cycle; float32 phase columns are off by less than 1e-5."""


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
    codes = _key_codes(table)
    history = []
    if not _in_cycle_order(phase, codes):
        order = _cycle_order(table, phase, codes)
        table, phase = table.take(pa.array(order)), phase[order]
        history.append(HistoryEntry("reordered", "rows sorted by cycle and phase", len(order)))
    _refuse_other_grid(table, phase)
    metadata, dropped = _constant_columns(table, columns.metadata)
    block = _block(table, columns)
    return Parts(metadata, block, tuple(columns.channels), (*history, *dropped))


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


def _key_codes(table: pa.Table) -> list[NDArray[np.integer[Any]]]:
    """Return one array of small integers a key column: equal where the values are equal."""
    return [_codes(table[name]) for name in KEY if name in table.column_names]


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
    codes: NDArray[np.integer[Any]] = pc.fill_null(indices, -1).to_numpy(zero_copy_only=False)
    return codes


def _in_cycle_order(phase: NDArray[np.float32], codes: list[NDArray[np.integer[Any]]]) -> bool:
    if len(phase) % N_PHASES:
        return False
    rising = np.diff(phase.reshape(-1, N_PHASES), axis=1) > 0
    return bool(rising.all()) and all(map(_same_in_cycles, codes))


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
        if _phases_repeat(cycle[order], phase[order], first):
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


def _phases_repeat(cycle: NDArray[np.integer[Any]], phase: NDArray[np.float32], which: int) -> bool:
    own = phase[cycle == which]
    return bool((np.diff(own) == 0).any())


def _refuse_other_grid(table: pa.Table, phase: NDArray[np.float32]) -> None:
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


def _name_cycle(table: pa.Table, row: int) -> str:
    names = [name for name in KEY if name in table.column_names]
    return ", ".join(f"{name}={table[name][row].as_py()}" for name in names)


def _constant_columns(
    table: pa.Table, names: tuple[str, ...]
) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    """Take one row a cycle; leave out, and say so, what changes within a cycle."""
    firsts = pa.array(np.arange(0, len(table), N_PHASES))
    kept, history = [], []
    for name in names:
        if _constant_in_cycles(table[name]):
            kept.append(name)
        else:
            detail = f"column {name}: changes within a cycle and is no channel name"
            history.append(HistoryEntry("dropped", detail))
    return plain_text(table.select(kept).take(firsts)).to_pandas(), history


def _constant_in_cycles(column: pa.ChunkedArray) -> bool:
    if pa.types.is_nested(column.type):
        return False
    if pa.types.is_floating(column.type):
        values = pc.fill_null(column, np.nan).to_numpy().reshape(-1, N_PHASES)
        return np.array_equal(values, np.broadcast_to(values[:, :1], values.shape), equal_nan=True)
    return _same_in_cycles(_codes(column))


def _block(table: pa.Table, columns: Columns) -> NDArray[np.float32]:
    n_cycles = len(table) // N_PHASES
    block = np.empty((len(columns.channels), n_cycles, N_PHASES), dtype=np.float32)
    for index, (column, factor) in enumerate(columns.channels.values()):
        block[index] = float32_values(table[column], column).reshape(n_cycles, N_PHASES)
        if factor != 1.0:
            block[index] *= np.float32(factor)
    return block


# ----------------------------------------------------------------------
# From any table of gait cycles to the parts of the core object.


def parts_from_table(table: pa.Table, dataset: str) -> Parts:
    """Read a table in either layout, recognised by its columns.

    Parameters
    ----------
    table : pyarrow.Table
        150 rows a cycle with a phase column, or one row a cycle with lists of 150.
    dataset : str
        Name of the dataset where the table has no such column.
    """
    table, renamed = rename_aliases(table.replace_schema_metadata(None))
    refuse_time_indexed(table)
    columns, converted = sort_columns(table)
    if len(table) == 0:
        raise SchemaError(expected="at least one gait cycle", got="a table without rows")
    if not columns.channels:
        raise SchemaError(
            expected="at least one channel, for example knee_flexion_angle_ipsi_rad",
            got=f"columns {', '.join(table.column_names[:12])}",
            fix="name curves <joint>_<motion>_<measurement>_<side>_<unit>; a table of features "
            "(one number a row) goes to BiomechanicalModelEvaluator.evaluate_classification",
        )
    if is_cycle_layout(table, columns):
        parts = read_cycle(table, columns)
    elif PHASE_COLUMN in table.column_names:
        parts = read_long(table, columns)
    else:
        raise SchemaError(
            expected=f"a column {PHASE_COLUMN} (percent of the gait cycle), or lists of 150 values",
            got=f"columns {', '.join(table.column_names[:12])}",
            fix=f"add {PHASE_COLUMN}, running from 0 to 100 in every cycle",
        )
    cycles, tidied = tidy_cycles(parts.cycles, dataset)
    history = (*renamed, *converted, *parts.history, *tidied)
    return Parts(cycles, parts.block, parts.channels, history)


def table_from_frame(frame: pd.DataFrame) -> pa.Table:
    """Return a pandas frame as an Arrow table, its index left out unless it is named."""
    named = [name for name in frame.index.names if name is not None and name not in frame]
    plain = frame.reset_index(level=named) if named else frame
    repeated = plain.columns[plain.columns.duplicated()]
    if len(repeated):
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(map(str, repeated))} more than once",
            fix="remove or rename the repeated columns",
        )
    arrays = {str(name): _column(plain[name]) for name in plain.columns}
    return pa.table(arrays)


def _column(values: "pd.Series[float]") -> pa.Array:
    try:
        return pa.Array.from_pandas(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if missing else str(value) for value, missing in _pairs(values)])


def _pairs(values: "pd.Series[float]") -> "zip[tuple[object, bool]]":
    """Pair the values of a column of mixed types with whether each is missing."""
    return zip(values.to_numpy(dtype=object), np.asarray(values.isna()), strict=True)


# ----------------------------------------------------------------------
# Reading in batches of whole cycles, so that memory stays bounded.


def scan_parts(path: str | os.PathLike[str], batch_cycles: int) -> Iterator[Parts]:
    """Yield the parts of at most `batch_cycles` cycles at a time, file after file.

    A long file must hold each cycle's 150 rows together, as every writer of the field does.
    """
    for file_path in parquet_files(path):
        with open_parquet(file_path) as file:
            history = stored_history(file.schema_arrow)
            for table in _tables_of_whole_cycles(file, batch_cycles):
                try:
                    parts = parts_from_table(table, Path(path).stem)
                except LocomotionError as error:
                    raise error.at(str(file_path)) from None
                yield Parts(parts.cycles, parts.block, parts.channels, history + parts.history)


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
        yield from _slices(rest, batch_cycles * rows_a_cycle)


def _slices(table: pa.Table, rows: int) -> Iterator[pa.Table]:
    for start in range(0, len(table), rows):
        yield table.slice(start, rows)
