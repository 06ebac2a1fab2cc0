"""One pass over a batch's curves that gathers what several checks need."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CurveFacts:
    """Facts of every curve; all arrays of shape (n_channels, n_cycles).

    Attributes
    ----------
    missing, infinite : ndarray of int
        Samples that are NaN, infinite.
    tail : ndarray of int
        How many of the last samples are equal; 150 for a constant curve.
    jump, jump_at : ndarray
        Largest change between neighbouring samples, and the sample after it.
    beyond, beyond_at : ndarray
        How far the worst sample lies outside the rails (0: inside), and which it is.
    outside, outside_by, outside_at : ndarray
        Samples outside the band, how far the worst is, and which it is.
    """

    missing: Ints
    infinite: Ints
    tail: Ints
    jump: Floats
    jump_at: Ints
    beyond: Floats
    beyond_at: Ints
    outside: Ints
    outside_by: Floats
    outside_at: Ints


def curve_facts(
    block: Floats, table_of: NDArray[np.int64], rails: Floats, band: Floats
) -> CurveFacts:
    """Gather the facts of a block of curves.

    Parameters
    ----------
    block : ndarray, shape (n_channels, n_cycles, 150)
    table_of : ndarray, shape (n_cycles,)
        Which of the tables of bounds holds for each cycle.
    rails, band : ndarray, shape (n_tables, n_channels, 2, 150)
        Lower and upper bounds; NaN where there are none.
    """
    shape = block.shape[:2]
    whole = np.zeros((6, *shape), dtype=np.int32)
    parts = np.zeros((3, *shape), dtype=np.float32)
    _facts(block, table_of, rails, band, whole, parts)
    missing, tail, jump_at, beyond_at, outside, outside_at = whole
    infinite = np.zeros(shape, dtype=np.int32)
    suspect = np.isinf(parts[0])
    if suspect.any():
        infinite[suspect] = np.isinf(block[suspect]).sum(axis=1)
    return CurveFacts(
        missing, infinite, tail, parts[0], jump_at, parts[1], beyond_at, outside, parts[2],
        outside_at,
    )  # fmt: skip


def _kernel(block, table_of, rails, band, whole, parts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill `whole` and `parts` curve by curve; compiled."""
    n_channels, n_cycles, n_phases = block.shape
    for channel in range(n_channels):
        for cycle in range(n_cycles):
            curve = block[channel, cycle]
            low, high = rails[table_of[cycle], channel]
            floor, ceiling = band[table_of[cycle], channel]
            missing, tail, outside = 0, 1, 0
            jump, beyond, by = np.float32(0), np.float32(0), np.float32(0)
            jump_at, beyond_at, by_at = 0, 0, 0
            before = curve[0]
            for phase in range(n_phases):
                value = curve[phase]
                if value != value:
                    missing += 1
                step = abs(value - before)
                if step > jump:
                    jump, jump_at = step, phase
                tail = tail + 1 if step == 0 and phase > 0 else 1
                before = value
                excess = max(low[phase] - value, value - high[phase])
                if excess > beyond:
                    beyond, beyond_at = excess, phase
                excess = max(floor[phase] - value, value - ceiling[phase])
                if excess > 0:
                    outside += 1
                    if excess > by:
                        by, by_at = excess, phase
            whole[0, channel, cycle], whole[1, channel, cycle] = missing, tail
            whole[2, channel, cycle], whole[3, channel, cycle] = jump_at, beyond_at
            whole[4, channel, cycle], whole[5, channel, cycle] = outside, by_at
            parts[0, channel, cycle], parts[1, channel, cycle] = jump, beyond
            parts[2, channel, cycle] = by


_facts = njit(cache=True, nogil=True)(_kernel)
