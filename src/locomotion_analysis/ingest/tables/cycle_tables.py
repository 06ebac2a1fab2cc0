"""Tables whose rows are gait cycles already: whole curves, or one row a cycle and point."""

import re
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.ingest.magnitudes import unit_doubts
from locomotion_analysis.ingest.tables.cells import as_numbers, labels
from locomotion_analysis.ingest.tables.column_map import ChannelSpec, ColumnMap
from locomotion_analysis.ingest.tables.curve_spans import (
    after_toe_off,
    on_cycle,
    refuse_parts_of_a_stride,
    refuse_stance_forces,
    stride_ends,
    strides_among,
    toe_off,
)
from locomotion_analysis.ingest.tables.map_entries import AXES, PLACEHOLDER, names_like
from locomotion_analysis.ingest.tables.map_values import NAMES, UNKNOWN, MappedValues, one_length
from locomotion_analysis.standard import N_PHASES, PHASE_PERCENT

Array = NDArray[np.float64]

_PHASE_TOLERANCE = 0.05
"""Percent of the cycle that a first or last phase may be off 0 and 100."""
_FEWEST_POINTS = 20
"""Fewer points than a curve has, where nothing says on which axis they are."""
_STEPS_WITHIN = ("subject", "task", "task_id")
_LENGTH, _TOE_OFF = "its number of points", "its toe-off"
"""What the map says of each cycle beside key and metadata, until it has been used."""


def curves_data(values: MappedValues, column_map: ColumnMap, dataset: str) -> LocomotionData:
    """Read one curve a row and channel, and bring all to 150 points, linearly.

    Curves that end before the width of their table are resampled each over its own length;
    curves of the stance are put between contact and toe-off.

    Raises
    ------
    CycleShapeError
        If curves do not have the map's number of points, or it is open where they end.
    SchemaError
        If channels differ in their number of cycles, a column is missing, or curves are of a part
        of the stride that the map does not state.
    """
    refuse_parts_of_a_stride(column_map, values.variables.where)
    curves = {}
    for spec in column_map.channels:
        own = _curves(values, spec, column_map)
        if column_map.points is not None and own.shape[1] != column_map.points:
            raise CycleShapeError(
                expected=f"{column_map.points} points a curve, as the map says",
                got=f"{own.shape[1]} in {spec.source}",
                where=spec.where,
                fix="correct `points`, or set `points_axis: first`",
            )
        curves[spec.name] = own
    n_rows = one_length(curves, "as many cycles in every channel")
    keep = values.keep(column_map.where, n_rows)
    stacked = any(spec.rows for spec in column_map.channels)
    cycles = _cycles(values, column_map, n_rows, count_steps=not stacked)
    if stacked:
        cycles, curves = _unstacked(values, column_map, cycles, curves, keep)
    else:
        cycles = cycles[keep].reset_index(drop=True)
        curves = {name: own[keep] for name, own in curves.items()}
    length = cycles.pop(_LENGTH).to_numpy(np.float64) if _LENGTH in cycles else None
    of_stance = {spec.name for spec in column_map.channels if spec.span == "stance"}
    ends, entries = stride_ends(curves, column_map.points, length, of_stance)
    stance = _toe_off(values, column_map, cycles)
    block = []
    for spec in column_map.channels:
        own = curves[spec.name]
        entry = f" {spec.entry}" if spec.entry is not None else ""
        detail = f"{spec.source}{entry} -> {spec.name}: {spec.told}"
        values.history.append(HistoryEntry("converted", detail))
        if own.shape[1] != N_PHASES or entries:
            over = "the stance" if spec.span == "stance" else "0 to 100 %"
            detail = f"{spec.name}: {own.shape[1]} points over {over} to {N_PHASES}, linearly"
            values.history.append(HistoryEntry("resampled", detail, len(own)))
        end = stance if spec.span == "stance" else None
        placed = on_cycle(own * spec.factor, *ends[spec.name], end)
        block.append(placed if end is None else after_toe_off(spec.name, placed, end))
    values.history += entries
    return _data(values, column_map, cycles, np.stack(block), dataset)


