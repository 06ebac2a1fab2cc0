"""OpenSim's text files: motion and storage (`.mot`, `.sto`), and marker trajectories (`.trc`).

Headers may lie, so rows, columns, frames and markers are counted in the body. Coordinates and
generalised forces of the gait models become standard channels, ground reactions force plates, and
the model's pelvis tells where the person is and which way they face.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.identity import is_walking_aid, same_name
from locomotion_analysis.errors import FileReadError, SchemaError, UnitError
from locomotion_analysis.ingest.magnitudes import refuse_impossible_angles
from locomotion_analysis.ingest.marker_names import mapped_label
from locomotion_analysis.ingest.recording import (
    LENGTHS_M,
    SIDES,
    PelvisPose,
    Plate,
    ReadOptions,
    Recording,
    Stream,
)
from locomotion_analysis.ingest.tables.cells import (
    check_rising,
    decoded,
    naming,
    parse_rows,
    refuse_repeated,
    repeated_instants,
)


class OpenSimReader:
    """Inverse kinematics, inverse dynamics and ground forces of OpenSim.

    Row and column counts come from the body; ``inDegrees`` is honoured for rotations (pelvis
    translations stay metres); names of coordinates and their conventions are those of the gait
    models of Delp 1990, Hamner 2010 and Rajagopal 2016.
    """

    name = "opensim"
    description = "OpenSim motion and storage files: angles, moments, ground forces"
    suffixes = (".mot", ".sto")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the first lines are of an OpenSim table."""
        text = head.decode("latin-1").lower()
        if b"\0" in head or text.lstrip("ï»¿").startswith("pathfiletype"):
            return False
        lines = [line.strip(_PADDING) for line in text.splitlines()]
        return _END in lines or any(
            line.startswith(("indegrees=", "opensimversion=")) for line in lines
        )

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Read one file as one recording.

        Raises
        ------
        FileReadError
            If the file has no table.
        SchemaError
            If the table is damaged, or no column is an angle, moment or ground force.
        """
        with naming(path):
            table = read_opensim_table(path)
            stream, history = coordinate_stream(table)
            if stream is not None:
                refuse_impossible_angles(stream.signals)
            pelvis, of_pelvis = pelvis_pose(table)
            plates, entries = ground_forces(table)
            if stream is None and not plates:
                if table.holds:
                    raise SchemaError(
                        expected="angles, moments or ground forces",
                        got=f"{table.holds}: columns named after coordinates hold no angles",
                        fix="convert the file of coordinates (inverse kinematics) instead",
                    )
                raise SchemaError(
                    expected="coordinates (hip_flexion_r), moments (hip_flexion_r_moment) or ground forces "
                    "(ground_force_vx) by OpenSim's names",
                    got=f"columns {', '.join(table.columns[:8])}",
                    fix="name the columns with a map: --map map.yaml",
                )
            known = coordinate_columns(table) | {name.lower() for name in force_columns(table)}
            unknown = [
                name
                for name in table.columns
                if name not in known and name.lower() not in known and name not in of_pelvis
            ]
            dropped = []
            if unknown:
                detail = f"columns without a standard channel: {', '.join(unknown)}"
                dropped.append(HistoryEntry("dropped", detail, len(unknown)))
            if of_pelvis:
                detail = f"where the pelvis is and which way it faces: {', '.join(of_pelvis)}"
                history.append(HistoryEntry("read", detail, len(of_pelvis)))
        recording = Recording(
            source=str(path),
            streams=() if stream is None else (stream,),
            plates=plates,
            pelvis=pelvis,
            history=(*table.history, *history, *entries, *dropped),
        )
        return [recording]


# The table: a header that may lie, and a body.

_END = "endheader"
_PADDING = ' \t\r,;"'
"""What a spreadsheet leaves around the lines of a header."""
_TRUE, _FALSE = ("yes", "true", "1", "y"), ("no", "false", "0", "n")
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
    holds : str
        What columns named after coordinates are where they are no angles, and what tells it;
        else empty.
    """

    time_s: NDArray[np.float64]
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    in_degrees: bool | None
    history: tuple[HistoryEntry, ...]
    holds: str = ""

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one column, shape (n,)."""
        values: NDArray[np.float64] = self.values[:, self.columns.index(name)]
        return values


def read_opensim_table(path: Path) -> OpenSimTable:
    """Read a motion or storage file, whatever its header says of its size.

    Parameters
    ----------
    path : path
        Columns set apart by tabs, semicolons, commas or blanks; one is the time in seconds. A
        row that repeats the one before it, or the last instant, is left out.

    Raises
    ------
    FileReadError
        If there is no header or no table.
    SchemaError
        If rows are ragged, a cell is no number, names repeat or time does not rise.
    UnitError
        If ``inDegrees`` is neither yes nor no.
    """
    lines = decoded(path.read_bytes(), errors="replace").splitlines()
    first = _first_line_of_table(lines, path)
    header = {}
    for line in lines[: max(first - 1, 0)]:
        key, found, value = line.strip(_PADDING).partition("=")
        if not found:  # the older form: "datarows 330"
            key, _, value = line.strip(_PADDING).partition(" ")
        header[key.strip().lower()] = value.strip(_PADDING).lower()
    names = _cells(lines[first])
    numbers = [place for place in range(first + 1, len(lines)) if lines[place].strip(_PADDING)]
    width = len(names)
    rows = [_cells(lines[place], width) for place in numbers]
    places = [place + 1 for place in numbers]
    refuse_repeated(names)
    values = parse_rows(rows, names, places)
    time = next(
        (k for k, name in enumerate(names) if name.lower() in ("time", "time_s", "t")), None
    )
    if time is None:
        raise SchemaError(expected="a column time", got=f"columns {', '.join(names[:8])}")
    miscounted = _miscounted(header, _ROW_COUNTS, "rows", len(values))
    miscounted += _miscounted(header, _COLUMN_COUNTS, "columns", width)
    values, places, repeated = _without_repeated(values, time, places)
    check_rising(values[:, time], places)
    kept = [place for place in range(width) if place != time]
    degrees = header.get("indegrees")
    if degrees not in (None, *_TRUE, *_FALSE):
        raise UnitError(
            expected="inDegrees=yes or inDegrees=no in the header",
            got=f"inDegrees={degrees}",
            fix="correct the header",
        )
    columns = tuple(names[place] for place in kept)
    return OpenSimTable(
        time_s=values[:, time].copy(),
        columns=columns,
        values=values[:, kept],
        in_degrees=None if degrees is None else degrees in _TRUE,
        history=tuple(miscounted + repeated),
        holds=_no_angles(lines[0] if first else "", path, columns),
    )


def _first_line_of_table(lines: list[str], path: Path) -> int:
    """Return the place of the line of column names."""
    for place, line in enumerate(lines):
        if line.strip(_PADDING).lower() == _END:
            following = [k for k in range(place + 1, len(lines)) if lines[k].strip(_PADDING)]
            if following:
                return following[0]
            break
        # Some exporters leave the header out.
        if place == 0 and line.strip(_PADDING) and _cells(line)[0].lower() == "time":
            return 0
    raise FileReadError(
        expected="an OpenSim table: a header that ends with 'endheader', names, rows of numbers",
        got=f"{len(lines)} line(s) without one",
        where=str(path),
        fix="the file is cut off or of another kind: export it again",
    )


def _cells(line: str, width: int | None = None) -> list[str]:
    """Take a line apart at tabs, semicolons, commas or blanks, into `width` cells if it can be."""
    cells = _split(line, _separator(line))
    if width is not None and len(cells) < width and len(line.split()) == width:
        cells = line.split()  # blanks and tabs mixed
    while len(cells) > (width or 1) and not cells[-1]:
        cells.pop()
    return cells


def _separator(line: str) -> str | None:
    """Return what sets the cells of a line apart: a tab, semicolon or comma; None for blanks."""
    for mark in "\t;":
        if mark in line:
            return mark
    # Between digits of a line that has blanks a comma is a decimal mark.
    packed = line.strip().replace(", ", ",")
    return "," if re.search(r",(?!\d)" if " " in packed else ",", packed) else None


def _split(line: str, separator: str | None) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.split(separator)]


def _without_repeated(
    values: NDArray[np.float64], time: int, places: list[int]
) -> tuple[NDArray[np.float64], list[int], list[HistoryEntry]]:
    """Leave out rows that repeat the one before them, and the last instant printed again."""
    gone = repeated_instants(values[:, time], values)
    if not gone.any():
        return values, places, []
    where = ", ".join(f"line {places[row]}" for row in np.flatnonzero(gone)[:3])
    detail = f"rows that repeat an instant: {where}" + (" ..." if gone.sum() > 3 else "")
    history = [HistoryEntry("dropped", detail, int(gone.sum()))]
    kept = np.flatnonzero(~gone)
    return values[kept], [places[row] for row in kept], history


# Files whose columns are named after coordinates and hold something else: the first line tells it,
# the end of the file's name, or muscles and residual actuators that stand beside them.
_OTHER_QUANTITIES = {
    "speeds": r"speeds?|velocit(?:y|ies)",
    "accelerations": r"accelerations?",
    "errors of the coordinates": r"(?:position|tracking|marker|p)\s*errors?|errors?",
    "forces of actuators": r"static ?optimi[sz]ation|(?:generali[sz]ed |actuat\w+ )?forces?"
    r"|inverse dynamics.*|(?:actuat\w+ )?(?:torques?|moments?)",
    "powers of actuators": r"(?:actuat\w+ )?powers?",
    "controls or activations": r"controls?|activations?|excitations?",
}
_OTHER_FILES = {
    "speeds": r"kinematics_u|u|actuation_speeds?|velocities",
    "accelerations": r"kinematics_dudt|dudt|accelerations?",
    "errors of the coordinates": r"perr|errors?",
    "forces of actuators": r"(?:actuation|staticoptimization|forcereporter)(?:_forces?)?",
    "powers of actuators": r"actuation_powers?",
    "controls or activations": r"activations?|controls",
}
_ACTUATOR = re.compile(
    r"(?:[fm][xyz]|(?:glut|glm|soleus|gas(?:med|lat)|(?:med|lat)_?gas|gastroc|tib_?(?:ant|post)|bi?fem"
    r"|bf[ls]h|semi(?:mem|ten)|rect_?fem|rec_?fem|vas_?(?:med|lat|int)|psoas|iliacus|add_?(?:long|brev"
    r"|mag)|tfl|ercspn|(?:int|ext)obl|per_?(?:brev|long|tert))\w*_[rl]|.*_reserve)"
)


def _no_angles(title: str, path: Path, columns: Iterable[str]) -> str:
    """Return what columns named after coordinates hold in a file where they are no angles."""
    heading = title.strip(_PADDING)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\s]+", " ", heading).lower().strip()
    for quantity, said in _OTHER_QUANTITIES.items():
        if re.fullmatch(rf"(?:(?:model|joint|coordinate|generali[sz]ed) )*(?:{said})", words):
            return f"{quantity} (the first line is {heading!r})"
    if words not in ("coordinates", "states", "modelstates", "model states"):
        for quantity, said in _OTHER_FILES.items():
            if re.search(rf"(?:^|_)(?:{said})$", path.stem.lower()):
                return f"{quantity} (by the name of the file)"
        for column in columns:
            if _ACTUATOR.fullmatch(column.lower()):
                return f"forces of actuators ({column} stands beside them)"
    return ""


def _miscounted(
    header: Mapping[str, str], keys: Iterable[str], what: str, count: int
) -> list[HistoryEntry]:
    """Say where a header's count is not the body's."""
    return [
        HistoryEntry("read", f"{count} {what}, counted in the body; the header says {header[key]}")
        for key in keys
        if key in header and header[key] != str(count)
    ]


# Coordinates and generalised forces of OpenSim's gait models as standard channels.
#
# OpenSim's ground frame is x forward, y up, z to the right, and its gait models (gait2392, Hamner
# 2010, Rajagopal 2016) turn the pelvis about z (tilt), x (list) and y (rotation): tilt is positive
# backwards, list positive with the right side down, rotation positive with the right side forward.
# A generalised force acts in the direction of its coordinate, so it is an internal moment with the
# sign of that coordinate. Pelvic obliquity and rotation are given as seen from the right leg.

Signals = dict[str, NDArray[np.float64]]
_SIDED = {
    "hip_flexion": ("hip_flexion", 1.0),
    "hip_adduction": ("hip_adduction", 1.0),
    "hip_rotation": ("hip_internal_rotation", 1.0),
    "knee_angle": ("knee_flexion", 1.0),
    "knee_flexion": ("knee_flexion", 1.0),
    "knee_adduction": ("knee_adduction", 1.0),
    "knee_rotation": ("knee_internal_rotation", 1.0),
    "ankle_angle": ("ankle_dorsiflexion", 1.0),
    "ankle_flexion": ("ankle_dorsiflexion", 1.0),
    "subtalar_angle": ("subtalar_inversion", 1.0),
    "mtp_angle": ("mtp_dorsiflexion", 1.0),
    "arm_flex": ("shoulder_flexion", 1.0),
    "arm_add": ("shoulder_adduction", 1.0),
    "arm_rot": ("shoulder_internal_rotation", 1.0),
    "elbow_flex": ("elbow_flexion", 1.0),
    "wrist_flex": ("wrist_flexion", 1.0),
}
_MIDLINE = {
    "pelvis_tilt": ("pelvis_anterior_tilt", -1.0),
    "pelvis_list": ("pelvis_obliquity_up", -1.0),
    "pelvis_rotation": ("pelvis_internal_rotation", 1.0),
    "lumbar_extension": ("lumbar_flexion", -1.0),
}
_SIDE = {"r": "right", "l": "left", "right": "right", "left": "left"}
_SIDED_NAME = re.compile(r"^(?P<stem>.+)_(?P<side>r|l|right|left)$")
_UNITS = {"angle": "rad", "velocity": "rad_s", "moment": "Nm"}
_KNEE_FLIPPED = HistoryEntry(
    "converted", "knee_angle x -1: the model's knee angle is negative in flexion"
)
_BENT_DEG, _OVEREXTENDED_DEG = 20.0, 15.0
_FULL_TURN = 2.0 * np.pi
_LEG_MOVES_RAD, _LEG_WITHIN_RAD = 0.3, 2.8
"""Range of a walking hip or knee at least, and the angle that neither passes, rad."""


@dataclass(frozen=True)
class _Coordinate:
    column: str
    name: str
    measurement: str
    sign: float
    plain: bool = False
    """Whether the column bears the coordinate's name alone."""


