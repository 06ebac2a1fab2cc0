"""A first column map, drafted from the names and sizes of a file's columns.

What can be read off is written down, what is a guess says so in a comment, and what cannot be
known (a unit that no heading states) is left to be filled in. A draft converts nothing until
somebody has checked it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data.columns import cycle_scale
from locomotion_analysis.data.identity import MISSING
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest.tables.cells import (
    as_numbers,
    labels,
    naming,
    read_cells,
    table_of,
    text_rows,
)
from locomotion_analysis.ingest.tables.containers import Variables, kind_of, open_variables
from locomotion_analysis.ingest.tables.map_entries import FILL_IN, TextSpec
from locomotion_analysis.ingest.tables.subjects import heading_of, names_a_person, tidy_name
from locomotion_analysis.ingest.tables.workbooks import sheets_of
from locomotion_analysis.standard import TASKS, TIME_COLUMNS, field_units

_FEWEST_POINTS, _MOST_POINTS = 20, 2000
"""Points that a curve may have."""
_SHOWN_ROWS = 100_000
_FAMILY = re.compile(r"^(.*?)(\d+)(\D*)$")
_WORDS = re.compile(r"[A-Z]?[a-zäöü]+|[A-Z]+(?![a-z])|\d+|%")


def draft_map(path: Path) -> str:
    """Draft a column map for a table or an archive of arrays.

    Parameters
    ----------
    path : path
        A file that :class:`~locomotion_analysis.ingest.ColumnMap` can describe.

    Returns
    -------
    str
        YAML. Every guess says ``guess`` in a comment; the entry ``draft: true`` keeps it from being
        used before it has been checked, and a unit that is not known is ``FILL_IN``.

    Raises
    ------
    FileReadError
        If the file is none of these.
    SchemaError
        If no column looks like a curve or a signal.
    """
    with naming(path):
        spec, stated = _how_written(path)
        variables = open_variables(path, spec)
        found = _Columns(variables)
        layout, lines = _layout(found)
        channels = list(_channels(found, layout)) or list(_unnamed(found, layout))
        if not channels:
            raise SchemaError(
                expected="columns of angles, moments, powers or forces",
                got=", ".join(variables.names[:12]),
                fix="give the columns names, or write the map by hand "
                "(docs/reference/column-map.md)",
            )
    schema = Path(__file__).with_name("column_map.schema.json")
    head = [
        f"# yaml-language-server: $schema={schema}",
        f"# Drafted from {path.name}. Check every line that says guess, write a unit in place of",
        f"# every {FILL_IN}, and take the next line away: until then nothing is converted.",
        "draft: true",
        *lines,
        *stated,
        "channels:",
        *(f"  {line}" for line in channels),
        *_rows_of(found, layout),
        *_left(found),
    ]
    return "\n".join(head) + "\n"


# How the file is written.


def _how_written(path: Path) -> tuple[TextSpec, list[str]]:
    """Return how a table is written, and the lines of the map that say so."""
    with path.open("rb") as stream:
        kind = kind_of(stream.read(4096))
    spec, said = TextSpec(), []
    if kind in ("xlsx", "ods"):
        sheets = sheets_of(path, kind)
        sheet = max(sheets, key=lambda name: sum(len(row) for _, row in sheets[name]), default="")
        rows = sheets.get(sheet, [])
        if len(sheets) > 1:
            spec = replace(spec, sheet=sheet)
            said.append(f"sheet: {_quoted(sheet)}")
        spec = replace(spec, skip_rows=_title_rows([sum(map(bool, row)) for _, row in rows]))
        table = table_of(rows[spec.skip_rows :], path, spec)
    elif kind == "text":
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            spec, text = replace(spec, encoding="cp1252"), raw.decode("cp1252", "replace")
            said.append("encoding: cp1252")
        delimiter = max("\t;,", key=text[:65536].count)
        own = replace(spec, delimiter=delimiter)
        lines = [row for _, row in text_rows(text, path, own)]
        spec = replace(spec, skip_rows=_title_rows([sum(map(bool, row)) for row in lines]))
        table = read_cells(text, path, spec)
    else:
        return spec, []
    if spec.skip_rows:
        said.append(f"skip_rows: {spec.skip_rows}")
    if more := table.more_headings:
        spec = replace(spec, header_rows=more + 1)
        said.append(f"header_rows: {more + 1}")
    note = "  # guess" if said else ""
    return spec, [f"text: {{{', '.join(said)}}}{note}"] if said else []


def _title_rows(widths: list[int]) -> int:
    """Return how many rows stand above the first one that is about as wide as most."""
    usual = float(np.median(widths[: 4 * _FEWEST_POINTS])) if widths else 0.0
    return next((place for place, width in enumerate(widths) if width >= 0.6 * usual), 0)


def _quoted(text: object) -> str:
    """Return text as YAML takes it, whatever is in it."""
    return json.dumps(str(text), ensure_ascii=False)


# What is in it.


@dataclass
class _Columns:
    """The variables of a file, their shapes, and which have been used."""

    variables: Variables

    def __post_init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        for name in self.variables.names:
            try:
                self.arrays[name] = self.variables.get(name)
            except LocomotionError:  # a variable of a kind that no map can use
                continue
        self.used: set[str] = set()
        self.is_text = self.variables.lines is not None
        self.phase: NDArray[np.float64] | None = None
        self._numbers: dict[str, NDArray[np.float64] | None] = {}

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return a variable as numbers, or None where it is text."""
        if name not in self._numbers:
            values = self.arrays[name]
            shown = values[:_SHOWN_ROWS] if values.ndim else values[np.newaxis]
            try:
                self._numbers[name] = as_numbers(shown, name, None)
            except LocomotionError:
                self._numbers[name] = None
        return self._numbers[name]

    def families(self) -> dict[str, list[str]]:
        """Return pattern with ``{point}`` -> the numbered columns of a curve, in order."""
        found: dict[str, list[tuple[int, str]]] = {}
        for name in self.arrays:
            if match := _FAMILY.match(name):
                pattern = f"{match[1]}{{point}}{match[3]}"
                found.setdefault(pattern, []).append((int(match[2]), name))
        return {
            pattern: [name for _, name in sorted(members)]
            for pattern, members in found.items()
            if len(members) >= _FEWEST_POINTS
            and sorted(k for k, _ in members)
            == list(range(min(members)[0], min(members)[0] + len(members)))
        }


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


