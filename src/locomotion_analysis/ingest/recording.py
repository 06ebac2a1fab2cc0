"""A recording over time, as every reader hands it on and segmentation takes it.

A reader of a file format is an object with the attributes and methods of :class:`Reader`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData

SIDES = ("left", "right")
HEEL_STRIKE, TOE_OFF = "heel_strike", "toe_off"
LENGTHS_M = {
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1e-3),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 1e-2),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1.0),
    "mete": 1.0,  # c3d.org sample 15 cuts the word to four letters
}
"""Units of length as motion files write them -> metres."""


@dataclass(frozen=True)
class Stream:
    """Signals that share one time base.

    Attributes
    ----------
    time_s : ndarray of float64, shape (n,)
        Seconds on the recording's clock, strictly rising.
    signals : mapping of str to ndarray, shape (n,)
        Channel names with the side of the body in place of ipsi and contra, in standard units
        and signs: ``knee_flexion_angle_left_rad``, ``grf_vertical_right_N``,
        ``pelvis_anterior_tilt_angle_rad``. NaN: not measured.
    """

    time_s: NDArray[np.float64]
    signals: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Plate:
    """One force plate, or the pair of belts of a treadmill, in laboratory axes.

    Attributes
    ----------
    time_s : ndarray, shape (n,)
    force_N : ndarray, shape (n, 3)
        Force on the person, laboratory x, y, z with z up.
    cop_m : ndarray, shape (n, 3)
        Centre of pressure; NaN where the plate is not loaded.
    free_moment_Nm : ndarray, shape (n,)
        About the vertical through the centre of pressure.
    foot : str
        ``left`` or ``right`` where the file says whose force it is, else empty.
    """

    time_s: NDArray[np.float64]
    force_N: NDArray[np.float64]
    cop_m: NDArray[np.float64]
    free_moment_Nm: NDArray[np.float64]
    foot: str = ""


@dataclass(frozen=True)
class PelvisPose:
    """Where a model's pelvis is, and which way it faces.

    Attributes
    ----------
    time_s : ndarray, shape (n,)
    position_m : ndarray, shape (n, 2)
        Laboratory x and y, z up; NaN where not known.
    heading_rad : ndarray, shape (n,)
        From the x axis to the way it faces, positive to the left; NaN where not known.
    """

    time_s: NDArray[np.float64]
    position_m: NDArray[np.float64]
    heading_rad: NDArray[np.float64]


@dataclass(frozen=True, order=True)
class Event:
    """A gait event: time in seconds, side (left, right), kind (heel_strike, toe_off)."""

    time_s: float
    side: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One trial of one subject over time.

    Attributes
    ----------
    source : str
        File or files it was read from.
    subject, task, trial : str
        Empty where the file does not say; `trial` becomes ``task_id``.
    named_by : str
        Where in the file the subject stands: ``SUBJECTS:NAMES``, ``column subject``.
    streams : tuple of Stream
        Angles, moments, forces, ... each with its own time base.
    markers : mapping of str to ndarray, shape (n, 3)
        Marker positions in metres, laboratory axes, z up, on `marker_time_s`.
    marker_time_s : ndarray, shape (n,)
    plates : tuple of Plate
    pelvis : PelvisPose or None
        Of a model whose joint angles the recording has.
    centre_of_mass_m : ndarray, shape (n, 3), or None
        Of such a model, laboratory axes, on `marker_time_s`.
    events : tuple of Event
        Events the file itself carries, in time order.
    metadata : mapping
        What is known of subject and trial: ``mass_kg, height_m, age, sex, pathology,
        speed_m_s, treadmill, ...``.
    measures : mapping of str to float
        What a model of the body measured or was told: ``knee_width_left_m``,
        ``plantar_flexion_left_rad``, ... (:mod:`locomotion_analysis.ingest.joint_model`).
    history : tuple of HistoryEntry
    """

    source: str
    subject: str = ""
    task: str = ""
    trial: str = ""
    named_by: str = ""
    streams: tuple[Stream, ...] = ()
    markers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    marker_time_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    plates: tuple[Plate, ...] = ()
    pelvis: PelvisPose | None = None
    centre_of_mass_m: NDArray[np.float64] | None = None
    events: tuple[Event, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    history: tuple[HistoryEntry, ...] = ()

    def then(self, *entries: HistoryEntry) -> Self:
        """Return the recording with `entries` at the end of its history."""
        return replace(self, history=(*self.history, *entries))

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all signals, with sides left and right."""
        return tuple(name for stream in self.streams for name in stream.signals)


@dataclass(frozen=True)
class ReadOptions:
    """What a user says about files that the files do not say themselves.

    Attributes
    ----------
    column_map : ColumnMap or None
        How a table's columns become channels.
    subjects : mapping of str to mapping
        Subject name -> metadata (``mass_kg``, ``age``, ...).
    markers : mapping of str to sequence of str
        Place -> labels of the markers there (:func:`~locomotion_analysis.ingest.place_markers`).
    subject : str
        The one to take from a file that holds several people.
    marker_map : mapping of str to str
        Label -> name of the marker in a model (:func:`~locomotion_analysis.ingest.rename_markers`).
    """

    column_map: Any = None
    subjects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    markers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    subject: str = ""
    marker_map: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Reader(Protocol):
    """One file format.

    A reader whose files say who was recorded may have a method ``people(path, options)`` too: the
    recordings of a file without their signals, from no more than its header.
    """

    @property
    def name(self) -> str:
        """Short name, for example ``c3d``."""
        ...

    @property
    def description(self) -> str:
        """What the format holds, one line."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Usual endings, for people; recognition goes by content."""
        ...

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether the file's first bytes are of this format."""
        ...

    def read(self, path: Path, options: ReadOptions) -> list[Recording] | LocomotionData:
        """Read recordings over time, or curves that are already gait cycles."""
        ...