def coordinate_stream(table: OpenSimTable) -> tuple[Stream | None, list[HistoryEntry]]:
    """Turn coordinates (angles, rad) and generalised forces (moments, Nm) into signals.

    Parameters
    ----------
    table : OpenSimTable
        An inverse-kinematics, inverse-dynamics or states file.

    Returns
    -------
    Stream or None, list of HistoryEntry
        None where no column is a joint's or the pelvis's rotation.
    """
    found = [coordinate for name in table.columns if (coordinate := _coordinate(name))]
    other = [item for item in found if table.holds and item.plain]
    found = [item for item in found if item not in other]
    # Columns without a value, and angles that the model holds at zero throughout, say nothing.
    bare = [item for item in found if np.isnan(table.column(item.column)).all()]
    locked = [
        item
        for item in found
        if item not in bare
        and item.measurement == "angle"
        and not np.nan_to_num(table.column(item.column)).any()
    ]
    history = []
    for gone, reason in (
        (bare, "no value in any row"),
        (locked, "zero throughout (locked in the model)"),
        (other, table.holds),
    ):
        if gone:
            detail = f"{', '.join(item.column for item in gone)}: {reason}"
            history.append(HistoryEntry("dropped", detail, len(gone)))
    found = [item for item in found if item not in (*bare, *locked)]
    factor, entries = _angle_factor(table, found)
    history += entries
    signals = {}
    for item in found:
        scale = item.sign * (1.0 if item.measurement == "moment" else factor)
        signals[f"{item.name}_{_UNITS[item.measurement]}"] = table.column(item.column) * scale
        if item.sign < 0:
            detail = f"{item.column} x -1 -> {item.name}"
            history.append(HistoryEntry("converted", detail))
    history += _settle_knee(signals)
    return (Stream(table.time_s, signals) if signals else None), history


