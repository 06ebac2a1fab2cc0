"""What a check hands on: which curves it found, where, and what was allowed."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

WHOLE_CYCLE = -1
"""Channel index of a finding about a cycle rather than a curve."""


@dataclass(frozen=True, eq=False)
class Hits:
    """Findings of one check in one batch, one array entry each.

    Attributes
    ----------
    code : str
    cycle, channel : ndarray of int
        Positions in the batch; `WHOLE_CYCLE` where no channel is meant.
    phase : ndarray
        Percent of the cycle, NaN where the whole cycle is meant.
    value, low, high : ndarray
        What was found and what was allowed, in the channel's unit; NaN where there is none.
    column : str
        Metadata column, where that and not a channel is meant.
    """

    code: str
    cycle: NDArray[np.intp]
    channel: NDArray[np.intp]
    phase: NDArray[np.float64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    column: str = ""

    @classmethod
    def at(
        cls,
        code: str,
        cycle: NDArray[np.intp],
        channel: ArrayLike = WHOLE_CYCLE,
        phase: ArrayLike = np.nan,
        value: ArrayLike = np.nan,
        low: ArrayLike = np.nan,
        high: ArrayLike = np.nan,
        column: str = "",
    ) -> Self:
        """Build from arrays or single values, spread over `cycle`."""
        shown = (
            np.broadcast_to(np.asarray(each, dtype=np.float64), len(cycle))
            for each in (phase, value, low, high)
        )
        channels = np.broadcast_to(np.asarray(channel, dtype=np.intp), len(cycle))
        at_phase, found, bottom, top = shown
        return cls(code, cycle, channels, at_phase, found, bottom, top, column)

    @classmethod
    def where(
        cls,
        code: str,
        mask: NDArray[np.bool_],
        phase: ArrayLike = np.nan,
        value: ArrayLike = np.nan,
        low: ArrayLike = np.nan,
        high: ArrayLike = np.nan,
    ) -> Self:
        """Build from a mask of shape (n_channels, n_cycles).

        Parameters
        ----------
        code : str
        mask : ndarray of bool
        phase, value, low, high : array_like
            A single value, or an array of the mask's shape.
        """
        row, cycle = np.nonzero(mask)
        at_phase, found, bottom, top = (
            np.broadcast_to(np.asarray(each, dtype=np.float64), mask.shape)[row, cycle]
            for each in (phase, value, low, high)
        )
        return cls.at(code, cycle, row, at_phase, found, bottom, top)

    def __len__(self) -> int:
        return len(self.cycle)
