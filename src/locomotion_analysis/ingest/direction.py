"""Which way a person faces, which way they walk, and what the ground does under their feet.

Nobody's direction is that of their displacement in the laboratory: on a treadmill a person drifts,
and walks backward without turning round. The feet tell both. A person **faces** from heel to toe
and from the back of the pelvis to its front. A person **goes** where the pelvis moves over the
ground, and the ground moves as the foot does that stands on it: not at all on a floor, with the
belt on a treadmill.

The same rule serves markers and a model's joint angles, which place the feet below the pelvis.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.marker_names import foot_marker, pelvis_front, pelvis_marker
from locomotion_analysis.ingest.recording import SIDES, Recording, Stream

Array = NDArray[np.float64]

_SLOWEST_M_S = 0.1
"""Speed over the ground under the feet below which nobody walks, and no belt runs, m/s."""
_TRAVELS_M_S = 0.3
"""Speed in the laboratory from which a person travels, where no foot tells what the ground does."""
_FLOOR_SHARE, _BELT_S = 0.5, 3.0
"""A belt moves for half of the recording or for 3 s on end; less is a swinging foot."""
_USUAL_STRIDE_S, _STRIDES_S = 1.1, (0.5, 3.0)
_STANDS_WITHIN_M_S = 0.2
"""How far the velocity of a standing foot may be from the usual one while it rolls, m/s."""
_APART_M = 0.04
"""Distance of left and right foot sideways, over a stride, that tells front from back, m."""
_SPAN_S = 0.04
"""Half of the span a velocity is taken over."""
_GRID_HZ = 100.0
_ALONG = 0.5
"""Cosine between facing and going from which a person walks forward, or backward: 60 degrees."""
_ON_AXIS = np.cos(np.radians(20.0))
_SWING_FASTER = 1.2
"""Highest speed of the swinging foot under the hip, of that of the standing foot."""
_MODEL_SLIPS = 0.5
"""Share of its speed against the pelvis that a model's standing foot may slide on a floor."""


