"""A table of subjects: who is how old, how tall and how heavy, in whatever words and units."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.ingest.tables.subject_columns import SubjectColumn, subject_columns

_DELIMITERS = ("\t", ";", ",")
_NOTES = re.compile(r'"[^"]*"|\[[^\]]*\]|\([^)]*\)')


@dataclass(frozen=True)
class SubjectTable(Mapping[str, Mapping[str, Any]]):
    """Subject name -> what is known of the person.

    Attributes
    ----------
    subjects : mapping of str to mapping
        Keys ``mass_kg, height_m, leg_length_m, age, sex, pathology``, as far as known.
    history : tuple of HistoryEntry
        Everything that was converted, assumed or left out.
    """

    subjects: Mapping[str, Mapping[str, Any]]
    history: tuple[HistoryEntry, ...] = ()

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self.subjects[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.subjects)

    def __len__(self) -> int:
        return len(self.subjects)


def read_subjects(path: Path) -> SubjectTable:
    r"""Read a table of subjects set apart by tabs, semicolons or commas.

    Columns are known by their headings, with or without a unit in brackets (``body mass [kg]``,
    ``Height (cm)``, ``height_m``). Decimal commas, quoted cells, trailing tabs and empty rows
    are taken as they come. Units that a heading does not state are read off the values, each
    value for itself, and the history says so.

    Parameters
    ----------
    path : path
        Text in UTF-8, or else in Windows' western alphabet.

    Raises
    ------
    FileReadError
        If there is no such file, or it is empty or no text.
    SchemaError
        If no column names the subjects, a row is too long, or one subject has two rows that
        contradict each other.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "subjects.csv"
    >>> _ = path.write_text("id;body mass [kg];height\nS01;68,9;175\n")
    >>> dict(read_subjects(path)["S01"])
    {'mass_kg': 68.9, 'height_m': 1.75}
    """
    try:
        return _read(path)
    except SchemaError as error:
        raise error.at(str(path)) from None


def _read(path: Path) -> SubjectTable:
    text, history = _text(path)
    header, rows = _cells(text, path, history)
    columns, entries = subject_columns(header, rows)
    history += entries
    names = [cell.strip() for cell in _column(rows, _id_place(columns, header))]
    subjects: dict[str, dict[str, Any]] = {}
    for row, name in enumerate(names):
        if not name:
            continue
        known = {
            item.name: item.values[row]
            for item in columns
            if item.name != "subject" and item.values[row] is not None
        }
        _refuse_contradiction(subjects.get(name, {}), known, name)
        subjects.setdefault(name, {}).update(known)
    if not subjects:
        raise SchemaError(expected="at least one subject", got="a table without one")
    return SubjectTable(subjects, tuple(history))


def _text(path: Path) -> tuple[str, list[HistoryEntry]]:
    if not path.is_file():
        raise FileReadError(
            expected="a table of subjects", got="nothing at that path", where=str(path)
        )
    raw = path.read_bytes()
    if not raw.strip():
        raise FileReadError(expected="a table of subjects", got="an empty file", where=str(path))
    if b"\0" in raw:
        raise FileReadError(
            expected="a table of subjects as text (CSV)", got="a binary file", where=str(path)
        )
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        entry = HistoryEntry("assumed", "text in Windows-1252: it is not UTF-8")
        return raw.decode("cp1252", errors="replace"), [entry]


def _cells(text: str, path: Path, history: list[HistoryEntry]) -> tuple[list[str], list[list[str]]]:
    lines = text.splitlines()
    first = next(line for line in lines if line.strip())
    delimiter = max(_DELIMITERS, key=_NOTES.sub("", first).count)
    table = list(csv.reader(lines, delimiter=delimiter))
    table = [row for row in table if any(cell.strip() for cell in row)]
    header = [cell.strip() for cell in table[0]]
    while header and not header[-1]:
        header.pop()
    rows, short = [], 0
    for number, row in enumerate(table[1:], start=2):
        if any(cell.strip() for cell in row[len(header) :]):
            raise SchemaError(
                expected=f"at most {len(header)} cells a row, as in the heading",
                got=f"{len(row)}",
                where=f"row {number} ({row[0]!r})",
                fix="quote cells that hold the delimiter",
            )
        short += len(row) < len(header)
        rows.append((row + [""] * len(header))[: len(header)])
    if short:
        detail = f"{path.name}: short rows, their last columns taken as not known"
        history.append(HistoryEntry("filled", detail, short))
    return header, rows


def _column(rows: list[list[str]], place: int) -> list[str]:
    return [row[place] for row in rows]


def _id_place(columns: list[SubjectColumn], header: list[str]) -> int:
    places = [item.place for item in columns if item.name == "subject"]
    if not places:
        raise SchemaError(
            expected="a column that names the subjects (subject, subject_id, ID, participant)",
            got=f"columns {', '.join(header[:12])}",
            fix="rename the column to subject",
        )
    return places[0]


def _refuse_contradiction(before: Mapping[str, Any], now: Mapping[str, Any], name: str) -> None:
    for key, value in now.items():
        if key in before and before[key] != value:
            raise SchemaError(
                expected="one row a subject",
                got=f"{key} {before[key]} and {value} for subject {name}",
                fix="keep one row, or name the visits as different subjects",
            )
