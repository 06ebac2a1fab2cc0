"""Which marker sits where, whatever a laboratory calls it."""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_SIDE_LETTER = {"left": "L", "right": "R"}
_PLACES = {
    "heel": (r"HEEL?\d?", r"CALC?", r"HEELPOST", r"CALCPOST"),
    "toe": (
        r"TOE(TIP)?", r"FOOT(MED|LAT)", r"FM[15T]", r"MTP?H?[1-5]", r"[PD][15]M", r"HLX",
        r"SMH", r"[15]MH", r"TOE(MED|LAT)", r"(BIG|SMALL)TOE",
    ),
    "ankle": (r"ANK", r"ANKLE(LAT|MED)?", r"[LM]MAL", r"MMA", r"MALLEOLUS(LAT|MED)?"),
}  # fmt: skip
_PELVIS = re.compile(
    r"^(SACR(UM)?|VSACRAL|[LR](ASI|PSI|ASIS|PSIS|ILIAC|IAS|IPS)|[LR](FRONT|BACK)PELVIS)$"
)
Markers = Mapping[str, NDArray[np.float64]]


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
    letter = _SIDE_LETTER[side]
    pattern = re.compile(rf"^(?:{letter}|{side.upper()})(?:{'|'.join(_PLACES[place])})$")
    trailing = re.compile(rf"^(?:{'|'.join(_PLACES[place])}){letter}$")
    found = [
        position
        for name, position in markers.items()
        if pattern.match(_plain(name)) or trailing.match(_plain(name))
    ]
    return _mean(found)


def pelvis_marker(markers: Markers) -> NDArray[np.float64] | None:
    """Return the mean position of the pelvis markers, shape (n, 3), or None without any."""
    found = [position for name, position in markers.items() if _PELVIS.match(_plain(name))]
    return _mean(found)


def _mean(positions: list[NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """Mean of the markers that were seen at all; NaN where one of them was not."""
    seen = [position for position in positions if np.isfinite(position).any()]
    return np.mean(seen, axis=0) if seen else None


def _plain(name: str) -> str:
    """Drop a subject's prefix and everything but letters and digits."""
    return re.sub(r"[^A-Z0-9]", "", name.rsplit(":", 1)[-1].upper())
