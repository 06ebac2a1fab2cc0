"""A table of subjects: who is how old, how tall and how heavy, in whatever words and units."""

import math
import os
import re
import statistics
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.columns import (
    label,
    plain_text,
    refuse_missing_codes,
    standard_quantity,
)
from locomotion_analysis.data.identity import MISSING
from locomotion_analysis.data.parquet import read_plain_table
from locomotion_analysis.errors import FileReadError, SchemaError, UnitError
from locomotion_analysis.ingest.tables.cells import (
    TextTable,
    decoded,
    labels,
    naming,
    parse_number,
    read_cells,
    table_of,
    whole_names,
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


Subjects = Mapping[str, Mapping[str, Any]] | str | os.PathLike[str]
"""What is known of each subject, or the file of a table that says it."""


def subjects_of(given: Subjects | None) -> Mapping[str, Mapping[str, Any]]:
    """Return what is known of each subject, under names that are text; a file is read.

    Raises
    ------
    SchemaError
        If it is neither a mapping nor a path.
    """
    if given is None:
        return {}
    if isinstance(given, str | os.PathLike):
        return read_subjects(given)
    if not isinstance(given, Mapping) or not all(isinstance(v, Mapping) for v in given.values()):
        raise SchemaError(
            expected="subject -> what is known of the person, or the path of a table",
            got=type(given).__name__,
            where="subjects",
            fix="give the file, read_subjects(file), or frame.to_dict('index') of a DataFrame",
        )
    if all(isinstance(name, str) for name in given):
        return given
    return SubjectTable({label(name): known for name, known in given.items()})


def read_subjects(path: str | os.PathLike[str]) -> SubjectTable:
    r"""Read a table of subjects: text between tabs, semicolons or commas, Excel, ODS or Parquet.

    Columns are known by their headings, with or without a unit in brackets (``body mass [kg]``,
    ``Height (cm)``, ``height_m``) or in a row below. Decimal commas, quoted cells, trailing tabs
    and empty rows are taken as they come. Units that a heading does not state are read off the
    values, each value for itself, and the history says so. Every other column (scores, groups,
    free text) is carried over under a tidy name, save those that name a person.

    Parameters
    ----------
    path : path-like
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
    path = Path(path)
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
        names = whole_names(labels(table.cells[:, named.place])).tolist()
        subjects = _people(table, columns, names, history)
        if not subjects:
            raise SchemaError(expected="at least one subject", got="a table without one")
        return SubjectTable(subjects, tuple(history))


def _table(path: Path) -> tuple[TextTable, list[HistoryEntry]]:
    """Return the cells of a text table, or of the one sheet of a workbook that names subjects."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    kind = workbook_kind(head)
    if head.startswith(b"PAR1"):
        columns = plain_text(read_plain_table(path))
        values = zip(*(column.to_pylist() for column in columns.columns), strict=True)
        # None is null, and NaN is what differs from itself.
        cells = [[label(v) if v is not None and v == v else "" for v in row] for row in values]
        named = [columns.column_names, *cells]
        return table_of(list(enumerate(named, 1)), path, TextSpec()), []
    if kind is None:
        raw, history = path.read_bytes(), []
        try:
            text = decoded(raw)
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
    try:
        number = parse_number(cell)
    except ValueError:  # a unit stands beside it
        return 0.0
    digits = re.sub(r"e.*", "", cell.strip().lower().replace(",", ".")).partition(".")[2]
    factor = abs(value / number) if number else 1.0
    return 0.5 * 10.0 ** -len(digits) * factor


def _same_rounded(one: str | float, other: str | float, rounding: float) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return False
    return abs(one - other) <= rounding * (1.0 + 1e-6)


# Which column is what, and its values in standard units.

_PERSON = (
    r"subject|participant|patient(?:in)?|person|subj?|proband(?:in)?|versuchsperson|vp|sujet|sujeto"
    r"|soggetto|sujeito|paziente|paciente|participante|teilnehmer(?:in)?|proefpersoon|deelnemer"
)
_HEIGHT = (
    r"(?:körper)?(?:größe|groesse|höhe)|taille|altura|estatura|altezza|statura|(?:lichaams)?lengte"
)
_MEASURES_OF_LEGS = {
    "leg_length": r"leg[ _.]*length|beinlänge",
    "knee_width": r"knee[ _.]*(?:width|breadth)",
    "ankle_width": r"ankle[ _.]*(?:width|breadth)",
}
_SIDES = {"left": "l|left", "right": "r|right"}
_HEADINGS = (
    *(
        (
            f"{name}_{side}_m",
            rf"({words})[ _.]*(?:{measure})|(?:{measure})[ _.]*({words})",
        )
        for name, measure in _MEASURES_OF_LEGS.items()
        for side, words in _SIDES.items()
    ),
    *((f"{name}_m", measure) for name, measure in _MEASURES_OF_LEGS.items()),
    ("marker_diameter_m", r"marker[ _.]*(?:diameter|size)"),
    ("asis_distance_m", r"(?:inter[ _-]*)?asis[ _.]*(?:distance|width|breadth)"),
    ("subject", rf"(?:{_PERSON})?[ _.]*(?:id|nr|no|number|code|name|nummer)"),
    ("subject", _PERSON),
    ("sex", r"sex|gender|geschlecht|sexe|sexo|g[ée]nero|genre|sesso|geslacht"),
    ("age", r"age|alter|[âa]ge|edad|età|idade|leeftijd"),
    (
        "mass_kg",
        r"(?:body[ _.]*)?(?:mass|weight)|(?:körper|lichaams)?(?:gewicht|masse)|poids|peso|massa|masa",
    ),
    (
        "height_m",
        rf"(?:body[ _.]*)?(?:height|size|stature)|{_HEIGHT}",
    ),
    (
        "pathology",
        r"pathology|diagnosis|disease|condition|diagnose|pathologie|patolog[ií]a|diagn[oó]sti[ck]o?",
    ),
)
"""Words of a heading in English, German, French, Spanish, Italian, Portuguese and Dutch."""


def _each_word(words: Mapping[str, str]) -> dict[str, str]:
    """Return each word of ``{"years": "jahre ans"}`` -> the key that it stands for."""
    return {word: key for key, said in words.items() for word in said.split()}


_UNIT_WORDS = _each_word(
    {
        "years": "jahre jahr jahren ans an années años ano anos anni anno jaar",
        "months": "monate monat mois meses mesi maanden",
        "weeks": "wochen woche semaines semanas settimane weken",
        "days": "tage tag jours días dias giorni dagen",
    }
)
_NOTE = re.compile(r"^(?P<name>[^\[(]*?)[\s_.:]*[\[(](?P<note>.*)[\])]\s*$")
"""A heading whose unit or legend stands in brackets."""
_TAIL = re.compile(r"^(?P<name>.*?)(?:[\s_/,:;-]+(?:in\s+)?)(?P<note>[^\s_/,:;-]+|.*[=:].*)$")
"""A heading whose last word may be a unit, or whose end a legend."""
_DOTS = re.compile(r"^(?P<name>.*?)\.+(?P<note>[A-Za-z]+)\.+$")
"""The same as R writes it: ``Mass..kg.``."""
_NO_UNIT = frozenset({"", "self-reported", "self reported", "measured", "number", "text"})
_OF_LEGS = {"leg_length": (0.2, 1.4), "knee_width": (0.04, 0.25), "ankle_width": (0.025, 0.15)}
PLAUSIBLE = {
    "height_m": (0.4, 2.5),
    **{
        f"{name}{side}_m": span
        for name, span in _OF_LEGS.items()
        for side in ("", "_left", "_right")
    },
    "marker_diameter_m": (0.003, 0.05),
    "asis_distance_m": (0.08, 0.5),
    "mass_kg": (2.0, 350.0),
    "age": (0.0, 120.0),
}
"""Smallest and largest value of a person; outside, it is another unit or a code."""
GROWN_INCHES = {"height_m": (55.0, 80.0), "leg_length_m": (28.0, 42.0)}
"""Usual lengths of grown people in inches: without a unit they may be centimetres of a child."""
_SEXES = _each_word(
    {
        "female": "f female woman w women girl weiblich frau mädchen femme féminin fille mujer "
        "femenino femmina donna femminile feminino mulher vrouw vrouwelijk v",
        "male": "m male man men boy männlich mann junge homme masculin garçon hombre masculino "
        "varón maschio uomo maschile homem mannelijk",
    }
)
_WITH_H = {"h": "male", "m": "female"}
"""Hombre and mujer; homme beside femme."""
_CODE_FIRST = re.compile(r"\b(\d+)[\"']?\s*(?:=|:|-|is)\s*[\"' ]*([^\W\d_]+)")
_WORD_FIRST = re.compile(r"\b([^\W\d_]+)[\"']?\s*(?:=|:|-|is)\s*[\"' ]*(\d+)")
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
    rows, history = _written_out(header, rows)
    others = []
    for place, heading in enumerate(header):
        name, unit = heading_of(heading)
        first = next((column for column in columns if column.name == name), None)
        if name is None or first is not None:
            others.append(place)
        if name is None or (first is not None and name not in PLAUSIBLE):
            continue
        cells = [row[place].strip() for row in rows]
        values, entries = _CONVERTERS[name](name, heading, unit, cells)
        if first is not None:
            history += _without_contradictions(first, values, header[first.place], heading)
            continue
        columns.append(SubjectColumn(name, place, values))
        history += entries
    taken = {column.name for column in columns}
    for place in others:
        cells = [row[place].strip() for row in rows]
        heading = header[place]
        if all(map(_is_missing, cells)):
            continue
        if names_a_person(heading):
            detail = f"column {heading} of the subject table: it names a person"
            history.append(HistoryEntry("dropped", detail))
            continue
        name = tidy_name(heading, taken)
        taken.add(name)
        columns.append(SubjectColumn(name, place, _plain_values(cells, heading)))
        if name != heading:
            history.append(
                HistoryEntry("renamed", f"column {heading} of the subject table -> {name}")
            )
    return columns, history


_UNIT_COLUMN = re.compile(r"(?P<name>.+?)[\s_.]*units?", re.IGNORECASE)


def _written_out(
    header: list[str], rows: list[list[str]]
) -> tuple[list[list[str]], list[HistoryEntry]]:
    """Put units that have a column of their own, and inches beside feet, behind their values."""
    known = [heading_of(heading) for heading in header]
    rows, history = [list(row) for row in rows], []

    def place_of(name: str | None, unit: str) -> int | None:
        """Where a quantity with a unit (none: ``""``) stands."""
        fits = (
            place
            for place, (found, note) in enumerate(known)
            if found == name and _unit(name or "", note) == (field_units(name or "").get(unit))
        )
        return next(fits, None) if name in PLAUSIBLE else None

    for place, heading in enumerate(header):
        match = _UNIT_COLUMN.fullmatch(heading.strip())
        of = place_of(_known_name(match["name"]), "") if match and known[place][0] is None else None
        if of is not None:
            for row in rows:
                row[of] = row[of] if _is_missing(row[place]) else f"{row[of]} {row[place]}"
            history.append(HistoryEntry("read", f"{header[of]}: units in the column {heading}"))
    feet, inches = place_of("height_m", "ft"), place_of("height_m", "in")
    if feet is not None and inches is not None:
        both = [row for row in rows if not _is_missing(row[feet]) and not _is_missing(row[inches])]
        if both and all(re.fullmatch(r"(\d|1[01])(\.\d*)?", row[inches].strip()) for row in both):
            for row in both:
                length = f"{row[feet].strip()} ft {row[inches].strip()} in"
                row[max(feet, inches)], row[min(feet, inches)] = "", length
            detail = f"{header[feet]} and {header[inches]}: feet and inches of one length"
            history.append(HistoryEntry("read", detail))
    return rows, history


_SAME_VALUE = 0.02
"""By how much a value may be off in another unit, with its rounding."""


def _without_contradictions(
    column: SubjectColumn, other: list[str | float | None], heading: str, heading_of_other: str
) -> list[HistoryEntry]:
    """Take out the values of a column that a second one of the same quantity contradicts."""
    apart = [
        row
        for row, (one, two) in enumerate(zip(column.known, other, strict=True))
        if isinstance(one, float) and isinstance(two, float) and abs(one - two) > _SAME_VALUE * one
    ]
    for row in apart:
        column.known[row] = None
    detail = f"{column.name}: columns {heading} and {heading_of_other} disagree"
    return [HistoryEntry("dropped", detail, len(apart))] if apart else []


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


def names_a_person(heading: str) -> bool:
    """Return whether a heading is of what tells who somebody is, which no dataset carries."""
    return _PERSONAL.search(heading.lower()) is not None


def tidy_name(heading: str, taken: Collection[str]) -> str:
    """Return a heading as the name of a column of the cycles: small letters, no signs.

    Examples
    --------
    >>> tidy_name("UPDRS-III (off)", ()), tidy_name("Task", ()), tidy_name("TUG [s]", {"tug_s"})
    ('updrs_iii_off', 'table_task', 'tug_s_2')
    """
    name = re.sub(r"\W+", "_", heading.casefold()).strip("_") or "column"
    standard = {canonical_name(spelled) for spelled in (name, heading)}
    # A second weight_lbs that was left out must not come back as the mass of the cycles.
    of_cycles = (standard | {name}) & _OWN_OF_CYCLES or standard_quantity(name)
    if of_cycles or any(map(is_channel, standard)):
        name = f"table_{name}"
    number, plain = 1, name
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def _plain_values(cells: list[str], heading: str) -> list[str | float | None]:
    """Return cells as numbers where all are, save codes such as 007; else as text.

    Raises
    ------
    SchemaError
        If a number is a code for a missing value.
    """
    known = [cell for cell in cells if not _is_missing(cell)]
    try:
        numbers = [parse_number(cell) for cell in known]
    except ValueError:
        numbers = []
    if not numbers or any(re.match(r"0\d", cell) for cell in known):  # none may be an answer
        return [cell if not _is_missing(cell) or cell.lower() == "none" else None for cell in cells]
    refuse_missing_codes(np.array(numbers), f"column {heading}")
    found = iter(numbers)
    return [None if _is_missing(cell) else next(found) for cell in cells]


def _known_name(heading: str) -> str | None:
    return heading_of(heading)[0]


def heading_of(heading: str) -> tuple[str | None, str]:
    """Return what a heading names, if that is known, and what it states of unit or codes."""
    plain = " ".join(heading.split())
    for words in (plain, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)):  # BodyMassKg
        for pattern in (_NOTE, _DOTS, _TAIL):
            if (match := pattern.match(words)) and (name := _named(match["name"])):
                note = match["note"].strip(" .")
                if sided := _named(f"{match['name']} {note}"):  # leg length (left)
                    return sided, ""
                if pattern is _NOTE or _unit(name, note) or (name == "sex" and _legend(note)):
                    return name, note
        if name := _named(words):
            return name, ""
    return None, ""


