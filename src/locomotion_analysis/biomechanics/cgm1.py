"""The conventional gait model: from skin markers to segments and joint angles.

The lower body of Kadaba, Ramakrishnan & Wootten 1990 (J Orthop Res 8:383) and Davis et al. 1991
(Hum Mov Sci 10:575) as Baker, Leboeuf, Reay & Sangeux 2018 (Handbook of Human Motion, "The
Conventional Gait Model") write it down and Vicon's Plug-in Gait computes it; the trunk is that of
Gutierrez, Bartonek, Haglund-Akerlind & Saraste 2003 (Gait Posture) as Plug-in Gait has it.

Everything is in metres and radians, in laboratory axes with z up. A marker is an array of shape
``(n, 3)``, NaN where it was not seen; what depends on it is NaN in the same frames. Segments have
x forward, y to the left and z up, on both sides; the foot's z points from the toe to the heel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError

Array = NDArray[np.float64]
Markers = Mapping[str, Array]
HipCentre = Literal["davis", "harrington", "hara"]
SIDES = ("left", "right")
LETTER = {"left": "L", "right": "R"}

PELVIS_MARKERS = ("LASI", "RASI", "SACR")
LEG_MARKERS = ("THI", "KNE", "TIB", "ANK", "TOE")
TRUNK_MARKERS = ("C7", "T10", "CLAV", "STRN")
MEDIAL_MARKERS = ("KNM", "MED")
"""Medial epicondyle and malleolus: in the static trial."""
ALIGNMENT_MARKERS = ("KAX", "KD1", "KD2")
"""Knee alignment device, in the static trial: KAX on the post along the flexion axis."""
_MEDIAL = {"KNM": ("MKNE", "KNEM", "MEPI"), "MED": ("MMA", "MANK", "ANKM", "MMAL")}
_SYNONYMS = {
    "VSAC": "SACR",
    "SACRUM": "SACR",
    **{
        f"{s}{other}": f"{s}{name}"
        for s in "LR"
        for name, rest in _MEDIAL.items()
        for other in rest
    },
}


@dataclass(frozen=True, kw_only=True)
class Leg:
    """Measures of one leg.

    Attributes
    ----------
    length_m : float
        From the anterior superior iliac spine to the medial malleolus.
    knee_width_m, ankle_width_m : float
        Between the epicondyles, and between the malleoli.
    asis_trochanter_m : float
        From spine to greater trochanter, along the pelvis' sagittal plane; NaN: Davis' regression
        on the leg's length.
    thigh_rotation_rad, shank_rotation_rad : float
        How far behind the flexion axis of knee or ankle the thigh's or shank's marker lies, seen
        along the segment. NaN: not known, and taken as 0, as where it was placed in the plane of
        the axis.
    tibial_torsion_rad : float
        Of the ankle's flexion axis against the knee's, positive inwards. NaN: taken as 0.
    plantar_flexion_rad, foot_rotation_rad : float
        Static offsets between the line from toe to ankle centre and the foot's axis: in the
        sagittal plane, and about the sole's normal. NaN: not calibrated.
    """

    length_m: float = np.nan
    knee_width_m: float = np.nan
    ankle_width_m: float = np.nan
    asis_trochanter_m: float = np.nan
    thigh_rotation_rad: float = np.nan
    shank_rotation_rad: float = np.nan
    tibial_torsion_rad: float = np.nan
    plantar_flexion_rad: float = np.nan
    foot_rotation_rad: float = np.nan


@dataclass(frozen=True, kw_only=True)
class Body:
    """Measures of one person, as far as known.

    Attributes
    ----------
    marker_diameter_m : float
        Of the markers, without their base.
    asis_distance_m : float
        Between the anterior superior iliac spines; NaN: measured from the markers.
    pelvis_depth_m : float
        From between the anterior to between the posterior spines; NaN: from the markers.
    legs : mapping of str to Leg
        ``left`` and ``right``.
    """

    marker_diameter_m: float = np.nan
    asis_distance_m: float = np.nan
    pelvis_depth_m: float = np.nan
    legs: Mapping[str, Leg] = field(default_factory=lambda: dict.fromkeys(SIDES, Leg()))


@dataclass(frozen=True)
class Segment:
    """Pose of a segment over time.

    Attributes
    ----------
    origin_m : ndarray, shape (n, 3)
        Pelvis: between the anterior spines; thigh, shank: centre of the distal joint; foot: toe
        marker; trunk: between C7 and clavicle.
    axes : ndarray, shape (n, 3, 3)
        From segment to laboratory axes; its columns are x, y and z of the segment.
    """

    origin_m: Array
    axes: Array


@dataclass(frozen=True)
class Pose:
    """Segments and joint centres over time.

    Attributes
    ----------
    segments : mapping of str to Segment
        Any of ``pelvis, trunk`` and, behind ``left`` or ``right``, ``thigh, shank, ankle, foot``.
        The shank has the knee's flexion axis, the ankle the same segment with the ankle's.
    joints : mapping of str to ndarray, shape (n, 3)
        Any of ``left hip, left knee, left ankle`` and the right ones.
    """

    segments: Mapping[str, Segment]
    joints: Mapping[str, Array]


# Labels of the model's markers.


def cgm1_markers(markers: Markers) -> dict[str, Array]:
    """Return the model's markers under their names in Plug-in Gait.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)
        A subject's prefix up to a colon, capitals and small letters do not matter. The sacrum may
        be ``SACR``, ``VSAC`` or the middle of ``LPSI`` and ``RPSI``.

    Returns
    -------
    dict of str to ndarray
        Those of the pelvis (``LASI, RASI, SACR``), of the legs (``LTHI, LKNE, LTIB, LANK, LTOE,
        LHEE``, medial ``LKNM, LMED``, knee alignment device ``LKAX, LKD1, LKD2``, and the right
        ones) and of the trunk (``C7, T10, CLAV, STRN``) that are there and were seen.

    Examples
    --------
    >>> found = cgm1_markers({"Ann:lasi": np.ones((2, 3)), "LPSI": np.ones((2, 3))})
    >>> list(found)
    ['LASI']
    """
    named: dict[str, Array] = {}
    for label, position in markers.items():
        name = label.rpartition(":")[2].strip().upper()
        if np.isfinite(position).all(axis=1).any():
            named.setdefault(_SYNONYMS.get(name, name), position)
    if "SACR" not in named and {"LPSI", "RPSI"} <= named.keys():
        named["SACR"] = (named["LPSI"] + named["RPSI"]) / 2.0
    wanted = [*PELVIS_MARKERS, *TRUNK_MARKERS]
    of_leg = (*LEG_MARKERS, "HEE", *MEDIAL_MARKERS, *ALIGNMENT_MARKERS)
    wanted += [f"{side}{name}" for side in "LR" for name in of_leg]
    return {name: named[name] for name in wanted if name in named}


# Geometry.


def _unit(vectors: NDArray[np.floating[Any]]) -> Array:
    """Return vectors of length 1; NaN where they have none."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Array = vectors / np.where(lengths > 0.0, lengths, np.nan)
    return unit