def pelvis_pose(table: OpenSimTable) -> tuple[PelvisPose | None, list[str]]:
    """Return where the pelvis is and which way it faces, and the columns that say it.

    OpenSim's ground has x forward, y up and z to the right, and its models face x where
    ``pelvis_rotation`` is zero, which turns them to the left.
    """
    found: dict[str, str] = {}
    for column in table.columns:
        path = re.split(r"[/|]", column.lower().strip("/"))
        stem = path[-2] if len(path) > 1 and path[-1] == "value" else path[-1]
        if stem in ("pelvis_tx", "pelvis_tz", "pelvis_rotation") and not (
            table.holds and stem == path[-1]
        ):
            found[stem] = column
    unknown = np.full(len(table.time_s), np.nan)
    values = {stem: table.column(column) for stem, column in found.items()}
    x, z = values.get("pelvis_tx", unknown), values.get("pelvis_tz", 0.0 * unknown)
    if "pelvis_tx" in values and "pelvis_tz" not in values:
        z = np.zeros_like(unknown)  # a model of the sagittal plane
    heading = unknown
    if "pelvis_rotation" in values:
        rotations = [item for name in table.columns if (item := _coordinate(name))]
        factor, _ = _angle_factor(table, rotations)
        heading = factor * values["pelvis_rotation"]
    if not found or not np.isfinite([x, heading]).any():
        return None, []
    return PelvisPose(table.time_s, np.column_stack([x, -z]), heading), list(found.values())


