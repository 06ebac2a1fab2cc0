"""Tables over time: one row an instant, one column a signal."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.identity import is_nobody
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest.recording import Event, Recording, Stream
from locomotion_analysis.ingest.tables.cells import (
    as_numbers,
    check_rising,
    labels,
    repeated_instants,
)
from locomotion_analysis.ingest.tables.column_map import ColumnMap, EventSpec
from locomotion_analysis.ingest.tables.map_values import MappedValues, one_length

_RECORDING_NAMES = ("subject", "task", "trial")


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
    n_rows = one_length(signals, "signals of one length")
    keep = values.keep(column_map.where, n_rows)
    fields = {name: values.evaluate(spec, n_rows, name) for name, spec in column_map.cycles.items()}
    time_s = None
    if column_map.time is None:
        text = f"{column_map.rate_hz:g} Hz from zero, by the map"
        values.history.append(HistoryEntry("assumed", text))
    else:
        time_s = values.numbers(column_map.time.source, column_map.time.where).ravel()
        time_s = time_s * column_map.time.factor
        if len(time_s) != n_rows:
            got = f"{len(time_s)} times for {n_rows} values"
            raise SchemaError(expected="one time a row", got=got, where=column_map.time.where)
    kept = np.flatnonzero(keep)
    groups = [kept]
    if own := [labels(fields[name])[keep] for name in _RECORDING_NAMES if name in fields]:
        names = np.array(["\x1f".join(row) for row in zip(*own, strict=True)])
        _, first, group = np.unique(names, return_index=True, return_inverse=True)
        groups = [kept[group == index] for index in np.argsort(first)]
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
    history = list(values.history)
    if time_s is not None and len(rows):
        block = np.column_stack([array[rows] for array in signals.values()])
        if (gone := repeated_instants(time_s[rows], block)).any():
            detail = "rows that repeat an instant, or the last one printed again"
            history.append(HistoryEntry("dropped", detail, int(gone.sum())))
            rows = rows[~gone]
    own_time = np.arange(len(rows)) / rate if time_s is None else time_s[rows]
    known: dict[str, Any] = {}
    for name, array in fields.items():
        words = labels(array[rows])
        if len(set(words.tolist())) > 1:
            history.append(HistoryEntry("dropped", f"{name}: changes within the recording"))
            continue
        value = words[0] if name in _RECORDING_NAMES else array[rows][0]
        if value is not None:
            known[name] = value.item() if isinstance(value, np.generic) else value
    source = values.variables.where
    if "subject" in fields and is_nobody(str(known.get("subject", ""))):
        raise SchemaError(
            expected="a subject in every row",
            got="rows without one",
            where=source,
            fix="fill the column in, or leave those rows out by `where`",
        )
    try:
        check_rising(own_time)
    except LocomotionError as error:
        told = ", ".join(f"{name}={known[name]}" for name in _RECORDING_NAMES if name in known)
        raise error.at(f"{source}{', ' if told else ''}{told}") from None
    events = _events(values, column_map.events, rows, own_time, alone=alone)
    return Recording(
        source=source,
        subject=str(known.pop("subject", "")),
        named_by="the map",
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


def _events(
    values: MappedValues,
    specs: tuple[EventSpec, ...],
    rows: NDArray[np.intp],
    time_s: NDArray[np.float64],
    *,
    alone: bool,
) -> tuple[Event, ...]:
    """Return the events of one recording, from marked rows or from a list of times."""
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
