"""Tables over time: one row an instant, one column a signal."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest.recording import Event, Recording, Stream
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.tables.numbers import check_rising
from locomotion_analysis.ingest.tables.specs import EventSpec
from locomotion_analysis.ingest.tables.values import MappedValues
from locomotion_analysis.ingest.tables.variables import as_numbers, labels

_NAMES = ("subject", "task", "trial")


def recordings(values: MappedValues, column_map: ColumnMap) -> list[Recording]:
    """Read one recording for each subject, task and trial that the map tells apart.

    Raises
    ------
    SchemaError
        If columns differ in length, or time does not rise within a recording.
    """
    signals = {}
    for spec in column_map.channels:
        signals[spec.name] = values.numbers(spec.source, spec.where).ravel() * spec.factor
        values.history.append(
            HistoryEntry("converted", f"{spec.source} -> {spec.name}: {spec.told}")
        )
    n_rows = _same_length(signals)
    keep = values.keep(column_map.where, n_rows)
    fields = {name: values.evaluate(spec, n_rows, name) for name, spec in column_map.cycles.items()}
    time_s = _time(values, column_map, n_rows)
    groups = _groups([fields[name] for name in _NAMES if name in fields], keep)
    return [
        _recording(rows, time_s, signals, fields, values, column_map, alone=len(groups) == 1)
        for rows in groups
    ]


def _recording(
    rows: NDArray[np.intp],
    time_s: NDArray[np.float64] | None,
    signals: dict[str, NDArray[np.float64]],
    fields: dict[str, NDArray[Any]],
    values: MappedValues,
    column_map: ColumnMap,
    *,
    alone: bool,
) -> Recording:
    rate = column_map.rate_hz or 1.0
    own_time = np.arange(len(rows)) / rate if time_s is None else time_s[rows]
    history = list(values.history)
    constants = {name: _constant(name, array[rows], history) for name, array in fields.items()}
    known = {name: value for name, value in constants.items() if value is not None}
    source = values.variables.where
    try:
        check_rising(own_time)
    except LocomotionError as error:
        told = ", ".join(f"{name}={known[name]}" for name in _NAMES if name in known)
        raise error.at(f"{source}{', ' if told else ''}{told}") from None
    events = _events(values, column_map.events, rows, own_time, alone=alone)
    return Recording(
        source=source,
        subject=str(known.pop("subject", "")),
        task=str(known.pop("task", "")),
        trial=str(known.pop("trial", "")),
        streams=(Stream(own_time, {name: array[rows] for name, array in signals.items()}),),
        events=events,
        metadata=known,
        history=(
            HistoryEntry("read", f"{Path(source).name} by {column_map.source.name}"),
            *history,
        ),
    )


def _time(values: MappedValues, column_map: ColumnMap, n_rows: int) -> NDArray[np.float64] | None:
    if column_map.time is None:
        rate = column_map.rate_hz
        values.history.append(HistoryEntry("assumed", f"{rate:g} Hz from zero, by the map"))
        return None
    spec = column_map.time
    time_s = values.numbers(spec.source, spec.where).ravel() * spec.factor
    if len(time_s) != n_rows:
        got = f"{len(time_s)} times for {n_rows} values"
        raise SchemaError(expected="one time a row", got=got, where=spec.where)
    return time_s


def _same_length(signals: dict[str, NDArray[np.float64]]) -> int:
    counts = {name: len(array) for name, array in signals.items()}
    n_rows = next(iter(counts.values()))
    if set(counts.values()) != {n_rows}:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise SchemaError(expected="signals of one length", got=told)
    return n_rows


def _groups(columns: list[NDArray[Any]], keep: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the rows of each recording, in order of appearance."""
    kept = np.flatnonzero(keep)
    if not columns:
        return [kept]
    names = np.array(["\x1f".join(row) for row in zip(*map(labels, columns), strict=True)])[kept]
    _, first, group = np.unique(names, return_index=True, return_inverse=True)
    return [kept[group == index] for index in np.argsort(first)]


def _constant(name: str, column: NDArray[Any], history: list[HistoryEntry]) -> Any:
    distinct = set(labels(column).tolist())
    if len(distinct) > 1:
        history.append(HistoryEntry("dropped", f"{name}: changes within the recording"))
        return None
    value = labels(column)[0] if name in _NAMES else column[0]
    return value.item() if isinstance(value, np.generic) else value


def _events(
    values: MappedValues,
    specs: tuple[EventSpec, ...],
    rows: NDArray[np.intp],
    time_s: NDArray[np.float64],
    *,
    alone: bool,
) -> tuple[Event, ...]:
    events = []
    for spec in specs:
        if spec.is_times:
            if not alone:
                raise SchemaError(
                    expected="one recording in the file for a list of event times",
                    got="several",
                    where=spec.where,
                    fix="mark events in a column",
                )
            column = values.variables.get(spec.source, spec.where)
            times = as_numbers(column, spec.source).ravel() * spec.factor
            times = times[np.isfinite(times)]
        else:
            marked = np.nan_to_num(values.numbers(spec.source, spec.where).ravel()[rows]) != 0
            times = time_s[marked & ~np.concatenate([[False], marked[:-1]])]
        events += [Event(float(instant), spec.side, spec.kind) for instant in times]
    return tuple(sorted(events))
