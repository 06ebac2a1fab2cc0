"""Joint angles, moments and powers of recordings that have markers and no model outputs.

The conventional gait model of :mod:`locomotion_analysis.biomechanics`, with the measures that the
file or the table of subjects has, the static trial of the same person, and the force plates.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.biomechanics import (
    Body,
    Leg,
    calibrated,
    cgm1_markers,
    joint_angles,
    key_point_angles,
    leg_kinetics,
    pose,
    stretched_frames,
    swapped_markers,
    what_is_possible,
)
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.bodies import body_of, differences
from locomotion_analysis.ingest.foot_forces import low_pass_known
from locomotion_analysis.ingest.ground_reactions import ground_reactions
from locomotion_analysis.ingest.marker_names import FOOT, PELVIS, key_points, marker_places
from locomotion_analysis.ingest.recording import SIDES, Recording, Stream

Array = NDArray[np.float64]
JointModel = Literal["auto", "cgm1", "none"]
MODELS: tuple[JointModel, ...] = ("auto", "cgm1", "none")
_JOINTS = ("hip", "knee", "ankle")
_LEG_LENGTHS = ("leg_length", "knee_width", "ankle_width", "asis_trochanter")
_LEG_ANGLES = (
    "thigh_rotation",
    "shank_rotation",
    "tibial_torsion",
    "plantar_flexion",
    "foot_rotation",
)


def measures_of(recording: Recording) -> Body:
    """Return the measures of the person that the model needs.

    Parameters
    ----------
    recording : Recording
        From its metadata (a table of subjects), else from its ``measures`` (the file):
        ``marker_diameter_m, asis_distance_m, pelvis_depth_m``; of each leg ``leg_length_left_m,
        knee_width_left_m, ankle_width_left_m, asis_trochanter_left_m`` and ``thigh_rotation_left_rad,
        shank_rotation_left_rad, tibial_torsion_left_rad, plantar_flexion_left_rad,
        foot_rotation_left_rad``; without a side (``knee_width_m``), of both.

    Returns
    -------
    Body
        NaN where not known.
    """

    def known(name: str) -> float:
        for source in (recording.metadata, recording.measures):
            value = source.get(name)
            if isinstance(value, int | float | np.number) and np.isfinite(value):
                return float(value)
        return np.nan

    def of_leg(name: str, unit: str, side: str) -> float:
        own = known(f"{name}_{side}_{unit}")
        return known(f"{name}_{unit}") if np.isnan(own) else own

    legs = {}
    for side in SIDES:
        lengths = {f"{name}_m": of_leg(name, "m", side) for name in _LEG_LENGTHS}
        lengths["length_m"] = lengths.pop("leg_length_m")
        turns = {f"{name}_rad": of_leg(name, "rad", side) for name in _LEG_ANGLES}
        told = {name: value for name, value in (lengths | turns).items() if not np.isnan(value)}
        legs[side] = Leg(**told)
    return Body(
        marker_diameter_m=known("marker_diameter_m"),
        asis_distance_m=known("asis_distance_m"),
        pelvis_depth_m=known("pelvis_depth_m"),
        legs=legs,
    )


def has_joint_angles(recording: Recording) -> bool:
    """Return whether a recording has angles of hip, knee or ankle."""
    return any(name.startswith(_JOINTS) and "_angle_" in name for name in recording.channels)


_STILL_M = 0.05
_FEWEST_STILL = 4


def is_static(recording: Recording) -> bool:
    """Return whether the person stands throughout: no marker of pelvis or feet moves by 5 cm."""
    places = marker_places(tuple(recording.markers))
    parts = {name: "pelvis" if place in PELVIS else place for name, (place, _) in places.items()}
    spans = [
        float(np.max(np.nanmax(xyz, axis=0) - np.nanmin(xyz, axis=0)))
        for name, xyz in recording.markers.items()
        if parts.get(name) in ("pelvis", *FOOT) and np.isfinite(xyz).all(axis=1).any()
    ]
    both = {"pelvis"} < {part for part in parts.values() if part in ("pelvis", *FOOT)}
    return both and len(spans) >= _FEWEST_STILL and max(spans) < _STILL_M


def needs_static(recording: Recording, model: JointModel) -> bool:
    """Return whether a static trial of the same person could tell what a joint lacks."""
    if model == "none" or (model == "auto" and has_joint_angles(recording)):
        return False
    if is_static(recording):
        return False
    body = measures_of(recording)
    hoped = {side: _known_to_static(leg) for side, leg in body.legs.items()}
    now, then = (
        set(what_is_possible(recording.markers, each).computed)
        for each in (body, replace(body, legs=hoped))
    )
    return now != then


def _known_to_static(leg: Leg) -> Leg:
    """Return a leg with some value for all that a static trial may tell."""
    told = ("knee_width_m", "ankle_width_m", "plantar_flexion_rad", "foot_rotation_rad")
    return replace(leg, **{name: 1.0 for name in told if np.isnan(getattr(leg, name))})


def with_joints(
    recording: Recording, model: JointModel = "auto", static: Recording | None = None
) -> Recording:
    """Add the joint angles, moments and powers of the conventional gait model.

    Parameters
    ----------
    recording : Recording
        With its subject's measures. Without the model's markers key points of the legs give the
        angles that they determine (``auto``); without those it is unchanged.
    model : {"auto", "cgm1", "none"}
        ``auto`` computes what the recording does not have: angles where it has none of the legs'
        joints, moments and powers where it has no moments. ``cgm1`` computes all, in place of
        what the file has. ``none`` nothing.
    static : Recording, optional
        Static trial of the same person, for what the feet need and is not known.

    Returns
    -------
    Recording
        With a history of what was computed, from which measures, and what is missing for the rest.

    Raises
    ------
    SchemaError
        With ``cgm1``, where the markers are not there, carry each other's name, or not one joint
        can be computed; with any model, if the static trial is of another body.
    """
    named = cgm1_markers(recording.markers)
    given = has_joint_angles(recording)
    asked = model == "cgm1"
    kinetic = any("_moment_" in name for name in recording.channels)
    if model == "none" or (given and kinetic and not asked):
        return recording
    if not asked and "LASI" not in named:
        return recording if given else _by_key_points(recording)
    wrong = swapped_markers(named)
    if wrong and not asked:
        text = f"joint angles of the markers: {'; '.join(wrong)}"
        return recording.then(HistoryEntry("missing", text))
    body, entries = _whole_body(recording, None if wrong else static)
    possible = what_is_possible(named, body)
    joints = [name for name in possible.computed if name.endswith(_JOINTS)]
    lacks = "; ".join(f"{name} lacks {what}" for name, what in possible.left_out.items())
    if asked and (wrong or not joints):
        raise SchemaError(
            expected="markers and measures of the conventional gait model",
            got="; ".join(wrong) or lacks,
            where=recording.source,
            fix="correct the labels"
            if wrong
            else "`locomotion markers FILE` says what is there; measures come from the file or from "
            "a table of subjects (leg length, knee width, ankle width, marker diameter)",
        )
    if given and not asked and len(joints) < len(_JOINTS) * len(SIDES):
        return recording
    markers, masked = _without_stretched(named)
    found = pose(markers, body)
    angles = joint_angles(found)
    moments, said = _loads(recording, markers, body)
    fresh = (angles if asked or not given else {}) | (moments if asked or not kinetic else {})
    fresh = {name: values for name, values in fresh.items() if np.isfinite(values).any()}
    if not fresh:
        return recording
    entries += masked
    computed = [name for name in possible.computed if not given or asked]
    if computed:
        text = f"angles by the conventional gait model (CGM1): {', '.join(computed)}"
        entries.append(HistoryEntry("computed", text, sum("_angle_" in name for name in fresh)))
    entries += _left_out(recording, lacks)
    entries += said
    return with_signals(recording.then(*entries), fresh, "CGM1")


def _left_out(recording: Recording, lacks: str) -> list[HistoryEntry]:
    """Say which angles are not computed and why, and what of the file is not taken into account."""
    told = [f"angles: {what}" for what in (lacks, _alike(recording.markers)) if lacks and what]
    told += [
        f"{side} ankle: the file's AnkleAbAdd of {np.degrees(tilt):.2f} degrees, not applied: the "
        "axis is taken as square to the shank"
        for side in SIDES
        if (tilt := recording.measures.get(f"ankle_tilt_{side}_rad"))
    ]
    return [HistoryEntry("missing", text) for text in told]


_ALIKE, _MOST_ALIKE = 0.8, 6


def _alike(markers: Mapping[str, Array]) -> str:
    """Return which labels are nearly those of the model's markers that are not there."""
    named = cgm1_markers(markers)
    plain = {re.sub(r"[^A-Z0-9]", "", label.rpartition(":")[2].upper()): label for label in markers}
    others = [name for name in plain if name not in named]
    pairs = [
        f"{name} may be {plain[near]}"
        for name in what_is_possible(markers, Body()).missing
        for near in get_close_matches(
            name, [other for other in others if other[:1] == name[0]], n=1, cutoff=_ALIKE
        )
    ]
    more = f" and {len(pairs) - _MOST_ALIKE} more" if len(pairs) > _MOST_ALIKE else ""
    told = f"names nearly the model's: {', '.join(pairs[:_MOST_ALIKE])}{more} (--marker-map)"
    return told if pairs else ""


