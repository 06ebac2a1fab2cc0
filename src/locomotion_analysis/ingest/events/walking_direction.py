"""The direction a person walks in, so that forces and steps have a front and a side."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.ingest.events.marker_names import foot_marker, pelvis_marker
from locomotion_analysis.ingest.recording import SIDES, Plate, Recording

MIN_TRAVEL_M = 0.5
"""Pelvis displacement from which a trial counts as walking over the ground, m."""
_MIN_COP_TRAVEL_M = 0.05
_MIN_FORCE_N = 100.0
_SNAP_COSINE = np.cos(np.radians(20.0))


def walking_direction(
    recording: Recording, during: tuple[float, float] = (-np.inf, np.inf)
) -> tuple[NDArray[np.float64] | None, str]:
    """Return the horizontal direction of walking and what it was taken from.

    The displacement of the pelvis markers (within `during`, for walks that turn), else (treadmill) the mean direction from heel to
    toe, else the path of the centre of pressure. A direction within 20 degrees of a
    laboratory axis is put on that axis.

    Parameters
    ----------
    recording : Recording
    during : (float, float)
        First and last instant, s.

    Returns
    -------
    ndarray, shape (2,), or None
        Unit vector in laboratory x and y.
    str
        What it was taken from, for the history.
    """
    travel = pelvis_travel(recording, during)
    if travel is None or np.linalg.norm(travel) <= MIN_TRAVEL_M:
        travel = pelvis_travel(recording)
    if travel is not None and np.linalg.norm(travel) > MIN_TRAVEL_M:
        return _on_axis(travel), "displacement of the pelvis markers"
    feet = _heel_to_toe(recording)
    if feet is not None:
        return _on_axis(feet), "mean direction from heel to toe markers"
    paths = [path for plate in recording.plates if (path := _cop_path(plate)) is not None]
    if paths and np.linalg.norm(np.sum(paths, axis=0)) > _MIN_COP_TRAVEL_M:
        return _on_axis(np.sum(paths, axis=0)), "path of the centre of pressure"
    return None, "nothing in the file tells it"


def rightwards(forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the horizontal direction to the right of `forward` (z up)."""
    return np.array([forward[1], -forward[0]])


def pelvis_travel(
    recording: Recording, during: tuple[float, float] = (-np.inf, np.inf)
) -> NDArray[np.float64] | None:
    """Return the horizontal displacement of the pelvis within `during`, m, shape (2,)."""
    pelvis = pelvis_marker(recording.markers)
    if pelvis is None:
        return None
    time = recording.marker_time_s
    inside = (time >= during[0]) & (time <= during[1])
    seen = pelvis[np.isfinite(pelvis).all(axis=1) & inside, :2]
    if len(seen) < 2:
        return None
    travel: NDArray[np.float64] = seen[-1] - seen[0]
    return travel


def _heel_to_toe(recording: Recording) -> NDArray[np.float64] | None:
    directions = []
    for side in SIDES:
        heel = foot_marker(recording.markers, "heel", side)
        toe = foot_marker(recording.markers, "toe", side)
        if heel is not None and toe is not None and np.isfinite(toe - heel).all(axis=1).any():
            directions.append(np.nanmean((toe - heel)[:, :2], axis=0))
    if not directions:
        return None
    total: NDArray[np.float64] = np.sum(directions, axis=0)
    return total if np.linalg.norm(total) > 0.0 else None


def _cop_path(plate: Plate) -> NDArray[np.float64] | None:
    loaded = (plate.force_N[:, 2] > _MIN_FORCE_N) & np.isfinite(plate.cop_m[:, :2]).all(axis=1)
    cop = plate.cop_m[loaded, :2]
    if len(cop) < 10:
        return None
    fifth = max(len(cop) // 5, 1)
    path: NDArray[np.float64] = np.median(cop[-fifth:], axis=0) - np.median(cop[:fifth], axis=0)
    return path


def _on_axis(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = direction / np.linalg.norm(direction)
    nearest = int(np.argmax(np.abs(unit)))
    if np.abs(unit[nearest]) < _SNAP_COSINE:
        return unit
    axis = np.zeros(2)
    axis[nearest] = np.sign(unit[nearest])
    return axis
