"""A table of subjects: who is how old, how tall and how heavy, in whatever words and units."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.ingest.tables.specs import TextSpec
from locomotion_analysis.ingest.tables.subject_columns import subject_columns
from locomotion_analysis.ingest.tables.text import read_cells


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
        raise error if str(path) in error.where else error.at(str(path)) from None


def _read(path: Path) -> SubjectTable:
    if not path.is_file():
        raise FileReadError(
            expected="a table of subjects", got="nothing at that path", where=str(path)
        )
    raw, history = path.read_bytes(), []
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        history.append(HistoryEntry("assumed", "text in Windows-1252: it is not UTF-8"))
        text = raw.decode("cp1252", errors="replace")
    table = read_cells(text, path, TextSpec())
    columns, entries = subject_columns(table.names, table.cells.tolist())
    history += [*table.history, *entries]
    named = next((item for item in columns if item.name == "subject"), None)
    if named is None:
        raise SchemaError(
            expected="a column that names the subjects (subject, subject_id, ID, participant)",
            got=f"columns {', '.join(table.names[:12])}",
            fix="rename the column to subject",
        )
    names = [cell.strip() for cell in table.cells[:, named.place]]
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


def _refuse_contradiction(before: Mapping[str, Any], now: Mapping[str, Any], name: str) -> None:
    for key, value in now.items():
        if key in before and before[key] != value:
            raise SchemaError(
                expected="one row a subject",
                got=f"{key} {before[key]} and {value} for subject {name}",
                fix="keep one row, or name the visits as different subjects",
            )
