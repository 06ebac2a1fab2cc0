"""Which marker sits where, by the names that the common marker sets give it.

:data:`MARKER_SETS` is the one table of names. A label counts where it is, as a whole, a name of the
table: case, separators and a prefix of the subject aside, with the side before or after it. What
a laboratory calls otherwise, it says (:func:`place_markers`).
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from os.path import commonprefix
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import SchemaError, did_you_mean, listed
from locomotion_analysis.ingest.recording import SIDES, Recording
from locomotion_analysis.typed_tree import yaml_tree

Markers = Mapping[str, NDArray[np.float64]]
FOOT = ("heel", "toe", "ankle")
_BONES_OF_PELVIS = ("asis", "psis", "sacrum", "crest")
PELVIS = (*_BONES_OF_PELVIS, "pelvis")


@dataclass(frozen=True, eq=False)
class MarkerSet:
    """Names of one marker set.

    Attributes
    ----------
    name : str
    source : str
        Where the names are published.
    places : mapping of str to tuple of str
        Place (``heel, toe, ankle, knee, asis, psis, sacrum, crest, pelvis``) -> names without the
        side, capital letters and digits only. The toe is the forefoot: toes and heads of the
        metatarsals; the crest is that of the ilium; the pelvis is what stands for it where no
        bone of it is marked (hips).
    """

    name: str
    source: str
    places: Mapping[str, tuple[str, ...]]


MARKER_SETS = (
    MarkerSet(
        "Plug-in Gait",
        "Vicon, Plug-in Gait Reference Guide",
        {
            "heel": ("HEE",),
            "toe": ("TOE",),
            "knee": ("KNE",),
            "ankle": ("ANK",),
            "asis": ("ASI",),
            "psis": ("PSI",),
            "sacrum": ("SACR", "VSAC"),
        },
    ),
    MarkerSet(
        "CGM2",
        "pyCGM2, marker lists of CGM2.3 and CGM2.4",
        {
            "heel": ("HEE",),
            "toe": ("TOE", "D1M", "D5M", "FMH", "SMH", "VMH"),
            "knee": ("KNE",),
            "ankle": ("ANK",),
            "asis": ("ASI",),
            "psis": ("PSI",),
        },
    ),
    MarkerSet(
        "Oxford Foot Model",
        "Stebbins et al. 2006, Gait Posture 23:401",
        {
            "heel": ("HEE",),
            "toe": ("TOE", "HLX", "D1M", "D5M", "P1M", "P5M"),
            "ankle": ("ANK", "MMA"),
        },
    ),
    MarkerSet(
        "Helen Hayes",
        "Kadaba et al. 1990, J Orthop Res 8:383; labels of OrthoTrak and of OpenSim's gait2354",
        {
            "heel": ("HEEL",),
            "toe": ("TOE", "TOETIP", "TOELAT", "TOEMED", "FOOTLAT", "FOOTMED"),
            "knee": ("KNEE", "KNEELAT"),
            "ankle": ("ANKLE", "ANKLELAT", "ANKLEMED", "ANKLEMEDIAL"),
            "asis": ("ASIS",),
            "psis": ("PSIS",),
            "sacrum": ("VSACRAL", "SACRAL", "SACRUM"),
            "crest": ("ILIAC",),
        },
    ),
    MarkerSet(
        "Davis of BTS",
        "Davis et al. 1991, Hum Mov Sci 10:575; labels of BTS SMART",
        {
            "heel": ("HEEL",),
            "toe": ("MET",),
            "ankle": ("MALL",),
            "asis": ("ASIS",),
            "sacrum": ("SACRUM", "SACRUMS"),
        },
    ),
    MarkerSet(
        "CAST",
        "Cappozzo et al. 1995, Clin Biomech 10:171",
        {
            "heel": ("CA",),
            "toe": ("FM", "SM", "VM"),
            "knee": ("LE",),
            "ankle": ("LM", "MM"),
            "asis": ("ASIS",),
            "psis": ("PSIS",),
        },
    ),
    MarkerSet(
        "ISB, IOR and Qualisys PAF",
        "Van Sint Jan 2007, Color Atlas of Skeletal Landmark Definitions; Leardini et al. 2007, "
        "Gait Posture 26:560; Visual3D, IOR Gait Full-Body Model",
        {
            "heel": ("FCC", "CA"),
            "toe": ("FM1", "FM2", "FM5", "FMT1", "FMT2", "FMT5", "FM", "SM", "VM"),
            "knee": ("FLE", "LFE", "LE"),
            "ankle": ("FAL", "TAM", "LM", "MM"),
            "asis": ("IAS", "ASIS"),
            "psis": ("IPS", "PSIS"),
        },
    ),
    MarkerSet(
        "IOR foot",
        "Leardini et al. 2007, Gait Posture 25:453",
        {"heel": ("CA",), "toe": ("FMH", "SMH", "VMH"), "ankle": ("LM", "MM")},
    ),
    MarkerSet(
        "RBDS",
        "Fukuchi et al. 2017, PeerJ 5:e3298; Fukuchi et al. 2018, PeerJ 6:e4640",
        {
            "heel": ("HEEL", "HEELTOP", "HEELBOTTOM", "HEELLATERAL"),
            "toe": ("MT1", "MT2", "MT5"),
            "knee": ("KNEE",),
            "ankle": ("ANKLE", "ANKLEMEDIAL"),
            "asis": ("ASIS",),
            "psis": ("PSIS",),
            "crest": ("ILIACCREST",),
        },
    ),
    MarkerSet(
        "OpenCap",
        "Uhlrich et al. 2023, PLoS Comput Biol 19:e1011462; markers of opencap-core",
        {
            "heel": ("CALC", "CALCSTUDY"),
            "toe": ("TOE", "TOESTUDY", "5META", "5METASTUDY"),
            "knee": ("KNEE", "KNEESTUDY"),
            "ankle": ("ANKLE", "ANKLESTUDY", "MANKLE", "MANKLESTUDY"),
            "asis": ("ASIS", "ASISSTUDY"),
            "psis": ("PSIS", "PSISSTUDY"),
        },
    ),
    MarkerSet(
        "OpenPose, Pose2Sim and video of OpenCap",
        "Cao et al. 2021, IEEE TPAMI 43:172 (BODY_25); Pagnon et al. 2022, JOSS 7:4362",
        {
            "heel": ("HEEL",),
            "toe": ("BIGTOE", "SMALLTOE"),
            "knee": ("KNEE",),
            "ankle": ("ANKLE",),
            "pelvis": ("MIDHIP", "HIP"),
        },
    ),
    MarkerSet(
        "MediaPipe Pose",
        "landmarks of MediaPipe Pose, Google",
        {
            "heel": ("HEEL",),
            "toe": ("FOOTINDEX",),
            "knee": ("KNEE",),
            "ankle": ("ANKLE",),
            "pelvis": ("HIP",),
        },
    ),
    MarkerSet(
        "Qualisys Animation and Sports",
        "Qualisys Track Manager, marker sets of the skeleton solver",
        {
            "heel": ("HEELBACK",),
            "toe": ("TOETIP", "FOREFOOTIN", "FOREFOOTOUT", "FOREFOOT2", "FOREFOOT5"),
            "ankle": ("ANKLEOUT", "ANKLEIN"),
            "asis": ("WAISTLFRONT", "WAISTRFRONT"),
            "psis": ("WAISTLBACK", "WAISTRBACK"),
            "sacrum": ("WAISTBACK",),
        },
    ),
    MarkerSet(
        "Human Body Model",
        "van den Bogert et al. 2013, Med Biol Eng Comput 51:1069",
        {
            "heel": ("HEE",),
            "toe": ("TOE", "MT5"),
            "ankle": ("LM",),
            "asis": ("ASIS",),
            "psis": ("PSIS",),
            "sacrum": ("SACR",),
        },
    ),
    MarkerSet(
        "OpenSim, full body",
        "Rajagopal et al. 2016, IEEE Trans Biomed Eng 63:2068",
        {
            "heel": ("CAL",),
            "toe": ("TOE", "MT1", "MT5"),
            "knee": ("LFC",),
            "ankle": ("LMAL", "MMAL"),
            "asis": ("ASI", "ASIS"),
            "psis": ("PSI", "PSIS"),
        },
    ),
    MarkerSet(
        "CMU",
        "Carnegie Mellon University Motion Capture Database, marker placement guide",
        {
            "heel": ("HEE",),
            "toe": ("TOE", "MT5"),
            "knee": ("KNE",),
            "ankle": ("ANK",),
            "asis": ("FWT",),
            "psis": ("BWT",),
        },
    ),
    MarkerSet("a user's own", "names of places, see place_markers", {"pelvis": ("PELVIS",)}),
)
"""Names of the common marker sets, without the side, by the place they sit at."""

KEY_POINTS = (
    MarkerSet(
        "OpenPose, HALPE, COCO, Pose2Sim, video of OpenCap, MediaPipe",
        "as in MARKER_SETS, and HALPE of AlphaPose",
        {
            "hip": ("HIP",),
            "knee": ("KNEE",),
            "ankle": ("ANKLE",),
            "heel": ("HEEL",),
            "toe": ("BIGTOE", "FOOTINDEX"),
        },
    ),
    MarkerSet(
        "joint centres",
        "usual abbreviations, as Visual3D and OpenSim's tools write them",
        {
            "hip": ("HJC",),
            "knee": ("KJC",),
            "ankle": ("AJC",),
            "heel": ("HEE", "CALC"),
            "toe": ("TOE",),
        },
    ),
)
"""Names of key points, which are centres of joints and no markers on skin."""


def key_points(markers: Markers) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return the key points of the legs, ``(hip, left)``, ..., of a recording without skin markers.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)

    Returns
    -------
    dict of (str, str) to ndarray, shape (n, 3)
        Empty where markers on the skin of the pelvis are there, or the hips are not: names of knees
        and ankles alone are as often those of markers.
    """
    skin = {place for place, _ in marker_places(tuple(markers)).values()}
    if skin & {"asis", "psis", "sacrum"}:
        return {}
    for known in KEY_POINTS:
        found = {
            place: markers[label]
            for label, place in _placed(tuple(markers), (known,)).items()
            if place[1] and np.isfinite(markers[label]).any()
        }
        if ("hip", "left") in found and ("hip", "right") in found:
            return found
    return {}