def mean_seen(values: Array) -> float:
    """Return the mean of what was seen; NaN where nothing was."""
    seen = values[np.isfinite(values)]
    return float(seen.mean()) if len(seen) else np.nan


def _along_z(z: Array, towards_y: Array) -> Array:
    """Return axes with z along one vector, and y towards another as far as square to it."""
    up = _unit(z)
    forward = _unit(np.cross(towards_y, up))
    return np.stack([forward, np.cross(up, forward), up], axis=-1)


def _turned(axes: Array, about: Literal["x", "y", "z"], angle: float) -> Array:
    """Turn axes about one of their own."""
    cos, sin = np.cos(angle), np.sin(angle)
    turn = {
        "x": [[1, 0, 0], [0, cos, -sin], [0, sin, cos]],
        "y": [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]],
        "z": [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]],
    }[about]
    turned: Array = axes @ np.array(turn, dtype=np.float64)
    return turned


def _median_seen(values: Array) -> float:
    seen = values[np.isfinite(values)]
    return float(np.median(seen)) if len(seen) else np.nan


_CHORD_STEPS = 25
_CHORD_RAD = 1e-10


def chord(
    proximal: Array, lateral: Array, wand: Array, depth_m: float, behind_rad: float = 0.0
) -> Array:
    """Find a joint's centre from the proximal joint's centre and two markers.

    The centre lies `depth_m` from the marker on the side of the joint, so that centre-marker and
    centre-proximal are square, in the plane of the proximal centre, the marker and the wand; or,
    seen along the segment, with the wand `behind_rad` behind the marker. Kadaba et al. 1990.

    Parameters
    ----------
    proximal, lateral, wand : ndarray, shape (n, 3)
        Centre of the proximal joint, marker at the joint, marker of the segment.
    depth_m : float
        Half of the joint's width and of the marker's diameter.
    behind_rad : float
        Angle from the lateral marker to the wand about the segment's long axis, positive
        clockwise as seen from above.

    Returns
    -------
    ndarray, shape (n, 3)
        NaN where a marker was not seen, or the proximal centre is nearer than the depth.

    Examples
    --------
    >>> hip, knee, thigh = (np.array([p]) for p in ([0, 0, 1.0], [0, 0.05, 0], [0, 0.09, 0.5]))
    >>> chord(hip, knee, thigh, 0.05).round(3).tolist()
    [[0.0, 0.0, 0.0]]
    """
    way = proximal - lateral
    distance = np.linalg.norm(way, axis=1, keepdims=True)
    along = _unit(way)
    to_wand = wand - lateral
    outwards = _unit(to_wand - np.sum(to_wand * along, axis=1, keepdims=True) * along)
    aside = np.cross(along, outwards)
    cosine = depth_m / np.where(distance > depth_m, distance, np.nan)
    sine = np.sqrt(1.0 - cosine**2)

    def centre(angle: Array) -> Array:
        inwards = -np.cos(angle) * outwards - np.sin(angle) * aside
        found: Array = lateral + depth_m * (cosine * along + sine * inwards)
        return found

    angle = np.zeros_like(distance)
    if behind_rad == 0.0:
        return centre(angle)
    for _ in range(_CHORD_STEPS):  # the wand turns about the axis nearly as the centre does
        step = behind_rad - _behind(proximal, centre(angle), lateral, wand)
        angle = angle + step
        if not np.nanmax(np.abs(step), initial=0.0) > _CHORD_RAD:
            break
    return centre(angle)


