"""The parts every layout is read into, and every operation passes on."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data.history import HistoryEntry


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
