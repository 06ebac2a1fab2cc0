"""What the curves of one body must agree on: segments, velocities, ground reaction, pressure."""

import numpy as np

from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2


def velocity(angle: Array, duration_s: Array, *, periodic: bool = True) -> Array:
    """Angular velocity of a curve.

    Central differences of fourth order: ``(8 (x[+1] - x[-1]) - (x[+2] - x[-2])) / (12 h)``.

    Parameters
    ----------
    angle : ndarray, shape (..., n_phases)
        rad; of a periodic curve the last sample repeats the first, one cycle later.
    duration_s : ndarray, shape (...)
        Cycle duration, s.
    periodic : bool
        False for a movement that starts and ends at rest.

    Returns
    -------
    ndarray
        rad/s, the shape of `angle`.
    """
    before, after = angle[..., -3:-1], angle[..., 1:3]
    if not periodic:
        before, after = angle[..., 2:0:-1], angle[..., -2:-4:-1]
    around = np.concatenate([before, angle, after], axis=-1)
    near = around[..., 3:-1] - around[..., 1:-3]
    far = around[..., 4:] - around[..., :-4]
    step = duration_s[..., None] / (angle.shape[-1] - 1)
    rate: Array = (8 * near - far) / (12 * step)
    return rate


def segment_angles(
    hip: Array, knee: Array, ankle: Array, pelvis_tilt: Array
) -> tuple[Array, Array, Array]:
    """Sagittal angles of thigh, shank and foot against the vertical (foot: the ground), rad.

    ``thigh = hip - pelvic anterior tilt``, ``shank = thigh - knee``,
    ``foot = shank + ankle dorsiflexion``; positive: the far end forward, the toes up.
    """
    thigh = hip - pelvis_tilt
    shank = thigh - knee
    return thigh, shank, shank + ankle


def cycle_mean(curve: Array) -> Array:
    """Mean over the cycle (trapezium rule on the phase grid), keeping the last axis."""
    inner = curve[..., 1:-1].sum(axis=-1, keepdims=True)
    ends = 0.5 * (curve[..., :1] + curve[..., -1:])
    mean: Array = (inner + ends) / (curve.shape[-1] - 1)
    return mean


def carry_body_weight(vertical: Array) -> Array:
    """Scale the vertical forces of both legs so that together they carry one body weight.

    Over a periodic cycle the body gains no vertical momentum, so the two legs' mean vertical
    force is the weight, however unevenly they share it.

    Parameters
    ----------
    vertical : ndarray, shape (..., 2, n_phases)
        Both legs' force on one clock, BW.
    """
    lifted = np.maximum(vertical, 0.0)
    total = cycle_mean(lifted).sum(axis=-2, keepdims=True)
    scaled: Array = lifted / total
    return scaled


def balance_fore_aft(anterior: Array) -> Array:
    """Scale braking and propulsion so that both legs together neither speed up nor slow down.

    Parameters
    ----------
    anterior : ndarray, shape (..., 2, n_phases)
        Both legs' force, forward positive, BW.
    """
    forward, backward = np.maximum(anterior, 0.0), np.maximum(-anterior, 0.0)
    gained = cycle_mean(forward).sum(axis=-2, keepdims=True)
    lost = cycle_mean(backward).sum(axis=-2, keepdims=True)
    ratio = np.sqrt(lost / gained)
    balanced: Array = forward * ratio - backward / ratio
    return balanced


def pelvis(shares: Array, mirrored: bool) -> Array:
    """Add the two legs' shares of a pelvis curve.

    Parameters
    ----------
    shares : ndarray, shape (..., 2, n_phases)
        Each leg's half of the curve, in that leg's own frame.
    mirrored : bool
        True for obliquity and rotation, which change sign seen from the other leg.
    """
    sign = -1.0 if mirrored else 1.0
    whole: Array = shares[..., 0, :] + sign * shares[..., 1, :]
    return whole


# Shares of body height and foot length after Winter; where the pressure starts and ends on the
# sole, and how far it strays sideways, are of the published order of magnitude.
_FOOT_PER_HEIGHT, _ANKLE_PER_HEIGHT = 0.152, 0.039
_HEEL_BEHIND_ANKLE = 0.25
_FIRST_CONTACT, _LAST_CONTACT = -0.20, 0.65
_UNCERTAIN_BW = 0.05
_OUTWARD_M, _INWARD_M = 0.010, 0.015


def centre_of_pressure(
    ankle_moment: Array, vertical: Array, anterior: Array, stance: Array, height_m: Array
) -> tuple[Array, Array]:
    """Where on the sole the ground pushes: forward of the heel and outward of its midline, m.

    Forward, from the quasi-static balance about the ankle,
    ``x = (-M / g - h F_anterior) / F_vertical`` with the ankle's height ``h``; where the force is
    small, it goes from the heel to the toes with stance. Kept on the sole. 0 in swing, as force
    plates report.

    Parameters
    ----------
    ankle_moment : ndarray, shape (..., n_phases)
        Internal, dorsiflexor positive, Nm/kg.
    vertical, anterior : ndarray, shape (..., n_phases)
        Forces, BW.
    stance : ndarray, shape (..., n_phases)
        Fraction of stance; above 1 in swing.
    height_m : ndarray, broadcastable
        Body height.

    Returns
    -------
    anterior, lateral : ndarray
        m.
    """
    foot = _FOOT_PER_HEIGHT * height_m
    loaded = stance <= 1.0
    usual = (_FIRST_CONTACT + (_LAST_CONTACT - _FIRST_CONTACT) * np.minimum(stance, 1.0)) * foot
    turning = -ankle_moment / STANDARD_GRAVITY_M_S2 - _ANKLE_PER_HEIGHT * height_m * anterior
    forward = (turning + _UNCERTAIN_BW * usual) / (vertical + _UNCERTAIN_BW)
    from_heel = np.clip(forward + _HEEL_BEHIND_ANKLE * foot, 0.0, foot)
    outward = _OUTWARD_M * np.sin(np.pi * stance) - _INWARD_M * stance**4
    return np.where(loaded, from_heel, 0.0), np.where(loaded, outward, 0.0)
