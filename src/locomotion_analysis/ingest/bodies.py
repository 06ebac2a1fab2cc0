"""Bodies: what of a person does not change from one file to the next, and what may.

Mass, height, leg length, age, sex, date of birth, and the distances of markers that sit on one
bone. One name over bodies that no person has is not one person's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data.identity import is_nobody
from locomotion_analysis.ingest.recording import SIDES, Recording

_GROWN_UP_YEARS = 20.0


@dataclass(frozen=True)
class Measure:
    """How much one quantity may differ between files of one person.

    Attributes
    ----------
    words : str
    at_most : float
        Largest difference; of the smaller value where `relative`.
    a_year : float
        What growth may add to it for each year between two ages, before 20.
    relative : bool
    """

    words: str
    at_most: float
    a_year: float = 0.0
    relative: bool = False

    def agree(self, low: float, high: float, years: float) -> bool:
        """Whether two values may be of one person."""
        allowed = self.at_most + self.a_year * years
        return high - low <= allowed * (low if self.relative else 1.0)


MEASURES: dict[str, Measure] = {
    # A fifth is more than weight loss or a pregnancy; children gain up to a quarter a year.
    "mass_kg": Measure("body mass, kg", 0.20, 0.25, relative=True),
    # Shoes, time of the day and whoever measured make 3 cm; children grow up to 10 cm a year.
    "height_m": Measure("height, m", 0.05, 0.10),
    "leg_length_m": Measure("leg length, m", 0.05, 0.06),
    "age": Measure("age, years", 10.0),
}
_DISTANCE = Measure("distance of markers, m", 0.05, 0.03)
"""Markers that are put on again land within 2 cm or so at either end."""
_SEXES = {"f": "female", "w": "female", "woman": "female", "m": "male", "man": "male"}
_FIXED = {"sex": "sex", "date_of_birth": "date of birth", "birth_date": "date of birth"}
_LEAST_FRAMES = 3
_PLACES = {
    "asis": r"ASIS?|IAS",
    "knee": r"KNEE?(?:LAT)?|FLE|LFE|LE|LFC",
    "ankle": r"ANK(?:LE)?(?:LAT)?|FAL|LM|LMAL",
}
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
    for name, words in _FIXED.items():
        value = metadata.get(name)
        if value is not None and not pd.isna(value) and not is_nobody(str(value)):
            text = str(value).strip().lower()
            body[words] = _SEXES.get(text, text) if name == "sex" else text
    return body


def _distances(recording: Recording) -> Body:
    places: dict[tuple[str, str], tuple[str, NDArray[np.float64]]] = {}
    for label, xyz in recording.markers.items():
        plain = re.sub(r"[^A-Z0-9]", "", label.rpartition(":")[2].upper())
        for place, names in _PLACES.items():
            match = re.fullmatch(rf"(L|LEFT|R|RIGHT)(?:{names})", plain)
            if match:
                places.setdefault((place, match[1][0]), (plain, xyz))
    pairs = [(("asis", "L"), ("asis", "R"))]
    pairs += [(("knee", side[0].upper()), ("ankle", side[0].upper())) for side in SIDES]
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
        if name in _FIXED.values():
            if len({value for value, _, _ in known}) > 1:
                found.append(_listed(name, known))
            continue
        low, high = min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0])
        ages = [age for age in (low[2], high[2]) if age is not None]
        growing = len(ages) > 1 and min(ages) < _GROWN_UP_YEARS
        measure = MEASURES.get(name, _DISTANCE)
        if not measure.agree(low[0], high[0], abs(ages[1] - ages[0]) if growing else 0.0):
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
