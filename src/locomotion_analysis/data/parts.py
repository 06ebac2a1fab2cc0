"""MERGED parts.

- The parts every layout is read into, and every operation passes on.
- Putting datasets one after the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data.columns import with_truth_type
from locomotion_analysis.data.history import HistoryEntry

# ----------------------------------------------------------------------
# The parts every layout is read into, and every operation passes on.


@dataclass(frozen=True)
class Parts:
    """Cycles, their curves and what was done to them.

    Attributes
    ----------
    cycles : DataFrame
        One row a gait cycle.
    block : ndarray of float32, shape (n_channels, n_cycles, 150)
    channels : tuple of str
        Standard channel names, in the order of `block`.
    history : tuple of HistoryEntry
    """

    cycles: pd.DataFrame
    block: NDArray[np.float32]
    channels: tuple[str, ...]
    history: tuple[HistoryEntry, ...] = ()

    def then(self, *entries: HistoryEntry) -> Self:
        """Return the same parts with `entries` at the end of the history."""
        return replace(self, history=(*self.history, *entries))


# ----------------------------------------------------------------------
# Putting datasets one after the other.


_SHOWN = 5


def concatenate(pieces: Sequence[Parts]) -> Parts:
    """Join cycles; a channel that a piece does not have is NaN there, and said so."""
    channels = tuple(dict.fromkeys(name for piece in pieces for name in piece.channels))
    n_cycles = sum(len(piece.cycles) for piece in pieces)
    block = np.full((len(channels), n_cycles, pieces[0].block.shape[2]), np.nan, dtype=np.float32)
    history = list(dict.fromkeys(entry for piece in pieces for entry in piece.history))
    start = 0
    for piece in pieces:
        stop = start + len(piece.cycles)
        for index, name in enumerate(piece.channels):
            block[channels.index(name), start:stop] = piece.block[index]
        absent = [name for name in channels if name not in piece.channels]
        if absent:
            detail = f"NaN in cycles {start} to {stop - 1} for channels {', '.join(absent)}"
            history.append(HistoryEntry("filled", detail, stop - start))
        start = stop
    cycles = with_truth_type(pd.concat([piece.cycles for piece in pieces], ignore_index=True))
    history += _names_in_several_datasets(cycles)
    return Parts(cycles, block, channels, tuple(history))


def people_of_several(cycles: pd.DataFrame, lengths: Iterable[int]) -> str:
    """Name the people whose cycles stand in more than one of the pieces, for the history."""
    lengths = list(lengths)
    piece = np.repeat(np.arange(len(lengths)), lengths)
    people = cycles[["dataset", "subject"]].assign(piece=piece).drop_duplicates()
    people = people[["dataset", "subject"]]
    shared = people["subject"][people.duplicated()].drop_duplicates()
    return f"; one person in several: {_some(shared)}" if len(shared) else ""


def _some(names: "pd.Series[str]") -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


def _names_in_several_datasets(cycles: pd.DataFrame) -> list[HistoryEntry]:
    """Say so where two people may share a name, since groups go by the name."""
    people = cycles[["dataset", "subject"]].drop_duplicates()
    shared = people["subject"][people["subject"].duplicated()].drop_duplicates()
    if shared.empty:
        return []
    detail = (
        f"subjects named alike in several datasets are one person ({_some(shared)}); "
        "merge_datasets tells them apart"
    )
    return [HistoryEntry("assumed", detail, len(shared))]