def _behind(proximal: Array, centre: Array, lateral: Array, wand: Array) -> Array:
    """Return the angle from lateral marker to wand about the long axis, clockwise, shape (n, 1)."""
    long_axis = _unit(proximal - centre)
    side = lateral - centre
    side = _unit(side - np.sum(side * long_axis, axis=1, keepdims=True) * long_axis)
    reach = wand - centre
    seen: Array = np.arctan2(
        np.sum(reach * np.cross(side, long_axis), axis=1, keepdims=True),
        np.sum(reach * side, axis=1, keepdims=True),
    )
    return seen


# Centre of the hip in the pelvis, and the segments.

_DAVIS_THETA, _DAVIS_BETA = 0.5, 0.314
"""Angles of the hip's centre in the pelvis, rad: Plug-in Gait's rounding of Davis' 28.4 and 18 deg."""


def hip_centre(
    body: Body, side: str, method: HipCentre = "davis", pelvis_depth_m: float = np.nan
) -> Array:
    """Return the hip's centre in the pelvis: x forward, y left, z up from between the spines, m.

    Parameters
    ----------
    body : Body
    side : {"left", "right"}
    method : {"davis", "harrington", "hara"}
        Davis et al. 1991: leg length (mean of both), spine to trochanter, distance of the spines.
        Harrington et al. 2007 (J Biomech 40:595): width and depth of the pelvis. Hara et al. 2016
        (Sci Rep 6:37707): leg length (mean of both).
    pelvis_depth_m : float
        Where `body` does not have it.

    Returns
    -------
    ndarray, shape (3,)
        NaN where a measure is not known.

    Examples
    --------
    >>> legs = {side: Leg(length_m=0.9) for side in ("left", "right")}
    >>> body = Body(marker_diameter_m=0.014, asis_distance_m=0.24, legs=legs)
    >>> hip_centre(body, "left").round(3).tolist()
    [-0.047, 0.078, -0.097]
    """
    length = np.mean([leg.length_m for leg in body.legs.values()])
    outwards = 1.0 if side == "left" else -1.0
    if method == "harrington":
        depth = pelvis_depth_m if np.isnan(body.pelvis_depth_m) else body.pelvis_depth_m
        width = body.asis_distance_m
        return np.array(
            [
                -0.24 * depth - 0.0099,
                outwards * (0.33 * width + 0.0073),
                -0.30 * width - 0.0109,
            ]
        )
    if method == "hara":
        return np.array(
            [
                0.011 - 0.063 * length,
                outwards * (0.008 + 0.086 * length),
                -0.009 - 0.078 * length,
            ]
        )
    leg = body.legs[side]
    trochanter = leg.asis_trochanter_m
    if np.isnan(trochanter):
        trochanter = 0.1288 * leg.length_m - 0.04856
    reach = 0.115 * length - 0.0153
    before = trochanter + body.marker_diameter_m / 2.0
    theta, beta = _DAVIS_THETA, _DAVIS_BETA
    return np.array(
        [
            reach * np.cos(theta) * np.sin(beta) - before * np.cos(beta),
            outwards * (body.asis_distance_m / 2.0 - reach * np.sin(theta)),
            -reach * np.cos(theta) * np.cos(beta) - before * np.sin(beta),
        ]
    )


