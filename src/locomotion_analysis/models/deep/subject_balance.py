"""How often each cycle is drawn, so that no subject counts for more than another."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def balanced_weights(groups: Any = None, labels: Any = None) -> NDArray[np.float64]:
    """Return each cycle's chance of being drawn.

    Every class is drawn equally often, in it every subject, and of them every cycle. A subject
    with a hundred cycles counts no more than one with five.

    Parameters
    ----------
    groups : array_like of shape (n_cycles,), optional
        Subject of each cycle; without, every cycle counts as a subject.
    labels : array_like of shape (n_cycles,), optional
        Class of each cycle; without, there is one.

    Returns
    -------
    ndarray of float64, shape (n_cycles,)
        Adds up to 1; for ``CycleLoader(weights=...)``.

    Raises
    ------
    TypeError
        If neither is given.

    Examples
    --------
    >>> balanced_weights(["A", "A", "A", "B"]).round(3).tolist()
    [0.167, 0.167, 0.167, 0.5]
    >>> balanced_weights(["A", "B", "C"], ["healthy", "healthy", "stroke"]).tolist()
    [0.25, 0.25, 0.5]
    """
    if groups is None and labels is None:
        raise TypeError("groups or labels are needed")
    n_cycles = len(groups if groups is not None else labels)
    label = np.zeros(n_cycles, int) if labels is None else pd.factorize(np.asarray(labels))[0]
    subject = np.arange(n_cycles) if groups is None else pd.factorize(np.asarray(groups))[0]
    pair = label.astype(np.int64) * (subject.max() + 1) + subject
    _, first, position = np.unique(pair, return_index=True, return_inverse=True)
    cycles_of_pair = np.bincount(position)
    subjects_of_label = np.bincount(label[first])
    weights: NDArray[np.float64] = 1.0 / (
        len(subjects_of_label) * subjects_of_label[label] * cycles_of_pair[position]
    )
    return weights
