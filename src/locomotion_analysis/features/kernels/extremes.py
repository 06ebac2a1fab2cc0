"""Inner functions that kernels of several files share: what is finite, extremes and their places."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.features.kernels.jit import inner, reordered

Bits = NDArray[np.int32] | NDArray[np.uint32]

_SIGN_BIT = 0x80000000


@reordered
def is_finite(curve: NDArray[np.float32]) -> bool:
    """Return whether all points of a curve are finite."""
    unknown = np.float32(0.0)
    for value in curve:
        unknown += value - value
    return bool(unknown == 0)


@inner
def extreme_bits(
    signed: Bits, unsigned: Bits, begin: int, length: int
) -> tuple[np.integer, np.integer]:
    """Return the bits of the smallest and the largest of some finite float32 numbers.

    Read as integers, floats above zero are in order, and those below zero in reverse. Minima
    of integers are vectorised as they are, those of floats only if NaN were ruled out.
    """
    first = np.uint64(begin)
    lowest, highest, furthest = signed[first], signed[first], unsigned[first]
    for place in range(length):
        value = signed[first + np.uint64(place)]
        bits = unsigned[first + np.uint64(place)]
        lowest = value if value < lowest else lowest
        highest = value if value > highest else highest
        furthest = bits if bits > furthest else furthest
    low = np.int32(furthest) if furthest >= np.uint32(_SIGN_BIT) else lowest
    high = highest if highest >= 0 else lowest
    return low, high


@inner
def first_places(
    values: NDArray[np.float32], begin: int, length: int, low: float, high: float
) -> tuple[np.integer, np.integer]:
    """Return where, counted from `begin`, two values first stand; `length` for nowhere."""
    nowhere = np.int32(length)
    first_low, first_high = nowhere, nowhere
    for place in range(length):
        here = np.int32(place)
        first_low = min(first_low, here if values[place + begin] == low else nowhere)
        first_high = min(first_high, here if values[place + begin] == high else nowhere)
    return first_low, first_high
