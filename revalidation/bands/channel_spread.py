"""Check 15: healthy people differ in every channel as much as published."""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import normative_curves
from revalidation.choice import LEVEL, Array, Speeds, choose
from revalidation.figure import Band, NotInDataError

_SPEED_M_S: Speeds = (1.2, 1.4)
_FEWEST_PEOPLE = 100
CHANNELS = (
    "pelvis_anterior_tilt_angle_rad",
    "pelvis_obliquity_up_angle_rad",
    "pelvis_internal_rotation_angle_rad",
    "trunk_anterior_tilt_angle_rad",
    "trunk_obliquity_up_angle_rad",
    "trunk_internal_rotation_angle_rad",
    "hip_flexion_angle_ipsi_rad",
    "hip_adduction_angle_ipsi_rad",
    "hip_internal_rotation_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "knee_adduction_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
    "foot_progression_internal_angle_ipsi_rad",
    "hip_flexion_moment_ipsi_Nm_kg",
    "hip_adduction_moment_ipsi_Nm_kg",
    "knee_flexion_moment_ipsi_Nm_kg",
    "knee_adduction_moment_ipsi_Nm_kg",
    "ankle_dorsiflexion_moment_ipsi_Nm_kg",
    "hip_power_ipsi_W_kg",
    "knee_power_ipsi_W_kg",
    "ankle_power_ipsi_W_kg",
    "grf_vertical_ipsi_BW",
    "grf_anterior_ipsi_BW",
)
"""Those of which Schwartz 2008 publishes a standard deviation."""


def spread_ratio(data: LocomotionData, channel: str) -> float:
    """Return the SD between people over the published one, each root mean square of the cycle.

    Left and right legs are apart: a published SD is of one leg of each person.
    """
    walks = choose(data, LEVEL, speed_m_s=_SPEED_M_S)
    curves, people = walks.curves(channel), walks.codes()
    cycles = walks.data.cycles.iloc[walks.rows]
    side = cycles["side"].to_numpy() if "side" in cycles else np.zeros(len(cycles))
    variances = [_variance(curves[side == leg], people[side == leg]) for leg in np.unique(side)]
    norm = normative_curves(LEVEL[0], float(np.mean(_SPEED_M_S)))
    published = norm.sd[norm.channels.index(channel)]
    sd = np.degrees(published) if channel.endswith("_rad") else published
    return float(np.sqrt(np.mean(variances) / np.mean(sd**2)))


def _variance(curves: Array, people: NDArray[np.intp]) -> float:
    means = pd.DataFrame(curves).groupby(people).mean().dropna().to_numpy()
    if len(means) < _FEWEST_PEOPLE:
        raise NotInDataError(f"a leg of {len(means)} people, {_FEWEST_PEOPLE} are needed")
    return float(means.var(axis=0, ddof=1).mean())


BANDS = tuple(
    Band(
        "15",
        f"SD / published, {channel}",
        # Whoever is carried and lifted as the people of Orendurff et al. has no more to differ by.
        0.75 if channel == "grf_vertical_ipsi_BW" else 0.9,
        1.1,
        "1",
        "Schwartz 2008",
        partial(spread_ratio, channel=channel),
    )
    for channel in CHANNELS
)
