"""Tables and arrays read through a column map.

The map's values (columns, constants, templates, joined tables) are asked of the file; what comes
out is whole gait cycles, from tables of one curve a row or of one row a cycle and point, or
recordings over time, from one row an instant.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.identity import is_nobody
from locomotion_analysis.errors import CycleShapeError, FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest.recording import Event, ReadOptions, Recording, Stream
from locomotion_analysis.ingest.tables.column_map import (
    ChannelSpec,
    ColumnMap,
    EventSpec,
    FilterSpec,
    JoinSpec,
    TextSpec,
    ValueSpec,
)
from locomotion_analysis.ingest.tables.containers import (
    HDF5_MAGIC,
    Variables,
    as_numbers,
    check_rising,
    hdf5_variables,
    labels,
    mat_variables,
    naming,
    npz_variables,
    text_variables,
)
from locomotion_analysis.standard import (
    N_PHASES,
    PHASE_COLUMN,
    PHASE_PERCENT,
    canonical_name,
    resample_curves,
)

_ZIP = b"PK\x03\x04"
_PRINTABLE = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D} | frozenset(range(0x80, 0x100))
Array = NDArray[np.float64]


class TableReader:
    """CSV, TSV, NPZ, HDF5 and MATLAB files, described by a column map.

    A comma-separated file in the standard long layout needs no map.
    """

    name = "table"
    description = "CSV, TSV, NPZ, HDF5 and MATLAB tables of curves or time series, with --map"
    suffixes = (".csv", ".tsv", ".txt", ".npz", ".h5", ".hdf5", ".mat")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the file is one of these containers, or text in columns."""
        return _kind(head) is not None

    def people(self, path: Path, options: ReadOptions) -> list[Recording]:
        """Return the subject that the map gives to the whole file, if it does."""
        specs = {} if options.column_map is None else options.column_map.cycles
        spec = specs.get("subject")
        subject, by = "", "the rows of the table"
        if spec is not None and not spec.mapping:
            if spec.kind == "value":
                subject, by = str(spec.source), "the map"
            elif spec.kind == "file_name" and (match := re.search(spec.source, path.name)):
                subject, by = match[1], "the map, from the file name"
            elif spec.kind == "column":
                by = f"column {spec.source}"
        return [Recording(source=str(path), subject=subject, named_by=by)]

    def read(self, path: Path, options: ReadOptions) -> list[Recording] | LocomotionData:
        """Read the file as the map says.

        Raises
        ------
        SchemaError
            If there is no map, or file and map do not fit.
        FileReadError
            If the file is damaged, or unpacks to too much.
        """
        with naming(path):
            column_map = options.column_map
            if column_map is not None:
                variables = open_variables(path, column_map.text, column_map.format)
                values = MappedValues(column_map, variables, open_variables)
                if column_map.layout == "time_series":
                    return recordings(values, column_map)
                layout = curves_data if column_map.layout == "curves" else long_data
                return layout(values, column_map, path.name.split(".")[0])
            with path.open("rb") as stream:
                first = stream.readline(65536).decode("utf-8", errors="replace")
            names = [canonical_name(name.strip(' "\r\n')) for name in first.split(",")]
            if PHASE_COLUMN in names:
                return LocomotionData.from_csv(path)
            raise SchemaError(
                expected="a column map: a table does not say what its columns mean",
                got="none",
                where=str(path),
                fix="write one (docs/maps has examples) and name it with --map map.yaml",
            )


