"""C3D: markers, force plates, events and Plug-in Gait's model outputs of one trial."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import SchemaError, UnitError
from locomotion_analysis.ingest.c3d.content import (
    KEY,
    C3DContent,
    read_c3d_content,
    read_c3d_parameters,
    zeros_as_nan,
)
from locomotion_analysis.ingest.c3d.people import C3DPerson, c3d_measures, c3d_people
from locomotion_analysis.ingest.c3d.plates import c3d_force_plates, laboratory_axes
from locomotion_analysis.ingest.c3d.plugin_gait import OutputUnits, plugin_gait_signals
from locomotion_analysis.ingest.c3d.rotations import c3d_segments, with_segment_angles
from locomotion_analysis.ingest.recording import (
    HEEL_STRIKE,
    TOE_OFF,
    Event,
    ReadOptions,
    Recording,
    Stream,
)

_OUTPUT_GROUPS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
_OUTPUT_NAME = re.compile(r"^[LR]\w*(Angles|Moment|Power|Force|GRF)$")
_PNG = b"\x89PNG"
Points = dict[str, NDArray[np.float64]]


class C3DReader:
    """Reads C3D files through ezc3d (extra ``io``), in a child process.

    Examples
    --------
    >>> C3DReader().recognises(Path("trial.c3d"), bytes([2, 0x50, 0, 0]))
    True
    """

    name = "c3d"
    description = (
        "C3D: markers, force plates (types 1-4, 6, 7), events, Plug-in Gait outputs, segment poses"
    )
    suffixes = (".c3d",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - content decides
        """Return whether the first bytes are a block number and ``0x50``, no text and no PNG."""
        is_text = all(byte in b"\t\n\r" or byte >= 32 for byte in head[:64])
        return (
            len(head) > 1
            and head[0] >= 2
            and head[1] == KEY
            and not (is_text or head.startswith(_PNG))
        )

    def people(self, path: Path, options: ReadOptions) -> list[Recording]:
        """Return the people of a file by its header and parameters, without their signals.

        Raises
        ------
        FileReadError, SchemaError
            As :meth:`read`.
        """
        people = _people(read_c3d_parameters(path), options.subject, path)
        return [_recording_of(person, path) for person in people]

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:
        """Read one trial.

        Parameters
        ----------
        path : Path
        options : ReadOptions
            `subject` names the one to take from a file of several people.

        Returns
        -------
        list of Recording
            One a person (see :func:`~locomotion_analysis.ingest.c3d.people.c3d_people`). Times
            stand on the capture's clock: the first frame may be later than 0 s.

        Raises
        ------
        FileReadError
            If the file is empty, cut off, malformed or written for SGI/MIPS processors.
        SchemaError
            If it is of several people, and which to take is not known.
        UnitError
            If a stated unit is unknown, or makes the markers' distances those of no body.
        MissingExtraError
            If ezc3d is not installed.
        """
        content = read_c3d_content(path)
        people = _people(content, options.subject, path)
        return [_of_person(person, content, path) for person in people]


def _people(content: C3DContent, wanted: str, path: Path) -> list[C3DPerson]:
    try:
        return c3d_people(content, wanted)
    except SchemaError as error:
        raise error.at(str(path)) from None


def _recording_of(person: C3DPerson, path: Path) -> Recording:
    return Recording(
        source=str(path),
        subject=person.name,
        trial=path.stem,
        named_by=person.named_by,
        metadata=person.metadata,
    )


def _of_person(person: C3DPerson, content: C3DContent, path: Path) -> Recording:
    """Return what the file holds of one person."""
    points = _labelled_points(content, person)
    seen = np.concatenate([np.empty((0, 3)), *points.markers.values()])
    axes = laboratory_axes(content, seen, where=str(path))
    segments = c3d_segments(content, axes.metres_per_unit, where=str(path))
    markers = {**segments.markers, **points.markers}
    _check_size(markers, axes.metres_per_unit, str(path))
    plates, plate_history = c3d_force_plates(content, axes, where=str(path))
    if plates and person.several and not markers:
        detail = "force plates: several people, and no markers that tell whose foot is on them"
        plates, plate_history = (), [*plate_history, HistoryEntry("dropped", detail, len(plates))]
    events, event_history = c3d_events(content, person)
    units = OutputUnits(
        *(
            next(iter(content.texts("POINT", name)), "")
            for name in ("ANGLE_UNITS", "MOMENT_UNITS", "POWER_UNITS")
        )
    )
    signals, signal_history = plugin_gait_signals(points.outputs, units, where=str(path))
    time_s = content.point_time_s if len(content.points) else np.empty(0)
    recording = replace(
        _recording_of(person, path),
        streams=(Stream(time_s, signals),) if signals else (),
        markers={name: axes.metres(zeros_as_nan(xyz)) for name, xyz in markers.items()},
        marker_time_s=time_s,
        plates=plates,
        events=events,
        measures=c3d_measures(content) if person.metadata or not person.several else {},
    )
    of_plates = content.numbers("FORCE_PLATFORM", "CHANNEL").ravel().astype(int)
    labels = content.texts("ANALOG", "LABELS")[: content.analogs.shape[1]]
    other = [label for number, label in enumerate(labels, 1) if number not in of_plates]
    if other:
        named = ", ".join(label or "(no label)" for label in dict.fromkeys(other))
        detail = f"analogue channels that belong to no plate: {named}"
        plate_history.append(HistoryEntry("dropped", detail, len(other)))
    n_channels = content.analogs.shape[1] if len(content.analogs) else 0
    recoded = (
        HistoryEntry("assumed", f"text that is not UTF-8 is Windows-1252: {parameter}")
        for parameter in content.recoded
    )
    said = (
        f"{path.name}: {len(content.points)} frames at {content.point_rate_hz:g} Hz from frame "
        f"{content.first_frame + 1}, {len(points.markers)} markers, {len(points.outputs)} "
        f"model outputs, {n_channels} analogue channels at {content.analog_rate_hz:g} Hz, "
        f"{content.poses.shape[1]} segment poses"
    )
    recording = recording.then(
        HistoryEntry("read", said),
        *recoded,
        *(HistoryEntry("read", remark) for remark in content.remarks),
        *person.history,
        *axes.history,
        *points.history,
        *plate_history,
        *event_history,
        *signal_history,
    )
    return with_segment_angles(recording, segments, axes, where=str(path))


@dataclass(frozen=True)
class _LabelledPoints:
    markers: Points
    outputs: Points
    history: tuple[HistoryEntry, ...]


def _labelled_points(content: C3DContent, person: C3DPerson) -> _LabelledPoints:
    """Tell markers from model outputs; drop what has no label, number what has the same one."""
    labels = content.texts("POINT", "LABELS")[: content.points.shape[1]]
    stated = {_bare(name) for group in _OUTPUT_GROUPS for name in content.texts("POINT", group)}
    seen: Counter[str] = Counter()
    markers: Points = {}
    outputs: Points = {}
    repeated = []
    others = 0
    for index, label in enumerate(labels):
        if not person.owns_label(label):
            others += 1
            continue
        name = _bare(label)
        if not name or name.startswith("*"):  # *12: a trajectory Vicon could not name
            continue
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name}_{seen[name]}"
            repeated.append(name)
        place = outputs if name in stated or _OUTPUT_NAME.match(name) else markers
        place[name] = content.points[:, index]
    history = []
    unnamed = content.points.shape[1] - len(markers) - len(outputs) - others
    if unnamed:
        history.append(HistoryEntry("dropped", "points without a label", unnamed))
    if repeated:
        detail = f"points with a label that is there already: {', '.join(repeated)}"
        history.append(HistoryEntry("renamed", detail, len(repeated)))
    return _LabelledPoints(markers, outputs, tuple(history))


_LEAST_MARKERS, _SMALLEST_M, _LARGEST_M = 4, 0.01, 50.0


def _check_size(markers: Points, unit_m: float, where: str) -> None:
    """Refuse markers that are farther apart, or nearer, than on bodies in a laboratory."""
    if len(markers) < _LEAST_MARKERS:
        return
    xyz = np.stack([zeros_as_nan(values) for values in markers.values()])
    xyz = xyz[:, np.isfinite(xyz).all(axis=2).sum(axis=0) >= _LEAST_MARKERS]
    if not xyz.size:
        return
    extent = np.nanmax(xyz, axis=0) - np.nanmin(xyz, axis=0)
    size_m = float(np.median(extent.max(axis=1))) * unit_m
    if not _SMALLEST_M <= size_m <= _LARGEST_M:
        raise UnitError(
            expected="POINT:UNITS to be the unit of the markers",
            got=f"markers {size_m:g} m apart, where one unit is {unit_m:g} m",
            where=where,
            fix="correct the parameter POINT:UNITS in the C3D file",
        )


def _bare(label: str) -> str:
    """Return the label without the subject's name before the colon."""
    return label.rpartition(":")[2].strip()