def foot_marker(markers: Markers, place: str, side: str) -> NDArray[np.float64] | None:
    """Return the mean position of the markers at one place of one foot.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)
    place : {"heel", "toe", "ankle"}
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (n, 3), or None
        NaN where a marker was not seen. None where the set has no such marker.

    Examples
    --------
    >>> foot_marker({"R HEEL": np.ones((2, 3))}, "heel", "right").shape
    (2, 3)
    """
    placed = marker_places(tuple(markers))
    return _mean([markers[name] for name, found in placed.items() if found == (place, side)])


def foot_ends(
    markers: Markers, side: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return heel and toe of one foot; the ankle stands in for the one that is not there.

    Parameters
    ----------
    markers : mapping of str to ndarray, shape (n, 3)
    side : {"left", "right"}

    Returns
    -------
    (ndarray, ndarray) or None
        Each of shape (n, 3). The heel stands in for the toe where there is no ankle. None without
        heel and ankle.
    """
    heel, toe, ankle = (foot_marker(markers, place, side) for place in ("heel", "toe", "ankle"))
    heel, second = (ankle if heel is None else heel), (heel if ankle is None else ankle)
    if heel is None or second is None:
        return None
    return heel, second if toe is None else toe


def pelvis_marker(markers: Markers) -> NDArray[np.float64] | None:
    """Return the mean position of the pelvis markers, shape (n, 3), or None without any.

    Of those on its bones; where there are none, of what stands for it (centres of the hips).
    """
    placed = marker_places(tuple(markers))
    of_pelvis = [name for name, (place, _) in placed.items() if place in PELVIS]
    bony = [name for name in of_pelvis if placed[name][0] in _BONES_OF_PELVIS]
    return _mean([markers[name] for name in bony or of_pelvis])


def pelvis_front(markers: Markers) -> NDArray[np.float64] | None:
    """Return the vector from the back of the pelvis to its front, shape (n, 3).

    From the markers behind (sacrum, posterior spines) to those before (anterior spines), else
    square to the line from right to left.

    Returns
    -------
    ndarray, shape (n, 3), or None
        Of any length. None where the markers do not show it.
    """
    placed = marker_places(tuple(markers))

    def middle(*places: tuple[str, str]) -> NDArray[np.float64] | None:
        return _mean([markers[name] for name, place in placed.items() if place in places])

    sided = [[(place, side) for place in ("asis", "psis", "crest", "pelvis")] for side in SIDES]
    fore = middle(("asis", "left"), ("asis", "right"))
    back = middle(("psis", "left"), ("psis", "right"), ("psis", ""), ("sacrum", ""))
    if fore is not None and back is not None and _seen_together(fore, back):
        return fore - back
    left, right = (middle(*places) for places in sided)
    if left is None or right is None:
        return None
    across = left - right
    return np.stack([across[:, 1], -across[:, 0], 0.0 * across[:, 0]], axis=1)


def _seen_together(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(one + other).all(axis=1).any())


def _mean(positions: list[NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """Mean of the markers that were seen at all; NaN where one of them was not."""
    seen = [position for position in positions if np.isfinite(position).any()]
    return np.mean(seen, axis=0) if seen else None


def marker_places(labels: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Say where the markers of a recording sit.

    Parameters
    ----------
    labels : tuple of str
        All labels of the recording: what all of them begin with is the subject's prefix, and a side
        that is written right behind a name (``HEELL``) counts beside that of the other foot only.

    Returns
    -------
    dict of str to (str, str)
        Label -> place and side (``""`` at the midline), of those with exactly one place in
        :data:`MARKER_SETS`.

    Examples
    --------
    >>> marker_places(("S1:LHEE", "S1:r_calc_study", "S1:SACR", "S1:HEEL", "S1:LSHO"))
    {'S1:LHEE': ('heel', 'left'), 'S1:r_calc_study': ('heel', 'right'), 'S1:SACR': ('sacrum', '')}
    """
    return _placed(labels, MARKER_SETS)


@lru_cache(maxsize=64)
def _placed(labels: tuple[str, ...], sets: tuple[MarkerSet, ...]) -> dict[str, tuple[str, str]]:
    bare = {label: label.rsplit(":", 1)[-1] for label in labels}
    prefix = _common_prefix([*bare.values()])
    words = {label: _words(name.removeprefix(prefix)) for label, name in bare.items()}
    every = {"".join(parts) for parts in words.values()}
    placed = {}
    for label, parts in words.items():
        found = _readings(parts, every, sets) if parts else set()
        if len(found) == 1:
            placed[label] = found.pop()
    return placed


def _common_prefix(names: list[str]) -> str:
    """Return the subject's name, as ``S01_`` or ``Q_``, that all of several names begin with."""
    prefix = re.sub(r"[A-Za-z0-9]*$", "", commonprefix(names)) if len(names) > 1 else ""  # noqa: RUF071 no paths
    return "" if any(_side_of(word) for word in _words(prefix)) else prefix


def _words(name: str) -> list[str]:
    """Split a label at separators and where capitals begin, in capitals: LeftHeel, r.ASIS_study."""
    parts = re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+", name)
    return [part.upper() for part in parts]


def _side_of(word: str) -> str:
    return {"L": "left", "LEFT": "left", "R": "right", "RIGHT": "right"}.get(word, "")


def _readings(
    words: list[str], every: set[str], sets: tuple[MarkerSet, ...]
) -> set[tuple[str, str]]:
    """Return every place and side that a label may mean."""
    whole = "".join(words)
    found = {(place, "") for place in _at(whole, sets) if place in PELVIS}
    pairs = [(_side_of(words[0]), "".join(words[1:])), (_side_of(words[-1]), "".join(words[:-1]))]
    pairs.append((_side_of(whole[:1]), whole[1:]))
    for word, side in (("LEFT", "left"), ("RIGHT", "right")):
        pairs += [(side, whole.removeprefix(word))] if whole.startswith(word) else []
        pairs += [(side, whole.removesuffix(word))] if whole.endswith(word) else []
    other = {"L": "R", "R": "L"}.get(whole[-1:], "")
    if whole[:-1] + other in every:
        pairs.append((_side_of(whole[-1:]), whole[:-1]))
    found |= {(place, side) for side, base in pairs if side for place in _at(base, sets)}
    return found


def _at(name: str, sets: tuple[MarkerSet, ...]) -> set[str]:
    return {place for known in sets for place, names in known.places.items() if name in names}


# What a laboratory calls otherwise.

PLACES = (*(f"{side}_{place}" for side in SIDES for place in FOOT), "pelvis")
"""Places a user may name markers of."""


def read_places(said: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read ``PLACE=LABEL`` pairs, as the command line has them.

    Parameters
    ----------
    said : iterable of str
        Such as ``left_heel=CALC_G``; a place may come several times.

    Returns
    -------
    dict of str to tuple of str
        Place (``PLACES``) -> labels.

    Raises
    ------
    SchemaError
        If a pair is none, or names no place.

    Examples
    --------
    >>> read_places(["left_heel=CALC_G", "pelvis=S1", "pelvis=S2"])
    {'left_heel': ('CALC_G',), 'pelvis': ('S1', 'S2')}
    """
    places: dict[str, tuple[str, ...]] = {}
    for pair in said:
        place, equals, label = pair.partition("=")
        if not equals or not label.strip():
            raise SchemaError(
                expected="PLACE=LABEL, as left_heel=CALC_G", got=repr(pair), where="marker"
            )
        places[place.strip()] = (*places.get(place.strip(), ()), label.strip())
    _refuse_unknown(places)
    return places


def _refuse_unknown(places: Iterable[str]) -> None:
    for place in places:
        if place not in PLACES:
            raise SchemaError(
                expected=f"a place of {', '.join(PLACES)}",
                got=repr(place),
                where="marker names",
                fix="name the place a marker sits at, as left_heel=CALC_G",
            )


def place_markers(recording: Recording, places: Mapping[str, Iterable[str]]) -> Recording:
    """Put the markers that the user names in their places.

    Parameters
    ----------
    recording : Recording
    places : mapping of str to iterable of str
        Place (``PLACES``) -> labels of the markers there, as the file writes them.

    Returns
    -------
    Recording
        With the mean of these markers as one marker named after its place. What the table of
        names puts in the same place is left out, and the history says so. Unchanged without
        markers.

    Raises
    ------
    SchemaError
        If there is no such place, or no such marker in the recording.

    Examples
    --------
    >>> walk = Recording(source="walk.c3d", markers={"CALC_G": np.zeros((2, 3))})
    >>> list(place_markers(walk, {"left_heel": ["CALC_G"]}).markers)
    ['left_heel']
    """
    _refuse_unknown(places)
    if not recording.markers or not places:
        return recording
    known = marker_places(tuple(recording.markers))
    markers, entries = dict(recording.markers), []
    for place, given in places.items():
        labels = (given,) if isinstance(given, str) else tuple(given)
        absent = [label for label in labels if label not in recording.markers]
        if absent:
            raise SchemaError(
                expected=f"the markers named for {place}",
                got=f"none called {', '.join(absent)} among {', '.join(recording.markers)}",
                where=recording.source,
                fix="write the label as the file does",
            )
        mean = _mean([recording.markers[label] for label in labels])
        side, _, part = place.rpartition("_")
        rivals = [
            label
            for label, (found, of) in known.items()
            if label not in labels and ((found, of) == (part, side) or _both_pelvis(found, place))
        ]
        for label in (*labels, *rivals):
            markers.pop(label, None)
        if mean is not None:
            markers[place] = mean
        entries.append(HistoryEntry("renamed", f"marker {', '.join(labels)} -> {place}"))
        if rivals:
            text = f"markers {', '.join(rivals)}: {place} is told to be {', '.join(labels)}"
            entries.append(HistoryEntry("dropped", text, len(rivals)))
    return replace(recording, markers=markers).then(*entries)


def _both_pelvis(found: str, place: str) -> bool:
    return place == "pelvis" and found in PELVIS


# What a model calls otherwise.


def read_marker_map(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read a marker map: a YAML file of ``name in the file: name of the model``, one a line.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    dict of str to str

    Raises
    ------
    FileReadError
        If there is no such file.
    SchemaError
        If it is no such mapping, or two names become one; with the line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "map.yaml"
    >>> _ = path.write_text("{ASIS_right: R.ASIS, ASIS_left: L.ASIS}")
    >>> read_marker_map(path)
    {'ASIS_right': 'R.ASIS', 'ASIS_left': 'L.ASIS'}
    """
    names: dict[str, str] = {}
    for label, node in yaml_tree(Path(path)).entries().items():
        name = node.raw
        if isinstance(node.value, dict | list) or not name:
            raise node.error("the name of one marker of the model", fix="write label: NAME")
        earlier = [old for old, new in names.items() if new.lower() == name.lower()]
        if earlier:
            raise node.error("every marker of the model once", f"{name!r}, as for {earlier[0]}")
        names[label] = name
    return names


def rename_markers(recording: Recording, names: Mapping[str, str]) -> Recording:
    """Give markers the names that a model has for them.

    Parameters
    ----------
    recording : Recording
    names : mapping of str to str
        Label in the file, with or without the subject's prefix (``S1:``) -> name. Labels that the
        recording does not have are passed over: a static trial has more than a walk.

    Returns
    -------
    Recording
        With a history of what was renamed.

    Raises
    ------
    SchemaError
        If a name is that of another marker of the recording.

    Examples
    --------
    >>> walk = Recording(source="walk.trc", markers={"S1:rasis": np.zeros((2, 3))})
    >>> list(rename_markers(walk, {"rasis": "R.ASIS"}).markers)
    ['R.ASIS']
    """
    own = {label: mapped_label(label, names) for label in recording.markers}
    renamed = {label: name for label, name in own.items() if name != label}
    if not renamed:
        return recording
    twice = sorted(name for name in set(own.values()) if [*own.values()].count(name) > 1)
    if twice:
        of_name = [label for label, name in own.items() if name == twice[0]]
        raise SchemaError(
            expected="one marker of each name",
            got=f"{twice[0]} for {' and '.join(of_name)}",
            where=f"{recording.source}, marker map",
            fix=f"give one of them another name, or leave {of_name[0]} out of the map",
        )
    markers = {own[label]: xyz for label, xyz in recording.markers.items()}
    text = f"markers {', '.join(f'{label} -> {name}' for label, name in renamed.items())}"
    return replace(recording, markers=markers).then(HistoryEntry("renamed", text, len(renamed)))


def mapped_label(label: str, names: Mapping[str, str]) -> str:
    """Return the name that a map has for a label, else the label."""
    return names.get(label) or names.get(label.rpartition(":")[2]) or label


def refuse_labels(names: Mapping[str, str], labels: Iterable[str]) -> None:
    """Raise where a marker map names a label that no recording has.

    Parameters
    ----------
    names : mapping of str to str
        As :func:`rename_markers` takes them.
    labels : iterable of str
        Those of all the recordings, as the files write them.
    """
    there = {part for label in labels for part in (label, label.rpartition(":")[2])}
    for label in names:
        if label not in there:
            raise SchemaError(
                expected="labels that a file has",
                got=repr(label),
                where="marker map",
                fix=did_you_mean(label, there, f"the files have {listed(sorted(there))}"),
            )


def refuse_names(names: Mapping[str, str], known: Iterable[str], model: str) -> None:
    """Raise where a marker map gives a name that a model has no marker of.

    Parameters
    ----------
    names : mapping of str to str
        As :func:`rename_markers` takes them.
    known : iterable of str
        Markers of the model.
    model : str
        Its file, for the message.
    """
    there = {name.lower(): name for name in known}
    for label, name in names.items():
        if name.lower() not in there:
            raise SchemaError(
                expected=f"markers of the model {model}",
                got=f"{name!r} for {label}",
                where="marker map",
                fix=did_you_mean(name, there.values(), f"it has {listed(sorted(there.values()))}"),
            )
