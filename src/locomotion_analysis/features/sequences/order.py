"""The order in which a stream gives its cycles: shuffled, yet almost as it lies on the disk."""

import numpy as np
from numpy.typing import NDArray

BLOCK_CYCLES = 128
"""Neighbouring cycles that are read together."""
WINDOW_BLOCKS = 128
"""Blocks from all over the data whose cycles are shuffled together."""


def epoch_order(n_cycles: int, seed: int, epoch: int) -> NDArray[np.intp]:
    """Return every position once, shuffled by blocks.

    Blocks of neighbours are shuffled; then the cycles of :data:`WINDOW_BLOCKS` blocks at a time
    are shuffled among themselves. A batch thereby mixes blocks from all over the data, while the
    disk is read in pieces of a block and only one window need stay in the page cache. Up to
    16,384 cycles the order is a full shuffle.

    Parameters
    ----------
    n_cycles : int
        How many.
    seed, epoch : int
        The order depends on these two alone.

    Examples
    --------
    >>> sorted(epoch_order(5, seed=0, epoch=1).tolist())
    [0, 1, 2, 3, 4]
    """
    random = np.random.default_rng([seed, epoch])
    starts = random.permutation(np.arange(0, n_cycles, BLOCK_CYCLES))
    order: NDArray[np.intp] = (starts[:, None] + np.arange(BLOCK_CYCLES)).reshape(-1)
    order = order[order < n_cycles]
    window = BLOCK_CYCLES * WINDOW_BLOCKS
    for start in range(0, n_cycles, window):
        random.shuffle(order[start : start + window])
    return order


def batches_of(order: NDArray[np.intp], batch_size: int) -> list[NDArray[np.intp]]:
    """Cut an order into batches, the last one with what is left."""
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