# Gait events in the EVENT group.

_SECONDS_PER_MINUTE = 60.0
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
_KINDS = {
    "footstrike": HEEL_STRIKE,
    "heelstrike": HEEL_STRIKE,
    "footcontact": HEEL_STRIKE,
    "heelcontact": HEEL_STRIKE,
    "initialcontact": HEEL_STRIKE,
    "hs": HEEL_STRIKE,
    "fs": HEEL_STRIKE,
    "ic": HEEL_STRIKE,
    "footoff": TOE_OFF,
    "toeoff": TOE_OFF,
    "to": TOE_OFF,
    "fo": TOE_OFF,
}


def c3d_events(
    content: C3DContent, person: C3DPerson
) -> tuple[tuple[Event, ...], list[HistoryEntry]]:
    """Return the foot strikes and foot offs of one person, in time order.

    Times stand on the capture's clock (0 at frame 1), the same as
    :attr:`C3DContent.point_time_s`. Parameters: ``EVENT:CONTEXTS, LABELS, TIMES`` with their
    continuations (``TIMES2``, ...); a time is a pair of minutes and seconds. Where they hold no
    foot contact, the events of the header block are taken.

    Returns
    -------
    tuple of Event
    list of HistoryEntry
        Events that are not foot contacts, have no side, or lie outside the recorded frames.
    """
    marks, history = _event_group(content, person)
    found, dropped = _foot_contacts(content, marks)
    if content.header_events and found:
        detail = "events in the header: the EVENT group has foot contacts of its own"
        history.append(HistoryEntry("dropped", detail, len(content.header_events)))
    elif content.header_events and not person.several:
        marks = [(time, "", label) for time, label in content.header_events]
        found, more = _foot_contacts(content, marks)
        dropped += more
        if found:
            history.append(HistoryEntry("read", "events from the header of the file", len(found)))
    if dropped:
        detail = (
            "events that are no foot contact, have no side or two, or lie outside the frames: "
            + "; ".join(dropped)
        )
        history.append(HistoryEntry("dropped", detail, len(dropped)))
    return tuple(sorted(found)), history


