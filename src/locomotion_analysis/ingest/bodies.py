"""Bodies: what of a person does not change from one file to the next, and what may.

Mass, height, leg length, age, sex, date of birth, and the distances of markers that sit on one
bone. One name over bodies that no person has is not one person's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data.identity import (
    GROWN_UP_YEARS,
    MEASURES,
    TEXTS,
    Measure,
    compared,
    is_nobody,
)
from locomotion_analysis.errors import UnitError
from locomotion_analysis.ingest.marker_names import marker_places
from locomotion_analysis.ingest.recording import SIDES, Recording

_DISTANCE = Measure("distance of markers, m", 0.05, 0.05, 0.03)
"""Markers that are put on again land within 2 cm or so at either end."""
_LEAST_FRAMES = 3
Body = dict[str, Any]
"""Quantity -> value: keys of :data:`MEASURES`, sex, date of birth, pairs of markers (m)."""


def body_of(recording: Recording) -> Body:
    """Return what a recording says of the body: metadata, and distances of markers on one bone.

    The distances are the medians over the frames of ASIS to ASIS, and of knee to ankle of either
    leg; only markers of the same names are compared.
    """
    measured = _distances(recording, _OF_ONE_BONE)
    return known_of(recording.metadata) | {
        " to ".join(names): length for names, length in measured.items()
    }


def known_of(metadata: Mapping[str, Any]) -> Body:
    """Return what metadata says of the body."""
    body: Body = {}
    for name in MEASURES:
        value = metadata.get(name)
        if isinstance(value, int | float | np.number) and np.isfinite(value) and value > 0:
            body[name] = float(value)
    for name, words in TEXTS.items():
        value = metadata.get(name)
        if value is not None and not pd.isna(value) and not is_nobody(str(value)):
            body[words] = compared(words, value)
    return body


_Place = tuple[str, str]
_OF_ONE_BONE: tuple[tuple[_Place, _Place], ...] = (
    (("asis", "left"), ("asis", "right")),
    *((("knee", side), ("ankle", side)) for side in SIDES),
)
_OF_THE_FEET = tuple((("heel", side), ("toe", side)) for side in SIDES)
_POSSIBLE_M = {"asis": (0.06, 0.8), "knee": (0.08, 1.2), "heel": (0.03, 0.7)}
"""From that place to its partner, toddlers and giants with room to spare: a tenth is not possible."""


def refuse_other_unit(recording: Recording) -> None:
    """Raise where markers of one bone are all far nearer or farther than in any person.

    Raises
    ------
    UnitError
        If ASIS to ASIS, knee to ankle and heel to toe, as far as there, are all too short, or all
        too long: the coordinates are in another unit than the file says.
    """
    found, too_short, too_long = [], [], []
    for pair in (*_OF_ONE_BONE, *_OF_THE_FEET):
        low, high = _POSSIBLE_M[pair[0][0]]
        for names, length in _distances(recording, [pair]).items():
            found.append(f"{' to '.join(names)} {length:.3g} m")
            too_short.append(length < low)
            too_long.append(length > high)
    if found and (all(too_short) or all(too_long)):
        raise UnitError(
            expected="markers of one bone as far apart as in a person",
            got=", ".join(found[:_MOST_LISTED]),
            where=recording.source,
            fix="correct the unit of length that the file states",
        )


def _distances(
    recording: Recording, pairs: Sequence[tuple[_Place, _Place]]
) -> dict[tuple[str, str], float]:
    """Return the median distances of pairs of markers, m: their names -> distance."""
    places: dict[_Place, tuple[str, NDArray[np.float64]]] = {}
    for label, place in marker_places(tuple(recording.markers)).items():
        plain = re.sub(r"[^A-Z0-9]", "", label.rpartition(":")[2].upper())
        places.setdefault(place, (plain, recording.markers[label]))
    found = {}
    for one, other in pairs:
        if one in places and other in places:
            (first, start), (second, end) = places[one], places[other]
            lengths: NDArray[np.float64] = np.linalg.norm(end - start, axis=1)
            lengths = lengths[np.isfinite(lengths)]
            if len(lengths) >= _LEAST_FRAMES:
                found[first, second] = float(np.median(lengths))
    return found


def differences(bodies: Sequence[tuple[str, Body]]) -> list[str]:
    """Say in which quantities bodies differ by more than one person's may.

    Parameters
    ----------
    bodies : sequence of (str, Body)
        Where each was found, and what is known of it.

    Examples
    --------
    >>> differences([("a.c3d", {"mass_kg": 52.0}), ("b.c3d", {"mass_kg": 97.0})])
    ['body mass, kg: 52 (a.c3d), 97 (b.c3d)']
    >>> differences([("a.c3d", {"mass_kg": 70.0}), ("b.c3d", {"mass_kg": 74.0})])
    []
    """
    found = []
    for name in dict.fromkeys(key for _, body in bodies for key in body):
        known = [(body[name], where, body.get("age")) for where, body in bodies if name in body]
        if name in TEXTS.values():
            if len({value for value, _, _ in known}) > 1:
                found.append(_listed(name, known))
            continue
        low, high = min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0])
        ages = [age for age in (low[2], high[2]) if age is not None]
        growing = len(ages) > 1 and min(ages) < GROWN_UP_YEARS
        measure = MEASURES.get(name, _DISTANCE)
        years = abs(ages[1] - ages[0]) if growing else 0.0
        if measure.differ(low[0], high[0], measure.between + measure.a_year * years):
            words = measure.words if name in MEASURES else f"{name}, m"
            found.append(_listed(words, known))
    return found


_MOST_LISTED = 4


def _listed(words: str, known: Sequence[tuple[Any, str, Any]]) -> str:
    values: dict[str, str] = {}
    for value, where, _ in sorted(known, key=lambda k: (str(type(k[0])), k[0])):
        values.setdefault(f"{value:.3g}" if isinstance(value, float) else str(value), where)
    told = [f"{value} ({where})" for value, where in values.items()]
    if len(told) > _MOST_LISTED:
        told = [*told[: _MOST_LISTED - 1], "...", told[-1]]
    return f"{words}: {', '.join(told)}"
