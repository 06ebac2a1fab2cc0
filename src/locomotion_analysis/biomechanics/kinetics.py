"""Joint moments and powers: Newton-Euler from segment poses, ground reactions and segment masses.

The equations of motion of each segment, from the foot upwards: the joint force and moment on a
segment at its proximal joint are what its momentum needs beyond gravity and what acts at its
distal end (Winter 2009, Biomechanics and Motor Control of Human Movement, 4th ed., ch. 5 and 7).
Moments are internal and positive where they flex, adduct, rotate inwards or dorsiflex. Velocities
and accelerations are five-point central differences, so that four frames at each end and around
gaps are NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.biomechanics.cgm1 import (
    LETTER,
    SIDES,
    Body,
    Markers,
    Pose,
    cgm1_markers,
    facing,
    mean_seen,
)
from locomotion_analysis.errors import SchemaError

Array = NDArray[np.float64]
MomentFrame = Literal["distal", "proximal", "laboratory"]
GRAVITY_M_S2 = 9.81
"""As the conventional gait model has it."""


@dataclass(frozen=True)
class SegmentParameters:
    """Mass and its distribution in one segment, as shares.

    Attributes
    ----------
    mass : float
        Of the body's mass.
    centre : float
        From the distal to the proximal end, of the segment's length; of the foot from the ankle.
    gyration : tuple of float
        Radii about the centre of mass and the segment's x, y and z, of the segment's length.
    """

    mass: float
    centre: float
    gyration: tuple[float, float, float]


BODY_SEGMENTS: Mapping[str, Mapping[str, SegmentParameters]] = {
    "conventional": {
        "thigh": SegmentParameters(0.1000, 0.567, (0.540, 0.540, 0.0)),
        "shank": SegmentParameters(0.0465, 0.567, (0.528, 0.528, 0.0)),
        "foot": SegmentParameters(0.0145, 0.500, (0.690, 0.690, 0.0)),
    },
    "dempster": {
        "thigh": SegmentParameters(0.1000, 0.567, (0.323, 0.323, 0.0)),
        "shank": SegmentParameters(0.0465, 0.567, (0.302, 0.302, 0.0)),
        "foot": SegmentParameters(0.0145, 0.500, (0.475, 0.475, 0.0)),
    },
    "de_leva_female": {
        "thigh": SegmentParameters(0.1478, 0.6388, (0.364, 0.369, 0.162)),
        "shank": SegmentParameters(0.0481, 0.5584, (0.267, 0.271, 0.093)),
        "foot": SegmentParameters(0.0129, 0.4014, (0.279, 0.299, 0.139)),
    },
    "de_leva_male": {
        "thigh": SegmentParameters(0.1416, 0.5905, (0.329, 0.329, 0.149)),
        "shank": SegmentParameters(0.0433, 0.5541, (0.251, 0.246, 0.102)),
        "foot": SegmentParameters(0.0137, 0.4415, (0.245, 0.257, 0.124)),
    },
}
"""Dempster 1955 as in Winter 2009, table 4.1; de Leva 1996 (J Biomech 29:1223), table 4.

