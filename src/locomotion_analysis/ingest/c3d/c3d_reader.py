"""C3D: markers, force plates, events and Plug-in Gait's model outputs."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.c3d.axes import LaboratoryAxes, laboratory_axes
from locomotion_analysis.ingest.c3d.content import C3DContent, read_c3d_content
from locomotion_analysis.ingest.c3d.file_events import c3d_events
from locomotion_analysis.ingest.c3d.file_subject import c3d_subject
from locomotion_analysis.ingest.c3d.header import looks_like_c3d
from locomotion_analysis.ingest.c3d.plate_forces import c3d_force_plates
from locomotion_analysis.ingest.c3d.plugin_gait import OutputUnits, plugin_gait_signals
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.recording import Recording, Stream

_OUTPUT_GROUPS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
_OUTPUT_NAME = re.compile(r"^[LR]\w*(Angles|Moment|Power|Force|GRF)$")

Points = dict[str, NDArray[np.float64]]


class C3DReader:
    """Reads C3D files through ezc3d (extra ``io``), in a child process.

    Examples
    --------
    >>> C3DReader().recognises(Path("trial.c3d"), bytes([2, 0x50, 0, 0]))
    True
    """

    name = "c3d"
    description = "C3D: markers, force plates (types 1-4), events, Plug-in Gait outputs"
    suffixes = (".c3d",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - content decides
        """Return whether the first bytes are of a C3D file."""
        return looks_like_c3d(head)

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Read one trial.

        Parameters
        ----------
        path : Path
        options : ReadOptions
            Not needed: a C3D file describes itself.

        Returns
        -------
        list of one Recording
            Times stand on the capture's clock: the first frame may be later than 0 s.

        Raises
        ------
        FileReadError
            If the file is empty, cut off, malformed or written for SGI/MIPS processors.
        UnitError
            If a stated unit is unknown.
        MissingExtraError
            If ezc3d is not installed.
        """
        content = read_c3d_content(path)
        points = _labelled_points(content)
        axes = laboratory_axes(content, _stack(points.markers), where=str(path))
        plates, plate_history = c3d_force_plates(content, axes)
        events, event_history = c3d_events(content)
        signals, signal_history = plugin_gait_signals(
            points.outputs, _output_units(content), where=str(path)
        )
        subject, metadata = c3d_subject(content)
        time_s = content.point_time_s if len(content.points) else np.empty(0)
        recording = Recording(
            source=str(path),
            subject=subject,
            trial=path.stem,
            streams=(Stream(time_s, signals),) if signals else (),
            markers=_markers(points.markers, axes),
            marker_time_s=time_s,
            plates=plates,
            events=events,
            metadata=metadata,
        )
        return [
            recording.then(
                HistoryEntry("read", f"{path.name}: {_contents(content, points)}"),
                *axes.history,
                *points.history,
                *plate_history,
                *_analog_history(content),
                *event_history,
                *signal_history,
            )
        ]


@dataclass(frozen=True)
class _LabelledPoints:
    markers: Points
    outputs: Points
    history: tuple[HistoryEntry, ...]


def _labelled_points(content: C3DContent) -> _LabelledPoints:
    """Tell markers from model outputs; drop what has no label, number what has the same one."""
    labels = content.texts("POINT", "LABELS")[: content.points.shape[1]]
    stated = {_bare(name) for group in _OUTPUT_GROUPS for name in content.texts("POINT", group)}
    seen: Counter[str] = Counter()
    markers: Points = {}
    outputs: Points = {}
    repeated = []
    for index, label in enumerate(labels):
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
    unnamed = content.points.shape[1] - len(markers) - len(outputs)
    if unnamed:
        history.append(HistoryEntry("dropped", "points without a label", unnamed))
    if repeated:
        detail = f"points with a label that is there already: {', '.join(repeated)}"
        history.append(HistoryEntry("renamed", detail, len(repeated)))
    return _LabelledPoints(markers, outputs, tuple(history))


def _bare(label: str) -> str:
    """Return the label without the subject's name before the colon."""
    return label.rpartition(":")[2].strip()


def _markers(markers: Points, axes: LaboratoryAxes) -> Points:
    """Metres, z up; three exact zeros are a marker that was not seen."""
    return {
        name: axes.metres(np.where((xyz == 0.0).all(axis=1, keepdims=True), np.nan, xyz))
        for name, xyz in markers.items()
    }


def _stack(markers: Points) -> NDArray[np.float64]:
    return np.stack(list(markers.values()), axis=1) if markers else np.empty((0, 0, 3))


def _output_units(content: C3DContent) -> OutputUnits:
    def stated(name: str) -> str:
        return next(iter(content.texts("POINT", name)), "")

    return OutputUnits(stated("ANGLE_UNITS"), stated("MOMENT_UNITS"), stated("POWER_UNITS"))


def _analog_history(content: C3DContent) -> list[HistoryEntry]:
    used = content.numbers("FORCE_PLATFORM", "CHANNEL").ravel().astype(int)
    labels = content.texts("ANALOG", "LABELS")[: content.analogs.shape[1]]
    rest = [label for number, label in enumerate(labels, 1) if number not in used]
    if not rest:
        return []
    named = ", ".join(label or "(no label)" for label in dict.fromkeys(rest))
    detail = f"analogue channels that belong to no plate: {named}"
    return [HistoryEntry("dropped", detail, len(rest))]


def _contents(content: C3DContent, points: _LabelledPoints) -> str:
    return (
        f"{len(content.points)} frames at {content.point_rate_hz:g} Hz from frame "
        f"{content.first_frame + 1}, {len(points.markers)} markers, {len(points.outputs)} model "
        f"outputs, {content.analogs.shape[1] if len(content.analogs) else 0} analogue channels "
        f"at {content.analog_rate_hz:g} Hz"
    )