def coordinate_columns(table: OpenSimTable) -> set[str]:
    """Return the columns that :func:`coordinate_stream` can name."""
    return {name for name in table.columns if _coordinate(name)}


def coordinate_channel(column: str) -> tuple[str, float] | None:
    """Return the signal that a column of a model's angles becomes, and its sign; None without one.

    Examples
    --------
    >>> coordinate_channel("pelvis_tilt"), coordinate_channel("knee_angle_r_beta")
    (('pelvis_anterior_tilt_angle_rad', -1.0), None)
    """
    found = _coordinate(column)
    return None if found is None else (f"{found.name}_{_UNITS[found.measurement]}", found.sign)


def follow_knee_sign(kinematics: Recording, dynamics: Recording) -> Recording:
    """Give the knee moments the sign that the angles of the same model were given.

    A moments file does not tell whether its model counts knee flexion positive; the angles of
    the same trial do.

    Parameters
    ----------
    kinematics, dynamics : Recording
        Angles and moments of one trial, both read by the OpenSim reader.

    Returns
    -------
    Recording
        `dynamics`, its knee flexion moments times -1 where the angles were turned round.
    """
    if _KNEE_FLIPPED not in kinematics.history or _KNEE_FLIPPED in dynamics.history:
        return dynamics
    streams = tuple(
        Stream(
            stream.time_s,
            {
                name: -values if name.startswith("knee_flexion_moment_") else values
                for name, values in stream.signals.items()
            },
        )
        for stream in dynamics.streams
    )
    return replace(dynamics, streams=streams).then(_KNEE_FLIPPED)


def _coordinate(column: str) -> _Coordinate | None:
    """Return what a column of a gait model measures, or None for any other."""
    # ``/jointset/hip_r/hip_flexion_r/value`` (or ``|value``), ``hip_flexion_r_moment`` or
    # ``hip_flexion_r``
    path = re.split(r"[/|]", column.lower().strip("/"))
    if path[0] in ("forceset", "controllerset"):
        return None
    stem, measurement = path[-1], "angle"
    if len(path) > 1 and path[-1] in ("value", "speed"):
        stem, measurement = path[-2], "angle" if path[-1] == "value" else "velocity"
    elif stem.endswith("_moment"):
        stem, measurement = stem.removesuffix("_moment"), "moment"
    plain = stem == path[-1]
    if stem in _MIDLINE:
        name, sign = _MIDLINE[stem]
        if measurement == "moment" and name.startswith("pelvis"):
            return None  # what is left over at the model's root, not a joint moment
        return _Coordinate(column, f"{name}_{measurement}", measurement, sign, plain)
    match = _SIDED_NAME.match(stem)
    if match is None or match["stem"] not in _SIDED:
        return None
    name, sign = _SIDED[match["stem"]]
    side = _SIDE[match["side"]]
    return _Coordinate(column, f"{name}_{measurement}_{side}", measurement, sign, plain)


