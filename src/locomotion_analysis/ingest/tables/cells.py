"""Text tables as laboratories write them: cells, headings, decimal commas, missing values."""

import codecs
import csv
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.columns import label, refuse_missing_codes
from locomotion_analysis.data.identity import MISSING
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest.tables.map_entries import TextSpec

_THOUSANDS = r"^([+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(,.*)?$"
COMMA_GROUPS = r"^\s*[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(\.[0-9]*)?\s*$"
POINT_GROUPS = r"^[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+$"
UNSURE, UNSURE_POINT = "?", "?."
SHOWN = {
    ".": r"^[+-]?(?:[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?|[1-9][0-9]{0,2}(?:,[0-9]{3})+"
    r"(?:\.[0-9]*|,[0-9]{3}))$",
    ",": r"^[+-]?(?:0|[0-9]{4,}|[0-9]{1,3}(?:\.[0-9]{3})+)?,[0-9]+(?:[eE][+-]?[0-9]+)?$"
    r"|^[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})(?:[eE][+-]?[0-9]+)?$",
    UNSURE: r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$",
}
"""What a cell looks like that shows its decimal mark, or leaves it open."""
_MICROSOFT_NAN = re.compile(r"^-?(?:1\.#(?:qnan|ind|snan|inf)0*|nan\((?:ind|snan)\))$")


def parse_number(text: str) -> float:
    """Return the number in one cell; NaN where the cell says that there is none.

    Parameters
    ----------
    text : str
        Point or comma as the decimal mark; an infinity counts as not measured.

    Raises
    ------
    ValueError
        If the cell holds something else.

    Examples
    --------
    >>> parse_number(" 68,9 "), parse_number("1.5e-3"), parse_number("NaN")
    (68.9, 0.0015, nan)
    """
    cell = text.strip().strip('"').strip().lower()
    if cell in MISSING or _MICROSOFT_NAN.match(cell):
        return math.nan
    if "_" in cell:
        raise ValueError(text)  # Python's own float would read 1_000
    if cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    value = float(cell)
    return value if math.isfinite(value) else math.nan


def parse_rows(
    rows: Sequence[Sequence[str]], columns: Sequence[str], line_numbers: Sequence[int]
) -> NDArray[np.float64]:
    """Return text cells as an array of shape (n_rows, n_columns).

    Parameters
    ----------
    rows : sequence of sequences of str
        Every row with one cell a column.
    columns : sequence of str
        For the message.
    line_numbers : sequence of int
        Line of the file each row stands on, for the message.

    Raises
    ------
    SchemaError
        If a row is too short or too long, or a cell is no number, or a code for a missing one.
    """
    lengths = np.array([len(row) for row in rows])
    wrong = lengths != len(columns)
    if wrong.any():
        first = int(wrong.argmax())
        raise SchemaError(
            expected=f"{len(columns)} cells a row, one for each column",
            got=f"{int(lengths[first])} ({int(wrong.sum())} of {len(rows)} rows differ)",
            where=f"line {line_numbers[first]}",
            fix="the file is cut off or damaged there: export it again",
        )

    def place(cell: int) -> str:
        return f"line {line_numbers[cell // len(columns)]}, column {columns[cell % len(columns)]}"

    values = numbers_in([cell for row in rows for cell in row], place)
    values = values.reshape(len(rows), len(columns))
    for name, column in zip(columns, values.T, strict=True):
        refuse_missing_codes(column, f"column {name}")
    return values