@dataclass(frozen=True)
class Course:
    """The way of one person through one recording.

    Attributes
    ----------
    time_s : ndarray, shape (n,)
    faced : ndarray, shape (n, 2)
        Integral of the direction the person faces over time, laboratory x and y, s.
    path_m : ndarray, shape (n, 2)
        Way of the pelvis over the ground under the feet, m.
    ground_m : ndarray, shape (n, 2)
        Way of that ground through the laboratory, m: zero on a floor, the belt's on a treadmill.
    stride_s : float
        Usual duration of a stride, over which directions are averaged.
    measured : bool
        Whether `path_m` has its true length; on a belt a model's feet give its direction only.
    laboratory : bool
        Whether directions are those of the laboratory. Joint angles alone have the person's own:
        they tell forward from backward.
    slowest_m_s : float
        Speed below which a direction of walking is not known.
    evidence : str
        What it was taken from, for the history.
    """

    time_s: Array
    faced: Array
    path_m: Array
    ground_m: Array
    stride_s: float
    measured: bool
    laboratory: bool
    slowest_m_s: float
    evidence: str

    def progress(self, start_s: Array, end_s: Array) -> Array:
        """Return the mean velocity over the ground under the feet, m/s, shape (m, 2)."""
        return self._change(self.path_m, start_s, end_s)

    def ground(self, instants_s: Array) -> Array:
        """Return how far the ground under the feet has moved since the start, m, shape (m, 2)."""
        return _at(self.time_s, self.ground_m, instants_s)

    def facing(self, start_s: Array, end_s: Array) -> Array:
        """Return the mean direction the person faces, unit vectors of shape (m, 2)."""
        return _unit(self._change(self.faced, start_s, end_s))

    def heading_rad(self, instants_s: Array) -> Array:
        """Return the angle of facing from the laboratory's x axis at instants, shape (m,)."""
        facing = self.facing(instants_s - 2.0 * _SPAN_S, instants_s + 2.0 * _SPAN_S)
        return np.arctan2(facing[:, 1], facing[:, 0])

    def front(self, start_s: Array, end_s: Array) -> tuple[Array, Array]:
        """Return the direction to the person's front along the line of progression, and the way.

        Parameters
        ----------
        start_s, end_s : ndarray, shape (m,)

        Returns
        -------
        ndarray, shape (m, 2)
            Unit vectors; where the person goes sideways or stands, the way they face. A facing
            within 20 degrees of a laboratory axis is put on that axis, as belts lie. NaN where
            the recording does not tell.
        ndarray, shape (m,)
            1 forward, -1 backward, 0 sideways or standing.
        """
        going, facing = self._going(start_s, end_s), self.facing(start_s, end_s)
        along = np.sum(going * facing, axis=1)
        # Who travels and shows neither feet nor pelvis is taken to walk forward.
        along = np.where(np.isfinite(going[:, 0]) & np.isnan(along), 1.0, along)
        way = np.select([along >= _ALONG, along <= -_ALONG], [1.0, -1.0], default=0.0)
        exact = (way != 0.0) & (self.measured | np.isnan(facing[:, 0]))
        axis = np.where(exact[:, np.newaxis], going * way[:, np.newaxis], _on_axis(facing))
        return axis, way

    def front_at(self, instants_s: Array) -> tuple[Array, Array]:
        """As :meth:`front`, over the stride around each instant."""
        return self.front(*self.stride_around(instants_s))

    def travel_at(self, instants_s: Array) -> Array:
        """Return the direction of going, else of facing, over the stride around each instant."""
        axis, _ = self.front_at(instants_s)
        going = self._going(*self.stride_around(instants_s))
        travel: Array = np.where(np.isnan(going), axis, going)
        return travel

    def belt_m_s(self) -> float:
        """Return the usual speed of the ground under the feet, m/s: 0 on a floor."""
        rate = np.diff(self.ground_m, axis=0) / np.diff(self.time_s)[:, np.newaxis]
        return _usual_size(rate)

    def stride_around(self, instants_s: Array) -> tuple[Array, Array]:
        """Return start and end of one stride around instants, inside the recording."""
        first, last = self.time_s[0], self.time_s[-1]
        width = min(self.stride_s, last - first)
        start = np.clip(instants_s - width / 2.0, first, last - width)
        return start, start + width

    def _going(self, start_s: Array, end_s: Array) -> Array:
        """Return the direction of going, unit vectors; NaN where nobody walks."""
        velocity = self.progress(start_s, end_s)
        walks = np.linalg.norm(velocity, axis=1) >= self.slowest_m_s
        return _unit(np.where(walks[:, np.newaxis], velocity, np.nan))

    def _change(self, integral: Array, start_s: Array, end_s: Array) -> Array:
        start = np.clip(start_s, self.time_s[0], self.time_s[-1])
        end = np.clip(end_s, self.time_s[0], self.time_s[-1])
        change = _at(self.time_s, integral, end) - _at(self.time_s, integral, start)
        length = end - start
        mean: Array = change / np.where(length > 0.0, length, np.nan)[:, np.newaxis]
        return mean


def course_of(recording: Recording) -> Course | None:
    """Find which way a person faces and goes.

    Markers of the feet come first, then a model's joint angles and pelvis, then markers of the
    pelvis alone, which tell only of a person who travels.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    Course or None
        None where nothing in the recording tells.
    """
    found = [body for body in (_of_markers(recording), _of_angles(recording)) if body is not None]
    found.sort(key=lambda body: not body.feet_m)
    return _course(found[0]) if found else None


def backward_by_angles(recording: Recording, instants_s: Array) -> NDArray[np.bool_]:
    """Return where the legs of a model walk backward, by its pelvis or else its angles alone."""
    body = _of_angles(recording)
    if body is None:
        return np.zeros(len(instants_s), dtype=bool)
    backward: NDArray[np.bool_] = _course(body).front_at(instants_s)[1] < 0.0
    return backward


def rightwards(forward: Array) -> Array:
    """Return the horizontal direction to the right of `forward` (z up), shape (..., 2)."""
    return np.stack([forward[..., 1], -forward[..., 0]], axis=-1)


