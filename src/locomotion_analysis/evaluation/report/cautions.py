"""Things in the data a reader must know before believing a score."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.reporting.names import channel_title, value_title
from locomotion_analysis.standard import Channel

_HIP = "hip_flexion_angle_ipsi_rad"
_WALKING = ("level_walking", "incline_walking", "decline_walking")
_HIP_PEAK_PERCENT = 93.0
_QUARTER_CYCLE_PERCENT = 25.0
_FAR_DEVIATIONS = 10.0
_MAD_TO_SD = 1.4826
_FEW_SUBJECTS = 10


def cautions(data: LocomotionData, labels: NDArray[Any]) -> list[str]:
    """Return what to beware of, one sentence or two each; empty where nothing was found.

    Parameters
    ----------
    data : LocomotionData
        The cycles that were modelled.
    labels : ndarray, shape (n_cycles,)
        Class of each cycle, or third of a continuous target.
    """
    found = [_few_subjects(data, labels), _out_of_phase(data, labels), _far_cycles(data)]
    return [text for text in found if text]


def out_of_phase(data: LocomotionData) -> NDArray[np.bool_]:
    """Tell which walking cycles do not begin with a foot contact of their own leg.

    In walking the hip is most flexed around the contact of its own foot and most extended
    half a cycle later. The peak of the curve's first harmonic stands near 93 % of the cycle
    (between late swing and contact); a curve more than a quarter of a cycle away from that was
    cut at another event, as a rule at the contact of the other foot.

    Returns
    -------
    ndarray of bool, shape (n_cycles,)
        False where the hip was not measured or the task is not walking.
    """
    if _HIP not in data.channels:
        return np.zeros(len(data), dtype=bool)
    walking = data.cycles["task"].isin(_WALKING).to_numpy()
    # The grid's last point is the next cycle's first: leave it out of the period.
    harmonic = np.fft.rfft(np.nan_to_num(data.curves(_HIP)[:, :-1]), axis=1)[:, 1]
    peak = -np.angle(harmonic) / (2 * np.pi) * 100.0
    away = np.abs((peak - _HIP_PEAK_PERCENT + 50.0) % 100.0 - 50.0)
    measured = np.abs(harmonic) > 0
    far: NDArray[np.bool_] = walking & measured & (away > _QUARTER_CYCLE_PERCENT)
    return far


def far_cycles(data: LocomotionData, channel: str) -> NDArray[np.bool_]:
    """Tell which cycles lie implausibly far from the others of their task.

    Far means more than ten robust standard deviations (1.4826 times the median absolute
    deviation, at no phase taken smaller than its median over the cycle) from the median curve.

    Returns
    -------
    ndarray of bool, shape (n_cycles,)
    """
    curves, far = data.curves(channel), np.zeros(len(data), dtype=bool)
    for rows in data.cycles.groupby("task").indices.values():
        of_task = curves[rows][~np.isnan(curves[rows]).all(axis=1)]
        if not len(of_task):
            continue
        distance = np.abs(curves[rows] - np.nanmedian(of_task, axis=0))
        spread = _MAD_TO_SD * np.nanmedian(distance[~np.isnan(distance).all(axis=1)], axis=0)
        spread = np.maximum(spread, np.median(spread))
        if np.median(spread) > 0:
            far[rows] = (np.nan_to_num(distance) > _FAR_DEVIATIONS * spread).any(axis=1)
    return far


def _few_subjects(data: LocomotionData, labels: NDArray[Any]) -> str:
    counts = pd.Series(data.groups).groupby(labels).nunique()
    few = counts[counts < _FEW_SUBJECTS].astype(int)
    if few.empty:
        return ""
    named = ", ".join(f"{value_title(name)} {count}" for name, count in few.items())
    return (
        f"Few subjects: {named}. However many cycles each has, scores from so few people are "
        "uncertain; the intervals show how much."
    )


def _out_of_phase(data: LocomotionData, labels: NDArray[Any]) -> str:
    shifted = out_of_phase(data)
    if not shifted.any():
        return ""
    each = pd.Series(shifted).groupby(labels).agg(["sum", "size"])
    named = ", ".join(
        f"{value_title(name)} {row['sum']:,} of {row['size']:,}" for name, row in each.iterrows()
    )
    return (
        f"{int(shifted.sum()):,} walking cycles are about half a cycle out of phase with their "
        f"own leg's foot contact, judged by hip flexion ({named}). Mean curves blend the two "
        "kinds, and a model may tell classes apart by this alone. Cut these cycles at the contact "
        "of their own foot, or leave them out."
    )


def _far_cycles(data: LocomotionData) -> str:
    # Forces and powers swing by nature at contact and toe-off; only angles are judged.
    angles = [name for name in data.channels if Channel.parse(name).measurement == "angle"]
    far = {name: far_cycles(data, name) for name in angles}
    named = [f"{channel_title(name)} {found.sum():,}" for name, found in far.items() if found.any()]
    if not named:
        return ""
    anywhere = np.logical_or.reduce(list(far.values()))
    subjects = len(np.unique(data.groups[anywhere].astype(str)))
    return (
        f"{int(anywhere.sum()):,} of {len(data):,} cycles, of {subjects} "
        f"subject{'s' * (subjects != 1)}, have an angle more than ten robust standard deviations "
        f"from the other cycles of their task ({'; '.join(named)}). They were kept, in the curves "
        "and in the model; look whether they are faulty."
    )