def _by_key_points(recording: Recording) -> Recording:
    """Add the angles that key points determine, where they are there."""
    angles = key_point_angles(key_points(recording.markers))
    angles = {name: values for name, values in angles.items() if np.isfinite(values).any()}
    if not angles:
        alike = _alike(recording.markers)
        entry = HistoryEntry("missing", f"joint angles: {alike}")
        return recording.then(entry) if alike else recording
    entries = [
        HistoryEntry(
            "computed", "angles in the sagittal plane by key points of the legs", len(angles)
        ),
        HistoryEntry(
            "missing",
            "flexion of the hip, tilt of the pelvis and angles in other planes: key points do not "
            "determine them",
        ),
    ]
    if any(name.startswith("foot_") for name in angles):
        text = (
            "key points of heel and toe equally high above the sole: angles of foot and ankle may be "
            "off by a constant"
        )
        entries.append(HistoryEntry("assumed", text))
    return with_signals(recording.then(*entries), angles, "the key points")


def with_signals(recording: Recording, fresh: Mapping[str, Array], model: str) -> Recording:
    """Put what a model computed at the frames of the markers in place of the file's own signals.

    Parameters
    ----------
    recording : Recording
    fresh : mapping of str to ndarray, shape (n_frames,)
        By channel, with the side of the body.
    model : str
        What computed them, for the history.

    Returns
    -------
    Recording
        With a history of what was replaced.
    """
    replaced = [name for name in recording.channels if name in fresh]
    entries = []
    if replaced:
        text = f"the file's {', '.join(replaced)}, for those of {model}"
        entries.append(HistoryEntry("replaced", text, len(replaced)))
    streams = [
        Stream(s.time_s, {n: v for n, v in s.signals.items() if n not in fresh})
        for s in recording.streams
    ]
    streams = [stream for stream in streams if stream.signals]
    streams.append(Stream(recording.marker_time_s, fresh))
    return replace(recording, streams=tuple(streams)).then(*entries)