def _layout(found: _Columns) -> tuple[str, list[str]]:
    """Return what a row is, and the lines of the map that say so."""
    if not found.is_text:
        return "curves", ["layout: curves  # guess: one curve a row of each array"]
    families = found.families()
    if families:
        points = len(next(iter(families.values())))
        lines = ["layout: curves  # guess: one curve a row, its points in numbered columns"]
        if {len(members) for members in families.values()} == {points}:
            lines.append(f"points: {points}")
        return "curves", lines
    for name in found.arrays:
        words = _words(name)
        if name.lower() in TIME_COLUMNS or (words and words[0] in ("time", "zeit", "temps")):
            found.used.add(name)
            unit = next((word for word in words[1:] if word in ("s", "ms", "us", "min")), "")
            note = "" if unit else f"  # guess: {_span(found, name)}"
            return "time_series", [
                "layout: time_series",
                f"time: {{column: {_quoted(name)}, unit: {unit or 's'}}}{note}",
            ]
    if (phase := _phase_of(found)) is not None:
        found.used.add(phase)
        found.phase = found.numbers(phase)
        whole = found.phase is None or not np.nanmax(found.phase, initial=0.0) <= 1.0
        unit = "" if whole else ", unit: fraction"
        line = f"phase: {{column: {_quoted(phase)}{unit}}}  # guess: {_span(found, phase)}"
        return "long", ["layout: long  # guess: one row a cycle and point", line]
    n_rows = len(next(iter(found.arrays.values()))) if found.arrays else 0
    return "curves", [
        "layout: curves  # guess: the points down the rows, one cycle in the file",
        f"points: {n_rows}  # guess: all rows are one cycle",
    ]


