"""What every layout is read into, and every operation passes on: cycles, curves and their history.

Here are also the history's JSON form, and the joining of cycles that does not look at whose they
are; :mod:`~locomotion_analysis.data.subjects` joins datasets of different people.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.typed_tree import json_tree, typed

_SHOWN = 5


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


def history_from_json(content: str | bytes, where: str = "history") -> tuple[HistoryEntry, ...]:
    """Return the history written by :func:`history_to_json`.

    Raises
    ------
    FileReadError
        If it is damaged; `where` names it.
    """
    try:
        return typed(tuple[HistoryEntry, ...], json_tree(content, where))
    except SchemaError as error:
        raise FileReadError(
            expected="a history as this package writes it",
            got=f"{error.got} (expected {error.expected})",
            where=error.where,
            fix="write the file again, or remove its metadata: the cycles do not hang on them",
        ) from error


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
    # Two people may share a name, and groups go by the name.
    people = cycles[["dataset", "subject"]].drop_duplicates()
    shared = people["subject"][people["subject"].duplicated()].drop_duplicates()
    if len(shared):
        detail = (
            f"subjects named alike in several datasets are one person ({_some(shared)}); "
            "merge_datasets tells them apart"
        )
        history.append(HistoryEntry("assumed", detail, len(shared)))
    return Parts(cycles, block, channels, tuple(history))


def with_truth_type(cycles: pd.DataFrame) -> pd.DataFrame:
    """Give columns of true, false and missing values the nullable type, in place of objects."""
    found = [
        name
        for name, dtype in cycles.dtypes.items()
        if pd.api.types.is_object_dtype(dtype)
        and pd.api.types.infer_dtype(cycles[name], skipna=True) == "boolean"
    ]
    return cycles.astype(dict.fromkeys(found, "boolean")) if found else cycles


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
