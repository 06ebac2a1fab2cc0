"""Centre of mass, and how far what it is about to do is from the edge of the base of support."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.biomechanics.cgm1 import LETTER, SIDES, Markers, Pose, cgm1_markers
from locomotion_analysis.biomechanics.kinetics import BODY_SEGMENTS
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

Array = NDArray[np.float64]

_HAT_MASS, _HAT_CENTRE = 0.678, 0.626
"""Head, arms and trunk: share of the body's mass, and from the hips to the shoulders."""


def centre_of_mass(found: Pose, markers: Markers) -> Array | None:
    """Return the centre of mass of legs, and of head, arms and trunk as one segment.

    Masses and centres of Dempster 1955 as in Winter 2009, table 4.1. Thighs and shanks lie between
    the joints' centres, the feet between ankle and toe marker; head, arms and trunk between the
    middle of the hips and the middle of C7 and clavicle, which stands for that of the shoulders.
    The arms are taken to hang: their swing is not seen.

    Parameters
    ----------
    found : Pose
        Of :func:`~locomotion_analysis.biomechanics.pose`.
    markers : mapping of str to ndarray, shape (n, 3)
        The same as the pose is of, for the toes.

    Returns
    -------
    ndarray, shape (n, 3), or None
        Metres, laboratory axes. None where a segment is not known.

    Examples
    --------
    >>> centre_of_mass(Pose({}, {}), {}) is None
    True
    """
    named = cgm1_markers(markers)
    joints = found.joints
    needed = [f"{side} {joint}" for side in SIDES for joint in ("hip", "knee", "ankle")]
    toes = [f"{LETTER[side]}TOE" for side in SIDES]
    if "trunk" not in found.segments or not all(name in joints for name in needed):
        return None
    if not all(name in named for name in toes):
        return None
    hips = (joints["left hip"] + joints["right hip"]) / 2.0
    total: Array = _HAT_MASS * (hips + _HAT_CENTRE * (found.segments["trunk"].origin_m - hips))
    for side, toe in zip(SIDES, toes, strict=True):
        hip, knee, ankle = (joints[f"{side} {name}"] for name in ("hip", "knee", "ankle"))
        for name, proximal, distal in (
            ("thigh", hip, knee),
            ("shank", knee, ankle),
            ("foot", ankle, named[toe]),
        ):
            share = BODY_SEGMENTS["conventional"][name]
            total = total + share.mass * (distal + share.centre * (proximal - distal))
    return total


def extrapolated_centre_of_mass(
    position_m: ArrayLike, velocity_m_s: ArrayLike, pendulum_m: ArrayLike
) -> Array:
    """Return the extrapolated centre of mass ``x + v / sqrt(g / l)``, m.

    The pendulum length l is 1.2 leg lengths in the walking direction and 1.34 across it; pass the
    product (Hof, Gazendam & Sinke 2005, doi:10.1016/j.jbiomech.2004.03.025).

    Parameters
    ----------
    position_m, velocity_m_s : array_like
        Of the centre of mass along one axis.
    pendulum_m : array_like
        Length of the pendulum.

    Returns
    -------
    ndarray
        Of the shape of `position_m`, m.

    Examples
    --------
    >>> extrapolated_centre_of_mass(0.0, 1.0, 9.80665).tolist()
    1.0
    """
    position, velocity, length = (
        np.asarray(values, dtype=np.float64) for values in (position_m, velocity_m_s, pendulum_m)
    )
    found: Array = np.asarray(position + velocity * np.sqrt(length / STANDARD_GRAVITY_M_S2))
    return found


def margin_of_stability(
    edge_m: ArrayLike, position_m: ArrayLike, velocity_m_s: ArrayLike, pendulum_m: ArrayLike
) -> Array:
    """Return the margin of stability ``u - (x + v / sqrt(g / l))``, m; positive is stable.

    Parameters
    ----------
    edge_m : array_like
        Edge of the base of support along the axis, on the side the body moves to.
    position_m, velocity_m_s, pendulum_m : array_like
        As for :func:`extrapolated_centre_of_mass`.

    Returns
    -------
    ndarray
        Of the shape of `edge_m`, m; positive is stable.

    Examples
    --------
    >>> margin_of_stability(0.10, 0.02, 0.1, 0.981).round(4).tolist()
    0.0484
    """
    beyond = extrapolated_centre_of_mass(position_m, velocity_m_s, pendulum_m)
    found: Array = np.asarray(np.asarray(edge_m, dtype=np.float64) - beyond)
    return found