def _angle_factor(
    table: OpenSimTable, found: list[_Coordinate]
) -> tuple[float, list[HistoryEntry]]:
    """Return the factor into radians, and into radians a second.

    It is the header's word, unless nearly all values contradict it (a few samples may be wrong, and
    the pelvis of a person who turns passes a full turn).

    Raises
    ------
    UnitError
        If the header says degrees over what looks like radians.
    """
    rotations = [item for item in found if item.measurement != "moment"]
    if not rotations:
        return 1.0, []
    angles = [item for item in rotations if item.measurement == "angle"]
    judged = [item for item in angles if not item.name.startswith("pelvis_internal_rotation")]
    usual = [np.nanpercentile(np.abs(table.column(item.column)), 95) for item in judged or angles]
    largest = float(max(usual, default=0.0))
    degrees, history = table.in_degrees, []
    if degrees is None:
        degrees = largest > _FULL_TURN
        detail = f"rotations in {'degrees' if degrees else 'radians'}: the header does not say, "
        history.append(HistoryEntry("assumed", detail + f"the largest is {largest:.3g}"))
    elif not degrees and largest > _FULL_TURN:
        degrees = True
        detail = f"rotations in degrees: the header says radians, the largest is {largest:.3g}"
        history.append(HistoryEntry("assumed", detail))
    elif degrees and _moves_as_radians(table, angles):
        raise UnitError(
            expected="rotations in degrees, as the header says (inDegrees=yes)",
            got=f"hips and knees that move and stay within {largest:.2g}: they look like radians",
            fix="correct the header to inDegrees=no, or export the file again",
        )
    if not degrees:
        return 1.0, history
    detail = "rotations from degrees to radians"
    history.append(HistoryEntry("converted", detail, len(rotations)))
    return np.pi / 180.0, history


def _moves_as_radians(table: OpenSimTable, angles: list[_Coordinate]) -> bool:
    """Return whether hips and knees move as legs do in radians, and stay within their range."""
    legs = [
        table.column(item.column)
        for item in angles
        if item.name.startswith(("hip_flexion", "knee_flexion"))
    ]
    if not legs:
        return False
    low, high = np.transpose([np.nanpercentile(leg, (2.5, 97.5)) for leg in legs])
    still = float(np.max(high - low)) < _LEG_MOVES_RAD
    return not still and float(np.max(np.abs([low, high]))) < _LEG_WITHIN_RAD


def _settle_knee(signals: Signals) -> list[HistoryEntry]:
    """Turn the knee round where it plainly bends towards the negative, and say what was done."""
    knees = [
        name for name in (f"knee_flexion_angle_{side}_rad" for side in SIDES) if name in signals
    ]
    if not knees:
        if not any(name.startswith("knee_flexion_moment_") for name in signals):
            return []
        detail = "knee_angle positive in flexion, so its moment too (the trial's angles decide)"
        return [HistoryEntry("assumed", detail)]
    spans = [np.rad2deg(np.nanpercentile(signals[name], (2.5, 97.5))) for name in knees]
    bent = [low <= -_BENT_DEG and high <= _OVEREXTENDED_DEG for low, high in spans]
    plain = [high >= _BENT_DEG and low >= -_OVEREXTENDED_DEG for low, high in spans]
    if any(bent) and any(plain):
        raise SchemaError(
            expected="knee angles that are positive in flexion on both sides, or negative",
            got=", ".join(
                f"{name} from {low:.0f} to {high:.0f} degrees"
                for name, (low, high) in zip(knees, spans, strict=True)
            ),
            fix="turn one of them round in the file",
        )
    low, high = np.transpose(spans)
    low, high = float(low.min()), float(high.max())
    if low <= -_BENT_DEG and high <= _OVEREXTENDED_DEG:
        flipped = [name for name in signals if name.startswith("knee_flexion_")]
        signals.update({name: -signals[name] for name in flipped})
        return [_KNEE_FLIPPED]
    if high >= _BENT_DEG and low >= -_OVEREXTENDED_DEG:
        return []
    detail = f"knee_angle positive in flexion: it runs from {low:.0f} to {high:.0f} degrees"
    return [HistoryEntry("assumed", detail)]


# Ground reactions as force plates, some of a named foot.

Array = NDArray[np.float64]
_COLUMN = re.compile(r"^(?P<body>.+?)_?(?P<kind>v|p|m|t)?_?(?P<axis>[xyz123])$")
_FILLER = re.compile(r"ground|force|moment|torque|plate|grf|cop|external|_|\.")
_AXIS = {"x": 0, "y": 1, "z": 2, "1": 0, "2": 1, "3": 2}
_LOADED_N = 20.0
"""Below this vertical force the centre of pressure is noise."""


