"""Reading all curves once and doing next to nothing with them: no feature can be cheaper."""

import numba
import numpy as np


@numba.njit(parallel=True)
def _sum_bits(values):
    total = 0
    for part in numba.prange(numba.get_num_threads() * 8):
        length = len(values) // (numba.get_num_threads() * 8)
        subtotal = 0
        for index in range(part * length, (part + 1) * length):
            subtotal ^= values[index]
        total += subtotal
    return total


def read_once(block: np.ndarray) -> int:
    """Combine all values, taken as whole numbers of 64 bits, on all cores."""
    return int(_sum_bits(block.reshape(-1).view(np.int64)))