def _named(words: str) -> str | None:
    bare = words.strip(" _.:").lower()
    return next((name for name, known in _HEADINGS if re.fullmatch(known, bare)), None)


def _unit(name: str, note: str) -> float | None:
    """Return the factor of a unit that a heading states, in capitals or not."""
    units = field_units(name)
    word = _UNIT_WORDS.get(note.lower(), note)
    return units.get(
        word, {known.lower(): factor for known, factor in units.items()}.get(word.lower())
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


def _text(name: str, heading: str, unit: str, cells: list[str]) -> _Values:
    legend, history = _codes(unit), []
    known = {cell for cell in cells if not _is_missing(cell)}
    if name == "pathology" and legend and known <= set(legend):
        said = ", ".join(f"{code} = {word}" for code, word in sorted(legend.items()))
        history.append(HistoryEntry("converted", f"{heading}: {said}, by its heading"))
        cells = [legend.get(cell, cell) for cell in cells]
    return [None if _is_missing(cell) else cell for cell in cells], history


def _codes(note: str) -> dict[str, str]:
    """Return code -> word from ``1 = male, 2 = female`` or ``F=1 M=2``, in small letters."""
    text = note.lower()
    pairs = _CODE_FIRST.findall(text) or [pair[::-1] for pair in _WORD_FIRST.findall(text)]
    return dict(pairs) if len(dict(pairs)) == len(pairs) else {}


def _legend(note: str) -> dict[str, str]:
    """Return code -> sex, of the codes whose word is known as one."""
    codes = _codes(note)
    sexes = _SEXES | (_WITH_H if "h" in codes.values() else {})
    return {code: sexes[word] for code, word in codes.items() if word in sexes}


def _sex(name: str, heading: str, unit: str, cells: list[str]) -> _Values:  # noqa: ARG001
    legend = _legend(unit)
    cells = [re.sub(r"^(\d)\.0+$", r"\1", cell) for cell in cells]  # 1.0 of a column with a gap
    codes = {cell for cell in cells if cell.isdigit()}
    words, history = dict(_SEXES), []
    letters = {cell.lower() for cell in cells}
    if "h" in letters:
        spanish = {letter: word for letter, word in _WITH_H.items() if letter in letters}
        words |= spanish
        said = ", ".join(f"{letter.upper()} = {word}" for letter, word in spanish.items())
        history.append(HistoryEntry("assumed", f"{heading}: {said}, as H stands for a man"))
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
    values: list[str | float | None] = [words.get(cell.lower(), legend.get(cell)) for cell in cells]
    lost = [cell for cell, value in zip(cells, values, strict=True) if value is None and cell]
    lost = [cell for cell in lost if cell.lower() not in MISSING]
    if lost:
        detail = f"{heading}: {', '.join(sorted(set(lost))[:5])} not known as a sex"
        history.append(HistoryEntry("dropped", detail, len(lost)))
    return values, history


def _quantity(name: str, heading: str, unit: str, cells: list[str]) -> _Values:
    numbers, unread = [], []
    beside: dict[int, float] = {}
    for row, cell in enumerate(cells):
        try:
            numbers.append(parse_number(cell))
        except ValueError:
            value, factor = _with_its_unit(name, cell)
            numbers.append(value)
            if factor is None:
                unread.append(cell)
            else:
                beside[row] = factor
    history = []
    if beside:
        detail = f"{heading}: units beside the values ({cells[min(beside)]})"
        history.append(HistoryEntry("converted", detail, len(beside)))
    if unread:
        detail = f"{heading}: {', '.join(unread[:5])} no number"
        history.append(HistoryEntry("dropped", detail, len(unread)))
    known = [value for value in numbers if not math.isnan(value)]
    plain = [math.nan if row in beside else value for row, value in enumerate(numbers)]
    bare = [value for value in plain if not math.isnan(value)]
    if _may_be_inches(name, unit, bare):
        detail = f"{heading}: centimetres or inches, the heading does not say"
        return [None] * len(cells), [*history, HistoryEntry("dropped", detail, len(known))]
    if name.endswith("_m"):
        factors, entries = _length_factors(name, heading, unit, plain)
        history += entries
    elif known and not bare:
        factors = [math.nan] * len(numbers)
    else:
        stated = _stated(name, heading, unit)
        factors = [1.0 if stated is None else stated] * len(numbers)
        if stated is None:
            word = "years" if name == "age" else "kg"
            middle = f", median {statistics.median(bare):g}" if bare else ""
            detail = f"{heading}: {word}, the heading does not say{middle}"
            history.append(HistoryEntry("assumed", detail))
        elif stated != 1.0:
            history.append(HistoryEntry("converted", f"{heading}: x {stated:g}", len(bare)))
    factors = [beside.get(row, factor) for row, factor in enumerate(factors)]
    low, high = PLAUSIBLE[name]
    values: list[str | float | None] = [
        round(value * factor, 6) if low <= value * factor <= high else None
        for value, factor in zip(numbers, factors, strict=True)
    ]
    lost = len(known) - sum(value is not None for value in values)
    if lost:
        history.append(HistoryEntry("dropped", f"{heading}: outside {low:g} to {high:g}", lost))
    return values, history


_VALUE_AND_UNIT = re.compile(r"([0-9.,]+)\s*([^\W\d_]+)\.?")
_FEET = re.compile(r"(\d)\s*(?:'|′|ft|feet)\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|''|in|inches)?)?")


def _with_its_unit(name: str, cell: str) -> tuple[float, float | None]:
    """Return the number of ``154 lbs`` or ``5'10"`` and the factor of its unit, or NaN and None."""
    if (match := _VALUE_AND_UNIT.fullmatch(cell.strip())) and (factor := _unit(name, match[2])):
        try:
            return parse_number(match[1]), factor
        except ValueError:
            return math.nan, None
    if name.endswith("_m") and (match := _FEET.fullmatch(cell.strip())):
        return 12.0 * float(match[1]) + float(match[2] or 0.0), field_units(name)["in"]
    return math.nan, None


def _may_be_inches(name: str, unit: str, known: list[float]) -> bool:
    """Return whether lengths without a unit would be usual ones of grown people in inches."""
    if unit or not known or name not in GROWN_INCHES:
        return False
    low, high = GROWN_INCHES[name]
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
        if stated is not None and (stated not in tried[1:] or _may_be_inches(name, "", [value])):
            tried = [stated]  # what a heading in inches, or 70 under metres, would be is not known
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
    **dict.fromkeys(PLAUSIBLE, _quantity),
}