def open_variables(path: Path, text: TextSpec, kind: str | None = None) -> Variables:
    """Open a table or archive by its content.

    Parameters
    ----------
    path : path
    text : TextSpec
        How it is written, if it is text.
    kind : {"text", "npz", "hdf5", "mat"}, optional
        What it has to be.

    Raises
    ------
    FileReadError
        If it is none of these, or not `kind`.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    found = _kind(head, text.encoding)
    if found is None or (kind is not None and kind != found):
        raise FileReadError(
            expected=f"a file of kind {kind}" if kind else "text, NPZ, HDF5 or MATLAB",
            got=found or ("an empty file" if not head else "something else"),
            where=str(path),
        )
    if found == "text":
        return text_variables(path, text)
    return {"npz": npz_variables, "hdf5": hdf5_variables, "mat": mat_variables}[found](path)


def _kind(head: bytes, encoding: str = "") -> str | None:
    """Return what a file that begins so is: npz, hdf5, mat, text, or None."""
    if head.startswith(_ZIP):
        length = int.from_bytes(head[26:28], "little")
        return "npz" if head[30 : 30 + length].endswith(b".npy") else None
    if head[:128].startswith(b"MATLAB 7.3") or head[512:520] == HDF5_MAGIC:
        return "mat"
    if head.startswith(HDF5_MAGIC):
        return "hdf5"
    if head.startswith(b"MATLAB") and head[126:128] in (b"IM", b"MI"):
        return "mat"
    if encoding.lower().replace("-", "").startswith("utf16") and head:
        return "text"
    if not head or not set(head) <= _PRINTABLE:
        return None
    return "text" if any(mark in head for mark in (b"\t", b";", b",", b" ")) else None


# The values a column map asks for.

NAMES = ("dataset", "subject", "task", "task_id", "trial")
"""Columns of the cycles that are names: 1.10 and 1.1 are two people."""
UNKNOWN = ("", "nan", "None")
"""What `labels` makes of a missing value."""
_PLACEHOLDER = re.compile(r"\{([^{}:]+)(?::0?(\d+)d?)?\}")


class MappedValues:
    """The rows of a file, as the map names them.

    Parameters
    ----------
    column_map : ColumnMap
    variables : Variables
        The main file.
    open_table : callable
        Path and text specification -> variables, for joined tables.
    """

    def __init__(
        self,
        column_map: ColumnMap,
        variables: Variables,
        open_table: Callable[[Path, Any], Variables],
    ) -> None:
        self._map = column_map
        self.variables = variables
        self._joined = [self._join(spec, open_table) for spec in column_map.join]
        self._active: list[str] = []
        self.history: list[HistoryEntry] = list(variables.history)

    def column(self, name: str, asked_by: str) -> NDArray[Any]:
        """Return a derived, own or joined column, shape (n_rows, ...).

        Raises
        ------
        SchemaError
            If there is none of that name, or it is derived from itself.
        """
        if name in self._map.derive:
            if name in self._active:
                chain = " -> ".join([*self._active, name])
                raise SchemaError(expected="no circle", got=chain, where=asked_by)
            self._active.append(name)
            try:
                return self.evaluate(self._map.derive[name], self._n_rows_of(name), name)
            finally:
                self._active.pop()
        if name not in self.variables.names:
            for table, rows in self._joined:
                if name in table.names:
                    values, partners = table.get(name), rows()
                    self.history += [entry for entry in table.history if entry not in self.history]
                    picked = _typed(values, table.decimal_of(name))[partners]
                    if (partners < 0).any():
                        picked = picked.astype(object)
                        picked[partners < 0] = None
                    return picked
        values = self.variables.get(name, asked_by)
        # MATLAB writes a column as (n, 1) or (1, n).
        return values.ravel() if values.ndim == 2 and 1 in values.shape else values

    def numbers(self, name: str, asked_by: str) -> NDArray[np.float64]:
        """Return a column as numbers."""
        return self._as_numbers(self.column(name, asked_by), name)

    def evaluate(self, spec: ValueSpec, n_rows: int | None, field: str) -> NDArray[Any]:
        """Return one value a row; `n_rows` is needed for constants and counts only.

        Raises
        ------
        SchemaError
            If a column has another number of rows, or a mapping lacks a value.
        """
        found = self._raw(spec, 1 if n_rows is None else n_rows)
        if spec.kind == "column" and (spec.mapping or field not in NAMES):
            found = _typed(found, self._decimal_of(spec.source))
        if n_rows is not None and found.shape != (n_rows,):
            raise SchemaError(
                expected=f"one value a row, {n_rows} in all",
                got=f"an array of shape {found.shape}",
                where=spec.where,
            )
        if spec.mapping:
            keys = labels(found)
            unknown = sorted(set(keys.tolist()) - set(spec.mapping))
            if unknown:
                raise SchemaError(
                    expected=f"one of {', '.join(spec.mapping)}, which the map translates",
                    got=", ".join(map(repr, unknown[:5])),
                    where=spec.where,
                    fix="add the value to the map",
                )
            found = _typed(np.array([spec.mapping[key] for key in keys], dtype=object))
        if spec.is_numeric:
            numbers = self._as_numbers(found, spec.source if spec.kind == "column" else field)
            if spec.factor != 1.0:
                self._say("converted", f"{field}: {spec.unit or 'value'} x {spec.factor:.9g}")
            return numbers * spec.factor + spec.offset
        return found

    def keep(self, filters: tuple[FilterSpec, ...], n_rows: int) -> NDArray[np.bool_]:
        """Return which rows the map's conditions keep, and record how many they do not."""
        keep = np.ones(n_rows, dtype=bool)
        for spec in filters:
            column = self.column(spec.column, spec.where)
            if spec.allowed is not None:
                keep &= np.isin(labels(column).astype(str), spec.allowed)
            if spec.least is not None or spec.most is not None:
                numbers = self.numbers(spec.column, spec.where)
                keep &= numbers >= (-np.inf if spec.least is None else spec.least)
                keep &= numbers <= (np.inf if spec.most is None else spec.most)
        if not keep.all():
            columns = ", ".join(spec.column for spec in filters)
            self._say("dropped", f"rows by the map's conditions on {columns}", int((~keep).sum()))
        if not keep.any():
            raise SchemaError(
                expected="rows that meet the map's conditions", got="none", where=filters[0].where
            )
        return keep

    def _as_numbers(self, found: NDArray[Any], name: str) -> NDArray[np.float64]:
        lines = self.variables.lines if name in self.variables.names else None
        return as_numbers(found, name, self._decimal_of(name), lines)

    def _decimal_of(self, name: str) -> str | None:
        tables = (self.variables, *(table for table, _ in self._joined))
        return next((table.decimal_of(name) for table in tables if name in table.names), None)

    def _raw(self, spec: ValueSpec, n_rows: int) -> NDArray[Any]:
        """Return a value as it stands, before its mapping and unit."""
        if spec.kind == "value":
            return np.full(n_rows, spec.source, dtype=object)
        if spec.kind == "file_name":
            match = re.search(spec.source, Path(self.variables.where).name)
            if match is None:
                got = repr(Path(self.variables.where).name)
                raise SchemaError(
                    expected=f"a file name like {spec.source}", got=got, where=spec.where
                )
            return np.full(n_rows, match[1], dtype=object)
        if spec.kind == "template":
            return self._templated(spec)
        if spec.kind == "column":
            return self.column(spec.source, spec.where)
        columns = []
        for name in spec.source:
            if name in self._map.cycles and name not in (*self._map.derive, *self.variables.names):
                own = self.evaluate(self._map.cycles[name], self._n_rows_of(name), name)
            else:
                own = self.column(name, spec.where)
            columns.append(labels(own))
        if spec.kind == "count_within":
            frame = pd.DataFrame(dict(enumerate(columns)))
            return frame.groupby(list(frame.columns), sort=False).cumcount().to_numpy()
        same: NDArray[Any] = columns[0] == columns[1]
        return same

    def _templated(self, spec: ValueSpec) -> NDArray[Any]:
        pieces: list[Any] = []
        end = 0
        for match in _PLACEHOLDER.finditer(spec.source):
            pieces.append(spec.source[end : match.start()])
            text = pd.Series(labels(self.column(match[1], spec.where)), dtype="str")
            pieces.append(text.str.zfill(int(match[2])) if match[2] else text)
            end = match.end()
        pieces.append(spec.source[end:])
        if len(pieces) == 1:
            raise SchemaError(
                expected="a template with {column}", got=repr(spec.source), where=spec.where
            )
        joined = pieces[0]
        for piece in pieces[1:]:
            joined = joined + piece
        return np.asarray(joined, dtype=object)

    def _join(
        self, spec: JoinSpec, open_table: Callable[[Path, Any], Variables]
    ) -> tuple[Variables, Callable[[], NDArray[np.intp]]]:
        beside = Path(self.variables.where).parent / spec.file
        path = next((p for p in (beside, self._map.source.parent / spec.file) if p.is_file()), None)
        if path is None:
            raise FileReadError(
                expected="a table", got="nothing at that path", where=f"{spec.where}, {beside}"
            )
        table = open_table(path, spec.text)
        found: list[NDArray[np.intp]] = []

        def rows() -> NDArray[np.intp]:
            if not found:
                found.append(self._matching_rows(spec, table))
            return found[0]

        return table, rows

    def _matching_rows(self, spec: JoinSpec, table: Variables) -> NDArray[np.intp]:
        theirs = _key([labels(table.get(name, spec.where)) for name in spec.match])
        ours = _key([labels(self.column(name, spec.where)) for name in spec.match.values()])
        repeated = theirs.duplicated()
        if repeated.any() and spec.repeated == "error":
            raise SchemaError(
                expected=f"one row of {Path(table.where).name} for each {', '.join(spec.match)}",
                got=f"{int(repeated.sum())} repeated ones, first {theirs[repeated][0]}",
                where=spec.where,
                fix="match more columns, or take the first with `repeated: first`",
            )
        first = np.flatnonzero(~repeated)
        place = theirs[~repeated].get_indexer(ours)
        unknown = np.isin(ours.to_frame(), UNKNOWN).any(axis=1)  # is nobody's, not that of a gap
        rows: NDArray[np.intp] = np.where((place < 0) | unknown, -1, first[place])
        if repeated.any():
            detail = f"first of repeated rows in {Path(table.where).name}"
            self._say("selected", detail, int(repeated.sum()))
        if (rows < 0).any():
            detail = f"rows without a partner in {Path(table.where).name}: its columns missing"
            self._say("filled", detail, int((rows < 0).sum()))
        return rows

    def _n_rows_of(self, name: str) -> int | None:
        spec = self._map.derive.get(name) or self._map.cycles[name]
        if spec.kind not in ("value", "file_name"):
            return None
        raise SchemaError(
            expected="a value that changes from row to row",
            got=f"{name}, which is a constant",
            where=spec.where,
            fix="leave it out of the template, count or match",
        )

    def _say(self, action: str, detail: str, count: int | None = None) -> None:
        entry = HistoryEntry(action, detail, count)
        if entry not in self.history:
            self.history.append(entry)


