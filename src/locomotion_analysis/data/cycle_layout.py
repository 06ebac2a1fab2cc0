"""The cycle layout: one row a cycle, one list of 150 values a channel."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from locomotion_analysis.data.columns import Columns, float32_values, plain_text
from locomotion_analysis.data.parts import Parts
from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.standard import N_PHASES


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