def numbers_in(
    cells: Sequence[Any], place: Callable[[int], str], decimal: str | None = None
) -> NDArray[np.float64]:
    """Return cells of text, or of text among numbers, as numbers.

    Parameters
    ----------
    cells : sequence of str, number or None
    place : callable
        Position -> where the cell stands, for the message.
    decimal : {None, ".", ","}
        The only decimal mark there is; with a comma, points may set thousands apart
        (``1.234,5``), with a point commas (``1,234.5``). None: as :func:`parse_number`.

    Returns
    -------
    ndarray of float64, shape (n_cells,)
        NaN for what says that it is missing, and for infinities.

    Raises
    ------
    SchemaError
        If a cell is no number.
    """
    text = pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
    if decimal == ",":
        grouped = pc.match_substring_regex(text, _THOUSANDS)
        text = pc.if_else(grouped, pc.replace_substring(text, ".", ""), text)
    if decimal == ".":
        grouped = pc.match_substring_regex(text, COMMA_GROUPS)
        text = pc.if_else(grouped, pc.replace_substring(text, ",", ""), text)
    plain = pc.utf8_trim_whitespace(text)
    if decimal == ",":
        plain = pc.replace_substring(pc.replace_substring(plain, ".", "_"), ",", ".")
    missing = pc.is_in(pc.utf8_lower(plain), pa.array(sorted(MISSING)))
    values: NDArray[np.float64]
    try:
        found = pc.if_else(missing, None, plain).cast(pa.float64())
        values = found.to_numpy(zero_copy_only=False).copy()
    except pa.ArrowInvalid:  # a comma, another spelling of missing, or no number
        values = np.empty(len(text))
        for position, cell in enumerate(plain.to_pylist()):
            try:
                own = cell or ""
                values[position] = parse_number(own.replace(",", "_") if decimal == "." else own)
            except ValueError:
                got = repr(text[position].as_py())
                raise SchemaError(
                    expected="a number",
                    got=got,
                    where=place(position),
                    fix="correct the cell, or leave it empty where nothing was measured",
                ) from None
    values[~np.isfinite(values)] = np.nan
    return values


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file before the place of an error raised inside that does not name the file."""
    try:
        yield
    except LocomotionError as error:
        raise error if str(path) in error.where else error.at(str(path)) from None


_LONGEST_STEP_S, _FEWEST_ROWS = 0.5, 20


def check_rising(time_s: NDArray[np.float64], line_numbers: Sequence[int] | None = None) -> None:
    """Raise unless there are two or more times and they rise strictly, in seconds.

    Raises
    ------
    SchemaError
        With the first row (or line of the file) that is not later than the one before, or where
        rows are so far apart that the times are milliseconds or the numbers of frames.
    """
    if len(time_s) < 2:
        got = f"{len(time_s)} row(s) of data"
        raise SchemaError(expected="at least two instants", got=got, fix="record longer")
    steps = np.diff(time_s)
    wrong = ~(steps > 0)
    if wrong.any():
        row = int(wrong.argmax()) + 1
        place = f"line {line_numbers[row]}" if line_numbers is not None else f"row {row}"
        raise SchemaError(
            expected="times that rise from row to row",
            got=f"{time_s[row]:g} s after {time_s[row - 1]:g} s ({int(wrong.sum())} such rows)",
            where=place,
            fix="sort the rows by time and remove repeated ones",
        )
    step = float(np.median(steps))
    if step > _LONGEST_STEP_S and len(time_s) >= _FEWEST_ROWS:
        raise SchemaError(
            expected="times in seconds, at least two instants a second",
            got=f"{step:g} between two rows",
            fix="milliseconds, nanoseconds or numbers of frames? Make seconds of them",
        )


def refuse_repeated(columns: Sequence[str], more_headings: int = 0) -> None:
    """Raise if a column name occurs twice.

    Parameters
    ----------
    columns : sequence of str
    more_headings : int
        Rows under the names that look like headings too.

    Raises
    ------
    SchemaError
        With the repeated names.
    """
    repeated = sorted({name for name in columns if list(columns).count(name) > 1})
    if repeated:
        fix = "remove or rename the repeated columns"
        if more_headings:
            fix = f"state that the heading has several rows: text: {{header_rows: {more_headings + 1}}}"
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(repeated[:8])} more than once",
            fix=fix,
        )


def as_numbers(
    values: NDArray[Any], name: str, decimal: str | None = None, lines: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Return an array of numbers or of their text as float64; missing as NaN.

    Raises
    ------
    SchemaError
        If a value is no number, with its place, or a code for a missing one.
    """
    if values.dtype.kind in "fiub":
        numbers = values.astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        refuse_missing_codes(numbers, name)
        return numbers
    if values.dtype.kind == "S":
        values = labels(values)
    if values.dtype.kind in "c" or values.dtype.names:
        raise SchemaError(expected=f"real numbers in {name}", got=f"{values.dtype}")

    def place(row: int) -> str:
        return f"{f'row {row}' if lines is None else f'line {lines[row]}'}, column {name}"

    numbers = numbers_in(values.ravel().tolist(), place, decimal).reshape(values.shape)
    refuse_missing_codes(numbers, name)
    return numbers