def pose(markers: Markers, body: Body, *, hips: HipCentre = "davis") -> Pose:
    """Return the segments and joint centres that markers and measures allow.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)
        Metres, any labels of :func:`cgm1_markers`.
    body : Body
        A foot without static offsets is left out; see :func:`calibrated`.
    hips : {"davis", "harrington", "hara"}
        Regression of the hips' centres (:func:`hip_centre`).

    Returns
    -------
    Pose
        Without the segments for which a marker or a measure is missing
        (:func:`~locomotion_analysis.biomechanics.what_is_possible` says which).
    """
    named = cgm1_markers(markers)
    segments: dict[str, Segment] = {}
    joints: dict[str, Array] = {}
    if all(name in named for name in TRUNK_MARKERS):
        segments["trunk"] = _trunk(named)
    if not all(name in named for name in PELVIS_MARKERS):
        return Pose(segments, joints)
    left, right, sacrum = (named[name] for name in PELVIS_MARKERS)
    middle = (left + right) / 2.0
    across = _unit(left - right)
    up = _unit(np.cross(middle - sacrum, across))
    pelvis = Segment(middle, np.stack([np.cross(across, up), across, up], axis=-1))
    segments["pelvis"] = pelvis
    depth = _median_seen(np.linalg.norm(middle - sacrum, axis=1))
    if np.isnan(body.asis_distance_m):
        distance = _median_seen(np.linalg.norm(left - right, axis=1))
        body = replace(body, asis_distance_m=distance)
    radius = body.marker_diameter_m / 2.0
    for side in SIDES:
        leg, letter = body.legs[side], LETTER[side]
        outwards = 1.0 if side == "left" else -1.0
        centre = hip_centre(body, side, hips, depth - radius)
        if np.isnan(centre).any():
            continue
        hip = joints[f"{side} hip"] = middle + pelvis.axes @ centre
        needed = [f"{letter}{name}" for name in LEG_MARKERS[:2]]
        if np.isnan(leg.knee_width_m + radius) or not all(name in named for name in needed):
            continue
        thigh, lateral = (named[name] for name in needed)
        depth_m = leg.knee_width_m / 2.0 + radius
        knee = chord(hip, lateral, thigh, depth_m, -outwards * _or_0(leg.thigh_rotation_rad))
        joints[f"{side} knee"] = knee
        axes = _along_z(hip - knee, outwards * (lateral - knee))
        segments[f"{side} thigh"] = Segment(knee, axes)
        needed = [f"{letter}{name}" for name in LEG_MARKERS[2:4]]
        if np.isnan(leg.ankle_width_m) or not all(name in named for name in needed):
            continue
        wand, lateral = (named[name] for name in needed)
        depth_m = leg.ankle_width_m / 2.0 + radius
        ankle = chord(knee, lateral, wand, depth_m, -outwards * _or_0(leg.shank_rotation_rad))
        joints[f"{side} ankle"] = ankle
        axes = _along_z(knee - ankle, outwards * (lateral - ankle))
        segments[f"{side} ankle"] = Segment(ankle, axes)
        untwisted = _turned(axes, "z", outwards * _or_0(leg.tibial_torsion_rad))
        segments[f"{side} shank"] = Segment(ankle, untwisted)
        toe = named.get(f"{letter}TOE")
        if toe is None or np.isnan(leg.plantar_flexion_rad + leg.foot_rotation_rad):
            continue
        axes = _turned(_along_z(ankle - toe, axes[..., 1]), "y", -leg.plantar_flexion_rad)
        axes = _turned(axes, "x", -outwards * leg.foot_rotation_rad)
        segments[f"{side} foot"] = Segment(toe, axes)
    return Pose(segments, joints)