_Mark = tuple[float, str, str]
"""Time in seconds, context, label."""


def _event_group(content: C3DContent, person: C3DPerson) -> tuple[list[_Mark], list[HistoryEntry]]:
    """Return a person's events of the EVENT group, and what of it cannot be put together."""
    # Pairs of minutes and seconds, in two rows or all in one.
    flat = content.numbers("EVENT", "TIMES").ravel(order="F")
    pairs = flat[: flat.size // 2 * 2].reshape(-1, 2)
    times = pairs[:, 0] * _SECONDS_PER_MINUTE + pairs[:, 1]
    labels, contexts = content.texts("EVENT", "LABELS"), content.texts("EVENT", "CONTEXTS")
    used = content.number("EVENT", "USED")
    stated = max(len(times), len(labels)) if used is None else int(used)
    kept = min(stated, len(times), len(labels))
    contexts += [""] * (kept - len(contexts))
    subjects = content.texts("EVENT", "SUBJECTS")
    subjects = (subjects * kept if len(subjects) == 1 else subjects) + [""] * kept
    history = []
    if kept < max(stated, len(times), len(labels)):
        detail = (
            f"events without a time or a label, or beyond EVENT:USED: USED is {stated}, there are "
            f"{len(times)} times and {len(labels)} labels"
        )
        count = max(stated, len(times), len(labels)) - kept
        history.append(HistoryEntry("dropped", detail, count))
    marks = zip(times[:kept].tolist(), contexts, labels, strict=False)
    own = [mark for mark, who in zip(marks, subjects, strict=False) if person.owns_event(who)]
    return own, history


def _foot_contacts(content: C3DContent, marks: list[_Mark]) -> tuple[set[Event], list[str]]:
    """Return the events that are foot contacts within the frames, and the others in words."""
    found: set[Event] = set()
    dropped: list[str] = []
    clock = content.point_time_s
    half_frame = 0.5 / content.point_rate_hz if content.point_rate_hz else 0.0
    for time, context, label in marks:
        side, kind = _side_and_kind(context, label)
        inside = clock.size and clock[0] - half_frame <= time <= clock[-1] + half_frame
        if side and kind and inside:
            found.add(Event(time, side, kind))
        else:
            dropped.append(f"{context} {label} at {time:.3f} s".strip())
    return found, dropped


def _side_and_kind(context: str, label: str) -> tuple[str | None, str | None]:
    """Return side and kind of an event from the words it was marked with."""
    side = _SIDES.get(context.strip().lower())
    words = re.sub(r"[^a-z]", "", label.lower())
    if words in _KINDS:
        return side, _KINDS[words]
    # RHS, LTO, "Right Foot Strike", "Foot Off Left": the side is in the label.
    for name, labelled in _SIDES.items():
        for rest in (words.removeprefix(name), words.removesuffix(name)):
            if rest != words and rest in _KINDS:
                return (labelled if side in (None, labelled) else None), _KINDS[rest]
    return side, None
