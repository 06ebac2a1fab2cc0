"""Gait events that a C3D file carries in its EVENT group."""

import re

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.c3d.content import C3DContent
from locomotion_analysis.ingest.recording import HEEL_STRIKE, TOE_OFF, Event

_SECONDS_PER_MINUTE = 60.0
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
_KINDS = {
    "footstrike": HEEL_STRIKE,
    "heelstrike": HEEL_STRIKE,
    "footcontact": HEEL_STRIKE,
    "initialcontact": HEEL_STRIKE,
    "hs": HEEL_STRIKE,
    "ic": HEEL_STRIKE,
    "footoff": TOE_OFF,
    "toeoff": TOE_OFF,
    "to": TOE_OFF,
    "fo": TOE_OFF,
}


def c3d_events(content: C3DContent) -> tuple[tuple[Event, ...], list[HistoryEntry]]:
    """Return the foot strikes and foot offs, in time order.

    Times stand on the capture's clock (0 at frame 1), the same as
    :attr:`C3DContent.point_time_s`. Parameters: ``EVENT:CONTEXTS, LABELS, TIMES``; a time is a
    pair of minutes and seconds.

    Returns
    -------
    tuple of Event
    list of HistoryEntry
        Events that are not foot contacts, have no side, or lie outside the recorded frames.
    """
    times = _times(content.numbers("EVENT", "TIMES"))
    labels, contexts = content.texts("EVENT", "LABELS"), content.texts("EVENT", "CONTEXTS")
    used = content.number("EVENT", "USED")
    count = min(len(times), len(labels), len(contexts))
    count = count if used is None else min(count, int(used))
    found: set[Event] = set()
    dropped: list[str] = []
    clock = content.point_time_s
    half_frame = 0.5 / content.point_rate_hz if content.point_rate_hz else 0.0
    for time, label, context in zip(times[:count], labels, contexts, strict=False):
        side, kind = _side_and_kind(context, label)
        inside = clock.size and clock[0] - half_frame <= time <= clock[-1] + half_frame
        if side and kind and inside:
            found.add(Event(float(time), side, kind))
        else:
            dropped.append(f"{context} {label} at {time:.3f} s")
    history = []
    if dropped:
        detail = "events that are no foot contact or lie outside the frames: " + "; ".join(dropped)
        history.append(HistoryEntry("dropped", detail, len(dropped)))
    return tuple(sorted(found)), history


def _times(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return seconds from pairs (minutes, seconds), also where the pairs lie in one row."""
    flat = values.ravel(order="F")
    pairs = flat[: flat.size // 2 * 2].reshape(-1, 2)
    return pairs[:, 0] * _SECONDS_PER_MINUTE + pairs[:, 1]


def _side_and_kind(context: str, label: str) -> tuple[str | None, str | None]:
    side = _SIDES.get(context.strip().lower())
    words = re.sub(r"[^a-z]", "", label.lower())
    if words in _KINDS:
        return side, _KINDS[words]
    # RHS, LTO, "Right Foot Strike": the side is in the label.
    match = re.match(r"(right|left|r|l)(.+)", words)
    if match is None or match[2] not in _KINDS:
        return side, None
    return side or _SIDES[match[1]], _KINDS[match[2]]
