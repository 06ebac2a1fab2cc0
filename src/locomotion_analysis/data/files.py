"""Opening Parquet and CSV files, with errors that name the file and the reason."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from locomotion_analysis.data.history import HistoryEntry, history_from_json, history_to_json
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.standard import canonical_name, is_channel

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
