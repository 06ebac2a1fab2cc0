"""What was done to the data, kept with the data."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that was done.

    Attributes
    ----------
    action : str
        A past participle: ``read, renamed, converted, assumed, reordered, dropped,
        resampled, selected, concatenated, simulated, written``.
    detail : str
        What exactly, with names and numbers.
    count : int or None
        How many rows, cycles or columns it touched, where that makes sense.

    Examples
    --------
    >>> str(HistoryEntry("dropped", "cycles without a target", 3))
    'dropped: cycles without a target (3)'
    """

    action: str
    detail: str
    count: int | None = None

    def __str__(self) -> str:
        return f"{self.action}: {self.detail}" + ("" if self.count is None else f" ({self.count})")


def history_to_json(history: Iterable[HistoryEntry]) -> str:
    """Return `history` as JSON text."""
    return json.dumps([asdict(entry) for entry in history])


def history_from_json(text: str) -> tuple[HistoryEntry, ...]:
    """Return the history written by :func:`history_to_json`."""
    return tuple(HistoryEntry(**entry) for entry in json.loads(text))