def _or_0(angle: float) -> float:
    return 0.0 if np.isnan(angle) else angle


def _trunk(named: Markers) -> Segment:
    c7, t10, clavicle, sternum = (named[name] for name in TRUNK_MARKERS)
    up = _unit((c7 + clavicle - t10 - sternum) / 2.0)
    left = _unit(np.cross(up, (clavicle + sternum - c7 - t10) / 2.0))
    axes = np.stack([np.cross(left, up), left, up], axis=-1)
    return Segment((c7 + clavicle) / 2.0, axes)


# Static trial.


def calibrated(static: Markers, body: Body, *, flat_feet: bool = True) -> Body:
    """Measure in a static trial what is not known of a body.

    The distance of the spines, the depth of the pelvis, and the static offsets of the feet, each as
    the mean over the frames; with markers of the medial epicondyles and malleoli also the widths
    of knees and ankles, the rotations of the markers of thigh and shank against the flexion axes,
    which those markers and the lateral ones show, and the tibial torsion. A knee alignment device
    shows the knee's axis in place of its lateral marker; without a medial malleolus the ankle's
    axis is then the knee's, turned by the tibial torsion. What is known stays.

    Parameters
    ----------
    static : mapping of str to ndarray, shape (n, 3)
        Markers of the person standing, in metres, with the heels.
    body : Body
    flat_feet : bool
        Take the soles as level: the heel's marker is set to the height of the toe's.

    Returns
    -------
    Body

    Raises
    ------
    SchemaError
        If the three markers of a knee alignment device are not equally far apart.
    """
    named = cgm1_markers(static)
    if all(name in named for name in PELVIS_MARKERS):
        left, right, sacrum = (named[name] for name in PELVIS_MARKERS)
        if np.isnan(body.asis_distance_m):
            distance = mean_seen(np.linalg.norm(left - right, axis=1))
            body = replace(body, asis_distance_m=distance)
        if np.isnan(body.pelvis_depth_m):
            depth = mean_seen(np.linalg.norm((left + right) / 2.0 - sacrum, axis=1))
            body = replace(body, pelvis_depth_m=depth - body.marker_diameter_m / 2.0)
    named |= _knees_by_device(named)
    body = _with_axes(named, body)
    standing = pose(named, body)
    legs = dict(body.legs)
    for side, leg in body.legs.items():
        ankle = standing.segments.get(f"{side} ankle")
        toe, heel = (named.get(f"{LETTER[side]}{name}") for name in ("TOE", "HEE"))
        known = not np.isnan(leg.plantar_flexion_rad + leg.foot_rotation_rad)
        if known or ankle is None or toe is None or heel is None:
            continue
        sole = heel - toe
        if flat_feet:
            sole = sole * [1.0, 1.0, 0.0]
        axes = _along_z(ankle.origin_m - toe, ankle.axes[..., 1])
        x, y, z = np.einsum("nji,nj->in", axes, _unit(sole))
        outwards = 1.0 if side == "left" else -1.0
        legs[side] = replace(
            leg,
            plantar_flexion_rad=mean_seen(np.arctan2(-x, z)),
            foot_rotation_rad=mean_seen(np.arcsin(outwards * y)),
        )
    return replace(body, legs=legs)


_UNEQUAL = 0.1


