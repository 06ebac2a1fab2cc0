"""What the markers tell of balance in a stride: centre of mass, margins of stability, clearance.

All of it is measured over the ground under the feet and along the line of progression, so that a
treadmill's belt is walked along like a floor.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.biomechanics import centre_of_mass, margin_of_stability, pose
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.direction import Course, course_of, rightwards
from locomotion_analysis.ingest.foot_forces import low_pass_known
from locomotion_analysis.ingest.joint_model import measures_of
from locomotion_analysis.ingest.marker_names import FOOT, marker_places, pelvis_marker
from locomotion_analysis.ingest.phase import phase_curves
from locomotion_analysis.ingest.recording import SIDES, Recording
from locomotion_analysis.standard import LEG_LENGTH_PER_HEIGHT, PHASE_PERCENT

Array = NDArray[np.float64]
T = TypeVar("T")

_CUTOFF_HZ = 6.0
"""Of the centre of mass before its velocity is taken: a body has next to nothing above."""
_PENDULUM = {"anterior": 1.2, "lateral": 1.34}
"""Length of the pendulum, leg lengths (Hof, Gazendam & Sinke 2005)."""
FOOT_FLAT = (0.25, 0.75)
"""Share of the stance in which the forefoot lies on the ground."""
_DIP_M = 1e-3
"""Prominence of the minimum in mid-swing; less is noise."""
_LEVEL_M = 0.03
"""Difference in height of one foot from strike to strike from which the ground is not level."""
_FLAT_M = 1e-6
"""Nobody sways less: one camera saw them, and nothing sideways is known."""
_SLOPES = ("incline_walking", "decline_walking")
"""On a tilted belt the foot comes back to the same height."""


def balance_of(
    recording: Recording, strides: pd.DataFrame
) -> tuple[dict[str, Array], list[HistoryEntry]]:
    """Return centre of mass, margins of stability and toe clearance of strides.

    Parameters
    ----------
    recording : Recording
        With markers of the feet and the pelvis. The centre of mass is that of the model of its
        joints where it has one, that of the conventional model's segments where its markers are
        there, else the middle of the markers of the pelvis.
    strides : DataFrame
        From :func:`~locomotion_analysis.ingest.find_strides`, the ones used.

    Returns
    -------
    dict of str to ndarray, shape (n_strides,)
        ``toe_clearance_m``: the lowest of the forefoot's markers in mid-swing, each above its own
        height in stance; the minimum between two maxima (Winter 1992, Phys Ther 72:45), NaN where
        there is none or the ground is not level. ``com_vertical_range_m, com_lateral_range_m``.
        ``margin_of_stability_anterior_m, margin_of_stability_lateral_m`` at the heel strike that
        begins the stride (Hof, Gazendam & Sinke 2005): from the extrapolated centre of mass to the
        foremost, and to the outermost marker of the foot that lands. Empty without such markers.
    list of HistoryEntry
        What the centre of mass and the base of support were taken from, and what is missing.
    """
    course = course_of(recording)
    placed = marker_places(tuple(recording.markers))
    feet = {
        side: {
            name: xyz
            for name, xyz in recording.markers.items()
            if placed.get(name, ("", ""))[0] in FOOT
            and placed[name][1] == side
            and np.isfinite(xyz).any()
        }
        for side in SIDES
    }
    if course is None or not course.laboratory or not all(feet.values()):
        return {}, []
    toes = {
        side: [xyz[:, 2] for name, xyz in foot.items() if placed[name][0] == "toe"]
        for side, foot in feet.items()
    }
    measures: dict[str, Array] = {}
    clearance = np.full(len(strides), np.nan)
    for rows, heights in _of_sides(strides, toes):
        if heights and recording.task not in _SLOPES:
            over = _over(recording.marker_time_s, np.stack(heights, axis=1), strides[rows])
            clearance[rows] = _clearance(over, strides[rows])
    if np.isfinite(clearance).any():
        measures["toe_clearance_m"] = clearance
    centre, said = _centre_of_mass(recording)
    if centre is None:
        return measures, []
    of_body, entries = _of_body(recording, course, centre, feet, strides)
    return measures | of_body, [HistoryEntry("assumed", f"centre of mass: {said}"), *entries]


Feet = Mapping[str, Mapping[str, Array]]


def _of_body(
    recording: Recording, course: Course, centre: Array, feet: Feet, strides: pd.DataFrame
) -> tuple[dict[str, Array], list[HistoryEntry]]:
    """Return the way of the centre of mass and its margins at the strikes, and what they rest on."""
    start, end = (strides[name].to_numpy(dtype=np.float64) for name in ("start_s", "end_s"))
    front, way = course.front(start, end)
    along = front * np.where(way < 0.0, -1.0, 1.0)[:, np.newaxis]
    outwards = rightwards(front) * np.where(strides["side"] == "right", 1.0, -1.0)[:, np.newaxis]
    time = recording.marker_time_s
    ground = course.ground(time)
    smooth = low_pass_known(time, centre, _CUTOFF_HZ)
    path = smooth[:, :2] - ground
    moved = _over(
        time,
        np.concatenate([path, smooth[:, 2:], np.gradient(path, time, axis=0)], axis=1),
        strides,
    )
    lateral = np.ptp(np.einsum("npk,nk->np", moved[..., :2], outwards), axis=1)
    outwards[lateral < _FLAT_M] = np.nan
    measures = {
        "com_vertical_range_m": np.ptp(moved[..., 2], axis=1),
        "com_lateral_range_m": np.where(lateral < _FLAT_M, np.nan, lateral),
    }
    leg_m = _leg_length_m(recording)
    if np.isnan(leg_m):
        text = "margin of stability: neither leg_length_m nor height_m of the person is known"
        return measures, [HistoryEntry("missing", text)]
    place, speed = moved[:, 0, :2], moved[:, 0, 3:]
    for axis, direction in (("anterior", along), ("lateral", outwards)):
        edge = np.full(len(strides), np.nan)
        for rows, foot in _of_sides(strides, feet):
            ends = [_over(time, xyz[:, :2] - ground, strides[rows])[:, 0] for xyz in foot.values()]
            edge[rows] = np.max([np.sum(end * direction[rows], axis=1) for end in ends], axis=0)
        measures[f"margin_of_stability_{axis}_m"] = margin_of_stability(
            edge,
            np.sum(place * direction, axis=1),
            np.sum(speed * direction, axis=1),
            _PENDULUM[axis] * leg_m,
        )
    names = ", ".join(name for foot in feet.values() for name in foot)
    text = (
        f"base of support: foremost and outermost of {names} of the foot that lands; pendulum of "
        f"{_PENDULUM['anterior']} (forward) and {_PENDULUM['lateral']} (sideways) times the leg, "
        f"{leg_m:.3g} m"
    )
    return measures, [HistoryEntry("assumed", text)]


def _of_sides(
    strides: pd.DataFrame, of_side: Mapping[str, T]
) -> Iterator[tuple[NDArray[np.bool_], T]]:
    """Yield the strides of each side that has any, and what there is of that side."""
    for side, what in of_side.items():
        rows = (strides["side"] == side).to_numpy()
        if rows.any():
            yield rows, what


def _over(time_s: Array, values: Array, strides: pd.DataFrame) -> Array:
    """Return columns over time at the phases of strides, shape (n_strides, 150, n_columns)."""
    start, end = (strides[name].to_numpy(dtype=np.float64) for name in ("start_s", "end_s"))
    return np.moveaxis(phase_curves(time_s, values.T, start, end), 0, 2)


def _clearance(heights_m: Array, strides: pd.DataFrame) -> Array:
    """Return the minimum toe clearance, from heights of shape (n_strides, 150, n_markers)."""
    from scipy.signal import find_peaks

    start, duration = (strides[name].to_numpy(np.float64) for name in ("start_s", "duration_s"))
    stance = 100.0 * (strides["toe_off_s"].to_numpy(np.float64) - start) / duration
    found = np.full(len(strides), np.nan)
    for row, (height, toe_off) in enumerate(zip(heights_m, stance, strict=True)):
        if np.abs(height[-1] - height[0]).max() > _LEVEL_M or not np.isfinite(height).all():
            continue
        first, last = np.searchsorted(PHASE_PERCENT, np.multiply(FOOT_FLAT, toe_off))
        lowest = np.min(height - np.median(height[first:last], axis=0), axis=1)
        swing = lowest[toe_off < PHASE_PERCENT]
        dips = find_peaks(-swing, prominence=_DIP_M)[0]
        if len(dips):
            found[row] = swing[dips].min()
    return found


def _centre_of_mass(recording: Recording) -> tuple[Array | None, str]:
    """Return the centre of mass at the frames of the markers, and what it is."""
    if recording.centre_of_mass_m is not None:
        return recording.centre_of_mass_m, "of the whole model that the joints are of"
    markers = recording.markers
    found = centre_of_mass(pose(markers, measures_of(recording)), markers)
    if found is not None:
        text = "legs by their joints' centres; head, arms and trunk between hips, C7 and clavicle"
        return found, text
    return pelvis_marker(markers), "the middle of the markers of the pelvis"


def _leg_length_m(recording: Recording) -> float:
    """Return the measured leg length, else 0.53 of the height, NaN where neither is known."""
    for name, share in (("leg_length_m", 1.0), ("height_m", LEG_LENGTH_PER_HEIGHT)):
        value = recording.metadata.get(name)
        if isinstance(value, int | float | np.number) and value > 0.0:
            return share * float(value)
    return np.nan
