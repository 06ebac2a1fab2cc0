"""Tables in text: commas, tabs or semicolons, quoted cells, ragged rows."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.ingest.tables.numbers import refuse_repeated
from locomotion_analysis.ingest.tables.specs import TextSpec
from locomotion_analysis.ingest.tables.variables import MOST_BYTES, Variables, too_large

_DELIMITERS = ("\t", ";", ",")
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


def text_variables(path: Path, spec: TextSpec) -> Variables:
    """Read a text table; its columns are the variables, as text.

    Raises
    ------
    FileReadError
        If it is empty, too large or not text in the map's encoding.
    SchemaError
        If a name repeats, or a row has more cells than the heading.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise too_large(str(path), size)
    try:
        text = path.read_bytes().decode(spec.encoding)
    except (UnicodeDecodeError, LookupError):
        raise FileReadError(
            expected=f"text in {spec.encoding}",
            got="other bytes",
            where=str(path),
            fix="state its encoding in the map: text: {encoding: cp1252}",
        ) from None
    table = read_cells(text, path, spec)
    refuse_repeated(table.names)
    if not len(table.cells):
        raise FileReadError(expected="rows under the heading", got="none", where=str(path))
    return Variables(
        where=str(path),
        names=tuple(table.names),
        load=lambda name: table.cells[:, table.names.index(name)],
        decimal=spec.decimal,
        lines=table.lines,
        history=table.history,
    )


def read_cells(text: str, path: Path, spec: TextSpec) -> TextTable:
    """Take a text apart into cells; rows and last columns without any are left out.

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
    if "\0" in text:
        raise FileReadError(expected="a text table", got="a binary file", where=str(path))
    lines = text.splitlines()[spec.skip_rows :]
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise FileReadError(expected="a table", got="an empty file", where=str(path))
    delimiter = spec.delimiter or max(_DELIMITERS, key=_NOTES.sub("", first).count)
    if delimiter == " ":
        rows = [(place, line.split()) for place, line in enumerate(lines, spec.skip_rows + 1)]
    else:
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            rows = [(reader.line_num + spec.skip_rows, row) for row in reader]
        except csv.Error as error:
            raise FileReadError(
                expected="a table of cells", got=str(error), where=str(path)
            ) from None
    rows = [(place, row) for place, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise FileReadError(expected="a table", got="empty cells only", where=str(path))
    names = [str(place + 1) for place in range(len(rows[0][1]))]
    if spec.header:
        names = [cell.strip() for cell in rows.pop(0)[1]]
        while len(names) > 1 and not names[-1]:
            names.pop()
        names = [name or f"column {place + 1}" for place, name in enumerate(names)]
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