def _knees_by_device(named: Markers) -> dict[str, Array]:
    """Return the lateral markers of the knees that alignment devices stand for.

    The three posts of a device are equally long and square to each other; they meet at the knee.

    Raises
    ------
    SchemaError
        If its markers are not equally far apart.
    """
    found = {}
    for letter in LETTER.values():
        needed = [f"{letter}{name}" for name in (*ALIGNMENT_MARKERS, "ASI", "ANK")]
        if not all(name in named for name in needed):
            continue
        axis, one, other, hip, ankle = (named[name] for name in needed)
        apart = [
            np.linalg.norm(a - b, axis=1) for a, b in ((axis, one), (axis, other), (one, other))
        ]
        sides = np.array([mean_seen(each) for each in apart])
        if np.ptp(sides) > _UNEQUAL * sides.mean():
            raise SchemaError(
                expected=f"{letter}KAX, {letter}KD1 and {letter}KD2 of a knee alignment device, equally "
                "far apart",
                got=", ".join(f"{1e3 * side:.0f} mm" for side in sides),
                fix="correct the labels of the device's markers",
            )
        middle = (axis + one + other) / 3.0
        normal = _unit(np.cross(one - axis, other - axis))
        # The leg is on the side of the posts' meeting point.
        leg = np.sum(((hip + ankle) / 2.0 - middle) * normal, axis=1, keepdims=True)
        found[f"{letter}KNE"] = middle + np.sign(leg) * normal * sides.mean() / np.sqrt(6.0)
    return found


def _with_axes(named: Markers, body: Body) -> Body:
    """Add what shows the axes of knees and ankles, where it is not known.

    Markers on both sides of the joint, or the device that stands on the knee.
    """
    joints = pose(named, body).joints
    legs = dict(body.legs)
    for side, leg in body.legs.items():
        outwards = 1.0 if side == "left" else -1.0
        proximal = joints.get(f"{side} hip")
        pointer = named.get(f"{LETTER[side]}KAX")
        found: dict[str, float] = {}
        axis = None
        for joint, lateral, medial, wand, turn in (
            ("knee", "KNE", "KNM", "THI", "thigh_rotation_rad"),
            ("ankle", "ANK", "MED", "TIB", "shank_rotation_rad"),
        ):
            outer, inner, marker = (
                named.get(f"{LETTER[side]}{name}") for name in (lateral, medial, wand)
            )
            width: float = getattr(leg, f"{joint}_width_m")
            depth_m = (width + body.marker_diameter_m) / 2.0
            if outer is not None and inner is not None:
                centre = (outer + inner) / 2.0
                apart = mean_seen(np.linalg.norm(outer - inner, axis=1))
                found[f"{joint}_width_m"] = apart - body.marker_diameter_m
            elif (
                outer is not None
                and pointer is not None
                and proximal is not None
                and not np.isnan(depth_m)
            ):
                twist = _or_0(leg.tibial_torsion_rad) if joint == "ankle" else 0.0
                centre = chord(proximal, outer, pointer, depth_m, -outwards * twist)
            else:
                proximal = joints.get(f"{side} {joint}")
                continue
            if proximal is not None and marker is not None:
                seen = _behind(proximal, centre, outer, marker)
                found[turn] = -outwards * mean_seen(seen)
            if proximal is not None:
                axes = _along_z(proximal - centre, outwards * (outer - centre))
                if axis is not None and inner is not None:
                    x, y, _ = np.einsum("nji,nj->in", axes, axis)
                    found["tibial_torsion_rad"] = outwards * mean_seen(np.arctan2(-x, y))
                axis = axes[..., 1]
            proximal = centre
        unknown = {name: value for name, value in found.items() if np.isnan(getattr(leg, name))}
        legs[side] = replace(leg, **unknown) if unknown else leg
    return replace(body, legs=legs)


# Joint angles.


def cardan_yxz(turn: Array) -> Array:
    """Return the angles of successive turns about y, the new x and the newest z.

    Parameters
    ----------
    turn : ndarray, shape (n, 3, 3)
        Rotation matrices ``Ry(a) Rx(b) Rz(c)``, NaN where unknown.

    Returns
    -------
    ndarray, shape (3, n)
        a, b, c in rad; b within a right angle.

    Examples
    --------
    >>> quarter = np.array([[[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]])
    >>> cardan_yxz(quarter).round(3).tolist()
    [[1.571], [-0.0], [0.0]]
    """
    return np.stack(
        [
            np.arctan2(turn[:, 0, 2], turn[:, 2, 2]),
            np.arcsin(np.clip(-turn[:, 1, 2], -1.0, 1.0)),
            np.arctan2(turn[:, 1, 0], turn[:, 1, 1]),
        ]
    )


