"""From any table of gait cycles to the parts of the core object."""

import numpy as np
import pandas as pd
import pyarrow as pa

from locomotion_analysis.data.columns import refuse_time_indexed, rename_aliases, sort_columns
from locomotion_analysis.data.cycle_layout import is_cycle_layout, read_cycle
from locomotion_analysis.data.long_layout import read_long
from locomotion_analysis.data.metadata import tidy_cycles
from locomotion_analysis.data.parts import Parts
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import PHASE_COLUMN


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
