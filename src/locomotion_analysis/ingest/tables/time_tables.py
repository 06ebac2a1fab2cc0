"""Tables over time: one row an instant, one column a signal."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.identity import MEASURES, is_nobody
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest.recording import Event, Recording, Stream
from locomotion_analysis.ingest.tables.cells import (
    as_numbers,
    check_rising,
    labels,
    repeated_instants,
)
from locomotion_analysis.ingest.tables.column_map import (
    ChannelSpec,
    ColumnMap,
    EventSpec,
    ValueSpec,
)
from locomotion_analysis.ingest.tables.map_entries import PLACEHOLDER, names_like
from locomotion_analysis.ingest.tables.map_values import UNKNOWN, MappedValues, one_length

_RECORDING_NAMES = ("subject", "task", "trial")
_APART = 2
"""Samples of the slower signal by which two that began together may end apart."""


def recordings(values: MappedValues, column_map: ColumnMap) -> list[Recording]:
    """Read one recording for each subject, task and trial that the map tells apart.

    Where the channels are patterns of names, there is one for each that these meet.

    Raises
    ------
    SchemaError
        If columns differ in length, or time does not rise within a recording.
    """
    found: list[Recording] = []
    for filled, entries in _filled(values.variables.names, column_map):
        own = copy.copy(values)
        own.history = [*values.history, *entries]
        found += _recordings(own, filled)
    return found


def _filled(
    names: tuple[str, ...], column_map: ColumnMap
) -> Iterator[tuple[ColumnMap, list[HistoryEntry]]]:
    """Yield the map with what each match of its patterns puts in their braces."""
    patterns = [spec for spec in column_map.channels if spec.kind == "columns"]
    if not patterns:
        yield column_map, []
        return
    met: list[dict[tuple[tuple[str, str], ...], None]] = []
    for spec in patterns:
        wanted = names_like(spec.source)
        matches = [match for name in names if (match := wanted.fullmatch(name))]
        met.append({tuple(sorted(match.groupdict().items())): None for match in matches})
        if not matches:
            raise SchemaError(
                expected=f"variables like {spec.source}",
                got=", ".join(names[:8]),
                where=spec.where,
            )
    whole = [said for said in met[0] if all(said in own for own in met)]
    partly = {said for own in met for said in own} - set(whole)
    entries = []
    if partly:
        told = ", ".join(" ".join(f"{key} {value}" for key, value in one) for one in sorted(partly))
        detail = f"recordings without all of the map's channels: {told}"
        entries.append(HistoryEntry("dropped", detail, len(partly)))
    if not whole:
        raise SchemaError(
            expected="the same recordings in the variables of every channel",
            got="none that all have",
            where=patterns[0].where,
            fix="write the braces of all channels alike",
        )
    for number, said in enumerate(whole):
        yield _with(dict(said), column_map), entries if number == 0 else []


def _with(said: Mapping[str, str], column_map: ColumnMap) -> ColumnMap:
    """Return the map of one recording: what its braces meet in place of them."""

    def name(text: str) -> str:
        return PLACEHOLDER.sub(lambda match: said.get(match[1], match[0]), text)

    fields = {}
    for field, spec in column_map.cycles.items():
        if spec.kind == "column":
            known = spec.source in said
            source = said[spec.source] if known else name(spec.source)
            spec = replace(spec, kind="value" if known else "column", source=source)
        fields[field] = spec
    return replace(
        column_map,
        channels=tuple(
            replace(spec, kind="column", source=name(spec.source)) for spec in column_map.channels
        ),
        cycles=fields,
        time=column_map.time and replace(column_map.time, source=name(column_map.time.source)),
        events=tuple(replace(spec, source=name(spec.source)) for spec in column_map.events),
    )


def _signal(values: MappedValues, spec: ChannelSpec) -> NDArray[np.float64]:
    """Return the numbers of one channel over time, shape (n,), in its standard unit."""
    numbers = values.numbers(spec.source, spec.where)
    column = "" if spec.entry is None else f" {spec.entry}"
    if numbers.ndim > 1 or spec.entry is not None:
        width = numbers.shape[1] if numbers.ndim == 2 else 0
        if not (spec.entry or "").isdigit() or int(spec.entry or "") >= width:
            raise SchemaError(
                expected="one column of a matrix, for example `entry: 0`"
                if width
                else "one number a row",
                got=f"{spec.source} of shape {numbers.shape}"
                + (f", entry{column}" if column else ""),
                where=spec.where,
            )
        numbers = numbers[:, int(spec.entry or "")]
    detail = f"{spec.source}{column} -> {spec.name}: {spec.told}"
    values.history.append(HistoryEntry("converted", detail))
    return numbers * spec.factor


def _recordings(values: MappedValues, column_map: ColumnMap) -> list[Recording]:
    """Read the recordings whose signals have one row an instant."""
    signals: dict[str, NDArray[np.float64]] = {}
    faster: dict[float, dict[str, NDArray[np.float64]]] = {}
    for spec in column_map.channels:
        into = signals if spec.rate_hz is None else faster.setdefault(spec.rate_hz, {})
        into[spec.name] = _signal(values, spec)
    if not signals:
        raise SchemaError(
            expected="a channel at the rate of the map's time, beside those with a rate_hz",
            got="none",
            where=str(column_map.source),
        )
    n_rows = one_length(signals, "signals of one length")
    keep = values.keep(column_map.where, n_rows)
    fields = {name: values.evaluate(spec, n_rows, name) for name, spec in column_map.cycles.items()}
    time_s = None
    if column_map.time is None:
        text = f"{column_map.rate_hz:g} Hz from zero, by the map"
        values.history.append(HistoryEntry("assumed", text))
    else:
        time_s = _seconds(values, column_map.time)
        if len(time_s) != n_rows:
            got = f"{len(time_s)} times for {n_rows} values"
            raise SchemaError(expected="one time a row", got=got, where=column_map.time.where)
    kept = np.flatnonzero(keep)
    groups = [kept]
    if own := [labels(fields[name])[keep] for name in _RECORDING_NAMES if name in fields]:
        names = np.array(["\x1f".join(row) for row in zip(*own, strict=True)])
        _, first, group = np.unique(names, return_index=True, return_inverse=True)
        groups = [kept[group == index] for index in np.argsort(first)]
    alone = len(groups) == 1
    if faster and not (alone and keep.all()):
        raise SchemaError(
            expected="one recording, with all of its rows, where channels have a rate_hz",
            got=f"{len(groups)} recordings, {int((~keep).sum())} rows left out",
            where=str(column_map.source),
        )
    found = [
        _recording(rows, time_s, signals, fields, values, column_map, alone=alone)
        for rows in groups
    ]
    for rate, sampled in faster.items():
        n = one_length(sampled, f"signals of one length at {rate:g} Hz")
        stream = Stream(found[0].streams[0].time_s[0] + np.arange(n) / rate, sampled)
        _refuse_another_span(found[0].streams[0], stream, rate, values.variables.where)
        found[0] = replace(found[0], streams=(*found[0].streams, stream))
    return found


_STAMP = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_CLOCK = re.compile(r"(?:\d+ days? )?\d{1,2}:\d\d:\d\d(?:\.\d+)?")


def _seconds(values: MappedValues, spec: ValueSpec) -> NDArray[np.float64]:
    """Return the times of the rows, s; timestamps and clock times count from the first."""
    cells = values.column(spec.source, spec.where).ravel()
    texts = [str(cell).strip() for cell in cells.tolist()] if cells.dtype.kind in "OU" else []
    stamps: pd.Series[Any] | None = None
    if texts and all(map(_STAMP.fullmatch, texts)):
        stamps = pd.Series(pd.to_datetime(texts, format="ISO8601", utc=True))
    elif texts and all(map(_CLOCK.fullmatch, texts)):
        stamps = pd.Series(pd.to_timedelta(texts))
    if stamps is not None:
        detail = f"{spec.source}: {texts[0]} -> s from the first row"
        values.history.append(HistoryEntry("converted", detail))
        times: NDArray[np.float64] = (stamps - stamps.iloc[0]).dt.total_seconds().to_numpy()
        return times
    return values.numbers(spec.source, spec.where).ravel() * spec.factor


def _refuse_another_span(first: Stream, other: Stream, rate: float, where: str) -> None:
    """Raise where signals at another rate do not end with the others."""
    ends = [float(stream.time_s[-1]) for stream in (first, other)]
    slowest = max(float(np.diff(first.time_s).max(initial=0.0)), 1.0 / rate)
    if abs(ends[0] - ends[1]) > _APART * slowest:
        raise SchemaError(
            expected="signals that end together",
            got=f"{ends[0]:.3f} s, and {ends[1]:.3f} s at {rate:g} Hz",
            where=where,
            fix="correct rate_hz in the map",
        )


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
    source = values.variables.where
    known: dict[str, Any] = {}
    for name, array in fields.items():
        words = labels(array[rows])
        known_rows = rows[~np.isin(words, UNKNOWN)] if name not in _RECORDING_NAMES else rows
        distinct = dict.fromkeys(labels(array[known_rows]).tolist())
        if len(distinct) > 1 and name in MEASURES:
            raise SchemaError(
                expected=f"one {name} in a recording",
                got=", ".join(list(distinct)[:4]),
                where=source,
                fix="correct the column, or tell the recordings apart by trial",
            )
        if len(distinct) > 1:
            history.append(HistoryEntry("dropped", f"{name}: changes within the recording"))
            continue
        value = words[0] if name in _RECORDING_NAMES else array[[*known_rows, *rows][0]]
        if value is not None:
            known[name] = value.item() if isinstance(value, np.generic) else value
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
    events = _events(values, column_map.events, rows, own_time, history, alone=alone)
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
    history: list[HistoryEntry],
    *,
    alone: bool,
) -> tuple[Event, ...]:
    """Return the events of one recording, from marked rows or from a list of times.

    Raises
    ------
    SchemaError
        If times are given for several recordings, or all are outside it.
    """
    events = []
    outside = 0
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
            given = as_numbers(column, spec.source).ravel() * spec.factor
            given = given[np.isfinite(given)]
            times = given[(given >= time_s[0]) & (given <= time_s[-1])]
            outside += len(given) - len(times)
            if len(given) and not len(times):
                raise SchemaError(
                    expected=f"events between {time_s[0]:g} and {time_s[-1]:g} s, as the recording",
                    got=f"{given.min():g} to {given.max():g} s in {spec.source}",
                    where=spec.where,
                    fix="state their unit (ms), or make seconds of the numbers of frames",
                )
        else:
            marked = np.nan_to_num(values.marks(spec.source, spec.where)[rows]) != 0
            times = time_s[marked & ~np.concatenate([[False], marked[:-1]])]
        events += [Event(float(instant), spec.side, spec.kind) for instant in times]
    if outside:
        detail = "events before the first instant or after the last"
        history.append(HistoryEntry("dropped", detail, outside))
    return tuple(sorted(events))