def _phase_of(found: _Columns) -> str | None:
    """Return the column of percents of the cycle: by its name, else by what it runs through."""
    for name in found.arrays:
        if {"phase", "percent", "pct", "%", "gaitcycle"} & set(_words(name)):
            return name
    for name in found.arrays:
        numbers = found.numbers(name)
        if numbers is not None and numbers.ndim == 1:
            # The rows that are looked at may end within a cycle.
            last = np.flatnonzero(np.diff(numbers) <= 0)[-1:] + 1
            whole = last[0] if last.size and len(found.arrays[name]) > _SHOWN_ROWS else len(numbers)
            if cycle_scale(numbers[:whole]) is not None:
                return name
    return None


def _span(found: _Columns, name: str) -> str:
    numbers = found.numbers(name)
    if numbers is None or not np.isfinite(numbers).any():
        return "no numbers"
    return f"values from {np.nanmin(numbers):.4g} to {np.nanmax(numbers):.4g}"


# Channels.

_JOINTS = {
    **dict.fromkeys(("hip", "hüfte", "huefte", "hanche"), "hip"),
    **dict.fromkeys(("knee", "knie", "genou"), "knee"),
    **dict.fromkeys(("ankle", "osg", "sprunggelenk", "cheville"), "ankle"),
    **dict.fromkeys(("pelvis", "becken", "pelvic"), "pelvis"),
    **dict.fromkeys(("trunk", "thorax", "rumpf"), "trunk"),
}
_MEASUREMENTS = {
    **dict.fromkeys(("moment", "moments", "torque", "mom"), "moment"),
    **dict.fromkeys(("power", "powers", "pow", "leistung"), "power"),
    **dict.fromkeys(("velocity", "vel", "angvel"), "velocity"),
    **dict.fromkeys(("acceleration", "acc"), "acceleration"),
}
_SAGITTAL = {"ankle": "dorsiflexion", "pelvis": "anterior_tilt", "trunk": "anterior_tilt"}
_FRONTAL = {"ankle": "inversion", "pelvis": "obliquity_up", "trunk": "obliquity_up"}
_PLANES: tuple[tuple[set[str], dict[str, str], str], ...] = (
    (
        {"adduction", "abduction", "add", "abd", "frontal", "obliquity", "inversion", "y"},
        _FRONTAL,
        "adduction",
    ),
    ({"rotation", "rot", "internal", "external", "transverse", "z"}, {}, "internal_rotation"),
    (
        {
            "flexion",
            "extension",
            "flex",
            "ext",
            "dorsiflexion",
            "plantarflexion",
            "tilt",
            "sagittal",
            "x",
        },
        _SAGITTAL,
        "flexion",
    ),
)
_MOTIONS = frozenset.union(*(frozenset(known) for known, _, _ in _PLANES)) - {"x", "y", "z"}
_FORCES = {
    **dict.fromkeys(("fz", "vgrf", "vertical"), "vertical"),
    **dict.fromkeys(("fx", "apgrf", "anterior", "ap"), "anterior"),
    **dict.fromkeys(("fy", "mlgrf", "lateral", "ml"), "lateral"),
}
_SIDES = {
    **dict.fromkeys(("l", "left", "links", "gauche"), "left"),
    **dict.fromkeys(("r", "right", "rechts", "droite"), "right"),
    "ipsi": "ipsi",
    "contra": "contra",
}
_UNIT_WORDS = {
    **dict.fromkeys(("deg", "degree", "degrees", "°"), "deg"),
    **dict.fromkeys(("rad", "radian", "radians"), "rad"),
    **dict.fromkeys(("deg/s", "°/s", "deg_s"), "deg_s"),
    **dict.fromkeys(("rad/s", "rad_s"), "rad_s"),
    **dict.fromkeys(("nm/kg", "n.m/kg", "nm_kg"), "Nm_kg"),
    **dict.fromkeys(("nmm/kg", "n.mm/kg", "nmm_kg"), "Nmm_kg"),
    **dict.fromkeys(("w/kg", "w_kg"), "W_kg"),
    "nm": "Nm",
    "nmm": "Nmm",
    "w": "W",
    "n": "N",
    "kn": "kN",
    "bw": "BW",
}
_STANDARD = {"angle": "rad", "velocity": "rad_s", "acceleration": "rad_s2", "power": "W_kg"}
_OF_UNIT = {"Nmm": "Nm", "Nmm_kg": "Nm_kg", "kN": "N", "mW_kg": "W_kg"}
_BRACKETS = re.compile(r"[\[(|]\s*([^\])|]+?)\s*[\])]?\s*$")
_LARGE = {"moment": (20.0, "Nm", "Nm_kg"), "grf": (20.0, "N", "BW"), "power": (60.0, "W", "W_kg")}


