"""Which column of a table is what, and under which standard name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from locomotion_analysis.data.history import HistoryEntry
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import (
    PHASE_COLUMN,
    TIME_COLUMNS,
    Channel,
    canonical_name,
    is_channel,
)

_OTHER_PHASES = ("phase_contra", "phase_ipsi_dp", "phase_contra_dp")


@dataclass(frozen=True)
class Columns:
    """The columns of one table, sorted by their part in the data model.

    Attributes
    ----------
    channels : dict of str to (str, float)
        Standard channel name -> (column in the table, factor into the standard unit).
    metadata : tuple of str
        Columns that describe a cycle.
    """

    channels: dict[str, tuple[str, float]]
    metadata: tuple[str, ...]


def standard_names(columns: Sequence[str]) -> tuple[list[str], list[HistoryEntry]]:
    """Return the standard names of columns, and say which were renamed.

    A column keeps its name where another already has the standard one.
    """
    present = set(columns)
    names, history = [], []
    for name in columns:
        standard = canonical_name(name)
        if standard != name and standard not in present:
            present.add(standard)
            history.append(HistoryEntry("renamed", f"column {name} -> {standard}"))
            names.append(standard)
        else:
            names.append(name)
    return names, history


def rename_aliases(table: pa.Table) -> tuple[pa.Table, list[HistoryEntry]]:
    """Give the columns of `table` their standard names, and say which were renamed."""
    names, history = standard_names(table.column_names)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(repeated)} more than once",
            fix="remove or rename the repeated columns",
        )
    return table.rename_columns(names), history


def sort_columns(table: pa.Table) -> tuple[Columns, list[HistoryEntry]]:
    """Sort the columns of a renamed table into channels and metadata."""
    channels: dict[str, tuple[str, float]] = {}
    metadata, history = [], []
    for column in table.column_names:
        if is_channel(column):
            channel, factor = Channel.parse(column).standard()
            standard = channel.name
            if standard in channels:
                raise SchemaError(
                    expected="one column a channel",
                    got=f"{channels[standard][0]} and {column}, both {standard}",
                    fix="remove one of them",
                )
            channels[standard] = (column, factor)
            if factor != 1.0:
                detail = f"{column} -> {standard}, factor {factor:.9g}"
                history.append(HistoryEntry("converted", detail))
        elif column in _OTHER_PHASES:
            history.append(HistoryEntry("dropped", f"column {column}: the grid is {PHASE_COLUMN}"))
        elif column != PHASE_COLUMN:
            metadata.append(column)
    return Columns(channels, tuple(metadata)), history


def refuse_time_indexed(table: pa.Table) -> None:
    """Raise for a recording over time that has not been cut into gait cycles."""
    if PHASE_COLUMN in table.column_names:
        return
    found = [name for name in table.column_names if name.lower() in TIME_COLUMNS]
    if found:
        raise SchemaError(
            expected=f"gait cycles on the phase grid (a column {PHASE_COLUMN})",
            got=f"a recording over time (column {found[0]})",
            fix="cut it into gait cycles first: "
            "`locomotion convert RECORDING --out cycles.parquet`",
        )


def float32_values(column: pa.ChunkedArray, name: str) -> NDArray[np.float32]:
    """Return a numeric column as float32, null as NaN; raise for text."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan, dtype=np.float32)
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        raise _not_numbers(column, name)
    if column.null_count:
        column = pc.fill_null(column.cast(pa.float64()), np.nan)
    values: NDArray[np.float32] = column.to_numpy().astype(np.float32, copy=False)
    return values


def plain_text(table: pa.Table) -> pa.Table:
    """Decode dictionary columns, so that pandas gets text and not categories."""
    types = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, types, strict=True))))


def _not_numbers(column: pa.ChunkedArray, name: str) -> SchemaError:
    got = f"{column.type} values"
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        for row, value in enumerate(column.to_pylist()):
            if value is not None and not _is_number(value):
                got = f"text {value!r} in row {row}"
                break
        else:
            got = "numbers stored as text"
    return SchemaError(
        expected=f"numbers in channel {name}",
        got=got,
        where=f"column {name}",
        fix="correct or remove the value; write missing values as empty or NaN",
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
