"""A recording over time, as every reader hands it on and segmentation takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry

SIDES = ("left", "right")
HEEL_STRIKE, TOE_OFF = "heel_strike", "toe_off"


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
    """

    time_s: NDArray[np.float64]
    force_N: NDArray[np.float64]
    cop_m: NDArray[np.float64]
    free_moment_Nm: NDArray[np.float64]


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
    streams : tuple of Stream
        Angles, moments, forces, ... each with its own time base.
    markers : mapping of str to ndarray, shape (n, 3)
        Marker positions in metres, laboratory axes, z up, on `marker_time_s`.
    marker_time_s : ndarray, shape (n,)
    plates : tuple of Plate
    events : tuple of Event
        Events the file itself carries, in time order.
    metadata : mapping
        What is known of subject and trial: ``mass_kg, height_m, age, sex, pathology,
        speed_m_s, treadmill, ...``.
    history : tuple of HistoryEntry
    """

    source: str
    subject: str = ""
    task: str = ""
    trial: str = ""
    streams: tuple[Stream, ...] = ()
    markers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    marker_time_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    plates: tuple[Plate, ...] = ()
    events: tuple[Event, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[HistoryEntry, ...] = ()

    def then(self, *entries: HistoryEntry) -> Self:
        """Return the recording with `entries` at the end of its history."""
        return replace(self, history=(*self.history, *entries))

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all signals, with sides left and right."""
        return tuple(name for stream in self.streams for name in stream.signals)