def place_at(time_s: Array, position: Array, instants: Array) -> Array:
    """Return a marker's position at other instants, linearly between samples.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
    position : ndarray, shape (n, 2) or (n, 3)
        NaN where the marker was not seen.
    instants : ndarray, shape (m,)

    Returns
    -------
    ndarray, shape (m, 2) or (m, 3)
        NaN throughout for a marker that was never seen.
    """
    seen = np.isfinite(position).all(axis=1)
    if not seen.any():
        return np.full((len(instants), position.shape[1]), np.nan)
    return _at(time_s[seen], position[seen], instants)


def horizontal_at(time_s: Array, position: Array, instants: Array) -> Array:
    """Return a marker's horizontal position at other instants, shape (m, 2)."""
    return place_at(time_s, position[:, :2], instants)


# Pelvis, trunk and feet against the line of progression.

_TO_REFERENCE = np.radians(25.0)
"""How far a segment may be from where its markers face, rad."""
_TILTS_MIX = np.radians(45.0)
_SEGMENTS = ("pelvis", "trunk")


def along_progression(recording: Recording) -> Recording:
    """Give the angles of pelvis, trunk and feet against the line of progression.

    A laboratory's software measures them in the axes of the laboratory, from the axis the person
    walks along: of a person who turns by 90 degrees it says that the pelvis is rotated by 90. The
    line of progression is where the person goes over a stride, forward of them
    (:meth:`Course.front`). Tilt, obliquity and rotation are turned together, in the order of
    rotations that OpenSim's models and Plug-in Gait have (tilt, obliquity, rotation).

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    Recording
        Unchanged where the line of progression is not known, or the angles are not in laboratory
        axes (they do not follow the person's turns).
    """
    course = course_of(recording)
    if course is None or not course.laboratory:
        return recording
    streams: list[Stream] = []
    turned: list[str] = []
    masked: list[str] = []
    kept: list[str] = []
    for stream in recording.streams:
        signals = dict(stream.signals)
        rotations = _rotations(signals)
        if rotations:
            reference = _reference(course, stream.time_s, rotations)
            if reference is None:
                kept += rotations
            else:
                axis, _ = course.front_at(stream.time_s)
                line = _wrapped(np.arctan2(axis[:, 1], axis[:, 0]) - reference)
                turned += _turn(signals, line)
                masked += _mask_mixed(signals, line)
        streams.append(Stream(stream.time_s, signals))
    entries = []
    if turned:
        detail = f"angles against the line of progression: {', '.join(turned)}"
        entries.append(HistoryEntry("converted", detail, len(turned)))
    if masked:
        detail = (
            f"{', '.join(masked)}: NaN where the person walks more than 45 degrees away from the "
            "axis of the laboratory they are measured from"
        )
        entries.append(HistoryEntry("masked", detail, len(masked)))
    if kept:
        detail = f"{', '.join(kept)} as the file has them: they do not follow the person's turns"
        entries.append(HistoryEntry("assumed", detail, len(kept)))
    return replace(recording, streams=tuple(streams)).then(*entries)


def _rotations(signals: Mapping[str, Array]) -> dict[str, Array]:
    """Return the angles about the vertical, positive to the left; the feet's as their mean."""
    names = [f"{segment}_internal_rotation_angle_rad" for segment in _SEGMENTS]
    found = {name: signals[name] for name in names if name in signals}
    feet = [f"foot_progression_internal_angle_{side}_rad" for side in SIDES]
    if not found and all(name in signals for name in feet):
        left, right = (signals[name] for name in feet)
        found["foot_progression_internal_angle_rad"] = (right - left) / 2.0
    return found


def _reference(course: Course, time: Array, rotations: Mapping[str, Array]) -> float | None:
    """Return the angle of the laboratory axis that rotations are measured from, rad."""
    heading = course.heading_rad(time)
    for rotation in rotations.values():
        known = np.isfinite(heading + rotation)
        if not known.any():
            continue
        apart = heading[known] - rotation[known]
        middle = float(np.angle(np.mean(np.exp(1j * apart))))
        axis = round(middle / (np.pi / 2.0)) * np.pi / 2.0
        if np.percentile(np.abs(_wrapped(apart - axis)), 90) < _TO_REFERENCE:
            return axis
        return None
    return None


