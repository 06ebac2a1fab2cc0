"""What the curves of one body must agree on: segments, velocities, powers, ground reaction."""

import numpy as np

from locomotion_analysis.simulation.random_streams import Array


def velocity(angle: Array, duration_s: Array) -> Array:
    """Angular velocity of a periodic curve.

    Central differences of fourth order: ``(8 (x[+1] - x[-1]) - (x[+2] - x[-2])) / (12 h)``.

    Parameters
    ----------
    angle : ndarray, shape (..., n_phases)
        rad; the last sample repeats the first, one cycle later.
    duration_s : ndarray, shape (...)
        Cycle duration, s.

    Returns
    -------
    ndarray
        rad/s, the shape of `angle`.
    """
    around = np.concatenate([angle[..., -3:-1], angle, angle[..., 1:3]], axis=-1)
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