@dataclass
class _Group:
    """The columns of one plate or foot: kind (v, p, m) -> axis -> column."""

    columns: dict[str, dict[int, str]] = field(default_factory=dict)

    def complete(self, kind: str) -> bool:
        return len(self.columns.get(kind, {})) == 3

    def vector(self, table: OpenSimTable, kind: str) -> Array:
        if not self.complete(kind):
            return np.zeros((len(table.time_s), 3))
        return np.column_stack([table.column(self.columns[kind][axis]) for axis in range(3)])


def force_columns(table: OpenSimTable) -> set[str]:
    """Return the columns that make up complete ground-reaction forces."""
    return {
        column
        for group in _groups(table.columns).values()
        for axes in group.columns.values()
        for column in axes.values()
    }


def ground_forces(table: OpenSimTable) -> tuple[tuple[Plate, ...], list[HistoryEntry]]:
    """Turn external-force columns into plates, with the foot where their names tell it.

    Parameters
    ----------
    table : OpenSimTable
        Force ``v``, point ``p`` and torque ``m`` of each plate, N, m and Nm.

    Returns
    -------
    tuple of Plate, list of HistoryEntry
        Plates in laboratory axes with z up.
    """
    groups = _groups(table.columns)
    if not groups:
        return (), []
    plates, history = _plates(table, groups)
    sided = {name: _SIDE[name] for name in groups if name in _SIDE}
    if set(sided.values()) != {"left", "right"} or len(sided) != len(groups):
        return tuple(plates.values()), history
    dropped = HistoryEntry("dropped", "free moments: no standard channel", len(plates))
    origin = HistoryEntry("read", "centres of pressure from the laboratory's origin")
    feet = (replace(plate, foot=sided[name]) for name, plate in plates.items())
    return tuple(feet), [*history, dropped, origin]


def lab_axes(vectors: Array, up: int) -> Array:
    """Turn vectors of shape (n, 3) so that z is up: from y up, x stays and -z becomes y.

    Examples
    --------
    >>> lab_axes(np.array([[1.0, 2.0, 3.0]]), up=1)
    array([[ 1., -3.,  2.]])
    """
    if up == 2:
        return vectors
    order, signs = ((0, 2, 1), (1.0, -1.0, 1.0)) if up == 1 else ((1, 2, 0), (1.0, 1.0, 1.0))
    turned: Array = vectors[:, order] * np.array(signs)
    return turned


def axes_entry(up: int, what: str) -> HistoryEntry:
    """Return the history entry of :func:`lab_axes`."""
    return HistoryEntry("converted", f"{what}: laboratory axes with {'xyz'[up]} up to z up")


def _groups(columns: Iterable[str]) -> dict[str, _Group]:
    """Put the columns of one force together: name of plate or foot -> its columns."""
    groups: dict[str, _Group] = {}
    for column in columns:
        match = _COLUMN.match(column.lower())
        if match is None or not re.search(r"force|moment|torque|grf|cop|fp", match["body"]):
            continue
        kind = match["kind"] or ("m" if re.search("torque|moment", match["body"]) else "")
        if kind:
            name = _FILLER.sub("", match["body"])
            own = groups.setdefault(name, _Group()).columns
            own.setdefault({"t": "m"}.get(kind, kind), {})[_AXIS[match["axis"]]] = column
    return {name: group for name, group in groups.items() if group.complete("v")}


def _plates(
    table: OpenSimTable, groups: dict[str, _Group]
) -> tuple[dict[str, Plate], list[HistoryEntry]]:
    """Return the plates with z up and forces on the person, both read off the loaded forces."""
    forces = {name: group.vector(table, "v") for name, group in groups.items()}
    every = np.concatenate(list(forces.values()))
    up = int(np.nan_to_num(np.nanmean(np.abs(every), axis=0)).argmax()) if every.size else 1
    history = [] if up == 2 else [axes_entry(up, "forces and centres of pressure")]
    loaded = every[np.abs(every[:, up]) > _LOADED_N, up]
    sign = -1.0 if len(loaded) and np.median(loaded) < 0 else 1.0
    if sign < 0:
        detail = "forces and torques x -1: they point down, so they are those on the plate"
        history.append(HistoryEntry("converted", detail))
    plates = {}
    for name, group in groups.items():
        force = sign * lab_axes(forces[name], up)
        point = lab_axes(group.vector(table, "p"), up)
        torque = sign * lab_axes(group.vector(table, "m"), up)
        if not group.complete("p") and not group.complete("m"):
            history.append(HistoryEntry("read", f"force {name or '1'} without centre of pressure"))
            point = np.full_like(point, np.nan)
        plates[name] = _plate(table.time_s, force, point, torque)
    return plates, history


def _plate(time_s: Array, force: Array, point: Array, torque: Array) -> Plate:
    """Move a wrench from `point` to the centre of pressure at the same height."""
    vertical = force[:, 2]
    loaded = np.abs(vertical) > _LOADED_N
    divisor = np.where(loaded, vertical, np.nan)
    arm_x, arm_y = -torque[:, 1] / divisor, torque[:, 0] / divisor
    cop = np.where(loaded[:, None], point, np.nan)
    cop[:, 0] += arm_x
    cop[:, 1] += arm_y
    twist = torque[:, 2] - np.nan_to_num(arm_x * force[:, 1] - arm_y * force[:, 0])
    return Plate(time_s, force, cop, np.where(loaded, twist, 0.0))


