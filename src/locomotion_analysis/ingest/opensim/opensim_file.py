"""The text files of OpenSim (`.mot`, `.sto`): a header that may lie, and a table."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.ingest.tables.numbers import check_rising, parse_rows, refuse_repeated

_END = "endheader"
_ROW_COUNTS = ("nrows", "datarows")
_COLUMN_COUNTS = ("ncolumns", "datacolumns")


@dataclass(frozen=True)
class OpenSimTable:
    """The body of one file.

    Attributes
    ----------
    time_s : ndarray, shape (n,)
    columns : tuple of str
        Without time, in the file's order.
    values : ndarray, shape (n, n_columns)
        As they stand in the file; NaN where a cell is blank or not finite.
    in_degrees : bool or None
        What the header says of rotations; None where it says nothing.
    history : tuple of HistoryEntry
        Where header and body disagree.
    """

    time_s: NDArray[np.float64]
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    in_degrees: bool | None
    history: tuple[HistoryEntry, ...]

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one column, shape (n,)."""
        values: NDArray[np.float64] = self.values[:, self.columns.index(name)]
        return values


def read_opensim_table(path: Path) -> OpenSimTable:
    """Read a motion or storage file, whatever its header says of its size.

    Parameters
    ----------
    path : path
        Columns set apart by tabs, commas or blanks; the first is the time in seconds.

    Raises
    ------
    FileReadError
        If there is no header or no table.
    SchemaError
        If rows are ragged, a cell is no number, names repeat or time does not rise.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    first = _first_line_of_table(lines, path)
    header = _header(lines[: first - 1])
    names = _cells(lines[first])
    numbers = [place for place in range(first + 1, len(lines)) if lines[place].strip()]
    width = len(names)
    rows = [_cells(lines[place], width) for place in numbers]
    places = [place + 1 for place in numbers]
    refuse_repeated(names)
    values = parse_rows(rows, names, places)
    time = _time_column(names)
    check_rising(values[:, time], places)
    kept = [place for place in range(width) if place != time]
    return OpenSimTable(
        time_s=values[:, time].copy(),
        columns=tuple(names[place] for place in kept),
        values=values[:, kept],
        in_degrees=_yes_or_no(header.get("indegrees")),
        history=_disagreements(header, values.shape),
    )


def _first_line_of_table(lines: list[str], path: Path) -> int:
    for place, line in enumerate(lines):
        if line.strip().lower() == _END:
            following = [k for k in range(place + 1, len(lines)) if lines[k].strip()]
            if following:
                return following[0]
            break
        if place == 0 and line.strip() and _is_names(line):  # some exporters leave the header out
            return 0
    raise FileReadError(
        expected="an OpenSim table: a header that ends with 'endheader', names, rows of numbers",
        got=f"{len(lines)} line(s) without one",
        where=str(path),
        fix="the file is cut off or of another kind: export it again",
    )


def _is_names(line: str) -> bool:
    return _cells(line)[0].lower() == "time"


def _header(lines: list[str]) -> dict[str, str]:
    pairs = {}
    for line in lines:
        key, found, value = line.partition("=")
        if not found:  # the older form: "datarows 330"
            key, _, value = line.strip().partition(" ")
        pairs[key.strip().lower()] = value.strip().lower()
    return pairs


def _cells(line: str, width: int | None = None) -> list[str]:
    if "\t" in line:
        cells = [cell.strip() for cell in line.split("\t")]
    elif "," in line and " " not in line.strip().replace(", ", ","):
        cells = [cell.strip() for cell in line.split(",")]
    else:
        cells = line.split()
    if width is not None and len(cells) < width and len(line.split()) == width:
        cells = line.split()  # blanks and tabs mixed
    while len(cells) > (width or 1) and not cells[-1]:
        cells.pop()
    return cells


def _time_column(names: list[str]) -> int:
    for place, name in enumerate(names):
        if name.lower() in ("time", "time_s", "t"):
            return place
    raise SchemaError(expected="a column time", got=f"columns {', '.join(names[:8])}")


def _yes_or_no(text: str | None) -> bool | None:
    return None if text is None else text in ("yes", "true", "1")


def _disagreements(header: dict[str, str], shape: tuple[int, ...]) -> tuple[HistoryEntry, ...]:
    entries = []
    for keys, what, count in (
        (_ROW_COUNTS, "rows", shape[0]),
        (_COLUMN_COUNTS, "columns", shape[1]),
    ):
        for said in (header[key] for key in keys if key in header):
            if said != str(count):
                detail = f"{count} {what}, counted in the body; the header says {said}"
                entries.append(HistoryEntry("read", detail, count))
    return tuple(entries)
