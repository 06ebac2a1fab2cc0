"""What a set of markers allows, and whether two of them carry each other's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.biomechanics.cgm1 import (
    LEG_MARKERS,
    LETTER,
    PELVIS_MARKERS,
    SIDES,
    TRUNK_MARKERS,
    Body,
    HipCentre,
    Markers,
    cgm1_markers,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Possible:
    """What of the conventional gait model can be computed.

    Attributes
    ----------
    found, missing : tuple of str
        Markers of the model that are there, and that are not.
    computed : tuple of str
        Angles, as ``pelvis, left hip, left knee, left ankle, ..., trunk``.
    left_out : mapping of str to str
        Angle -> what it lacks.
    """

    found: tuple[str, ...]
    missing: tuple[str, ...]
    computed: tuple[str, ...]
    left_out: Mapping[str, str]


def what_is_possible(markers: Markers, body: Body, *, hips: HipCentre = "davis") -> Possible:
    """Say which angles markers and measures allow, and what the others lack.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)
    body : Body
    hips : {"davis", "harrington", "hara"}

    Returns
    -------
    Possible

    Examples
    --------
    >>> seen = {name: np.ones((1, 3)) for name in ("LASI", "RASI", "SACR")}
    >>> possible = what_is_possible(seen, Body(marker_diameter_m=0.014))
    >>> possible.computed, possible.left_out["left hip"]
    (('pelvis',), 'leg length, markers LTHI, LKNE, knee width')
    """
    named = cgm1_markers(markers)
    wanted = [*PELVIS_MARKERS]
    wanted += [f"{LETTER[side]}{name}" for side in SIDES for name in (*LEG_MARKERS, "HEE")]
    wanted += TRUNK_MARKERS
    lacking = {"pelvis": _absent(named, PELVIS_MARKERS), "trunk": _absent(named, TRUNK_MARKERS)}
    for side in SIDES:
        leg, letter = body.legs[side], LETTER[side]
        hip = [*lacking["pelvis"]]
        if hips != "harrington" and np.isnan([one.length_m for one in body.legs.values()]).any():
            hip.append("leg length")
        if hips != "hara" and np.isnan(body.marker_diameter_m):
            hip.append("marker diameter")
        hip += _absent(named, [f"{letter}THI", f"{letter}KNE"])
        hip += ["knee width"] if np.isnan(leg.knee_width_m) else []
        knee = [*hip, *_absent(named, [f"{letter}TIB", f"{letter}ANK"])]
        knee += ["ankle width"] if np.isnan(leg.ankle_width_m) else []
        ankle = [*knee, *_absent(named, [f"{letter}TOE"])]
        if np.isnan(leg.plantar_flexion_rad + leg.foot_rotation_rad):
            ankle.append("the foot's static offsets (a static trial with the heel marker)")
        lacking |= {f"{side} hip": hip, f"{side} knee": knee, f"{side} ankle": ankle}
    return Possible(
        found=tuple(name for name in wanted if name in named),
        missing=tuple(name for name in wanted if name not in named),
        computed=tuple(name for name, lack in lacking.items() if not lack),
        left_out={name: _listed(lack) for name, lack in lacking.items() if lack},
    )


def _absent(named: Markers, wanted: tuple[str, ...] | list[str]) -> list[str]:
    absent = [name for name in wanted if name not in named]
    return [f"markers {', '.join(absent)}"] if absent else []


def _listed(lack: list[str]) -> str:
    return ", ".join(dict.fromkeys(lack))


_CROSSING_M = 0.02
"""Feet of a person whose legs cross may pass each other by this much on average."""
_RIGID_PAIRS = (
    *(("LASI", "RASI"), ("LASI", "SACR"), ("RASI", "SACR")),
    *(
        (f"{letter}{one}", f"{letter}{other}")
        for letter in "LR"
        for one, other in (("THI", "KNE"), ("TIB", "ANK"), ("HEE", "TOE"))
    ),
)
_STRETCH, _STRETCH_M = 0.25, 0.03


def swapped_markers(markers: Markers) -> tuple[str, ...]:
    """Find markers that carry each other's name.

    A person on their feet has the left markers on the left, thigh, knee, shank and ankle from top
    to bottom, the ankle above the toe, the toe before the heel, the sacrum behind the spines and as
    far from one as from the other, and markers of one segment always as far apart. Where the medians of a recording's frames contradict that, the
    one exchange of two labels, of the whole left with the whole right, or of the two spines that
    leaves no contradiction is named.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)
        Laboratory axes with z up.

    Returns
    -------
    tuple of str
        Empty where nothing contradicts; ``("LKNE and LTIB are exchanged",)``; or the contradictions
        where no one exchange mends them all.

    Examples
    --------
    >>> import numpy as np
    >>> from locomotion_analysis.biomechanics import Body, Leg, markers_of_angles
    >>> leg = Leg(
    ...     length_m=0.9,
    ...     knee_width_m=0.1,
    ...     ankle_width_m=0.07,
    ...     plantar_flexion_rad=0.2,
    ...     foot_rotation_rad=0.0,
    ... )
    >>> body = Body(
    ...     marker_diameter_m=0.014,
    ...     asis_distance_m=0.24,
    ...     pelvis_depth_m=0.15,
    ...     legs={"left": leg, "right": leg},
    ... )
    >>> markers = markers_of_angles({}, body, np.tile([0.0, 0.0, 0.9], (100, 1)))
    >>> markers["LKNE"], markers["LTIB"] = markers["LTIB"], markers["LKNE"]
    >>> swapped_markers(markers)
    ('LKNE and LTIB are exchanged',)
    """
    named = _seen_together(cgm1_markers(markers))
    if not all(name in named for name in PELVIS_MARKERS):
        return ()
    wrong = _contradictions(named)
    if not wrong:
        return ()
    legs = [name for name in named if name[1:] in (*LEG_MARKERS, "HEE") and name[0] in "LR"]
    of_side = {name: f"{'R' if name[0] == 'L' else 'L'}{name[1:]}" for name in legs}
    if set(of_side.values()) == set(legs):
        for whole in ({**of_side, "LASI": "RASI", "RASI": "LASI"}, of_side):
            if not _contradictions({name: named[whole.get(name, name)] for name in named}):
                what = (
                    "all left and right markers" if "LASI" in whole else "the legs, left and right,"
                )
                return (f"{what} are exchanged",)
    said = [set(text.split()) for text in wrong]
    mends = [
        pair
        for pair in combinations([*PELVIS_MARKERS, *legs], 2)
        # The pelvis says where left and front are; of others, each contradiction must name one.
        if (pair[0] in PELVIS_MARKERS or all(words.intersection(pair) for words in said))
        and not _contradictions({**named, pair[0]: named[pair[1]], pair[1]: named[pair[0]]})
    ]
    if len(mends) == 1:
        return (f"{mends[0][0]} and {mends[0][1]} are exchanged",)
    return tuple(wrong)


_MOST_FRAMES = 60


def _seen_together(named: Markers) -> dict[str, Array]:
    """Return some frames with all markers that are seen in most frames."""
    often = {name: xyz for name, xyz in named.items() if np.isfinite(xyz).all(axis=1).mean() > 0.5}
    if not often:
        return {}
    whole = np.flatnonzero(np.isfinite(np.stack([*often.values()])).all(axis=(0, 2)))
    frames = whole[:: max(len(whole) // _MOST_FRAMES, 1)]
    return {name: xyz[frames] for name, xyz in often.items()} if len(frames) else {}


def _contradictions(named: Markers) -> list[str]:
    """Return what the markers say that no standing or walking person shows."""
    left, right, sacrum = (named[name] for name in PELVIS_MARKERS)
    across, ahead = left - right, (left + right) / 2.0 - sacrum
    width = np.linalg.norm(across, axis=1)
    # Seen from above, with the sacrum behind, the left spine is to the left.
    turned = ahead[:, 0] * across[:, 1] - ahead[:, 1] * across[:, 0]
    one_sided = np.linalg.norm(left - sacrum, axis=1) - np.linalg.norm(right - sacrum, axis=1)
    said = {
        "LASI is to the right of RASI": _mostly(turned < 0.0),
        "SACR is nearer to one spine than to the other": _mostly(np.abs(one_sided) > 0.25 * width),
        "SACR is between the spines": _mostly(np.linalg.norm(ahead, axis=1) < 0.15 * width),
    }
    front = ahead * [1.0, 1.0, 0.0]
    front = front / np.linalg.norm(front, axis=1, keepdims=True)
    to_left = np.stack([-front[:, 1], front[:, 0], 0.0 * front[:, 0]], axis=1)
    for name in (*LEG_MARKERS, "HEE"):
        pair = f"L{name}", f"R{name}"
        aside = _between(named, *pair, to_left)
        said[f"{pair[0]} is to the right of {pair[1]}"] = aside < -_CROSSING_M
    up = np.array([0.0, 0.0, 1.0])
    for letter in "LR":
        order = ["SACR", *(f"{letter}{name}" for name in ("THI", "KNE", "TIB", "ANK", "TOE"))]
        heel, ankle, toe = (f"{letter}{name}" for name in ("HEE", "ANK", "TOE"))
        for upper, lower in (*pairwise(name for name in order if name in named), (ankle, heel)):
            said[f"{upper} is below {lower}"] = _between(named, upper, lower, up) < 0.0
        said[f"{toe} is behind {heel}"] = _between(named, toe, heel, front) < 0.0
    for one, other in _RIGID_PAIRS:
        if one in named and other in named:
            distance = np.linalg.norm(named[one] - named[other], axis=1)
            low, usual, high = np.percentile(distance, (10, 50, 90))
            wanders = high - low > max(_STRETCH * usual, _STRETCH_M)
            said[f"{one} and {other} do not stay as far apart"] = wanders
    return [text for text, wrong in said.items() if wrong]


def _between(named: Markers, one: str, other: str, way: Array) -> float:
    """Return how far one marker is from another along a way, median; NaN where one is missing."""
    if one not in named or other not in named:
        return np.nan
    return float(np.median(np.sum((named[one] - named[other]) * way, axis=1)))


def _mostly(seen: NDArray[np.bool_]) -> bool:
    return bool(np.mean(seen) > 0.5)


def stretched_frames(markers: Markers) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Find the frames in which two markers of one segment are not as far apart as usual.

    A marker that takes another's name for a while, or jumps, does that.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)

    Returns
    -------
    dict of (str, str) to ndarray of bool, shape (n,)
        Pair of markers -> frames in which their distance is 25 % and 3 cm off its median.
    """
    named = cgm1_markers(markers)
    found = {}
    for one, other in _RIGID_PAIRS:
        if one in named and other in named:
            distance = np.linalg.norm(named[one] - named[other], axis=1)
            if not np.isfinite(distance).any():
                continue
            usual = float(np.nanmedian(distance))
            off = np.abs(distance - usual) > max(_STRETCH * usual, _STRETCH_M)
            if off.any():
                found[one, other] = off
    return found
