"""The long layout: 150 rows a cycle, one phase column, one column a channel."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from locomotion_analysis.data.columns import Columns, float32_values, plain_text
from locomotion_analysis.data.history import HistoryEntry
from locomotion_analysis.data.metadata import require_key_columns
from locomotion_analysis.data.parts import Parts
from locomotion_analysis.errors import CycleShapeError, DuplicateCycleError, SchemaError
from locomotion_analysis.standard import KEY, N_PHASES, PHASE_COLUMN, PHASE_PERCENT

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