def _turn(signals: dict[str, Array], line: Array) -> list[str]:
    """Turn the angles of `signals` into those against `line` (rad to the left); name them."""
    turned: list[str] = []
    for segment in _SEGMENTS:
        names = [f"{segment}_{motion}_angle_rad" for motion in
                 ("anterior_tilt", "obliquity_up", "internal_rotation")]  # fmt: skip
        if names[2] not in signals:
            continue
        zero = np.zeros_like(line)
        tilt, up, rotation = (signals.get(name, zero) for name in names)
        angles = zip(names, _from_line(tilt, up, rotation, line), strict=True)
        fresh = {name: values for name, values in angles if name in signals}
        signals |= fresh
        turned += fresh
    for side in SIDES:
        name = f"foot_progression_internal_angle_{side}_rad"
        if name in signals:
            to_left = 1.0 if side == "right" else -1.0
            signals[name] = _wrapped(signals[name] - to_left * line)
            turned.append(name)
    return turned


def _mask_mixed(signals: dict[str, Array], line: Array) -> list[str]:
    """Blank, where the line is far from the laboratory's axis, what is known about that axis alone."""
    away = np.abs(line) > _TILTS_MIX
    names = [
        name
        for name in signals
        if name.startswith("foot_sagittal_angle_")
        or (name.startswith(_SEGMENTS) and "_velocity_" in name)
    ]
    if not away.any():
        return []
    signals.update({name: np.where(away, np.nan, signals[name]) for name in names})
    return names


def _from_line(tilt: Array, up: Array, rotation: Array, line: Array) -> tuple[Array, Array, Array]:
    """Return anterior tilt, obliquity (right up) and rotation (to the left) as seen along `line`.

    With x forward, y left, z up the segment is Ry(tilt) Rx(-up) Rz(rotation); Rz(-line) goes before.
    """
    # The segment's axes: up, and the sideward parts of the other two that the angles need.
    up_x, up_y = np.sin(tilt) * np.cos(up), np.sin(up)
    up_z = np.cos(tilt) * np.cos(up)
    x_x = np.cos(tilt) * np.cos(rotation) - np.sin(tilt) * np.sin(up) * np.sin(rotation)
    x_y = np.cos(up) * np.sin(rotation)
    y_x = -np.cos(tilt) * np.sin(rotation) - np.sin(tilt) * np.sin(up) * np.cos(rotation)
    y_y = np.cos(up) * np.cos(rotation)
    cos, sin = np.cos(line), np.sin(line)
    new_x, new_y = cos * up_x + sin * up_y, cos * up_y - sin * up_x
    return (
        np.arctan2(new_x, up_z),
        np.arcsin(np.clip(new_y, -1.0, 1.0)),
        np.arctan2(cos * x_y - sin * x_x, cos * y_y - sin * y_x),
    )


def _wrapped(angle: Array) -> Array:
    """Return angles between -pi and pi."""
    within: Array = (angle + np.pi) % (2.0 * np.pi) - np.pi
    return within


# Feet and pelvis over time, from markers or from a model.


@dataclass(frozen=True)
class _Body:
    """Feet and pelvis on one time base.

    `pelvis_m` and `facing` have shape (n, 2), NaN where not known; `feet_m` gives the middle of each
    foot, (n, 3), z up. `way` is -1 where joint angles are those of walking backward.
    """

    time_s: Array
    pelvis_m: Array
    facing: Array
    feet_m: Mapping[str, Array]
    measured: bool
    laboratory: bool
    evidence: str
    way: float = 1.0