def grouped_cells(values: NDArray[Any], decimal: str | None) -> int:
    """Count the cells of text in which the mark that is not the decimal one groups thousands."""
    if decimal is None or values.dtype != object:
        return 0
    cells = [cell if isinstance(cell, str) else None for cell in values.ravel().tolist()]
    text = pc.utf8_trim_whitespace(pa.array(cells, pa.string()))
    pattern = COMMA_GROUPS if decimal == "." else _THOUSANDS
    return int(pc.sum(pc.match_substring_regex(text, pattern)).as_py() or 0)


def repeated_instants(time_s: NDArray[np.float64], values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows repeat an instant and can be left out.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    values : ndarray, shape (n, k)

    Returns
    -------
    ndarray of bool, shape (n,)
        True for a row that repeats the one before it, and for the last instant printed again;
        another value at an instant inside is no repetition.
    """
    again = np.concatenate([[False], np.diff(time_s) == 0.0])
    same = (values[1:] == values[:-1]) | (values[1:] != values[1:])
    same_row = np.concatenate([[True], same.all(axis=1)])
    gone: NDArray[np.bool_] = again & (same_row | (time_s == time_s[-1]))
    return gone


def labels(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as text for comparing: whole numbers without a decimal point."""
    flat = [label(value).strip() for value in values.ravel().tolist()]
    return np.array(flat, dtype=object).reshape(values.shape)


def whole_names(names: NDArray[Any]) -> NDArray[Any]:
    """Return names without ``.0`` where all that are known end so: numbers of a column with a gap.

    Examples
    --------
    >>> whole_names(np.array(["1.0", "", "2.0"], dtype=object)).tolist()
    ['1', '', '2']
    """
    known = [name for name in names.tolist() if str(name).strip().lower() not in MISSING]
    if not known or not all(re.fullmatch(r"[0-9]+\.0+", str(name).strip()) for name in known):
        return names
    cut = [str(name).strip().partition(".")[0] for name in names.tolist()]
    return np.array(cut, dtype=object)


# Tables in text.


def decoded(raw: bytes, encoding: str = "utf-8-sig", errors: str = "strict") -> str:
    """Return bytes as text: in UTF-16 where they begin with its mark, else in `encoding`.

    Raises
    ------
    UnicodeDecodeError
        If they are text in neither.
    """
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return raw.decode("utf-16" if marked else encoding, errors)


_LOOKED_AT = 24
"""Rows that tell whether a heading goes on."""
_DELIMITERS = ("\t", ";", ",")
_EXCEL_SEPARATOR = re.compile(r"\"?sep=(.)\"?[ ,;]*", re.IGNORECASE)
"""A line before the heading by which Excel knows the delimiter."""
_NOTES = re.compile(r'"[^"]*"|\[[^\]]*\]|\([^)]*\)')
"""Parts of a heading in which a delimiter is none: quoted, or a unit in brackets."""


@dataclass(frozen=True)
class TextTable:
    """Cells of a text table.

    Attributes
    ----------
    names : list of str
        Of the columns.
    cells : ndarray of str, shape (n_rows, n_columns)
    lines : list of int
        Line of the file on which each row stands.
    history : list of HistoryEntry
    """

    names: list[str]
    cells: NDArray[Any]
    lines: list[int]
    history: list[HistoryEntry]

    @property
    def more_headings(self) -> int:
        """How many rows under the names hold words where all below hold numbers, in two columns."""
        shown = self.cells[:_LOOKED_AT]
        numeric = np.array([[_is_number(cell) for cell in row] for row in shown], dtype=bool)
        missing = np.array(
            [[c.strip().lower() in MISSING for c in row] for row in shown], dtype=bool
        )
        for rows in range(1, len(shown)):
            below = (numeric | missing)[rows:].all(axis=0) & numeric[rows:].any(axis=0)
            words = ~(numeric | missing)[:rows, below]
            if below.sum() > 1 and words.any(axis=1).all() and not numeric[:rows, below].any():
                return rows
        return 0


def read_cells(text: str, path: Path, spec: TextSpec) -> TextTable:
    """Take a text apart into the cells of a table; rows and last columns without any are left out.

    Parameters
    ----------
    text : str
    path : Path
        Where it is from, for messages.
    spec : TextSpec
        How it is written; its encoding is not used.

    Raises
    ------
    FileReadError
        If it is binary, empty or has a quote without an end.
    SchemaError
        If a row has more cells than the heading.
    """
    return table_of(text_rows(text, path, spec), path, spec)


def text_rows(text: str, path: Path, spec: TextSpec) -> list[tuple[int, list[str]]]:
    """Return the lines of a text and their cells; without a stated delimiter the first line tells.

    Raises
    ------
    FileReadError
        As :func:`read_cells`.
    """
    if "\0" in text:
        raise FileReadError(expected="a text table", got="a binary file", where=str(path))
    skipped, stated = spec.skip_rows, spec.delimiter
    lines = text.splitlines()[skipped:]
    if lines and (match := _EXCEL_SEPARATOR.fullmatch(lines[0])):
        lines, skipped, stated = lines[1:], skipped + 1, stated or match[1]
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise FileReadError(expected="a table", got="an empty file", where=str(path))
    delimiter = stated or max(_DELIMITERS, key=_NOTES.sub("", first).count)
    if delimiter == " ":
        return [(place, line.split()) for place, line in enumerate(lines, skipped + 1)]
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        return [(reader.line_num + skipped, row) for row in reader]
    except csv.Error as error:
        raise FileReadError(expected="a table of cells", got=str(error), where=str(path)) from None


def table_of(rows: Sequence[tuple[int, list[str]]], path: Path, spec: TextSpec) -> TextTable:
    """Return rows of cells as a table under its heading.

    Parameters
    ----------
    rows : sequence of (int, list of str)
        Line and cells.
    path : Path
    spec : TextSpec

    Raises
    ------
    FileReadError
        If there is nothing in them.
    SchemaError
        If a row has more cells than the heading.
    """
    rows = [(place, row) for place, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise FileReadError(expected="a table", got="empty cells only", where=str(path))
    names = [str(place + 1) for place in range(len(rows[0][1]))]
    if spec.header:
        names = _joined_heading([row for _, row in rows[: spec.header_rows]])
        rows = rows[spec.header_rows :]
    width, short = len(names), 0
    for place, row in rows:
        if any(cell.strip() for cell in row[width:]):
            raise SchemaError(
                expected=f"at most {width} cells a row",
                got=f"{len(row)}",
                where=f"{path}, line {place}",
                fix="check the delimiter and quote cells that hold it",
            )
        short += len(row) < width
    even = [(row + [""] * width)[:width] for _, row in rows]
    history = []
    if short:
        detail = f"{path.name}: short rows, their last cells taken as missing"
        history.append(HistoryEntry("filled", detail, short))
    cells = np.array(even, dtype=object).reshape(len(rows), width)
    return TextTable(names, cells, [place for place, _ in rows], history)


def _joined_heading(rows: list[list[str]]) -> list[str]:
    """Return one name a column; a cell left empty above another says what is to its left."""
    width = max(len(row) for row in rows)
    levels = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
    for above in levels[:-1]:
        for place in range(1, width):
            above[place] = above[place] or above[place - 1]
    names = ["|".join(filter(None, parts)) for parts in zip(*levels, strict=True)]
    while len(names) > 1 and not levels[-1][len(names) - 1] and not names[-1]:
        names.pop()
    return [name or f"column {place + 1}" for place, name in enumerate(names)]


def _is_number(cell: str) -> bool:
    try:
        return not math.isnan(parse_number(cell))
    except ValueError:
        return False
