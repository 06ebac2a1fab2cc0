"""What is known of a stride beside its curves: duration, stance, steps, speed."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.ingest.events.marker_names import foot_marker, pelvis_marker
from locomotion_analysis.ingest.events.walking_direction import (
    MIN_TRAVEL_M,
    pelvis_travel,
    walking_direction,
)
from locomotion_analysis.ingest.recording import SIDES, Recording


def stride_metadata(recording: Recording, strides: pd.DataFrame) -> pd.DataFrame:
    """Return the temporal and spatial measures of strides.

    Parameters
    ----------
    recording : Recording
    strides : DataFrame
        From :func:`~locomotion_analysis.ingest.find_strides`, the ones used.

    Returns
    -------
    DataFrame
        One row a stride: ``side, cycle_duration_s, stance_percent, cadence_steps_min,
        double_support_percent`` and, from heel and pelvis markers, ``step_length_m`` (forward
        distance of the heels at the ipsilateral heel strike), ``step_width_m`` (sideways, each
        heel at its own strike), ``stride_length_m`` and ``speed_m_s``. NaN where unknown.
    """
    duration = strides["duration_s"].to_numpy(dtype=np.float64)
    start = strides["start_s"].to_numpy(dtype=np.float64)
    stance = strides["toe_off_s"].to_numpy(dtype=np.float64) - start
    table = pd.DataFrame(
        {
            "side": strides["side"].to_numpy(),
            "cycle_duration_s": duration,
            "stance_percent": 100.0 * stance / duration,
            "cadence_steps_min": 120.0 / duration,
            "double_support_percent": _double_support(strides),
        }
    )
    return table.assign(**_spatial(recording, strides))


def _double_support(strides: pd.DataFrame) -> NDArray[np.float64]:
    """Share of the stride with both feet down, percent; 0 in running, NaN where unknown."""
    start, duration = strides["start_s"], strides["duration_s"]
    first = (strides["contra_toe_off_s"] - start).to_numpy(dtype=np.float64)
    second = (strides["toe_off_s"] - strides["contra_strike_s"]).to_numpy(dtype=np.float64)
    # In running the other foot leaves before this one lands, so its next toe-off comes late.
    flies = strides["contra_strike_s"] > strides["toe_off_s"]
    both = np.where(flies, 0.0, first + second)
    out_of_order = (strides["contra_toe_off_s"] > strides["contra_strike_s"]) & ~flies
    both = np.where(out_of_order, np.nan, both)
    share: NDArray[np.float64] = 100.0 * both / duration.to_numpy(dtype=np.float64)
    return share


def _spatial(recording: Recording, strides: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    time, side = recording.marker_time_s, strides["side"].to_numpy(dtype=object)
    start, end, contra_strike = (
        strides[name].to_numpy(dtype=np.float64) for name in ("start_s", "end_s", "contra_strike_s")
    )
    forward = _forward_of(recording, start, end)
    speed = _speed(recording, strides)
    measures = {} if speed is None else {"speed_m_s": speed}
    feet = {name: foot_marker(recording.markers, "heel", name) for name in SIDES}
    heels = {name: heel for name, heel in feet.items() if heel is not None}
    if forward is None or len(heels) < len(SIDES):
        return measures
    other = np.where(side == "right", "left", "right")
    own, far = _of(heels, time, side, start), _of(heels, time, other, start)
    across = np.stack([forward[:, 1], -forward[:, 0]], axis=1)
    outwards = np.where(side == "right", 1.0, -1.0)
    apart = own - _of(heels, time, other, contra_strike)
    measures["step_length_m"] = np.sum((own - far) * forward, axis=1)
    measures["step_width_m"] = outwards * np.sum(apart * across, axis=1)
    if _over_ground(recording):
        stride = _of(heels, time, side, end) - own
        measures["stride_length_m"] = np.sum(stride * forward, axis=1)
    elif speed is not None:
        measures["stride_length_m"] = speed * (end - start)
    return measures


def _forward_of(
    recording: Recording, start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the direction of walking in each stride, shape (n, 2)."""
    pelvis = pelvis_marker(recording.markers)
    if pelvis is not None and _over_ground(recording):
        time = recording.marker_time_s
        path = _track(time, pelvis, end) - _track(time, pelvis, start)
        length = np.linalg.norm(path, axis=1, keepdims=True)
        forward: NDArray[np.float64] = path / np.where(length > 0.0, length, np.nan)
        return forward
    whole, _ = walking_direction(recording)
    return None if whole is None else np.tile(whole, (len(start), 1))


def _speed(recording: Recording, strides: pd.DataFrame) -> NDArray[np.float64] | None:
    """Pelvis displacement over stride time over the ground, else the file's own speed."""
    pelvis = pelvis_marker(recording.markers)
    if pelvis is not None and _over_ground(recording):
        start, end = (
            _track(recording.marker_time_s, pelvis, strides[name].to_numpy(dtype=np.float64))
            for name in ("start_s", "end_s")
        )
        duration = strides["duration_s"].to_numpy(dtype=np.float64)
        speed: NDArray[np.float64] = np.linalg.norm(end - start, axis=1) / duration
        return speed
    given = recording.metadata.get("speed_m_s")
    return None if given is None else np.full(len(strides), float(given))


def _over_ground(recording: Recording) -> bool:
    travel = pelvis_travel(recording)
    return travel is not None and float(np.linalg.norm(travel)) > MIN_TRAVEL_M


def _of(
    heels: dict[str, NDArray[np.float64]],
    time: NDArray[np.float64],
    side: NDArray[np.object_] | NDArray[np.str_],
    instants: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Horizontal position of each stride's own heel at each stride's own instant."""
    left, right = (_track(time, heels[name], instants) for name in SIDES)
    return np.where((side == "left")[:, np.newaxis], left, right)


def _track(
    time: NDArray[np.float64], position: NDArray[np.float64], instants: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Horizontal position at some instants, from where the marker was seen, shape (n, 2)."""
    seen = np.isfinite(position).all(axis=1)
    if not seen.any():
        return np.full((len(instants), 2), np.nan)
    axes = [np.interp(instants, time[seen], position[seen, axis]) for axis in (0, 1)]
    return np.stack(axes, axis=1)
