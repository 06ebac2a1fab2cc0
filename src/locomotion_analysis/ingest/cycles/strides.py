"""Strides of both feet from gait events, with the reason why one is not used."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.ingest.events.find import GaitEvents, find_events
from locomotion_analysis.ingest.recording import HEEL_STRIKE, SIDES, TOE_OFF, Recording

MIN_STRIDE_S, MAX_STRIDE_S = 0.4, 3.0
"""Durations a stride of walking or running may have, s."""

_OTHER = {"left": "right", "right": "left"}


def find_strides(recording: Recording) -> pd.DataFrame:
    """Cut a recording into the strides of both feet.

    Needs no body mass and no joint angles: what an insole record has is enough.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    DataFrame
        One row a pair of successive heel strikes of a foot, by start: ``side, start_s, end_s,
        duration_s, toe_off_s, contra_strike_s, contra_toe_off_s`` (NaN where not found) and
        ``reason`` why the stride is not used (empty: it is used).
    """
    return strides_between(find_events(recording))


def strides_between(events: GaitEvents) -> pd.DataFrame:
    """As :func:`find_strides`, from events found before."""
    sides = [_strides_of(side, events) for side in SIDES]
    table = pd.concat(sides, ignore_index=True)
    return table.sort_values(["start_s", "side"], ignore_index=True)


def stride_time_variability(strides: pd.DataFrame) -> pd.DataFrame:
    """Return mean stride time and its coefficient of variation for each foot.

    Strides further than three robust standard deviations (1.4826 times the median absolute
    deviation) from the foot's median are left out and counted: they are turns and stumbles,
    which the literature's variability excludes (Hausdorff 2005, J NeuroEng Rehabil 2:19).

    Parameters
    ----------
    strides : DataFrame
        From :func:`find_strides`.

    Returns
    -------
    DataFrame
        Indexed by side: ``n_strides, n_left_out, mean_s, sd_s, cv_percent``.
    """
    used = strides[strides["reason"] == ""]
    rows = {}
    for side, duration in used.groupby("side")["duration_s"]:
        times = duration.to_numpy(dtype=np.float64)
        centre = np.median(times)
        spread = 1.4826 * np.median(np.abs(times - centre))
        near = times[np.abs(times - centre) <= 3.0 * spread] if spread > 0.0 else times
        sd = float(near.std(ddof=1)) if len(near) > 1 else np.nan
        mean = float(near.mean())
        rows[side] = (len(near), len(times) - len(near), mean, sd, 100.0 * sd / mean)
    names = ["n_strides", "n_left_out", "mean_s", "sd_s", "cv_percent"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("side")


def _strides_of(side: str, events: GaitEvents) -> pd.DataFrame:
    strikes = events.times(side, HEEL_STRIKE)
    start, end = strikes[:-1], strikes[1:]
    toe_off, n_toe_off = _first_inside(events.times(side, TOE_OFF), start, end)
    other_strikes = events.times(_OTHER[side], HEEL_STRIKE)
    contra, n_contra = _first_inside(other_strikes, start, end)
    contra_off, _ = _first_inside(events.times(_OTHER[side], TOE_OFF), start, end)
    duration = end - start
    reason = np.select(
        [
            duration < MIN_STRIDE_S,
            duration > MAX_STRIDE_S,
            n_toe_off == 0,
            n_toe_off > 1,
            (n_contra == 0) & bool(len(other_strikes)),
            n_contra > 1,
        ],
        [
            f"shorter than {MIN_STRIDE_S} s",
            f"longer than {MAX_STRIDE_S} s",
            "no toe-off between the heel strikes",
            "more than one toe-off between the heel strikes",
            "no heel strike of the other foot inside",
            "more than one heel strike of the other foot inside",
        ],
        default="",
    )
    return pd.DataFrame(
        {
            "side": pd.Series([side] * len(start), dtype="str"),
            "start_s": start,
            "end_s": end,
            "duration_s": duration,
            "toe_off_s": toe_off,
            "contra_strike_s": contra,
            "contra_toe_off_s": contra_off,
            "reason": pd.Series(reason.tolist(), dtype="str"),
        }
    )


def _first_inside(
    instants: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """First instant within each stride (NaN without one), and how many there are."""
    low = np.searchsorted(instants, start, side="right")
    count = np.searchsorted(instants, end, side="left") - low
    padded = np.append(instants, np.nan)
    return np.where(count > 0, padded[np.minimum(low, len(instants))], np.nan), count
