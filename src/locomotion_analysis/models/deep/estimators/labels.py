"""Classes as a file holds them, and how probable each is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def label_facts(classes: NDArray[Any]) -> dict[str, Any]:
    """Return classes as JSON can hold them.

    Examples
    --------
    >>> label_facts(np.array([1, 2]))
    {'classes': [1, 2], 'dtype': '<i8'}
    """
    return {"classes": classes.tolist(), "dtype": classes.dtype.str}


def labels_from(facts: Mapping[str, Any]) -> NDArray[Any]:
    """Return the classes that :func:`label_facts` described."""
    return np.asarray(facts["classes"], dtype=np.dtype(facts["dtype"]))


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the softmax of each row.

    Examples
    --------
    >>> probabilities(np.array([[0.0, np.log(3.0)]], np.float32)).round(3).tolist()
    [[0.25, 0.75]]
    """
    shares = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probability: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return probability
