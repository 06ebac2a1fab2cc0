"""Check 1: segments follow the joints, and the foot lies on the ground."""

from functools import partial

import numpy as np

from locomotion_analysis.data import LocomotionData
from revalidation.choice import LEVEL, MOTIONS, SIDES, STEPPING, Choice, choose, furthest, share
from revalidation.figure import Band, NotInDataError

_FLAT = share(12, 28)


def chain_residual(data: LocomotionData) -> float:
    """Return the largest disagreement of joint and segment angles of any cycle, degrees.

    ``thigh = hip - pelvic anterior tilt``, ``shank = thigh - knee``,
    ``foot = shank + ankle dorsiflexion``.
    """
    walks = choose(data, STEPPING, pathology=None)
    return max(_residual(walks, side) for side in SIDES)


def _residual(walks: Choice, side: str) -> float:
    hip, knee, ankle = (walks.curves(f"{MOTIONS[j]}_angle_{side}_rad") for j in MOTIONS)
    thigh, shank, foot = (
        walks.curves(f"{segment}_sagittal_angle_{side}_rad")
        for segment in ("thigh", "shank", "foot")
    )
    tilt = walks.curves("pelvis_anterior_tilt_angle_rad")
    gaps = (thigh - (hip - tilt), shank - (thigh - knee), foot - (shank + ankle))
    return float(max(np.nanmax(np.abs(gap)) for gap in gaps))


def level_foot(data: LocomotionData) -> float:
    """Return the mean foot angle between 12 and 28 % where it is furthest from flat, degrees."""
    return _off_ground(choose(data, LEVEL), 0.0)


def ramp_foot(data: LocomotionData, task: str) -> float:
    """Return the same against the slope, on the slope where it is worst."""
    walks = choose(data, [task])
    slopes = np.unique(np.round(walks.column("incline_deg")))
    found = []
    for slope in slopes[np.isfinite(slopes)]:
        try:
            found.append(_off_ground(choose(data, [task], incline_deg=float(slope)), float(slope)))
        except NotInDataError:  # too few people on this slope; another has enough
            continue
    if not found:
        raise NotInDataError(f"{task}: no slope with enough people")
    return furthest(np.array(found), 0.0)


def _off_ground(walks: Choice, slope_deg: float) -> float:
    foot = walks.by_trial(walks.curves("foot_sagittal_angle_ipsi_rad")[:, _FLAT])
    return furthest(np.nanmean(foot, axis=0) - slope_deg, 0.0)


_CHAIN = "rigid segments"
_FOOT = "foot-flat: Schwartz 2008 (level), Embry 2018 (ramps)"

BANDS = (
    Band("1", "segment chain, worst cycle", 0.0, 0.5, "deg", _CHAIN, chain_residual),
    Band("1", "foot angle 12-28 %, level", -4.0, 4.0, "deg", _FOOT, level_foot),
    *(
        Band(
            "1",
            f"foot minus slope 12-28 %, {task.removesuffix('_walking')}",
            -4.0,
            4.0,
            "deg",
            _FOOT,
            partial(ramp_foot, task=task),
        )
        for task in ("incline_walking", "decline_walking")
    ),
)