def _whole_body(recording: Recording, static: Recording | None) -> tuple[Body, list[HistoryEntry]]:
    """Return the measures, with those of the static trial where they are not known.

    Raises
    ------
    SchemaError
        If the static trial is of another body, or markers in it carry each other's name.
    """
    body = measures_of(recording)
    if static is None:
        return body, []
    if wrong := swapped_markers(static.markers):
        raise SchemaError(
            expected="a static trial with its markers in their places",
            got="; ".join(wrong),
            where=static.source,
            fix="correct the labels of the static trial",
        )
    both = [(part.source, body_of(part)) for part in (recording, static)]
    if apart := differences(both):
        raise SchemaError(
            expected="a static trial of the same person",
            got=f"bodies that differ, {'; '.join(apart)}",
            where=recording.source,
            fix="take the static trial of another person out, or name the files by person",
        )
    known = measures_of(static)
    unknown = np.isnan(body.marker_diameter_m)
    if unknown and not np.isnan(known.marker_diameter_m):
        body = replace(body, marker_diameter_m=known.marker_diameter_m)
    whole = calibrated(static.markers, body)
    if whole == body:
        return body, []
    told = [
        f"{side} {name.rpartition('_')[0].replace('_', ' ')} {_shown(name, getattr(leg, name))}"
        for side, leg in whole.legs.items()
        for name in (*_MEASURED, *(f"{angle}_rad" for angle in _LEG_ANGLES))
        if np.isnan(getattr(body.legs[side], name)) and not np.isnan(getattr(leg, name))
    ]
    text = f"static trial {Path(static.source).name}, soles level: {', '.join(told)}"
    return whole, [HistoryEntry("assumed", text)] if told else []