def _of_markers(recording: Recording) -> _Body | None:
    """Return feet and pelvis as their markers show them."""
    markers, clock = recording.markers, recording.marker_time_s
    pelvis, front = pelvis_marker(markers), pelvis_front(markers)
    feet, soles = {}, []
    for side in SIDES:
        parts = [foot_marker(markers, place, side) for place in ("heel", "ankle", "toe")]
        seen = [part for part in parts if part is not None]
        if seen:
            ends = [seen[0], seen[-1]]
            feet[side] = np.mean(ends, axis=0)
            if len(seen) > 1:
                soles.append(seen[-1] - seen[0])
    if len(clock) < 2 or (pelvis is None and not feet):
        return None
    time = _grid(clock)
    feet = {side: _bridged(clock, foot, time) for side, foot in feet.items()}
    forward = [_bridged(clock, vector, time)[:, :2] for vector in soles]
    facing = _unit(np.sum(forward, axis=0)) if forward else np.full((len(time), 2), np.nan)
    told = ["heel to toe"] if forward else []
    if front is not None:
        ahead = _unit(_bridged(clock, front, time)[:, :2])
        agree = np.sum(ahead * facing, axis=1)
        facing = _unit(np.where(np.isnan(facing), ahead, ahead + facing))
        told.append("back to front of the pelvis")
        if np.median(agree[np.isfinite(agree)] if np.isfinite(agree).any() else 1.0) < 0.0:
            facing[:] = np.nan
            told = ["feet and pelvis point against each other: left and right may be mixed up"]
    where = (
        np.mean(list(feet.values()), axis=0) if pelvis is None else _bridged(clock, pelvis, time)
    )
    ground = "speed of the standing foot" if feet else "travel of the pelvis"
    return _Body(
        time_s=time,
        pelvis_m=where[:, :2],
        facing=facing,
        feet_m=feet,
        measured=True,
        laboratory=True,
        evidence=f"markers ({', '.join([*told, ground])})",
    )


_THIGH, _SHANK, _HEEL, _TOE = 0.245, 0.246, 0.040, 0.112
"""Segment lengths and foot reach behind and before the ankle, body heights (Winter 2009)."""
_BODY_M = 1.75
Feet = dict[str, tuple[Array, Array]]


def feet_from_angles(recording: Recording) -> tuple[Array, Feet] | None:
    """Place heel and toe below the hip from hip, knee and ankle angles.

    Segment lengths are those of a body 1.75 m tall.

    Parameters
    ----------
    recording : Recording
        Needs hip and knee flexion of a leg; ankle and pelvis tilt are used where there.

    Returns
    -------
    (ndarray, dict) or None
        Time, and for each leg heel and toe, shape (n, 2): forward and up from the hip, m.
    """
    for stream in recording.streams:
        feet: Feet = {}
        for side in SIDES:
            names = (f"hip_flexion_angle_{side}_rad", f"knee_flexion_angle_{side}_rad")
            if not all(name in stream.signals for name in names):
                continue
            hip, knee = (stream.signals[name] for name in names)
            zero = np.zeros_like(hip)
            thigh = hip - _tilt_ahead(recording, stream)
            shank = thigh - knee
            foot = shank + stream.signals.get(f"ankle_dorsiflexion_angle_{side}_rad", zero)
            ankle = np.stack(
                [
                    _THIGH * np.sin(thigh) + _SHANK * np.sin(shank),
                    -_THIGH * np.cos(thigh) - _SHANK * np.cos(shank),
                ],
                axis=1,
            )
            sole = np.stack([np.cos(foot), np.sin(foot)], axis=1)
            feet[side] = _BODY_M * (ankle - _HEEL * sole), _BODY_M * (ankle + _TOE * sole)
        if feet:
            return stream.time_s, feet
    return None


def _tilt_ahead(recording: Recording, stream: Stream) -> Array:
    """Return the anterior tilt of the pelvis as seen along the way it faces, rad; else zero."""
    zero = np.zeros(len(stream.time_s))
    tilt, up, rotation = (
        stream.signals.get(f"pelvis_{motion}_angle_rad", zero)
        for motion in ("anterior_tilt", "obliquity_up", "internal_rotation")
    )
    if recording.pelvis is None:
        return tilt
    # A model's rotation is the way its pelvis faces: about that it has none left.
    return _from_line(tilt, up, rotation, rotation)[0]


