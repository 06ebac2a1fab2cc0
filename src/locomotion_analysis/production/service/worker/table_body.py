"""Requests as a file: Parquet, Arrow or CSV, with cycles or features."""

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.files import parse_csv
from locomotion_analysis.data.tables import parts_from_table
from locomotion_analysis.production.service.predict_request import ARROW_STREAM, CSV, PARQUET
from locomotion_analysis.production.service.refusal import RefusedError
from locomotion_analysis.production.service.worker.json_body import refuse_many
from locomotion_analysis.standard import N_PHASES, canonical_name
from locomotion_analysis.standard.channel import is_channel


def read_table(
    body: bytes, media_type: str, max_rows: int, max_values: int
) -> pd.DataFrame | LocomotionData:
    """Read a file of cycles (it has channels) or of features.

    Raises
    ------
    RefusedError
        400 where the file is damaged, 413 where it holds more than is allowed. A small file can
        claim or unpack to any size: its counts are looked at before its values.
    SchemaError, CycleShapeError, DuplicateCycleError
        As :meth:`~locomotion_analysis.data.LocomotionData.from_parquet`.
    """
    try:
        table = _read(body, media_type, max_values)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError(
            400,
            expected=f"a table as {media_type}",
            got=f"{type(error).__name__}: {str(error).splitlines()[0][:200]}" if str(error) else "",
            where="body",
        ) from error
    if any(is_channel(canonical_name(name)) for name in table.column_names):
        long = any(canonical_name(name) == "phase_ipsi" for name in table.column_names)
        refuse_many(-(-len(table) // N_PHASES) if long else len(table), max_rows)
        parts = parts_from_table(table, "request")
        return LocomotionData(parts.cycles, parts.block, parts.channels, parts.history)
    refuse_many(len(table), max_rows)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read(body: bytes, media_type: str, max_values: int) -> pa.Table:
    if media_type == PARQUET:
        file = pq.ParquetFile(io.BytesIO(body))
        _refuse_large(_parquet_values(file.metadata), max_values)
        return file.read()
    if media_type == CSV:
        return parse_csv(body)
    opened = pa.ipc.open_stream if media_type == ARROW_STREAM else pa.ipc.open_file
    with opened(pa.BufferReader(body)) as reader:
        batches, n_bytes = [], 0
        for number in (
            range(10**9) if media_type == ARROW_STREAM else range(reader.num_record_batches)
        ):
            try:
                batch = (
                    reader.read_next_batch()
                    if media_type == ARROW_STREAM
                    else reader.get_batch(number)
                )
            except StopIteration:
                break
            batch.validate(full=True)
            n_bytes += batch.nbytes
            _refuse_large(n_bytes // 8, max_values)
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)


def _parquet_values(metadata: pq.FileMetaData) -> int:
    """Return the largest number of values the file claims or unpacks to."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    values = sum(
        group.column(number).num_values for group in groups for number in range(group.num_columns)
    )
    unpacked = sum(group.total_byte_size for group in groups)
    claimed = int(metadata.num_rows) * int(metadata.num_columns)
    return max(int(values), claimed, int(unpacked) // 8)


def _refuse_large(n_values: int, max_values: int) -> None:
    if n_values > max_values:
        raise RefusedError(
            413,
            expected=f"a table of at most {max_values} values",
            got=f"{n_values}",
            where="body",
            fix="send it in several requests",
        )