_MEASURED = ("knee_width_m", "ankle_width_m")


def _shown(name: str, value: float) -> str:
    return f"{value:.3f} m" if name.endswith("_m") else f"{np.degrees(value):.2f} degrees"


def _without_stretched(
    named: Mapping[str, Array],
) -> tuple[dict[str, Array], list[HistoryEntry]]:
    """Blank the markers of one segment where they are not as far apart as usual."""
    markers = dict(named)
    entries = []
    for pair, off in stretched_frames(named).items():
        for name in pair:
            markers[name] = np.where(off[:, np.newaxis], np.nan, markers[name])
        text = f"{pair[0]} and {pair[1]} where their distance is not the usual one (frames)"
        entries.append(HistoryEntry("masked", text, int(off.sum())))
    return markers, entries


# Moments and powers.

CUTOFF_HZ = 10.0
"""Of the fourth-order zero-lag filter of motion and force, where the markers are not smoothed yet."""
_ROUGH_M = 2e-5
"""Noise from which markers are raw: cameras leave 0.1 mm, trajectories smoothed by splines 0.004 mm."""


def _loads(
    recording: Recording, markers: Mapping[str, Array], body: Body
) -> tuple[dict[str, Array], list[HistoryEntry]]:
    """Return moments and powers, by mass, where plates and mass are known."""
    mass = recording.metadata.get("mass_kg")
    time = recording.marker_time_s
    if not recording.plates or len(time) < 2:
        return {}, []
    if not isinstance(mass, int | float | np.number) or not mass > 0.0:
        return {}, [HistoryEntry("missing", "joint moments: the mass of the body is not known")]
    ground = ground_reactions(recording)
    if not ground:
        text = "joint moments: no force plate contact of one known foot"
        return {}, [HistoryEntry("missing", text)]
    rough = _noise_m(markers)
    smooth = "as they are: the markers are smoothed already"
    if rough > _ROUGH_M:
        markers = {name: low_pass_known(time, xyz, CUTOFF_HZ) for name, xyz in markers.items()}
        ground = {
            side: (low_pass_known(time, force, CUTOFF_HZ), low_pass_known(time, moment, CUTOFF_HZ))
            for side, (force, moment) in ground.items()
        }
        smooth = f"low-passed at {CUTOFF_HZ:g} Hz (fourth order, zero lag): raw markers"
    rate = (len(time) - 1) / (time[-1] - time[0])
    loads = leg_kinetics(
        pose(markers, body), markers, body, ground, mass_kg=float(mass), rate_hz=rate
    )
    entries = [HistoryEntry("missing", f"joint moments: {why}") for why in loads.missing]
    if loads.signals:
        text = (
            "moments and powers by Newton-Euler, in the axes of the distal segment; masses of "
            f"Dempster as the conventional model has them; motion and force {smooth}"
        )
        entries.append(HistoryEntry("computed", text, len(loads.signals)))
    return dict(loads.signals), entries


