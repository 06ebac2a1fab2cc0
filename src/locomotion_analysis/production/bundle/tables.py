"""Parquet tables in a bundle: their size is read from the footer before anything is made."""

import io
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError, LocomotionError

MOST_VALUES = 100_000_000
MOST_BYTES = 1 << 30


def table_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as Parquet, the same bytes for the same content."""
    from locomotion_analysis.evaluation.training import write_table

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        write_table(frame, path)
        return path.read_bytes()


def cycles_bytes(data: LocomotionData) -> bytes:
    """Return gait cycles as Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cycles.parquet"
        data.to_parquet(path)
        return path.read_bytes()


def read_table(content: bytes, name: str) -> pd.DataFrame:
    """Read a table of a bundle.

    Raises
    ------
    BundleError
        If it is no Parquet file, or claims more values than a bundle may hold.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
        _check_size(file.metadata, name)
        table: pd.DataFrame = file.read().to_pandas(ignore_metadata=True)
        return table
    except BundleError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def read_cycles(content: bytes, name: str) -> LocomotionData:
    """Read gait cycles of a bundle.

    Raises
    ------
    BundleError
        If they are no gait cycles, or more than a bundle may hold.
    """
    try:
        _check_size(pq.ParquetFile(io.BytesIO(content)).metadata, name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cycles.parquet"
            path.write_bytes(content)
            return LocomotionData.from_parquet(path)
    except BundleError:
        raise
    except (pa.ArrowException, LocomotionError, OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def _check_size(footer: pq.FileMetaData, name: str) -> None:
    columns = [
        footer.row_group(group).column(column)
        for group in range(footer.num_row_groups)
        for column in range(footer.num_columns)
    ]
    values = max(sum(column.num_values for column in columns), footer.num_rows * footer.num_columns)
    n_bytes = sum(column.total_uncompressed_size for column in columns)
    if values > MOST_VALUES or n_bytes > MOST_BYTES:
        raise BundleError(
            expected=f"at most {MOST_VALUES:,} values and {MOST_BYTES:,} bytes in a table",
            got=f"{values:,} values, {n_bytes:,} bytes",
            where=name,
        )


def _unreadable(name: str, error: Exception) -> BundleError:
    return BundleError(
        expected="a Parquet table",
        got=f"{type(error).__name__}: {error}"[:300],
        where=name,
        fix="get the bundle again from where it was made",
    )