def joint_angles(found: Pose, forward: Array | None = None) -> dict[str, Array]:
    """Return the angles of joints and segments as standard channels, rad.

    Cardan angles of the distal in the proximal segment, in the order flexion, adduction, rotation
    (Kadaba et al. 1990; the order of Grood & Suntay 1983, J Biomech Eng 105:136); pelvis, trunk and
    feet in the same order against the laboratory.

    Parameters
    ----------
    found : Pose
    forward : ndarray, shape (2,), optional
        The laboratory's axis (x, y) that pelvis, trunk and feet are turned from; the one that the
        person mostly faces along (:func:`facing`), if not given.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        ``hip_flexion_angle_left_rad, hip_adduction_..., hip_internal_rotation_...``, the same of
        the knee, ``ankle_dorsiflexion_angle_left_rad``,
        ``foot_progression_internal_angle_left_rad``, ``foot_sagittal_angle_left_rad`` (toe up
        positive), and of ``pelvis`` and ``trunk`` the ``anterior_tilt``, ``obliquity_up`` and
        ``internal_rotation`` as seen from the right leg.
    """
    axes = {name: segment.axes for name, segment in found.segments.items()}
    signals: dict[str, Array] = {}
    for side in SIDES:
        mirrored = 1.0 if side == "right" else -1.0
        for joint, upper, lower, flexion in (
            ("hip", "pelvis", f"{side} thigh", -1.0),
            ("knee", f"{side} thigh", f"{side} shank", 1.0),
            ("ankle", f"{side} ankle", f"{side} foot", -1.0),
        ):
            if upper not in axes or lower not in axes:
                continue
            a, b, c = cardan_yxz(np.swapaxes(axes[upper], 1, 2) @ axes[lower])
            if joint == "ankle":  # the foot's z lies along the sole
                signals[f"ankle_dorsiflexion_angle_{side}_rad"] = -a - np.pi / 2.0
                continue
            signals[f"{joint}_flexion_angle_{side}_rad"] = flexion * a
            signals[f"{joint}_adduction_angle_{side}_rad"] = mirrored * b
            signals[f"{joint}_internal_rotation_angle_{side}_rad"] = mirrored * c
    ahead = facing(found) if forward is None else forward
    if ahead is None:
        return signals
    walker = np.array([[ahead[0], ahead[1], 0.0], [-ahead[1], ahead[0], 0.0], [0.0, 0.0, 1.0]])
    for segment in ("pelvis", "trunk"):
        if segment in axes:
            a, b, c = cardan_yxz(walker @ axes[segment])
            signals[f"{segment}_anterior_tilt_angle_rad"] = a
            signals[f"{segment}_obliquity_up_angle_rad"] = -b
            signals[f"{segment}_internal_rotation_angle_rad"] = c
    for side in SIDES:
        if f"{side} foot" in axes:
            a, b, _ = cardan_yxz(walker @ axes[f"{side} foot"])
            inwards = b if side == "right" else -b
            signals[f"foot_progression_internal_angle_{side}_rad"] = inwards
            signals[f"foot_sagittal_angle_{side}_rad"] = -np.pi / 2.0 - a
    return signals


def facing(found: Pose) -> Array | None:
    """Return the laboratory's axis that the pelvis, or else the trunk, mostly faces along.

    Returns
    -------
    ndarray, shape (2,), or None
        x and y, one of them 1 or -1. None where neither was seen.
    """
    for name in ("pelvis", "trunk"):
        if name in found.segments:
            ahead = found.segments[name].axes[:, :2, 0]
            ahead = ahead[np.isfinite(ahead).all(axis=1)]
            if len(ahead):
                mean = ahead.mean(axis=0)
                axis = int(np.argmax(np.abs(mean)))
                forward = np.zeros(2)
                forward[axis] = np.copysign(1.0, mean[axis])
                return forward
    return None


# The other way round: markers of a person whose angles are known.

_WAND_M = 0.08


