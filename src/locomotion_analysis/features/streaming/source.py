"""What a Parquet source holds, found out without reading any curve."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.columns import Columns, rename_aliases, sort_columns
from locomotion_analysis.data.files import open_parquet, parquet_files, stored_history
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_COLUMN

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
        _refuse_empty(columns, int(starts[-1]), str(path))
        history = (*stored_history(file.schema_arrow), *history)
    packed = {key for column in _PACKED if column in raw for key in _packed_keys(path, raw[column])}
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


def _refuse_empty(columns: Columns, n_rows: int, path: str) -> None:
    if not columns.channels or not n_rows:
        raise SchemaError(
            expected="gait cycles with at least one channel",
            got="no row" if columns.channels else f"columns {', '.join(columns.metadata[:12])}",
            where=path,
            fix="write the cycles with LocomotionData.to_parquet or `locomotion convert`",
        )


def _packed_keys(path: Path, column: str) -> Iterator[str]:
    """Yield the keys in a column of ``key:value,key:value`` strings."""
    texts = {text for batch in _batches(path, [column]) for text in batch[column].unique()}
    for text in texts:
        pairs = (part.split(":", 1) for part in str(text).split(",") if ":" in part)
        yield from (key.strip() for key, _ in pairs if key.strip())


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
        fields = list(plain.schema_arrow)
    texts = [field.name for field in fields if _is_text(field.type)]
    return pq.ParquetFile(
        path,
        read_dictionary=texts,
        pre_buffer=False,
        buffer_size=_BUFFER_BYTES,
        page_checksum_verification=True,
    )


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


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