def _of_angles(recording: Recording) -> _Body | None:
    """Return feet as joint angles place them below the pelvis of the model."""
    legs, pose = feet_from_angles(recording), recording.pelvis
    if legs is None and pose is None:
        return None
    clock = legs[0] if legs is not None else pose.time_s if pose is not None else np.empty(0)
    if len(clock) < 2:
        return None
    time = _grid(clock)
    pelvis, facing = np.zeros((len(time), 2)), np.tile([1.0, 0.0], (len(time), 1))
    way = 1.0 if legs is None else _way_of_angles(*legs)
    told, laboratory = "joint angles", False
    if pose is not None:
        pelvis = np.nan_to_num(_bridged(pose.time_s, pose.position_m, time))
        unit = np.stack([np.cos(pose.heading_rad), np.sin(pose.heading_rad)], axis=1)
        if np.isfinite(unit).all(axis=1).any():
            facing, laboratory = _unit(_bridged(pose.time_s, unit, time)), True
            told = "rotation of the model's pelvis"
        elif legs is not None:
            # A model that says nothing of its rotation faces where its travel and its legs agree.
            speed = _velocity(time, pelvis, _USUAL_STRIDE_S / 2.0)
            travels = np.linalg.norm(speed, axis=1) >= _TRAVELS_M_S
            if np.mean(travels) > _FLOOR_SHARE:
                facing = way * _unit(np.where(travels[:, np.newaxis], speed, np.nan))
                facing, laboratory = _bridged(time, facing, time), True
                told = "travel of the model's pelvis"
    feet = {}
    for side, (heel, toe) in (legs[1] if legs is not None else {}).items():
        middle = _bridged(clock, (heel + toe) / 2.0, time)
        feet[side] = np.column_stack([pelvis + facing * middle[:, :1], middle[:, 1]])
    return _Body(
        time_s=time,
        pelvis_m=pelvis,
        facing=facing,
        feet_m=feet,
        measured=not feet,  # without legs the floor is taken to be still
        way=way,
        laboratory=laboratory,
        evidence=f"{told}, and the feet its joint angles place" if feet else told,
    )


def _way_of_angles(time: Array, legs: Feet) -> float:
    """Return 1 for legs that walk forward, -1 for backward.

    Under the hip the standing foot moves against the way of walking, slowly and evenly, and the
    swinging foot with it, faster. Legs walk backward where three signs of that agree: the speed of
    the lower foot, the speed that the feet have most often, and the side of their highest speed.
    A bent leg may deceive one of them.
    """
    feet = {
        side: np.column_stack([(heel + toe)[:, 0] / 2.0, 0.0 * time, (heel + toe)[:, 1] / 2.0])
        for side, (heel, toe) in legs.items()
    }
    standing = _standing_velocity(time, feet)[:, 0]
    standing = standing[np.isfinite(standing)]
    every = np.concatenate([_velocity(time, foot[:, :1], _SPAN_S)[:, 0] for foot in feet.values()])
    every = every[np.isfinite(every)]
    if not len(standing) or not len(every):
        return 1.0
    lower, usual = float(np.median(standing)), float(_densest(every[:, np.newaxis], 0.25)[0])
    slowest, fastest = np.percentile(every, (3, 97))
    backward = (
        lower > max(0.5 * float(np.median(np.abs(standing))), _SLOWEST_M_S)
        and usual > 0.0
        and -slowest > _SWING_FASTER * fastest
    )
    return -1.0 if backward else 1.0


# From feet and pelvis to the course.


def _course(body: _Body) -> Course:
    time, stride = body.time_s, _stride_duration(body)
    ground, measured = np.zeros_like(body.pelvis_m), body.measured
    slowest = _SLOWEST_M_S if body.feet_m else _TRAVELS_M_S
    if body.feet_m:
        standing = _standing_velocity(time, body.feet_m)
        if not body.measured:
            against = standing - _velocity(time, body.pelvis_m, _SPAN_S)
            slips, moves = (_usual_size(vectors) for vectors in (standing, against))
            measured = slips < _MODEL_SLIPS * moves  # then it stands on a floor
        if body.measured:
            ground = _integral(time, _of_ground(time, standing, stride))
        elif not measured:
            ground = _integral(time, -body.way * _usual_size(against) * body.facing)
    course = Course(
        time_s=time,
        faced=_integral(time, body.facing),
        path_m=body.pelvis_m - ground,
        ground_m=ground,
        stride_s=stride,
        measured=measured,
        laboratory=body.laboratory,
        slowest_m_s=slowest,
        evidence=body.evidence,
    )
    return course if np.isfinite(body.facing).any() else _facing_by_sides(course, body)