def _noise_m(markers: Mapping[str, Array]) -> float:
    """Return the noise of markers by their fourth differences, m, median over the markers.

    White noise of variance v has fourth differences of variance 70 v (1, 4, 6, 4, 1 squared);
    what a body does in five frames has next to none.
    """
    jumps = (np.diff(xyz, 4, axis=0) for xyz in markers.values())
    noise = [np.sqrt(np.nanmean(jump**2) / 70.0) for jump in jumps if np.isfinite(jump).any()]
    return float(np.median(noise)) if noise else 0.0


# What a recording allows, for people.


@dataclass(frozen=True)
class MarkerReport:
    """What the markers of a recording allow.

    Attributes
    ----------
    markers : DataFrame
        ``marker, there, seen_percent`` (of the frames), one row a marker of the model.
    joints : DataFrame
        ``angles, computed, lacks``.
    remarks : tuple of str
        Whether it is a static trial, has angles of its own, plates and a mass; markers that are
        exchanged or wander; labels of no marker of the model.
    wrong : bool
        Whether markers are exchanged or wander.
    """

    markers: pd.DataFrame
    joints: pd.DataFrame
    remarks: tuple[str, ...]
    wrong: bool


_MOST_LABELS = 30


def report_of(recording: Recording) -> MarkerReport:
    """Return what the markers of a recording allow.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    MarkerReport
    """
    named = cgm1_markers(recording.markers)
    possible = what_is_possible(named, measures_of(recording))
    rows = [
        (name, "yes", round(100.0 * float(np.isfinite(named[name]).all(axis=1).mean()), 1))
        for name in possible.found
    ]
    rows += [(name, "no", 0.0) for name in possible.missing]
    joints = [(name, "yes", "") for name in possible.computed]
    joints += [(name, "no", lack) for name, lack in possible.left_out.items()]
    wrong = list(swapped_markers(named))
    wrong += [
        f"{one} and {other} are not as far apart as usual in {int(off.sum())} frames"
        for (one, other), off in stretched_frames(named).items()
    ]
    remarks = [*wrong]
    if is_static(recording):
        remarks.append("a static trial: it calibrates the other trials of the person")
    if points := key_point_angles(key_points(recording.markers)):
        text = ", ".join(name.removesuffix("_rad") for name in points)
        remarks.append(f"key points of the legs: convert computes {text}")
    if has_joint_angles(recording):
        remarks.append("the file has joint angles: convert takes them (--model cgm1 computes them)")
    if any("knee width" in lack for lack in possible.left_out.values()):
        remarks.append(
            "measures of the person: --subjects TABLE with the columns subject, marker diameter, leg "
            "length, knee width, ankle width (units in brackets; of one leg: left knee width)"
        )
    mass = recording.metadata.get("mass_kg")
    remarks.append(
        f"moments and powers: {len(recording.plates)} force plates, "
        + ("mass not known" if mass is None else f"mass {mass:g} kg")
    )
    if alike := _alike(recording.markers):
        remarks.append(alike)
    others = [label for label in recording.markers if label.rpartition(":")[2].upper() not in named]
    if others:
        more = f" and {len(others) - _MOST_LABELS} more" if len(others) > _MOST_LABELS else ""
        remarks.append(f"not of the model: {', '.join(others[:_MOST_LABELS])}{more}")
    return MarkerReport(
        pd.DataFrame(rows, columns=["marker", "there", "seen_percent"]),
        pd.DataFrame(joints, columns=["angles", "computed", "lacks"]),
        tuple(remarks),
        bool(wrong),
    )
