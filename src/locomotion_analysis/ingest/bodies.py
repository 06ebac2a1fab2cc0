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
    return known_of(recording.metadata) | _distances(recording)


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


def _distances(recording: Recording) -> Body:
    places: dict[tuple[str, str], tuple[str, NDArray[np.float64]]] = {}
    for label, place in marker_places(tuple(recording.markers)).items():
        plain = re.sub(r"[^A-Z0-9]", "", label.rpartition(":")[2].upper())
        places.setdefault(place, (plain, recording.markers[label]))
    pairs = [(("asis", "left"), ("asis", "right"))]
    pairs += [(("knee", side), ("ankle", side)) for side in SIDES]
    body: Body = {}
    for one, other in pairs:
        if one in places and other in places:
            (first, start), (second, end) = places[one], places[other]
            lengths: NDArray[np.float64] = np.linalg.norm(end - start, axis=1)
            lengths = lengths[np.isfinite(lengths)]
            if len(lengths) >= _LEAST_FRAMES:
                body[f"{first} to {second}"] = float(np.median(lengths))
    return body


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