def _facing_by_sides(course: Course, body: _Body) -> Course:
    """Face the way the person goes, or against it, so that the left foot is on the left."""
    start, end = course.stride_around(body.time_s)
    going = _unit(course.progress(start, end))
    known = np.zeros(len(body.time_s), dtype=bool)
    if len(body.feet_m) == len(SIDES):
        left, right = (body.feet_m[side][:, :2] for side in SIDES)
        apart = replace(course, path_m=_integral(body.time_s, left - right))
        across = apart.progress(start, end)
        side = -np.sum(across * rightwards(going), axis=1)
        known = np.abs(side) >= _APART_M
        going = np.where(known, np.sign(side), np.nan)[:, np.newaxis] * going
    told = "left and right foot" if known.any() else "taken to be forward: nothing shows the front"
    if not known.any():
        going = np.full_like(going, np.nan)
    faced = _integral(body.time_s, _bridged(body.time_s, going, body.time_s))
    return replace(course, faced=faced, evidence=f"{course.evidence}, {told}")


def _standing_velocity(time: Array, feet: Mapping[str, Array]) -> Array:
    """Return the horizontal velocity of the foot that is nearer to its lowest place, (n, 2)."""
    feet = {side: foot for side, foot in feet.items() if np.isfinite(foot[:, 2]).any()}
    if not feet:
        return np.full((len(time), 2), np.nan)
    rise = {side: foot[:, 2] - np.nanpercentile(foot[:, 2], 5) for side, foot in feet.items()}
    speed = {side: _velocity(time, foot[:, :2], _SPAN_S) for side, foot in feet.items()}
    if len(feet) == 1:
        ((side, height),) = rise.items()
        low = height <= np.nanmedian(height)
        return np.where(low[:, np.newaxis], speed[side], np.nan)
    left, right = SIDES
    lower = np.where((rise[left] <= rise[right])[:, np.newaxis], speed[left], speed[right])
    both = np.isfinite(rise[left] + rise[right])
    return np.where(both[:, np.newaxis], lower, np.nan)


def _of_ground(time: Array, standing: Array, stride_s: float) -> Array:
    """Return the velocity of the ground: what the standing foot does over two strides."""
    seen = np.isfinite(standing).all(axis=1)
    if not seen.any():
        return np.zeros_like(standing)
    width = min(2.0 * stride_s, time[-1] - time[0])
    centres = np.arange(time[0], time[-1] + 0.1, 0.1)
    starts = np.clip(centres - width / 2.0, time[0], time[-1] - width)
    instants, known = time[seen], standing[seen]
    first = np.searchsorted(instants, starts)
    last = np.searchsorted(instants, starts + width, side="right")
    usual = np.array(
        [
            _usual_velocity(known[a:b]) if b > a else (np.nan, np.nan)
            for a, b in zip(first, last, strict=True)
        ]
    )
    usual = _bridged(centres, usual, centres)
    moves = np.linalg.norm(usual, axis=1) >= _SLOWEST_M_S
    edges = np.flatnonzero(np.diff(np.concatenate([[False], moves, [False]])))
    longest = 0.1 * max((edges[1::2] - edges[::2]).tolist(), default=0)
    if moves.mean() < _FLOOR_SHARE and longest < _BELT_S:
        return np.zeros_like(standing)
    return _at(centres, usual, time)


def _usual_velocity(velocities: Array) -> Array:
    """Return what most of the velocities agree on: a foot may swing low, or drag."""
    centre = _densest(velocities, 0.5)
    near = np.linalg.norm(velocities - centre, axis=1) <= _STANDS_WITHIN_M_S
    usual: Array = np.median(velocities[near], axis=0) if near.any() else centre
    return usual