def markers_of_angles(
    angles: Mapping[str, Array], body: Body, pelvis_m: Array, *, trunk: bool = True
) -> dict[str, Array]:
    """Return the markers of a person who faces along x and has the angles given.

    :func:`joint_angles` of their :func:`pose` are the angles again: a laboratory's own pipeline can
    be checked with them.

    Parameters
    ----------
    angles : mapping of str to ndarray, shape (n,)
        As :func:`joint_angles` gives them, rad; 0 where one is not given. Foot progression follows
        from the others.
    body : Body
        With all measures; segments are as long as the leg's length has them (thigh 47 %, shank
        47 %), and the foot half of the shank.
    pelvis_m : ndarray, shape (n, 3)
        Between the anterior spines.
    trunk : bool
        Whether to add the trunk's markers.

    Returns
    -------
    dict of str to ndarray, shape (n, 3)
    """
    n = len(pelvis_m)

    def given(name: str) -> Array:
        return np.broadcast_to(np.asarray(angles.get(f"{name}_rad", 0.0), np.float64), (n,))

    def segment(name: str) -> Array:
        return _cardan_axes(
            given(f"{name}_anterior_tilt_angle"),
            -given(f"{name}_obliquity_up_angle"),
            given(f"{name}_internal_rotation_angle"),
        )

    radius = body.marker_diameter_m / 2.0
    pelvis = segment("pelvis")
    forward, left = pelvis[..., 0], pelvis[..., 1]
    half = left * body.asis_distance_m / 2.0
    markers = {
        "LASI": pelvis_m + half,
        "RASI": pelvis_m - half,
        "SACR": pelvis_m - forward * (body.pelvis_depth_m + radius),
    }
    for side, leg in body.legs.items():
        letter, outwards = LETTER[side], 1.0 if side == "left" else -1.0
        hip = pelvis_m + pelvis @ hip_centre(body, side)
        thigh = pelvis @ _cardan_axes(
            -given(f"hip_flexion_angle_{side}"),
            -outwards * given(f"hip_adduction_angle_{side}"),
            -outwards * given(f"hip_internal_rotation_angle_{side}"),
        )
        shank = thigh @ _cardan_axes(
            given(f"knee_flexion_angle_{side}"),
            -outwards * given(f"knee_adduction_angle_{side}"),
            -outwards * given(f"knee_internal_rotation_angle_{side}"),
        )
        twisted = _turned(shank, "z", -outwards * _or_0(leg.tibial_torsion_rad))
        length_m = 0.47 * leg.length_m
        centre = hip
        for axes, lateral, wand, width_m, behind in (
            (thigh, "KNE", "THI", leg.knee_width_m, leg.thigh_rotation_rad),
            (twisted, "ANK", "TIB", leg.ankle_width_m, leg.shank_rotation_rad),
        ):
            above, centre = centre, centre - length_m * axes[..., 2]
            out = outwards * axes[..., 1]
            markers[f"{letter}{lateral}"] = centre + out * (width_m / 2.0 + radius)
            aside = np.cos(_or_0(behind)) * out - np.sin(_or_0(behind)) * axes[..., 0]
            markers[f"{letter}{wand}"] = (above + centre) / 2.0 + _WAND_M * aside
        flexed = leg.plantar_flexion_rad - np.pi / 2.0 - given(f"ankle_dorsiflexion_angle_{side}")
        zero = np.zeros(n)
        to_ankle = twisted @ _cardan_axes(flexed, zero, zero)
        toe = centre - 0.5 * length_m * to_ankle[..., 2]
        foot = _turned(to_ankle, "y", -leg.plantar_flexion_rad)
        foot = _turned(foot, "x", -outwards * leg.foot_rotation_rad)
        markers[f"{letter}TOE"] = toe
        markers[f"{letter}HEE"] = toe + 0.6 * length_m * foot[..., 2]
    if trunk:
        axes = segment("trunk")
        for name, (x, z) in {
            "C7": (-0.08, 0.5),
            "CLAV": (0.08, 0.46),
            "T10": (-0.1, 0.2),
            "STRN": (0.1, 0.24),
        }.items():
            markers[name] = pelvis_m + axes @ np.array([x, 0.0, z])
    return markers


def _cardan_axes(a: Array, b: Array, c: Array) -> Array:
    """Return ``Ry(a) Rx(b) Rz(c)``, shape (n, 3, 3)."""
    (ca, sa), (cb, sb), (cc, sc) = ((np.cos(angle), np.sin(angle)) for angle in (a, b, c))
    rows = [
        [ca * cc + sa * sb * sc, sa * sb * cc - ca * sc, sa * cb],
        [cb * sc, cb * cc, -sb],
        [ca * sb * sc - sa * cc, sa * sc + ca * sb * cc, ca * cb],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