def _channels(found: _Columns, layout: str) -> Iterator[str]:
    """Yield one line a channel."""
    taken: set[str] = set()
    for source, words, numbers, name in _curves(found, layout):
        said = _channel(words, name, numbers, layout)
        if said is None:
            continue
        channel, unit, notes = said
        if channel in taken:
            continue
        taken.add(channel)
        found.used.update(source[1])
        note = f"  # {'; '.join(notes)}" if notes else ""
        yield f"{channel}: {{{source[0]}, unit: {unit}, sign: 1}}{note}"


def _unnamed(found: _Columns, layout: str) -> Iterator[str]:
    """Yield one line for each curve whose name says nothing; its channel is left to be filled in."""
    if layout != "curves" or (found.is_text and not found.families()):
        return
    for number, ((source, names), _, numbers, _) in enumerate(_curves(found, layout), 1):
        found.used.update(names)
        span = f"values from {np.nanmin(numbers):.4g} to {np.nanmax(numbers):.4g}"
        yield f"{FILL_IN}_{number}: {{{source}, unit: {FILL_IN}, sign: 1}}  # a curve; {span}"


_Curve = tuple[tuple[str, tuple[str, ...]], list[str], NDArray[np.float64], str]


def _curves(found: _Columns, layout: str) -> Iterator[_Curve]:
    """Yield how a map says where a curve is, its columns, the words of its name, its numbers."""
    families = found.families() if layout == "curves" and found.is_text else {}
    for pattern, members in families.items():
        parts = [part for name in members if (part := found.numbers(name)) is not None]
        if len(parts) == len(members):
            name = pattern.replace("{point}", " ")
            yield (
                (f"columns: {_quoted(pattern)}", tuple(members)),
                _words(name),
                np.stack(parts),
                name,
            )
    if families:
        return
    for name, array in found.arrays.items():
        numbers = None if name in found.used else found.numbers(name)
        if numbers is None:
            continue
        if found.is_text:
            yield (f"column: {_quoted(name)}", (name,)), _words(name), numbers, name
        elif numbers.ndim == 2 and max(numbers.shape) >= _FEWEST_POINTS:
            axis = ", points_axis: first" if numbers.shape[1] < numbers.shape[0] else ""
            axis = axis if numbers.shape[1] < _FEWEST_POINTS else ""
            yield (f"array: {_quoted(name)}{axis}", (name,)), _words(name), numbers, name
        elif array.ndim == 3:
            yield from _entries(found, name, array)