def _key(columns: list[NDArray[Any]]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([pd.Series(column, dtype="str") for column in columns])


def _typed(values: NDArray[Any], decimal: str | None = None) -> NDArray[Any]:
    """Turn text that is numbers throughout into numbers, unless zeros in front would be lost."""
    if values.dtype.kind == "S":
        return labels(values)
    if values.dtype != object:
        return values
    if any(isinstance(value, str) and re.match(r"^0\d", value) for value in values.tolist()):
        return values
    try:
        return as_numbers(values, "", decimal)
    except SchemaError:
        return values


# Tables whose rows are gait cycles already: whole curves, or one row a cycle and point.

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
    n_cycles = _one_length(curves, "as many cycles in every channel")
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


def _one_length(arrays: Mapping[str, NDArray[Any]], expected: str) -> int:
    """Return the length that all arrays have, or raise."""
    counts = {name: len(array) for name, array in arrays.items()}
    length = next(iter(counts.values()))
    if set(counts.values()) != {length}:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise SchemaError(expected=expected, got=told)
    return length


# Tables over time: one row an instant, one column a signal.

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
    n_rows = _one_length(signals, "signals of one length")
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
    own_time = np.arange(len(rows)) / rate if time_s is None else time_s[rows]
    history = list(values.history)
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
