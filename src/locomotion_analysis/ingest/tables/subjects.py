"""A table of subjects: who is how old, how tall and how heavy, in whatever words and units."""

import math
import re
import statistics
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.identity import MISSING
from locomotion_analysis.errors import FileReadError, SchemaError, UnitError
from locomotion_analysis.ingest.tables.cells import (
    TextTable,
    naming,
    parse_number,
    read_cells,
    table_of,
)
from locomotion_analysis.ingest.tables.map_entries import TextSpec
from locomotion_analysis.ingest.tables.workbooks import sheets_of, workbook_kind
from locomotion_analysis.standard import (
    KEY,
    METADATA,
    PHASE_COLUMN,
    TIME_COLUMNS,
    canonical_name,
    field_units,
    is_channel,
)


@dataclass(frozen=True)
class SubjectTable(Mapping[str, Mapping[str, Any]]):
    """Subject name -> what is known of the person.

    Attributes
    ----------
    subjects : mapping of str to mapping
        Keys ``mass_kg, height_m, leg_length_m, age, sex, pathology``, as far as known, and the
        table's other columns under tidy names.
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
    r"""Read a table of subjects: text set apart by tabs, semicolons or commas, Excel or ODS.

    Columns are known by their headings, with or without a unit in brackets (``body mass [kg]``,
    ``Height (cm)``, ``height_m``) or in a row below. Decimal commas, quoted cells, trailing tabs
    and empty rows are taken as they come. Units that a heading does not state are read off the
    values, each value for itself, and the history says so. Every other column (scores, groups,
    free text) is carried over under a tidy name, save those that name a person.

    Parameters
    ----------
    path : path
        Text in UTF-8, or else in Windows' western alphabet; or a workbook, of which the only
        sheet that names subjects is read.

    Returns
    -------
    SubjectTable
        Subject -> column -> value, in standard units.

    Raises
    ------
    FileReadError
        If there is no such file, or it is empty or no table.
    MissingExtraError
        If it is a workbook and the extra ``excel`` is not installed.
    SchemaError
        If no column names the subjects, or a row is too long.
    UnitError
        If a heading states a unit that is not known.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "subjects.csv"
    >>> _ = path.write_text("id;body mass [kg];height;Hoehn & Yahr\nS01;68,9;175;2,5\n")
    >>> dict(read_subjects(path)["S01"])
    {'mass_kg': 68.9, 'height_m': 1.75, 'hoehn_yahr': 2.5}
    """
    if not path.is_file():
        raise FileReadError(
            expected="a table of subjects", got="nothing at that path", where=str(path)
        )
    with naming(path):
        table, history = _table(path)
        table = _with_units_row(table, history)
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
        subjects = _people(table, columns, names, history)
        if not subjects:
            raise SchemaError(expected="at least one subject", got="a table without one")
        return SubjectTable(subjects, tuple(history))


def _table(path: Path) -> tuple[TextTable, list[HistoryEntry]]:
    """Return the cells of a text table, or of the one sheet of a workbook that names subjects."""
    with path.open("rb") as stream:
        kind = workbook_kind(stream.read(4096))
    if kind is None:
        raw, history = path.read_bytes(), []
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            history.append(HistoryEntry("assumed", "text in Windows-1252: it is not UTF-8"))
            text = raw.decode("cp1252", errors="replace")
        return read_cells(text, path, TextSpec()), history
    sheets = {
        name: table_of(rows, path, TextSpec()) for name, rows in sheets_of(path, kind).items()
    }
    fit = [name for name, table in sheets.items() if "subject" in map(_known_name, table.names)]
    if len(fit) != 1:
        raise SchemaError(
            expected="one sheet with a column that names the subjects",
            got=f"{', '.join(fit) or 'none'} of {', '.join(sheets) or 'only empty sheets'}",
            fix="keep the table of subjects in a workbook of its own, with a heading `subject`",
        )
    return sheets[fit[0]], [HistoryEntry("read", f"sheet {fit[0]} of {path.name}")]


def _with_units_row(table: TextTable, history: list[HistoryEntry]) -> TextTable:
    """Return the table with units that stand in a row below the heading moved into it."""
    known = [_known_name(heading) for heading in table.names]
    if "subject" not in known or not len(table.cells):
        return table
    first = [cell.strip().strip("[]()") for cell in table.cells[0]]
    units = [
        name is not None and _unit(name, cell) is not None and heading_of(heading)[1] == ""
        for name, cell, heading in zip(known, first, table.names, strict=True)
    ]
    if not any(units) or first[known.index("subject")].lower() not in (*MISSING, "unit", "units"):
        return table
    names = [
        f"{heading} ({cell})" if cell and not _is_missing(cell) and name != "subject" else heading
        for heading, cell, name in zip(table.names, first, known, strict=True)
    ]
    history.append(HistoryEntry("read", "units in the row below the heading"))
    return TextTable(names, table.cells[1:], table.lines[1:], table.history)


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def _people(
    table: TextTable, columns: list["SubjectColumn"], names: list[str], history: list[HistoryEntry]
) -> dict[str, dict[str, Any]]:
    """Return what the rows say of each subject.

    Rows may differ by rounding, and the finer counts; where they contradict each other, that field
    of that subject is left out.
    """
    if nameless := sum(map(_is_missing, names)):
        history.append(HistoryEntry("dropped", "rows without a subject", nameless))
    subjects: dict[str, dict[str, Any]] = {}
    finest: dict[tuple[str, str], float] = {}
    apart: dict[tuple[str, str], list[str]] = {}
    for row, name in enumerate(names):
        if _is_missing(name):
            continue
        before = subjects.setdefault(name, {})
        for item in columns:
            key, value = item.name, item.known[row]
            if key == "subject" or value is None:
                continue
            rounding = _rounding(table.cells[row, item.place], value)
            known = finest.get((name, key), math.inf)
            if key in before and before[key] != value:
                if not _same_rounded(before[key], value, max(rounding, known)):
                    said = apart.setdefault((name, key), [str(before[key])])
                    said += [str(value)] if str(value) not in said else []
                    continue
                finer = value if rounding < known else before[key]
                detail = f"{key} of {name}: {finer}, rounded in another row"
                history.append(HistoryEntry("read", detail))
            if rounding < known or key not in before:
                before[key], finest[name, key] = value, rounding
    for (name, key), said in apart.items():
        del subjects[name][key]
        detail = f"{key} of {name}: rows disagree ({', '.join(said[:4])})"
        history.append(HistoryEntry("dropped", detail))
    return subjects


def cycles_with(
    data: LocomotionData, known: Mapping[str, Mapping[str, Any]], entries: Iterable[HistoryEntry]
) -> LocomotionData:
    """Return gait cycles with what a table says of their subjects; the table wins.

    Parameters
    ----------
    data : LocomotionData
    known : mapping of str to mapping
        Subject as the cycles name it -> what the table says; columns of the key are never taken.
    entries : iterable of HistoryEntry
        What to add to the history.
    """
    cycles, history = data.cycles, [*data.history, *entries]
    names = [name for told in known.values() for name in told if name not in KEY]
    subject = cycles["subject"].astype(str)
    changed: dict[str, pd.Series[Any]] = {}
    for name in dict.fromkeys(names):
        of_table = subject.map({who: told.get(name) for who, told in known.items()})
        before = cycles.get(name)
        if before is None:
            changed[name] = of_table.infer_objects()
            continue
        replaced = of_table.notna() & before.notna() & (before.astype(object) != of_table)
        if replaced.any():
            detail = f"{name}: the table of subjects over the file"
            history.append(HistoryEntry("replaced", detail, int(replaced.sum())))
        changed[name] = of_table.astype(object).where(of_table.notna(), before).infer_objects()
    return LocomotionData(cycles.assign(**changed), data.block, data.channels, history)


def _rounding(cell: str, value: str | float) -> float:
    """Return by how much a value may be off because its cell has so many digits."""
    if isinstance(value, str):
        return 0.0
    number = parse_number(cell)
    digits = re.sub(r"e.*", "", cell.strip().lower().replace(",", ".")).partition(".")[2]
    factor = abs(value / number) if number else 1.0
    return 0.5 * 10.0 ** -len(digits) * factor


def _same_rounded(one: str | float, other: str | float, rounding: float) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return False
    return abs(one - other) <= rounding * (1.0 + 1e-6)


# Which column is what, and its values in standard units.

_HEADINGS = (
    (
        "subject",
        r"(subject|participant|patient|person|sub|proband)?[ _.]*(id|nr|no|number|code|name)",
    ),
    ("subject", r"subject|participant|patient|person|sub|subj"),
    ("sex", r"sex|gender"),
    ("age", r"age"),
    ("mass_kg", r"(body[ _]*)?(mass|weight)"),
    ("height_m", r"(body[ _]*)?(height|size|stature)"),
    ("leg_length_m", r"leg[ _]*length"),
    ("pathology", r"pathology|diagnosis|disease|condition"),
)
_NOTE = re.compile(r"^(?P<name>[^\[(]*?)[\s_.:]*[\[(](?P<note>.*)[\])]\s*$")
"""A heading whose unit or legend stands in brackets."""
_TAIL = re.compile(r"^(?P<name>.*?)(?:[\s_/,:;-]+(?:in\s+)?)(?P<note>[^\s_/,:;-]+|.*[=:].*)$")
"""A heading whose last word may be a unit, or whose end a legend."""
_NO_UNIT = frozenset({"", "self-reported", "self reported", "measured", "number", "text"})
PLAUSIBLE = {
    "height_m": (0.4, 2.5),
    "leg_length_m": (0.2, 1.4),
    "mass_kg": (2.0, 350.0),
    "age": (0.0, 120.0),
}
"""Smallest and largest value of a person; outside, it is another unit or a code."""
_GROWN_INCHES = {"height_m": (55.0, 80.0), "leg_length_m": (28.0, 42.0)}
_SEXES = {
    **dict.fromkeys(("f", "female", "woman", "w", "women", "girl"), "female"),
    **dict.fromkeys(("m", "male", "man", "men", "boy"), "male"),
}
_CODE_FIRST = re.compile(r"\b(\d+)[\"']?\s*(?:=|:|-|is)\s*[\"' ]*([a-z]+)")
_WORD_FIRST = re.compile(r"\b([a-z]+)[\"']?\s*(?:=|:|-|is)\s*[\"' ]*(\d+)")
_ISO_5218 = {"1": "male", "2": "female"}
_Values = tuple[list[str | float | None], list[HistoryEntry]]


@dataclass(frozen=True)
class SubjectColumn:
    """One known column: its standard name, its place and what is known of each row."""

    name: str
    place: int
    known: list[str | float | None]


def subject_columns(
    header: list[str], rows: list[list[str]]
) -> tuple[list[SubjectColumn], list[HistoryEntry]]:
    """Find and convert the columns that say something about a person.

    Parameters
    ----------
    header : list of str
    rows : list of lists of str
        One cell a column.

    Returns
    -------
    list of SubjectColumn, list of HistoryEntry
    """
    columns: list[SubjectColumn] = []
    history: list[HistoryEntry] = []
    others = []
    for place, heading in enumerate(header):
        name, unit = heading_of(heading)
        if name is None or any(column.name == name for column in columns):
            others.append(place)
            continue
        cells = [row[place].strip() for row in rows]
        values, entries = _CONVERTERS[name](name, heading, unit, cells)
        columns.append(SubjectColumn(name, place, values))
        history += entries
    taken = {column.name for column in columns}
    for place in others:
        cells = [row[place].strip() for row in rows]
        heading = header[place]
        if all(map(_is_missing, cells)):
            continue
        if _PERSONAL.search(heading.lower()):
            detail = f"column {heading} of the subject table: it names a person"
            history.append(HistoryEntry("dropped", detail))
            continue
        name = _tidy(heading, taken)
        taken.add(name)
        columns.append(SubjectColumn(name, place, _plain_values(cells)))
        if name != heading:
            history.append(
                HistoryEntry("renamed", f"column {heading} of the subject table -> {name}")
            )
    return columns, history


_PERSONAL = re.compile(
    r"^(?:subject|participant|patient|person|proband)s?$"
    r"|\b(?:(?:first|last|sur|fore|given|family|maiden|middle|full|vor|nach)[ _-]*name|name|initials"
    r"|date[ _-]*of[ _-]*birth|birth[ _-]*(?:date|day)|dob|geburtsdatum|address|street|phone"
    r"|telephone|mobile|e-?mail|mrn|medical[ _-]*record|insurance|ssn|social[ _-]*security)\b"
)
"""Headings of columns that tell who a person is; the key of the subject is not looked at."""
_OWN_OF_CYCLES = frozenset(
    {*KEY, *METADATA, "side", "trial", "task_info", "subject_metadata", PHASE_COLUMN, *TIME_COLUMNS}
) - {"age", "sex", "height_m", "mass_kg", "leg_length_m", "pathology"}
"""Names that say something of a cycle, which a table of subjects must not overwrite."""


def _tidy(heading: str, taken: Collection[str]) -> str:
    """Return a heading as the name of a column of the cycles: small letters, no signs.

    Examples
    --------
    >>> _tidy("UPDRS-III (off)", ()), _tidy("Task", ()), _tidy("TUG [s]", {"tug_s"})
    ('updrs_iii_off', 'table_task', 'tug_s_2')
    """
    name = re.sub(r"\W+", "_", heading.casefold()).strip("_") or "column"
    standard = {canonical_name(spelled) for spelled in (name, heading)}
    if (standard | {name}) & _OWN_OF_CYCLES or any(map(is_channel, standard)):
        name = f"table_{name}"
    number, plain = 1, name
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def _plain_values(cells: list[str]) -> list[str | float | None]:
    """Return cells as numbers where all are, save codes such as 007; else as text."""
    known = [cell for cell in cells if not _is_missing(cell)]
    try:
        numbers = [parse_number(cell) for cell in known]
    except ValueError:
        numbers = []
    if not numbers or any(re.match(r"0\d", cell) for cell in known):  # none may be an answer
        return [cell if not _is_missing(cell) or cell.lower() == "none" else None for cell in cells]
    found = iter(numbers)
    return [None if _is_missing(cell) else next(found) for cell in cells]


def _known_name(heading: str) -> str | None:
    return heading_of(heading)[0]


def heading_of(heading: str) -> tuple[str | None, str]:
    """Return what a heading names, if that is known, and what it states of unit or codes."""
    plain = " ".join(heading.split())
    for pattern in (_NOTE, _TAIL):
        if (match := pattern.match(plain)) and (name := _named(match["name"])):
            note = match["note"].strip(" .")
            if pattern is _NOTE or _unit(name, note) or (name == "sex" and _legend(note)):
                return name, note
    return _named(plain), ""


def _named(words: str) -> str | None:
    bare = words.strip(" _.:").lower()
    return next((name for name, known in _HEADINGS if re.fullmatch(known, bare)), None)


def _unit(name: str, note: str) -> float | None:
    """Return the factor of a unit that a heading states, in capitals or not."""
    units = field_units(name)
    return units.get(
        note, {word.lower(): factor for word, factor in units.items()}.get(note.lower())
    )


def _stated(name: str, heading: str, note: str) -> float | None:
    """Return the factor of the stated unit, None where none is stated; raise for an unknown one."""
    factor = _unit(name, note)
    if factor is None and note.lower() not in _NO_UNIT:
        raise UnitError(
            expected=f"one of the units {', '.join(field_units(name))}",
            got=repr(note),
            where=f"column {heading}",
            fix="convert the column and its heading, or take the brackets away if it is no unit",
        )
    return factor


def _text(name: str, heading: str, unit: str, cells: list[str]) -> _Values:  # noqa: ARG001
    return [cell if cell.lower() not in MISSING else None for cell in cells], []


def _legend(note: str) -> dict[str, str]:
    """Return code -> sex from ``1 = male, 2 = female`` or ``F=1 M=2``."""
    text = note.lower()
    pairs = _CODE_FIRST.findall(text) or [pair[::-1] for pair in _WORD_FIRST.findall(text)]
    return {code: _SEXES[word] for code, word in pairs if word in _SEXES}


def _sex(name: str, heading: str, unit: str, cells: list[str]) -> _Values:  # noqa: ARG001
    legend = _legend(unit)
    codes = {cell for cell in cells if cell.isdigit()}
    history = []
    if codes and len(set(legend.values())) != len(legend):
        legend = {}
    if legend:
        said = ", ".join(f"{code} = {word}" for code, word in sorted(legend.items()))
        history.append(HistoryEntry("converted", f"{heading}: {said}, by its heading"))
    elif codes and unit.lower() not in _NO_UNIT:
        raise SchemaError(
            expected="a legend such as 1 = male, 2 = female",
            got=repr(unit),
            where=f"column {heading}",
            fix="write f and m into the cells, or the legend so",
        )
    elif codes and codes <= set(_ISO_5218):
        legend = _ISO_5218
        detail = f"{heading}: 1 = male, 2 = female (ISO/IEC 5218), the heading does not say"
        history.append(HistoryEntry("assumed", detail))
    values: list[str | float | None] = [
        _SEXES.get(cell.lower(), legend.get(cell)) for cell in cells
    ]
    lost = [cell for cell, value in zip(cells, values, strict=True) if value is None and cell]
    lost = [cell for cell in lost if cell.lower() not in MISSING]
    if lost:
        detail = f"{heading}: {', '.join(sorted(set(lost))[:5])} not known as a sex"
        history.append(HistoryEntry("dropped", detail, len(lost)))
    return values, history


def _quantity(name: str, heading: str, unit: str, cells: list[str]) -> _Values:
    numbers, unread = [], []
    for cell in cells:
        try:
            numbers.append(parse_number(cell))
        except ValueError:
            numbers.append(math.nan)
            unread.append(cell)
    history = []
    if unread:
        detail = f"{heading}: {', '.join(unread[:5])} no number"
        history.append(HistoryEntry("dropped", detail, len(unread)))
    known = [value for value in numbers if not math.isnan(value)]
    if _may_be_inches(name, unit, known):
        detail = f"{heading}: centimetres or inches, the heading does not say"
        return [None] * len(cells), [*history, HistoryEntry("dropped", detail, len(known))]
    if name.endswith("_m"):
        factors, entries = _length_factors(name, heading, unit, numbers)
        history += entries
    else:
        stated = _stated(name, heading, unit)
        factors = [1.0 if stated is None else stated] * len(numbers)
        if stated is None:
            word = "years" if name == "age" else "kg"
            middle = f", median {statistics.median(known):g}" if known else ""
            detail = f"{heading}: {word}, the heading does not say{middle}"
            history.append(HistoryEntry("assumed", detail))
        elif stated != 1.0:
            history.append(HistoryEntry("converted", f"{heading}: x {stated:g}", len(known)))
    low, high = PLAUSIBLE[name]
    values: list[str | float | None] = [
        round(value * factor, 6) if low <= value * factor <= high else None
        for value, factor in zip(numbers, factors, strict=True)
    ]
    lost = len(known) - sum(value is not None for value in values)
    if lost:
        history.append(HistoryEntry("dropped", f"{heading}: outside {low:g} to {high:g}", lost))
    return values, history


def _may_be_inches(name: str, unit: str, known: list[float]) -> bool:
    """Return whether lengths without a unit would be usual ones of grown people in inches."""
    if unit or not known or name not in _GROWN_INCHES:
        return False
    low, high = _GROWN_INCHES[name]
    return low <= statistics.median(known) <= high


def _length_factors(
    name: str, heading: str, unit: str, numbers: list[float]
) -> tuple[list[float], list[HistoryEntry]]:
    """Return a factor a value: the heading's unit where it is plausible, else the one that is."""
    stated = _stated(name, heading, unit)
    low, high = PLAUSIBLE[name]
    factors, used = [], []
    for value in numbers:
        tried = [factor for factor in (stated, 1.0, 1e-2, 1e-3) if factor is not None]
        fits = [factor for factor in tried if low <= value * factor <= high]
        factors.append(fits[0] if fits else tried[0])
        if fits:
            used.append(fits[0])
    words = {1.0: "m", 1e-2: "cm", 1e-3: "mm", 0.0254: "in", 0.3048: "ft"}
    history = []
    for factor in sorted(set(used), reverse=True):
        action = "converted" if factor == stated else "assumed"
        if factor == stated == 1.0:
            continue
        reason = "" if factor == stated else ", read off the values"
        detail = f"{heading}: {words[factor]}{reason}"
        history.append(HistoryEntry(action, detail, used.count(factor)))
    return factors, history


_CONVERTERS: dict[str, Callable[[str, str, str, list[str]], _Values]] = {
    "subject": _text,
    "pathology": _text,
    "sex": _sex,
    "age": _quantity,
    "mass_kg": _quantity,
    "height_m": _quantity,
    "leg_length_m": _quantity,
}
