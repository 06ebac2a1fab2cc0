"""The values a column map asks for: columns, constants, templates, counts, joined tables."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.identity import is_nobody
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.ingest.tables.cells import (
    as_numbers,
    grouped_cells,
    labels,
    whole_names,
)
from locomotion_analysis.ingest.tables.column_map import (
    ColumnMap,
    ValueSpec,
)
from locomotion_analysis.ingest.tables.containers import Variables
from locomotion_analysis.ingest.tables.map_entries import PLACEHOLDER, FilterSpec, JoinSpec

NAMES = ("dataset", "subject", "task", "task_id", "trial")
"""Columns of the cycles that are names: 1.10 and 1.1 are two people."""
UNKNOWN = ("", "nan", "None")
"""What `labels` makes of a missing value."""
_TRUTH = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
_PLACEHOLDER = re.compile(r"\{([^{}:]+)(?::0?(\d+)d?)?\}")
_WIDEST = 32


class MappedValues:
    """The rows of a file, as the map names them.

    Attributes
    ----------
    variables : Variables
        The main file.
    named : dict of str to ndarray
        What the names of columns say of the cycles in them, where points run down the rows.
    history : list of HistoryEntry

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
        self.named: dict[str, NDArray[Any]] = {}
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
        if name in self.named:
            return self.named[name]
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

    def marks(self, name: str, asked_by: str) -> NDArray[np.float64]:
        """Return a column of marks as numbers, shape (n_rows,); yes and true are 1."""
        return self._as_numbers(_truths(self.column(name, asked_by).ravel()), name)

    def evaluate(self, spec: ValueSpec, n_rows: int | None, field: str) -> NDArray[Any]:
        """Return one value a row; `n_rows` is needed for constants and counts only.

        Raises
        ------
        SchemaError
            If a column has another number of rows, or a mapping lacks a value.
        """
        found = self._raw(spec, n_rows)
        if spec.kind == "column" and (spec.mapping or field not in NAMES):
            found = _typed(found, self._decimal_of(spec.source))
        if self._map.layout == "time_series" and found.size == 1 and n_rows is not None:
            found = np.full(n_rows, found.item(), found.dtype)  # what holds for the whole recording
        if n_rows is not None and found.shape != (n_rows,):
            raise SchemaError(
                expected=f"one value a row, {n_rows} in all",
                got=f"an array of shape {found.shape}",
                where=spec.where,
                fix="is a row a point of a curve? `layout: long` with a phase reads that",
            )
        if spec.mapping:
            keys = labels(found)
            missing = set(UNKNOWN) - set(spec.mapping)  # stays missing
            unknown = sorted(set(keys.tolist()) - set(spec.mapping) - missing)
            if unknown:
                raise SchemaError(
                    expected=f"one of {', '.join(spec.mapping)}, which the map translates",
                    got=", ".join(map(repr, unknown[:5])),
                    where=spec.where,
                    fix="add the value to the map",
                )
            found = _typed(np.array([spec.mapping.get(key) for key in keys], dtype=object))
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

    def chosen(self, wanted: Mapping[str, str], asked_by: str) -> NDArray[np.bool_] | np.bool_:
        """Return which rows have the wanted values in their columns."""
        rows: NDArray[np.bool_] | np.bool_ = np.True_
        for name, value in wanted.items():
            rows = rows & (labels(self.column(name, asked_by)) == value)
        return rows

    def _as_numbers(self, found: NDArray[Any], name: str) -> NDArray[np.float64]:
        lines = self.variables.lines if name in self.variables.names else None
        decimal = self._decimal_of(name)
        numbers = as_numbers(found, name, decimal, lines)
        if grouped := grouped_cells(found, decimal):
            mark = "commas" if decimal == "." else "points"
            self._say("read", f"{name}: {mark} set thousands apart, decimal {decimal!r}", grouped)
        return numbers

    def _decimal_of(self, name: str) -> str | None:
        tables = (self.variables, *(table for table, _ in self._joined))
        return next((table.decimal_of(name) for table in tables if name in table.names), None)

    def _raw(self, spec: ValueSpec, n_known: int | None) -> NDArray[Any]:
        """Return a value as it stands, before its mapping and unit."""
        n_rows = 1 if n_known is None else n_known
        if spec.kind == "value":
            return np.full(n_rows, spec.source, dtype=object)
        if spec.kind == "one_hot":
            return self._decoded(spec, n_known)
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

    def _decoded(self, spec: ValueSpec, n_rows: int | None) -> NDArray[Any]:
        """Return the name of the column that is 1, of columns or of a matrix of zeros and ones."""
        source = spec.source
        if isinstance(source, str) and (match := PLACEHOLDER.search(source)):
            before, after = source[: match.start()], source[match.end() :]
            wanted = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
            columns = {m[1]: name for name in self.variables.names if (m := wanted.fullmatch(name))}
        elif isinstance(source, str):
            columns = {}
        else:
            columns = {name: name for name in source}
        if columns:
            names = np.array(list(columns), dtype=object)
            matrix = np.column_stack([self.column(name, spec.where) for name in columns.values()])
        else:
            matrix = self.variables.get(source, spec.where)
            if matrix.ndim == 2 and n_rows == matrix.shape[1] != matrix.shape[0]:
                matrix = matrix.T
            if matrix.ndim != 2:
                raise SchemaError(
                    expected="a matrix of zeros and ones",
                    got=f"{source} of shape {matrix.shape}",
                    where=spec.where,
                )
            names = np.arange(matrix.shape[1])
            if spec.entries is not None:
                names = labels(np.atleast_1d(self.variables.get(spec.entries, spec.where)).ravel())
        if len(names) != matrix.shape[1]:
            raise SchemaError(
                expected=f"{matrix.shape[1]} names, one for each column of {source}",
                got=f"{len(names)} in {spec.entries}",
                where=spec.where,
            )
        told = source if isinstance(source, str) else ", ".join(source)
        numbers = as_numbers(_truths(matrix), told)
        ones = (numbers == 1).sum(axis=1)
        wrong = ~(np.isin(numbers, (0, 1)) | np.isnan(numbers)).all(axis=1) | (ones > 1)
        if wrong.any():
            row = int(wrong.argmax())
            raise SchemaError(
                expected="zeros and one 1 in every row of a one-hot code",
                got=", ".join(f"{value:g}" for value in numbers[row][:8]),
                where=f"{spec.where}, row {row} of {told}",
            )
        if (ones == 0).any():
            self._say("read", f"{told}: rows without a 1 are missing", int((ones == 0).sum()))
        found: NDArray[Any] = names[np.nan_to_num(numbers).argmax(axis=1)].astype(object)
        found[ones == 0] = None
        return found

    def _templated(self, spec: ValueSpec) -> NDArray[Any]:
        pieces: list[Any] = []
        end = 0
        for match in _PLACEHOLDER.finditer(spec.source):
            pieces.append(spec.source[end : match.start()])
            if match[2] and int(match[2]) > _WIDEST:
                raise SchemaError(
                    expected=f"numbers of at most {_WIDEST} digits in a template",
                    got=match[0][:80],
                    where=spec.where,
                    fix="write the width that the names have: {number:03d}",
                )
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
                expected=f"the table {spec.file}, whose columns the map joins",
                got="nothing at that path",
                where=f"{beside} ({spec.where})",
                fix="put it beside the file, or beside the map",
            )
        table = open_table(path, spec.text)
        found: list[NDArray[np.intp]] = []

        def rows() -> NDArray[np.intp]:
            if not found:
                found.append(self._matching_rows(spec, table))
            return found[0]

        return table, rows

    def _matching_rows(self, spec: JoinSpec, table: Variables) -> NDArray[np.intp]:
        theirs = _key([whole_names(labels(table.get(name, spec.where))) for name in spec.match])
        own = [whole_names(labels(self.column(name, spec.where))) for name in spec.match.values()]
        ours = _key(own)
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
        # A gap is nobody's row, and so is a word for one.
        unknown = np.zeros(len(ours), dtype=bool)
        for column in own:
            unknown |= np.isin(column, [name for name in set(column.tolist()) if is_nobody(name)])
        rows: NDArray[np.intp] = np.where((place < 0) | unknown, -1, first[place])
        if len(theirs) and (rows < 0).all() and not unknown.all():
            raise SchemaError(
                expected=f"rows that meet in {', '.join(spec.match)} of {Path(table.where).name}",
                got=f"none: {', '.join(map(str, ours[~unknown][0]))} here, "
                f"{', '.join(map(str, theirs[0]))} there",
                where=spec.where,
                fix="write the names alike in both (1, not 001), or match other columns",
            )
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


def _truths(values: NDArray[Any]) -> NDArray[Any]:
    """Return values with 1 and 0 for the words of a truth value."""
    if values.dtype != object:
        return values
    words = [_TRUTH.get(str(cell).strip().lower(), cell) for cell in values.ravel()]
    return np.array(words, dtype=object).reshape(values.shape)


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


def one_length(arrays: Mapping[str, NDArray[Any]], expected: str) -> int:
    """Return the length that all arrays have, or raise."""
    counts = {name: len(array) for name, array in arrays.items()}
    length = next(iter(counts.values()))
    if set(counts.values()) != {length}:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise SchemaError(expected=expected, got=told)
    return length
