"""Angles of the legs from key points: joint centres, heel and toe, as markerless systems have them.

A line between two points turns in two planes; how it turns about itself no point tells. In the
sagittal plane of walking the inclinations of thigh, shank and foot are determined, and so are knee and
ankle; the tilt of the pelvis, the flexion of the hip against it, and all rotations about the long axes
are not.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.biomechanics.cgm1 import SIDES

Array = NDArray[np.float64]
UP = np.array([0.0, 0.0, 1.0])
_PLANE_M = 1e-4
"""Points that are all this near to one upright plane were seen by one camera."""


def key_point_angles(points: Mapping[tuple[str, str], Array]) -> dict[str, Array]:
    """Return the angles that key points determine, as standard channels, rad.

    The sagittal plane is upright and square to the line of the hips in every frame; of points that lie
    in one plane (one camera) it is that plane.

    Parameters
    ----------
    points : mapping of (str, str) to ndarray, shape (n, 3)
        ``("hip", "left")`` and ``knee``, ``ankle``, ``heel``, ``toe`` of both sides, as far as known:
        metres, laboratory axes with z up, NaN where not seen. Both hips are needed.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        Of each side with the points for it ``thigh_sagittal_angle_left_rad`` (knee before the hip
        positive), ``shank_sagittal_angle_...`` (ankle before the knee), ``knee_flexion_angle_...``
        (thigh less shank), and with heel and toe ``foot_sagittal_angle_...`` (toe above the heel) and
        ``ankle_dorsiflexion_angle_...`` (foot less shank), both from the line of heel and toe, which
        is level only if both points are equally high above the sole.

    Examples
    --------
    >>> points = {("hip", "left"): [[0, 0.1, 0.9]], ("hip", "right"): [[0, -0.1, 0.9]],
    ...           ("knee", "left"): [[0.1, 0.1, 0.5]], ("ankle", "left"): [[0.0, 0.1, 0.1]]}
    >>> found = key_point_angles({name: np.array(xyz) for name, xyz in points.items()})
    >>> {name: round(float(np.degrees(angle[0])), 1) for name, angle in found.items()}
    {'thigh_sagittal_angle_left_rad': 14.0, 'shank_sagittal_angle_left_rad': -14.0, 'knee_flexion_angle_left_rad': 28.1}
    """
    hips = [points.get(("hip", side)) for side in SIDES]
    if hips[0] is None or hips[1] is None:
        return {}
    ahead = _ahead(points, hips[0] - hips[1])
    if ahead is None:
        return {}

    def pitch(start: Array, end: Array, level: Array) -> Array:
        """Return the angle of a line in the sagittal plane from `level`: 0, or -pi/2 for down."""
        line = end - start
        inclined: Array = np.arctan2(line[:, 2], np.sum(line * ahead, axis=1)) - level
        return (inclined + np.pi) % (2.0 * np.pi) - np.pi

    down, flat = np.array(-np.pi / 2.0), np.array(0.0)
    signals: dict[str, Array] = {}
    for side in SIDES:
        hip, knee, ankle, heel, toe = (
            points.get((name, side)) for name in ("hip", "knee", "ankle", "heel", "toe")
        )
        if hip is None or knee is None or ankle is None:
            continue
        thigh, shank = pitch(hip, knee, down), pitch(knee, ankle, down)
        signals[f"thigh_sagittal_angle_{side}_rad"] = thigh
        signals[f"shank_sagittal_angle_{side}_rad"] = shank
        signals[f"knee_flexion_angle_{side}_rad"] = thigh - shank
        if heel is not None and toe is not None:
            foot = pitch(heel, toe, flat)
            signals[f"foot_sagittal_angle_{side}_rad"] = foot
            signals[f"ankle_dorsiflexion_angle_{side}_rad"] = foot - shank
    return signals


def _ahead(points: Mapping[tuple[str, str], Array], to_left: Array) -> Array | None:
    """Return the horizontal direction ahead in every frame, shape (n, 3) or (1, 3)."""
    every = np.concatenate([xyz[np.isfinite(xyz).all(axis=1)] for xyz in points.values()])
    if not len(every):
        return None
    middle = every[:, :2] - every[:, :2].mean(axis=0)
    _, sizes, axes = np.linalg.svd(middle, full_matrices=False)
    if sizes[-1] <= _PLANE_M * np.sqrt(len(every)):
        ahead: Array = np.append(axes[0], 0.0)
        feet = [
            points["toe", side] - points["heel", side]
            for side in SIDES
            if ("toe", side) in points and ("heel", side) in points
        ]
        if not feet:
            return None
        way = float(np.nanmean([foot @ ahead for foot in feet]))
        turned: Array = np.copysign(1.0, way) * ahead[np.newaxis]
        return turned
    square = np.cross(to_left, UP)
    length = np.linalg.norm(square, axis=1, keepdims=True)
    forward: Array = np.divide(square, length, out=np.full_like(square, np.nan), where=length > 0.0)
    return forward
