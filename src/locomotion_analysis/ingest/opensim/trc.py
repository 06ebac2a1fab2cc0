"""Marker trajectories as text (`.trc`), whatever the header says of their number."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError, UnitError
from locomotion_analysis.ingest.opensim.external_forces import axes_entry, lab_axes
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.recording import Recording
from locomotion_analysis.ingest.tables.numbers import check_rising, parse_rows, refuse_repeated

_METRES = {
    "mm": 1e-3,
    "millimeters": 1e-3,
    "millimetres": 1e-3,
    "cm": 1e-2,
    "m": 1.0,
    "meters": 1.0,
    "metres": 1.0,
}
_HIGH = re.compile(
    r"HEAD|HD$|^C7|SHO|ACROM|CLAV|^STRN|STERN|^IJ$|^T10|^T8|SACR|ASI|PSI|ILIAC", re.I
)
_LOW = re.compile(r"HEEL|HEE$|TOE|FOOT|ANK|MAL|MT5|MT1|FM[15T]", re.I)


class TRCReader:
    """Marker positions in metres, laboratory axes with z up.

    Frames are counted in the body; a blank cell, or a marker exactly at the origin, is a marker
    that was not seen. Which axis is up is read off the markers' heights.
    """

    name = "trc"
    description = "TRC text files: marker positions"
    suffixes = (".trc",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the file begins as TRC files do."""
        return head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(b"pathfiletype")

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
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
        try:
            return [_recording(path)]
        except LocomotionError as error:
            raise error if str(path) in error.where else error.at(str(path)) from None


def _recording(path: Path) -> Recording:
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    header = _header(lines)
    place = next((k for k, line in enumerate(lines) if _begins_names(line)), None)
    numbers = [] if place is None else _frames(lines, place + 1)
    if place is None or not numbers:
        raise FileReadError(
            expected="a heading 'Frame# Time ...' and rows of numbers under it",
            got=f"{len(lines)} line(s) without them",
            where=str(path),
            fix="the file is cut off: export it again",
        )
    names = _marker_names(lines[place])
    values, history = _body([lines[k] for k in numbers], [k + 1 for k in numbers], names)
    time_s, metres = values[:, 1].copy(), _metres_per_unit(header)
    check_rising(time_s, [k + 1 for k in numbers])
    positions = values[:, 2:].reshape(len(values), len(names), 3) * metres
    history += _disagreements(header, *positions.shape[:2])
    if metres != 1.0:
        history.append(HistoryEntry("converted", f"positions x {metres:g} to m", len(names)))
    markers, unseen = _seen(names, positions)
    turned, turns = _upright(markers)
    return Recording(
        source=str(path),
        markers=turned,
        marker_time_s=time_s,
        history=(*history, *unseen, *turns),
    )


def _header(lines: list[str]) -> dict[str, str]:
    for keys, values in pairwise(lines[1:5]):
        if keys.lower().lstrip().startswith("datarate"):
            pairs = zip(keys.lower().split(), values.split(), strict=False)
            return dict(pairs)
    return {}


def _begins_names(line: str) -> bool:
    return line.lower().lstrip().startswith("frame")


def _frames(lines: list[str], start: int) -> list[int]:
    """Return the places of the rows that begin with a frame number."""
    return [
        k for k in range(start, len(lines)) if re.match(r"\s*[+-]?[\d.]+[\d.eE+-]*\s", lines[k])
    ]


def _marker_names(line: str) -> list[str]:
    cells = line.split("\t") if "\t" in line else line.split()
    names = [cell.strip() for cell in cells[2:] if cell.strip()]
    if not names:
        raise SchemaError(
            expected="marker names after 'Frame# Time'", got="none", fix="label the markers"
        )
    refuse_repeated(names)
    return names


def _body(
    lines: list[str], numbers: list[int], names: list[str]
) -> tuple[NDArray[np.float64], list[HistoryEntry]]:
    columns = ["Frame#", "Time", *(f"{name} {axis}" for name in names for axis in "XYZ")]
    rows, short, beyond = [], 0, 0
    for line in lines:
        cells = line.split("\t") if "\t" in line else line.split()
        beyond += sum(bool(cell.strip()) for cell in cells[len(columns) :])
        cells = cells[: len(columns)]
        if "\t" in line and len(cells) < len(columns):
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


def _metres_per_unit(header: dict[str, str]) -> float:
    unit = header.get("units", "")
    if unit.lower() not in _METRES:
        raise UnitError(
            expected=f"Units in the header to be one of {', '.join(_METRES)}",
            got=repr(unit),
            fix="correct the header's third line",
        )
    return _METRES[unit.lower()]


def _disagreements(header: dict[str, str], n_frames: int, n_markers: int) -> list[HistoryEntry]:
    counted = {"numframes": ("frames", n_frames), "nummarkers": ("markers", n_markers)}
    return [
        HistoryEntry("read", f"{count} {what}, counted in the body; the header says {header[key]}")
        for key, (what, count) in counted.items()
        if key in header and header[key] != str(count)
    ]


def _seen(
    names: list[str], positions: NDArray[np.float64]
) -> tuple[dict[str, NDArray[np.float64]], list[HistoryEntry]]:
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


def _upright(
    markers: dict[str, NDArray[np.float64]],
) -> tuple[dict[str, NDArray[np.float64]], list[HistoryEntry]]:
    """Turn the axes so that head, shoulders and pelvis are above the feet in z."""
    high = [np.nanmean(xyz, axis=0) for name, xyz in markers.items() if _is(_HIGH, name)]
    low = [np.nanmean(xyz, axis=0) for name, xyz in markers.items() if _is(_LOW, name)]
    if not high or not low:
        up, reason = _axis_above_floor(markers)
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


def _axis_above_floor(markers: dict[str, NDArray[np.float64]]) -> tuple[int, str]:
    """Return the one axis along which every marker is above the origin, else y."""
    lowest = np.min([np.nanmean(xyz, axis=0) for xyz in markers.values()], axis=0)
    above = np.flatnonzero(lowest > 0.0)
    if len(above) == 1:
        return int(above[0]), "the only axis along which all markers are above the origin"
    return 1, "as in OpenSim"


def _is(pattern: re.Pattern[str], name: str) -> bool:
    return pattern.search(name.rsplit(":", 1)[-1].replace(" ", "").strip()) is not None