def _entries(found: _Columns, name: str, array: NDArray[Any]) -> Iterator[_Curve]:
    """Yield the channels of an array of three axes by the variable that names them."""
    for other, names in found.arrays.items():
        if names.dtype.kind in "OUS" and names.size in array.shape and names.size < _FEWEST_POINTS:
            axis = array.shape.index(names.size)
            for place, entry in enumerate(labels(names).ravel().tolist()):
                source = (
                    f"array: {_quoted(name)}, entries: {_quoted(other)}, entry: {_quoted(entry)}"
                )
                own = np.asarray(np.take(array, place, axis), dtype=np.float64)
                yield (source, (name, other)), _words(entry), own, entry
            return


def _channel(
    words: list[str], name: str, numbers: NDArray[np.float64], layout: str
) -> tuple[str, str, list[str]] | None:
    """Return the standard channel of a column, its unit in the file, and what is a guess."""
    notes = []
    sides = {_SIDES[word] for word in words if word in _SIDES}
    side = sides.pop() if len(sides) == 1 else ""
    joint = next((_JOINTS[word] for word in words if word in _JOINTS), None)
    axis = next((_FORCES[word] for word in words if word in _FORCES), None)
    unit = _unit_of(name, words)
    if joint is not None:
        measurement = next((_MEASUREMENTS[w] for w in words if w in _MEASUREMENTS), "angle")
        motion = next(
            (own.get(joint, usual) for known, own, usual in _PLANES if known & set(words)), None
        )
        letters = {"x", "y", "z"} & set(words)
        if motion is not None and letters and not set(words) & _MOTIONS:
            axis_letter = letters.pop().upper()
            notes.append(
                f"guess: axis {axis_letter} is {motion.replace('_', ' ')}; in some files Z is flexion"
            )
        if motion is None and measurement != "power":
            motion = _SAGITTAL.get(joint, "flexion")
            notes.append(f"guess: {motion.replace('_', ' ')}")
        middle = "" if measurement == "power" else f"{motion}_"
        stem = f"{joint}_{middle}{measurement}"
    elif axis is not None or {"grf", "force", "kraft"} & set(words):
        measurement, stem = "grf", f"grf_{axis or 'vertical'}"
        notes.append(f"guess: {axis or 'vertical'}, positive " + _POSITIVE[axis or "vertical"])
    else:
        return None
    if joint not in ("pelvis", "trunk"):
        if layout != "time_series" and side not in ("ipsi", "contra"):
            notes.append(f"guess: {side or 'no side'} in the name, taken for the own leg's")
            side = "ipsi" if side != "left" else "contra"
            notes[-1] = notes[-1] if side == "ipsi" else "guess: the other leg's"
        elif layout == "time_series" and side not in ("left", "right"):
            notes.append("guess: the side")
            side = "right"
        stem += f"_{side}"
    if joint is not None:
        notes.append("guess: the sign")
    known = numbers[np.isfinite(numbers)]
    low, high = (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)
    if not unit:
        notes.append(f"no unit is stated; values from {low:.4g} to {high:.4g}")
    standard = _OF_UNIT.get(unit, unit) if measurement not in _STANDARD or unit == "W" else ""
    if not standard:
        standard = _STANDARD.get(measurement, "")
    if not unit and measurement in _LARGE:
        limit, large, small = _LARGE[measurement]
        standard = large if max(-low, high) > limit else small
        notes.append(f"guess: the channel in {standard}")
    return f"{stem}_{standard}", unit or FILL_IN, notes


_POSITIVE = {"vertical": "up", "anterior": "forward", "lateral": "to the side of the own leg"}


def _unit_of(name: str, words: list[str]) -> str:
    """Return the unit that a name states in brackets, after a bar or as its last word, or ''."""
    match = _BRACKETS.search(name)
    if match and (unit := _UNIT_WORDS.get(match[1].lower().replace(" ", ""))):
        return unit
    last = words[-1] if words else ""
    return _UNIT_WORDS.get(last, "") if len(last) > 1 else ""


# Key and metadata.