def _stride_duration(body: _Body) -> float:
    """Return how long a stride usually takes, s, from the way of one foot past the other."""
    if not body.feet_m:
        return _USUAL_STRIDE_S
    places = [foot[:, :2] for foot in body.feet_m.values()]
    apart = places[0] - (places[1] if len(places) > 1 else body.pelvis_m)
    facing = body.facing
    if np.isnan(facing).all():
        spread = np.nan_to_num(apart - np.nanmean(apart, axis=0))
        facing = np.linalg.svd(spread, full_matrices=False)[2][:1]
    ahead = np.sum(apart * facing, axis=1)
    ahead = ahead[np.isfinite(ahead)]
    if not len(ahead):
        return _USUAL_STRIDE_S
    low, high = np.percentile(ahead, (5, 95))
    level, reach = (low + high) / 2.0, (high - low) / 4.0
    state = np.select([ahead > level + reach, ahead < level - reach], [1, -1], default=0)
    places_known = np.flatnonzero(state)
    turned = places_known[1:][np.diff(state[places_known]) > 0]
    strides = np.diff(body.time_s[turned])
    return float(np.clip(np.median(strides), *_STRIDES_S)) if len(strides) else _USUAL_STRIDE_S


# Arithmetic on vectors over time.


def _grid(clock: Array) -> Array:
    """Return an even grid over a clock, 100 Hz or the clock's own rate where that is lower."""
    rate = min((len(clock) - 1) / (clock[-1] - clock[0]), _GRID_HZ)
    n_steps = max(round((clock[-1] - clock[0]) * rate), 1)
    grid: Array = np.linspace(clock[0], clock[-1], n_steps + 1)
    return grid


def _at(time: Array, values: Array, instants: Array) -> Array:
    """Return vectors over time at other instants, shape (m, k)."""
    return np.stack([np.interp(instants, time, column) for column in values.T], axis=1)


def _bridged(clock: Array, values: Array, time: Array) -> Array:
    """Return vectors on another clock, across what was not seen; NaN throughout if never seen."""
    seen = np.isfinite(values).all(axis=1)
    if not seen.any():
        return np.full((len(time), values.shape[1]), np.nan)
    return _at(clock[seen], values[seen], time)


def _velocity(time: Array, position: Array, span_s: float) -> Array:
    """Return the velocity between `span_s` before and after each instant."""
    start = np.clip(time - span_s, time[0], time[-1])
    end = np.clip(time + span_s, time[0], time[-1])
    change = _at(time, position, end) - _at(time, position, start)
    speed: Array = change / (end - start)[:, np.newaxis]
    return speed


def _densest(values: Array, share: float) -> Array:
    """Return the middle of the narrowest interval with a share of the values, by columns."""
    ordered = np.sort(values, axis=0)
    count = max(round(share * len(ordered)), 1)
    widths = ordered[count - 1 :] - ordered[: len(ordered) - count + 1]
    first = np.argmin(widths, axis=0)
    middle = first + count // 2
    found: Array = ordered[middle, np.arange(ordered.shape[1])]
    return found


def _usual_size(vectors: Array) -> float:
    sizes = np.linalg.norm(vectors, axis=1)
    sizes = sizes[np.isfinite(sizes)]
    return float(np.median(sizes)) if len(sizes) else np.nan


def _integral(time: Array, values: Array) -> Array:
    step = np.diff(time)[:, np.newaxis] * (values[1:] + values[:-1]) / 2.0
    summed: Array = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(step, axis=0)])
    return summed


def _unit(vectors: Array) -> Array:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Array = vectors / np.where(length > 0.0, length, np.nan)
    return unit


def _on_axis(direction: Array) -> Array:
    """Return unit vectors, along the laboratory's axis where they are nearly that."""
    nearest = np.round(direction)
    near = np.abs(np.sum(direction * nearest, axis=1)) >= _ON_AXIS
    near &= np.abs(nearest).sum(axis=1) == 1.0
    snapped: Array = np.where(near[:, np.newaxis], nearest, direction)
    return snapped
