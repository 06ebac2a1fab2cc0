"""Tables in text: commas, tabs or semicolons, quoted cells, ragged rows."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.ingest.tables.numbers import refuse_repeated
from locomotion_analysis.ingest.tables.specs import TextSpec
from locomotion_analysis.ingest.tables.variables import MOST_BYTES, Variables, too_large

_Row = tuple[int, list[str]]
"""Line and cells."""
_DELIMITERS = ("\t", ";", ",")


def text_variables(path: Path, spec: TextSpec) -> Variables:
    """Read a text table; its columns are the variables, as text.

    Raises
    ------
    FileReadError
        If it is empty, too large or not text in the map's encoding.
    SchemaError
        If a name repeats, or a row has more cells than the heading.
    """
    lines = _lines(path, spec)
    history: list[HistoryEntry] = []
    delimiter = spec.delimiter or max(_DELIMITERS, key=lines[0].count)
    rows = _split(lines, delimiter, path)
    if not rows:
        raise FileReadError(expected="a table", got="empty cells only", where=str(path))
    names, rows = _heading(rows, spec)
    refuse_repeated(names)
    places, cells = _even(rows, len(names), spec.skip_rows, path, history)
    if not len(cells):
        raise FileReadError(expected="rows under the heading", got="none", where=str(path))
    return Variables(
        where=str(path),
        names=tuple(names),
        load=lambda name: cells[:, names.index(name)],
        decimal=spec.decimal,
        lines=places,
        history=history,
    )


def _lines(path: Path, spec: TextSpec) -> list[str]:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise too_large(str(path), size)
    raw = path.read_bytes()
    try:
        text = raw.decode(spec.encoding)
    except (UnicodeDecodeError, LookupError):
        raise FileReadError(
            expected=f"text in {spec.encoding}",
            got="other bytes",
            where=str(path),
            fix="state its encoding in the map: text: {encoding: cp1252}",
        ) from None
    if "\0" in text:
        raise FileReadError(expected="a text table", got="a binary file", where=str(path))
    lines = text.splitlines()[spec.skip_rows :]
    if not any(line.strip() for line in lines):
        raise FileReadError(expected="a table", got="an empty file", where=str(path))
    return lines


def _split(lines: list[str], delimiter: str, path: Path) -> list[_Row]:
    if delimiter == " ":
        rows = [(place, line.split()) for place, line in enumerate(lines, start=1)]
    else:
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            rows = [(reader.line_num, row) for row in reader]
        except csv.Error as error:
            raise FileReadError(
                expected="a table of cells", got=str(error), where=str(path)
            ) from None
    return [(place, row) for place, row in rows if any(cell.strip() for cell in row)]


def _heading(rows: list[_Row], spec: TextSpec) -> tuple[list[str], list[_Row]]:
    if not spec.header:
        return [str(place + 1) for place in range(len(rows[0][1]))], rows
    names = [cell.strip() for cell in rows[0][1]]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return [name or f"column {place + 1}" for place, name in enumerate(names)], rows[1:]


def _even(
    rows: list[_Row], width: int, skipped: int, path: Path, history: list[HistoryEntry]
) -> tuple[list[int], NDArray[Any]]:
    """Fill short rows and refuse long ones; return the line of each row, and the cells."""
    kept, short = [], 0
    for place, row in rows:
        if any(cell.strip() for cell in row[width:]):
            raise SchemaError(
                expected=f"at most {width} cells a row",
                got=f"{len(row)}",
                where=f"{path}, line {place + skipped}",
                fix="check the delimiter and quote cells that hold it",
            )
        short += len(row) < width
        kept.append((row + [""] * width)[:width])
    if short:
        detail = f"{path.name}: short rows, their last cells taken as missing"
        history.append(HistoryEntry("filled", detail, short))
    cells = np.array(kept, dtype=object).reshape(len(kept), width)
    return [place + skipped for place, _ in rows], cells