_STEPS = ("step", "cycle", "stride", "gaitcycle", "trial", "repetition", "rep")
_TASK_COLUMNS = ("task", "activity", "movement", "condition")
_SIDE_COLUMNS = ("side", "leg", "limb", "foot", "seite")


def _rows_of(found: _Columns, layout: str) -> list[str]:
    """Return the lines of key and metadata."""
    key = "recording" if layout == "time_series" else "cycles"
    fields: dict[str, str] = {}
    for name, values in found.arrays.items():
        if name in found.used or (values.ndim != 1 and 1 not in values.shape):
            continue
        said = _field(found, name)
        if said is not None and said[0] not in fields:
            fields[said[0]] = said[1]
            found.used.add(name)
    if key == "cycles" and found.is_text:
        for name in [name for name in found.arrays if _describes_cycles(found, name)]:
            tidy = tidy_name(name, fields)
            fields[tidy] = f"{{column: {_quoted(name)}}}  # guess: says something of the cycle"
            found.used.add(name)
    fields.setdefault("subject", f"{FILL_IN}  # no column names the subject")
    fields.setdefault("task", f"level_walking  # guess; one of {', '.join(TASKS)}")
    order = sorted(fields, key=lambda name: name not in ("subject", "task"))
    return [f"{key}:", *(f"  {name}: {fields[name]}" for name in order)]


def _describes_cycles(found: _Columns, name: str) -> bool:
    """Return whether a column that is left says something, the same in all rows of a cycle."""
    values = found.arrays[name][:_SHOWN_ROWS]
    if name in found.used or names_a_person(name) or re.match(r"unnamed|index$|\W*$", name, re.I):
        return False
    words = labels(values)
    if all(word.lower() in MISSING for word in words.tolist()):
        return False
    if found.phase is None:
        return True
    within = np.diff(found.phase[: len(words)]) > 0
    return bool((words[1:] == words[:-1])[within].all())


def _field(found: _Columns, name: str) -> tuple[str, str] | None:
    """Return the field of the cycles that a column holds, and its entry."""
    column, words = f"column: {_quoted(name)}", _words(name)
    known, note = heading_of(name)
    if known == "sex":
        return "sex", f"{{{column}, map: {{{_translated(found, name, _SEXES)}}}}}  # guess"
    if known is not None:
        units = field_units(known)
        if not units:
            return known, f"{{{column}}}  # guess"
        unit = note if note in units else ""
        told = "" if unit else f"  # no unit is stated; {_span(found, name)}"
        return known, f"{{{column}, unit: {unit or FILL_IN}}}{told}"
    if words and words[0] in _SIDE_COLUMNS:
        return "side", f"{{{column}, map: {{{_translated(found, name, _SIDES)}}}}}  # guess"
    if words and words[0] in _TASK_COLUMNS:
        return "task", f"{{{column}, map: {{{_translated(found, name, {})}}}}}  # guess"
    if words and words[0] in _STEPS:
        return ("trial" if words[0] == "trial" else "step"), f"{{{column}}}  # guess"
    return None


_SEXES = {**dict.fromkeys(("f", "female", "w"), "female"), **dict.fromkeys(("m", "male"), "male")}


def _translated(found: _Columns, name: str, known: dict[str, str]) -> str:
    """Return each value of a column and what it means, as far as that is known."""
    seen: Iterable[str] = dict.fromkeys(labels(found.arrays[name][:_SHOWN_ROWS]).ravel().tolist())
    shown = [word for word in seen if word][:20]
    return ", ".join(
        f"{_quoted(word)}: {known.get(word.lower(), word if word in TASKS else FILL_IN)}"
        for word in shown
    )


def _left(found: _Columns) -> list[str]:
    """Return a comment that names what the draft does not use."""
    left = [name for name in found.arrays if name not in found.used]
    if not left:
        return []
    more = f" and {len(left) - 40} more" if len(left) > 40 else ""
    return [f"# not used: {', '.join(map(_quoted, left[:40]))}{more}"]
