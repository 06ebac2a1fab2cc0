"""Tables whose rows are gait cycles already: whole curves, or one row a cycle and point."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.ingest.tables.cells import as_numbers, labels
from locomotion_analysis.ingest.tables.column_map import ChannelSpec, ColumnMap
from locomotion_analysis.ingest.tables.map_values import NAMES, UNKNOWN, MappedValues, one_length
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT, resample_curves

Array = NDArray[np.float64]

_PHASE_TOLERANCE = 0.05
"""Percent of the cycle that a first or last phase may be off 0 and 100."""


def curves_data(values: MappedValues, column_map: ColumnMap, dataset: str) -> LocomotionData:
    """Read one curve a row and channel, and bring all to 150 points, linearly.

    Raises
    ------
    CycleShapeError
        If curves do not have the map's number of points.
    SchemaError
        If channels differ in their number of cycles, or a column is missing.
    """
    curves = {spec.name: _curves(values, spec, column_map.points) for spec in column_map.channels}
    n_cycles = one_length(curves, "as many cycles in every channel")
    block = []
    for spec in column_map.channels:
        n_points = curves[spec.name].shape[1]
        if column_map.points is not None and n_points != column_map.points:
            raise CycleShapeError(
                expected=f"{column_map.points} points a curve, as the map says",
                got=f"{n_points} in {spec.source}",
                where=spec.where,
                fix="correct `points`, or set `points_axis: first`",
            )
        entry = f" {spec.entry}" if spec.entry is not None else ""
        detail = f"{spec.source}{entry} -> {spec.name}: {spec.told}"
        values.history.append(HistoryEntry("converted", detail))
        if n_points != N_PHASES:
            detail = f"{spec.name}: {n_points} points over 0 to 100 % to {N_PHASES}, linearly"
            values.history.append(HistoryEntry("resampled", detail, n_cycles))
        on_grid = resample_curves(curves[spec.name] * spec.factor)
        block.append(np.asarray(on_grid, dtype=np.float64))
    keep = values.keep(column_map.where, n_cycles)
    cycles = _cycles(values, column_map, n_cycles)[keep]
    return _data(values, column_map, cycles, np.stack(block)[:, keep], dataset)


def long_data(values: MappedValues, column_map: ColumnMap, dataset: str) -> LocomotionData:
    """Read one row a cycle and point; rows of one cycle share the map's cycle values.

    Raises
    ------
    CycleShapeError
        If a cycle does not run from 0 to 100 %.
    SchemaError
        If a phase occurs twice in a cycle, or a column is missing.
    """
    if column_map.phase is None:
        raise SchemaError(expected="a phase", got="none", where=str(column_map.source))
    phase = as_numbers(values.evaluate(column_map.phase, None, "phase_percent"), "phase")
    n_rows = len(phase)
    keep = values.keep(column_map.where, n_rows)
    frame = _cycles(values, column_map, n_rows, count_steps=False)[keep].reset_index(drop=True)
    number = frame.groupby(list(frame.columns), sort=False, dropna=False).ngroup().to_numpy()
    order = np.lexsort((phase[keep], number))
    phase, cycle = phase[keep][order], number[order]
    starts = np.flatnonzero(np.diff(cycle, prepend=-1))
    _refuse_bad_phases(phase, cycle, starts, frame)
    position = phase + 200.0 * cycle  # cycles apart on one axis, so that one call serves all
    wanted = (PHASE_PERCENT + 200.0 * np.arange(len(starts))[:, np.newaxis]).ravel()
    block = []
    for spec in column_map.channels:
        signal = values.numbers(spec.source, spec.where)[keep][order] * spec.factor
        block.append(np.interp(wanted, position, signal).reshape(len(starts), N_PHASES))
        values.history.append(
            HistoryEntry("converted", f"{spec.source} -> {spec.name}: {spec.told}")
        )
    told = f"rows over phase to {N_PHASES} points a cycle, linearly"
    values.history.append(HistoryEntry("resampled", told, len(starts)))
    cycles = frame.iloc[np.unique(number, return_index=True)[1]].reset_index(drop=True)
    return _data(values, column_map, cycles, np.stack(block), dataset)


def _curves(values: MappedValues, spec: ChannelSpec, points: int | None) -> Array:
    """Return a channel's numbers, shape (n_cycles, n_points), in the file's unit."""
    if spec.kind == "columns":
        return _from_columns(values, spec)
    array = values.variables.get(spec.source, spec.where)
    if spec.entry is not None:
        if array.ndim != 3:
            raise SchemaError(
                expected="an array of three axes to pick an entry from",
                got=f"{spec.source} of shape {array.shape}",
                where=spec.where,
            )
        if not spec.points_first and points == array.shape[2] != array.shape[1]:
            array = array.swapaxes(1, 2)  # (cycle, channel, point)
        names = [str(place) for place in range(array.shape[2])]
        if spec.entries is not None:
            names = labels(np.atleast_1d(values.variables.get(spec.entries, spec.where))).tolist()
        if spec.entry not in names or len(names) != array.shape[2]:
            raise SchemaError(
                expected=f"one of {', '.join(names)}", got=repr(spec.entry), where=spec.where
            )
        array = array[:, :, names.index(spec.entry)]
    if array.ndim == 1:
        array = array[np.newaxis]
    if array.ndim != 2:
        raise SchemaError(
            expected="an array of shape (cycles, points)",
            got=f"{spec.source} of shape {array.shape}",
            where=spec.where,
            fix="pick one with `entry`" if array.ndim == 3 else "",
        )
    numbers = as_numbers(array, spec.source)
    return numbers.T if spec.points_first else numbers


def _from_columns(values: MappedValues, spec: ChannelSpec) -> Array:
    """Return the curves whose points are numbered columns, for example ``knee_0`` to ``knee_100``."""
    before, after = spec.source.split("{point}")
    pattern = re.compile(rf"^{re.escape(before)}(\d+){re.escape(after)}$")
    found = [
        (int(match[1]), name) for name in values.variables.names if (match := pattern.match(name))
    ]
    numbers = [number for number, _ in sorted(found)]
    if len(numbers) < 2 or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise SchemaError(
            expected=f"columns {before}0{after}, {before}1{after}, ... without a gap",
            got=f"{len(numbers)} such columns",
            where=spec.where,
        )
    return np.column_stack([values.numbers(name, spec.where) for _, name in sorted(found)])


def _cycles(
    values: MappedValues, column_map: ColumnMap, n_rows: int, *, count_steps: bool = True
) -> pd.DataFrame:
    """Return key and metadata of each row, as the map names them."""
    columns = {
        name: values.evaluate(spec, n_rows, name) for name, spec in column_map.cycles.items()
    }
    for name in [name for name in NAMES if name in columns]:
        names = labels(columns[name])  # 7, not 7.0
        names[np.isin(names, UNKNOWN)] = None
        columns[name] = names
    frame = pd.DataFrame(columns).infer_objects()
    if "step" not in frame and count_steps:
        by = [name for name in ("subject", "task", "task_id") if name in frame]
        frame["step"] = frame.groupby(by, sort=False).cumcount()
        values.history.append(HistoryEntry("assumed", f"step: counted within {', '.join(by)}"))
    return frame


def _data(
    values: MappedValues,
    column_map: ColumnMap,
    cycles: pd.DataFrame,
    block: Array,
    dataset: str,
) -> LocomotionData:
    if "dataset" not in cycles:
        cycles = cycles.assign(dataset=column_map.dataset or dataset)
    if "step" not in cycles:
        raise SchemaError(
            expected="a step in the map's cycles: what tells the cycles of a subject apart",
            got=f"only {', '.join(cycles.columns)}",
            where=str(column_map.source),
        )
    largest = np.nanmax(np.abs(block), axis=(1, 2), initial=0.0)
    for spec, value in zip(column_map.channels, largest, strict=True):
        if value > np.finfo(np.float32).max:  # no measurement is that large
            raise SchemaError(
                expected="measured values",
                got=f"{value:.3g} in {spec.source}",
                where=spec.where,
                fix="the file is damaged: copy it again",
            )
    names = [spec.name for spec in column_map.channels]
    read = HistoryEntry(
        "read", f"{Path(values.variables.where).name} by {column_map.source.name}", len(cycles)
    )
    return LocomotionData(cycles, block, names, (read, *values.history))


def _refuse_bad_phases(
    phase: Array, cycle: NDArray[np.intp], starts: NDArray[np.intp], frame: pd.DataFrame
) -> None:
    ends = np.append(starts[1:], len(phase)) - 1
    open_ended = (np.abs(phase[starts]) > _PHASE_TOLERANCE) | (
        np.abs(phase[ends] - 100.0) > _PHASE_TOLERANCE
    )
    if open_ended.any() or np.isnan(phase).any():
        first = int(open_ended.argmax())
        raise CycleShapeError(
            expected="cycles whose phase runs from 0 to 100 %",
            got=f"{phase[starts[first]]:g} to {phase[ends[first]]:g} "
            f"({int(open_ended.sum())} of {len(starts)} cycles)",
            where=f"cycle {first}",
            fix="set `unit: fraction` for phases from 0 to 1; remove incomplete cycles",
        )
    twice = (np.diff(phase) == 0) & (np.diff(cycle) == 0)
    if twice.any():
        where = int(cycle[int(twice.argmax())])
        row = frame.iloc[where].to_dict() if where < len(frame) else {}
        raise SchemaError(
            expected="every phase of a cycle once",
            got=f"{int(twice.sum())} repeated ones",
            where=", ".join(f"{key}={value}" for key, value in row.items()),
            fix="add to the map's cycles what tells the cycles apart (step)",
        )