``conventional`` takes Dempster's radii about the proximal joint (0.540, 0.528, 0.690) as if they
were those about the centre of mass: the moments of Plug-in Gait show it. ``dempster`` has the
centre's.
"""


@dataclass(frozen=True)
class Link:
    """One rigid segment over time, in laboratory axes.

    Attributes
    ----------
    mass_kg : float
    centre_m : ndarray, shape (n, 3)
        Centre of mass.
    axes : ndarray, shape (n, 3, 3)
        From segment to laboratory axes.
    inertia_kg_m2 : ndarray, shape (3,)
        Moments of inertia about the centre of mass and the segment's axes.
    proximal_m : ndarray, shape (n, 3)
        Where the next link or the body is joined.
    """

    mass_kg: float
    centre_m: Array
    axes: Array
    inertia_kg_m2: Array
    proximal_m: Array


@dataclass(frozen=True)
class JointLoad:
    """What acts on a link at its proximal joint, in laboratory axes.

    Attributes
    ----------
    force_N, moment_Nm : ndarray, shape (n, 3)
    """

    force_N: Array
    moment_Nm: Array


def derivative(values: Array, rate_hz: float) -> Array:
    """Return the first derivative by five-point central differences.

    Parameters
    ----------
    values : ndarray, shape (n, ...)
    rate_hz : float

    Returns
    -------
    ndarray
        NaN in the two samples at each end, and beside NaN.

    Examples
    --------
    >>> derivative(np.arange(5.0) ** 3, 1.0)
    array([nan, nan, 12., nan, nan])
    """
    found = np.full_like(values, np.nan)
    if len(values) > 4:
        near = values[3:-1] - values[1:-3]
        far = values[4:] - values[:-4]
        found[2:-2] = (8.0 * near - far) * (rate_hz / 12.0)
    return found


def angular_velocity(axes: Array, rate_hz: float) -> Array:
    """Return the angular velocity of a segment in laboratory axes, rad/s.

    Parameters
    ----------
    axes : ndarray, shape (n, 3, 3)
        From segment to laboratory axes.
    rate_hz : float

    Returns
    -------
    ndarray, shape (n, 3)
    """
    spin = derivative(axes, rate_hz) @ np.swapaxes(axes, 1, 2)
    spin = (spin - np.swapaxes(spin, 1, 2)) / 2.0
    return np.stack([spin[:, 2, 1], spin[:, 0, 2], spin[:, 1, 0]], axis=1)


def newton_euler(
    links: Sequence[Link],
    force_N: Array,
    moment_Nm: Array,
    rate_hz: float,
    *,
    gravity_m_s2: float = GRAVITY_M_S2,
) -> list[JointLoad]:
    """Return the loads of the joints of an open chain.

    Parameters
    ----------
    links : sequence of Link
        From the free end on; the proximal end of one is the distal end of the next.
    force_N, moment_Nm : ndarray, shape (n, 3)
        What acts on the first link from outside: force, and moment about the laboratory's origin.
    rate_hz : float
    gravity_m_s2 : float
        Along -z.

    Returns
    -------
    list of JointLoad
        One a link. NaN in four frames at each end.

    Examples
    --------
    A rod of 2 kg and 1 m that is held at one end, level and still, needs 9.81 Nm:

    >>> still = np.zeros((9, 3))
    >>> rod = Link(2.0, still + [0.5, 0, 0], np.tile(np.eye(3), (9, 1, 1)), np.ones(3), still)
    >>> load, = newton_euler([rod], still, still, 100.0)
    >>> load.moment_Nm[4].round(3).tolist(), load.force_N[4].round(2).tolist()
    ([0.0, -9.81, 0.0], [0.0, 0.0, 19.62])
    """
    upwards = np.array([0.0, 0.0, gravity_m_s2])
    loads = []
    outer_force, outer_moment = force_N, moment_Nm
    for link in links:
        acceleration = derivative(derivative(link.centre_m, rate_hz), rate_hz)
        spin = np.einsum("nji,nj->ni", link.axes, angular_velocity(link.axes, rate_hz))
        momentum = np.einsum("nij,nj->ni", link.axes, link.inertia_kg_m2 * spin)
        needed = link.mass_kg * (acceleration + upwards)
        force = needed - outer_force
        about_origin = (
            derivative(momentum, rate_hz) + np.cross(link.centre_m, needed) - outer_moment
        )
        loads.append(JointLoad(force, about_origin - np.cross(link.proximal_m, force)))
        outer_force, outer_moment = -force, -about_origin
    return loads


# Ground reactions at the frames of the markers.


def wrench_at(
    time_s: Array,
    force_N: Array,
    cop_m: Array,
    free_moment_Nm: Array,
    frames_s: Array,
    *,
    instant: bool = False,
) -> tuple[Array, Array]:
    """Return the force of a plate, and its moment about the laboratory's origin, at each frame.

    Both are means over the samples within half a frame, as Plug-in Gait takes them, or the values
    at the instant of the frame, as OpenSim takes them. Where the centre of pressure is not known
    because the force is small, it is the nearest one known.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    force_N, cop_m : ndarray, shape (n, 3)
        On the person, laboratory axes with z up.
    free_moment_Nm : ndarray, shape (n,)
    frames_s : ndarray, shape (m,)
        Times of the markers' frames, evenly spaced.
    instant : bool
        Interpolate at the instant of each frame instead.

    Returns
    -------
    force_N, moment_Nm : ndarray, shape (m, 3)
        NaN where the plate was not recorded.
    """
    known = np.flatnonzero(np.isfinite(cop_m).all(axis=1))
    if not len(known):
        return np.zeros((len(frames_s), 3)), np.zeros((len(frames_s), 3))
    after = np.searchsorted(known, np.arange(len(time_s))).clip(0, len(known) - 1)
    before = (after - 1).clip(0)
    samples = np.arange(len(time_s))
    nearer = np.where(
        np.abs(known[after] - samples) < np.abs(samples - known[before]), after, before
    )
    place = cop_m[known[nearer]]
    moment = np.cross(place, force_N)
    moment[:, 2] += np.nan_to_num(free_moment_Nm)
    if instant:
        columns = np.concatenate([force_N, moment], axis=1).T
        at = [np.interp(frames_s, time_s, column, np.nan, np.nan) for column in columns]
        return np.stack(at[:3], axis=1), np.stack(at[3:], axis=1)
    half = 0.5 * (frames_s[-1] - frames_s[0]) / max(len(frames_s) - 1, 1) + 1e-6
    first = np.searchsorted(time_s, frames_s - half, "left")
    last = np.searchsorted(time_s, frames_s + half, "right")
    means = []
    for values in (force_N, moment):
        total = np.concatenate([np.zeros((1, 3)), np.cumsum(values, axis=0)])
        count = (last - first).astype(np.float64)
        count[count == 0.0] = np.nan
        means.append((total[last] - total[first]) / count[:, np.newaxis])
    return means[0], means[1]


# The leg.


@dataclass(frozen=True)
class LegKinetics:
    """Loads of the joints of the legs.

    Attributes
    ----------
    signals : mapping of str to ndarray, shape (n,)
        ``hip_flexion_moment_left_Nm_kg, hip_adduction_moment_..., hip_internal_rotation_...``, the
        same of the knee, ``ankle_dorsiflexion_moment_...``, and ``hip_power_left_W_kg, ...``:
        generation positive.
    missing : tuple of str
        Why a leg has none.
    """

    signals: Mapping[str, Array]
    missing: tuple[str, ...] = ()


_JOINTS = (
    ("ankle", "foot", "ankle"),
    ("knee", "shank", "thigh"),
    ("hip", "thigh", "pelvis"),
)
_FLEXES = {"hip": -1.0, "knee": 1.0, "ankle": -1.0}
"""Whether a turn of the distal segment about its y flexes."""


def leg_kinetics(
    found: Pose,
    markers: Markers,
    body: Body,
    ground: Mapping[str, tuple[Array, Array]],
    *,
    mass_kg: float,
    rate_hz: float,
    parameters: str = "conventional",
    frame: MomentFrame = "distal",
) -> LegKinetics:
    """Return the moments and powers of hip, knee and ankle, by mass of the body.

    Parameters
    ----------
    found : Pose
        Of :func:`~locomotion_analysis.biomechanics.pose`.
    markers : mapping of str to ndarray, shape (n, 3)
        The same as the pose is of, for the length of the foot: toe to heel less half a marker.
    body : Body
    ground : mapping of str to (ndarray, ndarray)
        ``left`` and ``right`` -> force (N) and moment about the laboratory's origin (Nm), each of
        shape (n, 3): zero while the foot is in the air, NaN while it is not known what acts on it.
    mass_kg : float
        Of the body.
    rate_hz : float
        Of the markers.
    parameters : str
        A key of :data:`BODY_SEGMENTS`.
    frame : {"distal", "proximal", "laboratory"}
        Axes that the moment is resolved in: those of the joint's distal segment, as Plug-in Gait
        does by default, of its proximal one, or of the laboratory, turned to where the person faces.

    Returns
    -------
    LegKinetics

    Raises
    ------
    SchemaError
        If `parameters` or `frame` is not known.
    """
    for given, known in ((parameters, tuple(BODY_SEGMENTS)), (frame, get_args(MomentFrame))):
        if given not in known:
            raise SchemaError(expected=f"one of {', '.join(known)}", got=repr(given))
    table = BODY_SEGMENTS[parameters]
    named = cgm1_markers(markers)
    signals: dict[str, Array] = {}
    missing = []
    for side in SIDES:
        parts = {name: found.segments.get(f"{side} {name}") for name in ("thigh", "shank", "foot")}
        toe, heel = (named.get(f"{LETTER[side]}{name}") for name in ("TOE", "HEE"))
        if side not in ground:
            missing.append(f"{side} leg: no ground reaction")
            continue
        if toe is None or heel is None or not all(parts.values()):
            missing.append(f"{side} leg: not all segments are known")
            continue
        ends = {
            name: (found.joints[f"{side} {lower}"], found.joints[f"{side} {upper}"])
            for name, lower, upper in (("shank", "ankle", "knee"), ("thigh", "knee", "hip"))
        }
        ankle = found.joints[f"{side} ankle"]
        foot_m = mean_seen(np.linalg.norm(toe - heel, axis=1))
        foot_m -= body.marker_diameter_m / 2.0
        ends["foot"] = (ankle - foot_m * found.segments[f"{side} foot"].axes[..., 2], ankle)
        links = []
        for name in ("foot", "shank", "thigh"):
            share = table[name]
            distal, proximal = ends[name]
            length_m = mean_seen(np.linalg.norm(proximal - distal, axis=1))
            mass = share.mass * mass_kg
            links.append(
                Link(
                    mass,
                    distal + share.centre * (proximal - distal),
                    found.segments[f"{side} {name}"].axes,
                    mass * (np.array(share.gyration) * length_m) ** 2,
                    proximal,
                )
            )
        loads = newton_euler(links, *ground[side], rate_hz)
        for (joint, lower, upper), load in zip(_JOINTS, loads, strict=True):
            own = found.segments[f"{side} {lower}"].axes
            above = found.segments["pelvis" if upper == "pelvis" else f"{side} {upper}"].axes
            axes = {"distal": own, "proximal": above}.get(frame, _walker(found))
            x, y, z = np.einsum("nji,nj->in", axes, load.moment_Nm) / mass_kg
            inwards = 1.0 if side == "right" else -1.0
            motion = "dorsiflexion" if joint == "ankle" else "flexion"
            signals[f"{joint}_{motion}_moment_{side}_Nm_kg"] = _FLEXES[joint] * y
            if joint != "ankle":
                signals[f"{joint}_adduction_moment_{side}_Nm_kg"] = inwards * x
                signals[f"{joint}_internal_rotation_moment_{side}_Nm_kg"] = inwards * z
            turning = angular_velocity(own, rate_hz) - angular_velocity(above, rate_hz)
            power = np.sum(load.moment_Nm * turning, axis=1) / mass_kg
            signals[f"{joint}_power_{side}_W_kg"] = power
    return LegKinetics(signals, tuple(missing))


def _walker(found: Pose) -> Array:
    """Return the laboratory's axes with x where the person faces, shape (1, 3, 3)."""
    ahead = facing(found)
    x, y = (1.0, 0.0) if ahead is None else ahead
    return np.array([[[x, -y, 0.0], [y, x, 0.0], [0.0, 0.0, 1.0]]])
