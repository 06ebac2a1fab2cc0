"""Numbers as they stand in the text files of laboratories."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError

MISSING = frozenset({"", "-", "na", "n/a", "nan", "-nan", "null", "none", "#n/a"})
_THOUSANDS = r"^([+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(,.*)?$"
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
        If a row is too short or too long, or a cell is no number.
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
    return values.reshape(len(rows), len(columns))


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
        (``1.234,5``). None: as :func:`parse_number`.

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
                raise SchemaError(expected="a number", got=got, where=place(position)) from None
    values[~np.isfinite(values)] = np.nan
    return values


def check_rising(time_s: NDArray[np.float64], line_numbers: Sequence[int] | None = None) -> None:
    """Raise unless there are two or more times and they rise strictly.

    Raises
    ------
    SchemaError
        With the first row (or line of the file) that is not later than the one before.
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


def refuse_repeated(columns: Sequence[str]) -> None:
    """Raise if a column name occurs twice.

    Raises
    ------
    SchemaError
        With the repeated names.
    """
    repeated = sorted({name for name in columns if list(columns).count(name) > 1})
    if repeated:
        raise SchemaError(
            expected="column names that occur once",
            got=f"{', '.join(repeated[:8])} more than once",
            fix="remove or rename the repeated columns",
        )