# Marker trajectories.

_FRAME = re.compile(r"\s*\"?[+-]?[\d.]+[\d.eE+-]*\"?[\s,;]")
_HIGH = re.compile(
    r"HEAD|HD$|HIP|HJC|^C7|SHO|ACROM|CLAV|^STRN|STERN|^IJ$|^T10|^T8|SACR|ASI|PSI|ILIAC", re.I
)
_LOW = re.compile(r"HEEL|HEE$|TOE|FOOT|ANK|MAL|MT5|MT1|FM[15T]", re.I)


class TRCReader:
    """Marker positions in metres, laboratory axes with z up.

    Frames are counted in the body; a blank cell, or a marker exactly at the origin, is a marker
    that was not seen. A name stands over the first of its marker's three columns; columns without
    a name are left out. Which axis is up is read off the markers' heights.
    """

    name = "trc"
    description = "TRC text files: marker positions"
    suffixes = (".trc",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the file begins as TRC files do."""
        return head.lstrip(b'\xef\xbb\xbf \r\n\t"').lower().startswith(b"pathfiletype")

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:
        """Read one file as one recording of markers.

        Raises
        ------
        FileReadError
            If the file ends before its first frame.
        SchemaError
            If it has no markers, a marker name repeats, or time does not rise.
        UnitError
            If its length unit is unknown.
        """
        with naming(path):
            lines = decoded(path.read_bytes(), errors="replace").splitlines()
            header: dict[str, str] = {}
            for keys, said in pairwise(lines[1:5]):
                if keys.lower().lstrip(_PADDING).startswith("datarate"):
                    mark = (_separator(keys) or "").strip() or None  # blanks and tabs mixed
                    pairs = zip(_split(keys.lower(), mark), _split(said, mark), strict=False)
                    header = dict(pairs)
                    break
            starts = (
                k
                for k, line in enumerate(lines)
                if line.lower().lstrip(_PADDING).startswith("frame")
            )
            place = next(starts, len(lines))
            frames = [k for k in range(place + 1, len(lines)) if _FRAME.match(lines[k])]
            if not frames:
                raise FileReadError(
                    expected="a heading 'Frame# Time ...' and rows of numbers under it",
                    got=f"{len(lines)} line(s) without them",
                    where=str(path),
                    fix="the file is cut off: export it again",
                )
            body = [lines[k] for k in frames]
            names = _names_over_columns(lines[place], body)
            if not any(names):
                raise SchemaError(
                    expected="marker names after 'Frame# Time'",
                    got="none",
                    fix="label the markers",
                )
            refuse_repeated([name for name in names if name])
            numbers = [k + 1 for k in frames]
            values, history = _body(body, numbers, names)
            unit = header.get("units", "")
            if unit.lower() not in LENGTHS_M:
                raise UnitError(
                    expected=f"Units in the header to be one of {', '.join(LENGTHS_M)}",
                    got=repr(unit),
                    fix="correct the header's third line",
                )
            metres = LENGTHS_M[unit.lower()]
            history += _miscounted(header, ["numframes"], "frames", len(frames))
            history += _miscounted(header, ["nummarkers"], "markers", len(names))
            values, numbers, repeated = _without_repeated(values[:, 1:], 0, numbers)
            history += repeated
            time_s = values[:, 0].copy()
            check_rising(time_s, numbers)
            positions = values[:, 1:].reshape(len(values), len(names), 3) * metres
            named = [k for k, name in enumerate(names) if name]
            if len(named) < len(names):
                text = "points without a name among the markers, by their columns"
                history.append(HistoryEntry("dropped", text, len(names) - len(named)))
            names, positions = [names[k] for k in named], positions[:, named]
            if metres != 1.0:
                text = f"positions x {metres:g} to m"
                history.append(HistoryEntry("converted", text, len(names)))
            markers, unseen = _seen(names, positions)
            markers, subject, others = _of_one_person(markers, options.subject)
            turned, turns = _upright(markers, options.marker_map)
        recording = Recording(
            source=str(path),
            subject=subject,
            named_by="the labels" if subject else "",
            markers=turned,
            marker_time_s=time_s,
            history=(*history, *unseen, *others, *turns),
        )
        return [recording]


def _names_over_columns(heading: str, body: list[str]) -> list[str]:
    """Return a name for each three columns, blank where the heading has none over them.

    Raises
    ------
    SchemaError
        If the names stand neither over every third column nor one after the other.
    """
    separator = _separator(heading)
    cells = _split(heading, separator)[2:]
    while cells and not cells[-1]:
        cells.pop()
    places = {k for k, name in enumerate(cells) if name}
    if all(k % 3 == 0 for k in places):
        return cells[::3]
    filled = max(sum(map(bool, _split(line, _separator(line)))) for line in body) - 2
    if len(places) < len(cells) or (separator is None and filled > 3 * len(cells)):
        raise SchemaError(
            expected="marker names over the first of each marker's three columns",
            got=f"{len(places)} names over {filled} columns of coordinates, out of step",
            where="the line that begins with Frame#",
            fix="name every marker, or export the file again with names over every third column",
        )
    return cells


def _body(
    lines: list[str], numbers: list[int], names: list[str]
) -> tuple[NDArray[np.float64], list[HistoryEntry]]:
    """Return frame, time and coordinates; blank and missing cells as NaN."""
    columns = ["Frame#", "Time", *(f"{name} {axis}" for name in names for axis in "XYZ")]
    rows, short, beyond = [], 0, 0
    for line in lines:
        separator = _separator(line)
        cells = _split(line, separator)
        beyond += sum(map(bool, cells[len(columns) :]))
        cells = cells[: len(columns)]
        if separator is not None and len(cells) < len(columns):
            short += 1
            cells += [""] * (len(columns) - len(cells))
        rows.append(cells)
    history = []
    if short:
        detail = "short rows: the markers at their end were not seen"
        history.append(HistoryEntry("filled", detail, short))
    if beyond:
        detail = "cells beyond the named markers (points without a label)"
        history.append(HistoryEntry("dropped", detail, beyond))
    return parse_rows(rows, columns, numbers), history


def _seen(
    names: list[str], positions: NDArray[np.float64]
) -> tuple[dict[str, NDArray[np.float64]], list[HistoryEntry]]:
    """Return the markers that were seen at all, NaN in the frames they were not."""
    positions[(positions == 0.0).all(axis=2)] = np.nan
    missing = np.asarray(np.isnan(positions).any(axis=2))
    positions[missing] = np.nan
    history = []
    unseen = np.flatnonzero(np.asarray(missing.all(axis=0)))
    never = [names[place] for place in unseen]
    if never:
        detail = f"markers never seen: {', '.join(never)}"
        history.append(HistoryEntry("dropped", detail, len(never)))
    gaps = int(missing.sum()) - len(missing) * len(never)
    if gaps:
        history.append(HistoryEntry("read", "marker positions not seen, kept as NaN", gaps))
    markers = {
        name: positions[:, place, :] for place, name in enumerate(names) if name not in never
    }
    if not markers:
        raise SchemaError(expected="at least one marker that was seen", got="none")
    return markers, history


def _of_one_person(
    markers: dict[str, NDArray[np.float64]], wanted: str
) -> tuple[dict[str, NDArray[np.float64]], str, list[HistoryEntry]]:
    """Return the markers of one person, by what stands before the colon, and the name of that one.

    Raises
    ------
    SchemaError
        If labels that occur under several names leave open whose are meant.
    """
    owners: dict[str, set[str]] = {}
    for label in markers:
        owner, _, bare = label.rpartition(":")
        if owner and not is_walking_aid(owner):
            owners.setdefault(owner, set()).add(bare)
    twice = len(owners) > 1 and len(set().union(*owners.values())) < sum(map(len, owners.values()))
    if not twice:
        return markers, "", []
    name = next((owner for owner in owners if same_name(owner) == same_name(wanted)), "")
    if not name:
        raise SchemaError(
            expected="markers of one person, or the name of the one to take",
            got=f"{len(owners)} people, {', '.join(owners)}",
            fix=f"name the one to take: --subject {next(iter(owners))!r}",
        )
    own = {label: xyz for label, xyz in markers.items() if label.rpartition(":")[0] in (name, "")}
    text = f"markers that are not of {name}: the file has {', '.join(owners)}"
    return own, name, [HistoryEntry("dropped", text, len(markers) - len(own))]


def _upright(
    markers: dict[str, NDArray[np.float64]], names: Mapping[str, str]
) -> tuple[dict[str, NDArray[np.float64]], list[HistoryEntry]]:
    """Turn the axes so that head, shoulders and pelvis, by `names`, are above the feet in z."""
    called = {mapped_label(label, names): xyz for label, xyz in markers.items()}
    high = [np.nanmean(xyz, axis=0) for name, xyz in called.items() if _is(_HIGH, name)]
    low = [np.nanmean(xyz, axis=0) for name, xyz in called.items() if _is(_LOW, name)]
    if not high or not low:
        # The one axis along which every marker is above the origin, else y.
        lowest = np.min([np.nanmean(xyz, axis=0) for xyz in markers.values()], axis=0)
        above = np.flatnonzero(lowest > 0.0)
        up, reason = 1, "as in OpenSim"
        if len(above) == 1:
            up = int(above[0])
            reason = "the only axis along which all markers are above the origin"
        detail = f"{'xyz'[up]} up, {reason}: no markers of head or pelvis and feet tell"
        history = [HistoryEntry("assumed", detail)]
    else:
        rise = np.mean(high, axis=0) - np.mean(low, axis=0)
        history, up = [], int(np.abs(rise).argmax())
        if rise[up] < 0:
            raise SchemaError(
                expected="head and pelvis above the feet",
                got=f"them {-rise[up]:.2f} m below along {'xyz'[up]}",
                fix="export with an axis that points up",
            )
    if up == 2:
        return markers, history
    turned = {name: lab_axes(xyz, up) for name, xyz in markers.items()}
    return turned, [*history, axes_entry(up, "markers")]


def _is(pattern: re.Pattern[str], name: str) -> bool:
    return pattern.search(name.rsplit(":", 1)[-1].replace(" ", "").strip()) is not None