def _unstacked(
    values: MappedValues,
    column_map: ColumnMap,
    rows: pd.DataFrame,
    curves: Mapping[str, Array],
    keep: NDArray[np.bool_],
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Put curves side by side whose quantities are stacked in the rows of a table.

    The rows of one cycle agree in all that the map says of it; without a step they are counted
    within each quantity, in the order of the file.
    """
    parts = {}
    for spec in column_map.channels:
        chosen = keep & values.chosen(spec.rows, spec.where)
        if not chosen.any():
            got = ", ".join(f"{name} {value}" for name, value in spec.rows.items())
            raise SchemaError(
                expected=f"rows of {spec.name}", got=f"none with {got}", where=spec.where
            )
        parts[spec.name] = np.flatnonzero(chosen), _with_steps(rows[chosen].reset_index(drop=True))
    every = pd.concat([frame for _, frame in parts.values()], ignore_index=True)
    number = every.groupby(list(every.columns), sort=False, dropna=False).ngroup().to_numpy()
    cycles = every.iloc[np.unique(number, return_index=True)[1]].reset_index(drop=True)
    found, begin = {}, 0
    for spec in column_map.channels:
        places, frame = parts[spec.name]
        own = number[begin : begin + len(frame)]
        begin += len(frame)
        if len(np.unique(own)) < len(own):
            raise SchemaError(
                expected=f"one row of {spec.name} a cycle",
                got=f"{len(own) - len(np.unique(own))} more",
                where=spec.where,
                fix="add to the map's cycles what tells the cycles apart (step)",
            )
        block = np.full((len(cycles), curves[spec.name].shape[1]), np.nan)
        block[own] = curves[spec.name][places]
        found[spec.name] = block
    if len(found) > 1 and len(cycles) == len(every):
        raise SchemaError(
            expected="rows of several quantities that agree in what the map says of a cycle",
            got="no two that do",
            where=str(column_map.source),
            fix="leave out of the map's cycles what differs between the quantities",
        )
    if gaps := len(found) * len(cycles) - len(every):
        detail = "channels without a row in a cycle: missing there"
        values.history.append(HistoryEntry("filled", detail, gaps))
    names = ", ".join(sorted({name for spec in column_map.channels for name in spec.rows}))
    values.history.append(HistoryEntry("read", f"quantities stacked by {names}", len(every)))
    return cycles, found


def long_data(values: MappedValues, column_map: ColumnMap, dataset: str) -> LocomotionData:
    """Read one row a cycle and point; rows of one cycle share the map's cycle values.

    Raises
    ------
    CycleShapeError
        If a cycle does not run from 0 to 100 %.
    SchemaError
        If a phase occurs twice in a cycle, or a column is missing.
    """
    refuse_parts_of_a_stride(column_map, values.variables.where)
    if column_map.phase is None:
        raise SchemaError(expected="a phase", got="none", where=str(column_map.source))
    phase = as_numbers(values.evaluate(column_map.phase, None, "phase_percent"), "phase")
    n_rows = len(phase)
    keep = values.keep(column_map.where, n_rows)
    frame = _cycles(values, column_map, n_rows, count_steps=False)
    if "step" not in frame and not any(spec.rows for spec in column_map.channels):
        frame = frame.assign(step=_steps_of_phase(frame, phase))
        detail = "step: counted where the phase begins again, within subject and task"
        values.history.append(HistoryEntry("assumed", detail))
    every = frame[keep].reset_index(drop=True)
    groups = every.groupby(list(every.columns), sort=False, dropna=False)
    number = np.full(n_rows, -1)
    number[keep] = groups.ngroup().to_numpy()
    cycles = every.iloc[np.unique(number[keep], return_index=True)[1]].reset_index(drop=True)
    stance = _toe_off(values, column_map, cycles)
    block = []
    for spec in column_map.channels:
        own = np.flatnonzero(keep & values.chosen(spec.rows, spec.where))
        order = own[np.lexsort((phase[own], number[own]))]
        percent, cycle = phase[order], number[order]
        starts = np.flatnonzero(np.diff(cycle, prepend=-1))
        _refuse_bad_phases(percent, cycle, starts, cycles)
        if spec.span == "stance" and stance is not None:
            percent = percent * stance[cycle] / 100.0
        position = percent + 200.0 * cycle  # cycles apart on one axis: one call serves all
        present = cycle[starts]
        wanted = PHASE_PERCENT + 200.0 * present[:, np.newaxis]
        signal = values.numbers(spec.source, spec.where)[order] * spec.factor
        curves = np.full((len(cycles), N_PHASES), np.nan)
        curves[present] = np.interp(wanted.ravel(), position, signal).reshape(wanted.shape)
        if spec.span == "stance" and stance is not None:
            curves[stance[:, np.newaxis] + 1e-9 < PHASE_PERCENT] = np.nan
            curves[present] = after_toe_off(spec.name, curves[present], stance[present])
        if gaps := len(cycles) - len(present):
            detail = f"{spec.name}: without rows in a cycle, missing there"
            values.history.append(HistoryEntry("filled", detail, gaps))
        block.append(curves)
        values.history.append(
            HistoryEntry("converted", f"{spec.source} -> {spec.name}: {spec.told}")
        )
    told = f"rows over phase to {N_PHASES} points a cycle, linearly"
    values.history.append(HistoryEntry("resampled", told, len(cycles)))
    return _data(values, column_map, cycles, np.stack(block), dataset)


def _steps_of_phase(frame: pd.DataFrame, phase: Array) -> NDArray[np.intp]:
    """Count the cycles of each subject and task: a new one where the phase no longer rises."""
    begins = ~(np.diff(phase, prepend=np.inf) > 0)
    begins |= (
        (frame.ne(frame.shift()) & ~(frame.isna() & frame.shift().isna())).any(axis=1).to_numpy()
    )
    by = [frame[name] for name in _STEPS_WITHIN if name in frame]
    counted = pd.Series(begins, index=frame.index).groupby(by, sort=False, dropna=False).cumsum()
    steps: NDArray[np.intp] = counted.to_numpy() - 1
    return steps


def _toe_off(values: MappedValues, column_map: ColumnMap, cycles: pd.DataFrame) -> Array | None:
    """Return where the stance of each cycle ends if the map puts curves there, and note it."""
    stated = cycles.pop(_TOE_OFF).to_numpy(np.float64) if _TOE_OFF in cycles else None
    if not any(spec.span == "stance" for spec in column_map.channels):
        if stated is not None:
            raise SchemaError(
                expected="`span: stance` beside a toe_off",
                got="curves over whole strides",
                where=str(column_map.source),
                fix="for a measured toe-off of whole strides use `stance_percent` in the cycles",
            )
        return None
    stance, entries = toe_off(cycles, stated, str(column_map.source))
    values.history += entries
    detail = f"curves of the stance: contact to toe-off at {stance.min():.4g} to "
    detail += f"{stance.max():.4g} % of the cycle; after it no force, and nothing else measured"
    values.history.append(HistoryEntry("placed", detail, len(cycles)))
    if stated is not None and "stance_percent" not in cycles:
        cycles["stance_percent"] = stance
    return stance


# The numbers of one channel.


def _curves(values: MappedValues, spec: ChannelSpec, column_map: ColumnMap) -> Array:
    """Return a channel's numbers, shape (n_cycles, n_points), in the file's unit."""
    points = column_map.points
    if spec.kind == "columns":
        numbers = _from_columns(values, spec)
    elif spec.kind == "column":
        numbers = values.numbers(spec.source, spec.where)[np.newaxis]
    else:
        numbers = _from_array(values, spec, column_map)
    if spec.begin is None or points is None:
        return numbers
    if spec.begin + points > numbers.shape[1]:
        raise CycleShapeError(
            expected=f"{points} points from place {spec.begin} on",
            got=f"rows of {numbers.shape[1]}",
            where=spec.where,
        )
    return numbers[:, spec.begin : spec.begin + points]


def _from_array(values: MappedValues, spec: ChannelSpec, column_map: ColumnMap) -> Array:
    array = values.variables.get(spec.source, spec.where)
    if spec.entry is not None:
        if array.ndim != 3:
            raise SchemaError(
                expected="an array of three axes to pick an entry from",
                got=f"{spec.source} of shape {array.shape}",
                where=spec.where,
            )
        own = None
        if spec.entries is not None:
            own = labels(np.atleast_1d(values.variables.get(spec.entries, spec.where))).tolist()
        sizes = {
            "cycle": _n_cycles(values, column_map),
            "point": column_map.points,
            "channel": None if own is None else len(own),
        }
        array = array.transpose(_axes_of(array.shape, spec, sizes))
        names = own or [str(place) for place in range(array.shape[2])]
        if spec.entry not in names or len(names) != array.shape[2]:
            raise SchemaError(
                expected=f"one of {', '.join(names)}", got=repr(spec.entry), where=spec.where
            )
        return as_numbers(array[:, :, names.index(spec.entry)], spec.source)
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
    n_cycles = _n_cycles(values, column_map)
    turned = n_cycles == numbers.shape[1] != numbers.shape[0]
    if turned and spec.points_axis is None:
        raise CycleShapeError(
            expected=f"an array of shape ({n_cycles} cycles, points)",
            got=f"{spec.source} of shape {numbers.shape}",
            where=spec.where,
            fix="state `points_axis: first`",
        )
    known = n_cycles, column_map.points, spec.points_axis
    if known == (None, None, None) and numbers.shape[1] < min(_FEWEST_POINTS, numbers.shape[0]):
        raise CycleShapeError(
            expected="an array of shape (cycles, points)",
            got=f"{spec.source} of shape {numbers.shape}: it is open on which axis the points are",
            where=spec.where,
            fix="state `points`, or `points_axis: first` or `last`",
        )
    return numbers.T if spec.points_axis == "first" else numbers


def _n_cycles(values: MappedValues, column_map: ColumnMap) -> int | None:
    """Return how many cycles the file's own columns of key and metadata tell, or None."""
    for spec in column_map.cycles.values():
        if spec.kind == "column" and spec.source in values.variables.names:
            return int(values.variables.get(spec.source).size)
    return None


def _axes_of(
    shape: tuple[int, ...], spec: ChannelSpec, sizes: Mapping[str, int | None]
) -> tuple[int, ...]:
    """Return the axes of cycles, points and channels of an array of three axes.

    The stated ones, else the only ones that agree with the number of points, of cycles and of
    names of channels, as far as these are known; cycles stand before channels where nothing else
    tells them apart.

    Raises
    ------
    CycleShapeError
        If several do, or none.
    """
    if spec.axes is not None:
        return tuple(spec.axes.index(axis) for axis in AXES)
    fits = [
        dict(zip(AXES, order, strict=True))
        for order in permutations(range(3))
        if all(
            size is None or shape[place] == size
            for size, place in zip((sizes[axis] for axis in AXES), order, strict=True)
        )
    ]
    if spec.points_axis is not None:
        wanted = ("first", "middle", "last").index(spec.points_axis)
        fits = [axes for axes in fits if axes["point"] == wanted]
    if len(fits) > 1 and (sizes["point"] is not None or spec.points_axis is not None):
        fits = [axes for axes in fits if axes["cycle"] < axes["channel"]]
    if len(fits) != 1:
        told = ", ".join(f"{size} {axis}s" for axis, size in sizes.items() if size is not None)
        raise CycleShapeError(
            expected="one way to read the three axes" + (f" as {told}" if told else ""),
            got=f"{len(fits) or 'none'}, {spec.source} of shape {shape}",
            where=spec.where,
            fix="state the axes, for example `axes: [cycle, channel, point]`, or `points`",
        )
    return tuple(fits[0][axis] for axis in AXES)


def _from_columns(values: MappedValues, spec: ChannelSpec) -> Array:
    """Return curves whose points are numbered columns, or whose cycles are named ones."""
    if "{point}" not in spec.source:
        return _points_down_rows(values, spec)
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


def _points_down_rows(values: MappedValues, spec: ChannelSpec) -> Array:
    """Return the curves of columns, one a cycle; what their names say becomes columns."""
    wanted = names_like(spec.source)
    found = {name: own for name in values.variables.names if (own := wanted.fullmatch(name))}
    if not found:
        raise SchemaError(
            expected=f"columns like {spec.source}",
            got=", ".join(values.variables.names[:8]),
            where=spec.where,
        )
    curves = np.stack([values.numbers(name, spec.where) for name in found])
    if not re.search(r"\w", PLACEHOLDER.sub("", spec.source)):
        _refuse_an_axis(list(found), curves, spec)
    said = {
        part: np.array([match[part] for match in found.values()], dtype=object)
        for part in wanted.groupindex
    }
    for part, column in said.items():
        before = values.named.setdefault(part, column)
        if before.tolist() != column.tolist():
            raise SchemaError(
                expected="the same cycles, in the same order, in the columns of every channel",
                got=f"{part} {', '.join(column[:3])} after {', '.join(before[:3])}",
                where=spec.where,
            )
    detail = f"points down the rows, one column a cycle: {spec.source}"
    values.history.append(HistoryEntry("read", detail, len(found)))
    return curves


def _refuse_an_axis(names: list[str], curves: Array, spec: ChannelSpec) -> None:
    """Raise where a pattern without a word of its own takes the axis of percents for a curve."""
    steps = np.diff(curves, axis=1)
    even = (steps[:, :1] != 0) & (np.abs(steps - steps[:, :1]) < 1e-9 * np.abs(steps[:, :1]))
    if (axis := even.all(axis=1)).any():
        raise SchemaError(
            expected=f"curves in the columns like {spec.source}",
            got=f"{names[int(axis.argmax())]}, which rises evenly like an axis of percents",
            where=spec.where,
            fix="make the pattern narrower: a fixed part, or digits alone as in {trial:d}",
        )


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
    beside = {_LENGTH: column_map.length, _TOE_OFF: column_map.toe_off}
    for name, spec in beside.items():
        if spec is not None:
            columns[name] = as_numbers(values.evaluate(spec, n_rows, name), name)
    frame = pd.DataFrame(columns).infer_objects()
    if "step" not in frame and count_steps:
        by = [name for name in _STEPS_WITHIN if name in frame]
        values.history.append(HistoryEntry("assumed", f"step: counted within {', '.join(by)}"))
        return _with_steps(frame)
    return frame


def _with_steps(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the cycles with steps counted within subject and task, where the map states none."""
    if "step" in frame:
        return frame
    by = [name for name in _STEPS_WITHIN if name in frame]
    return frame.assign(step=frame.groupby(by, sort=False).cumcount())


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
            fix="add a step: a column that numbers the cycles of a subject, or `step: 0` where each "
            "has one",
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
    file = values.variables.where
    values.history += refuse_stance_forces(column_map.channels, block, cycles["task"], file)
    names = [spec.name for spec in column_map.channels]
    values.history += [
        HistoryEntry("suspect", f"expected {doubt.expected}, got {doubt.got}: {doubt.fix}")
        for doubt in unit_doubts(names, block[:, strides_among(cycles["task"])])
    ]
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
            where=_cycle_named(cycle[starts[first]], frame),
            fix="set `unit: fraction` for phases from 0 to 1; state what tells the cycles apart "
            "(step); remove incomplete cycles",
        )
    twice = (np.diff(phase) == 0) & (np.diff(cycle) == 0)
    if twice.any():
        raise SchemaError(
            expected="every phase of a cycle once",
            got=f"{int(twice.sum())} repeated ones",
            where=_cycle_named(cycle[int(twice.argmax())], frame),
            fix="state what tells the cycles apart (step), or leave step out: they are counted then",
        )


def _cycle_named(number: int, frame: pd.DataFrame) -> str:
    """Return what the map says of a cycle, for a message."""
    return ", ".join(f"{key}={value}" for key, value in frame.iloc[number].items())
