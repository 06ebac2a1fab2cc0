"""Which joints and phases of the cycle a prediction hangs on."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SHOWN = 5


def contributions(
    answer: Callable[[pd.DataFrame], NDArray[np.float64]],
    X: pd.DataFrame,
    told: NDArray[np.float64],
    center: NDArray[np.float64],
    groupings: Mapping[str, Mapping[str, NDArray[np.intp]]],
) -> list[list[dict[str, Any]]]:
    """Return what each row's answer owes to the parts it comes from.

    The features of a part are put to the training median; what the answer loses by it is what
    it owes to that part. Parts share features and act together, so that these do not add up.

    Parameters
    ----------
    answer : callable
        From features to one number a row: the probability of the class predicted, or the number.
    X : DataFrame, shape (n_rows, n_features)
        Features.
    told : ndarray, shape (n_rows,)
        The answer for `X`.
    center : ndarray, shape (n_features,)
        Training median of each feature.
    groupings : mapping of str to mapping of str to positions
        Features of each part, by kind of part (``joint``, ``phase``).

    Returns
    -------
    list of list of dict
        For each row the five parts that weigh most: ``by``, ``part`` and ``change`` (positive
        where the part speaks for the answer; in the target's unit for a number).
    """
    values = X.to_numpy(float)
    found: list[list[dict[str, Any]]] = [[] for _ in range(len(X))]
    for by, parts in groupings.items():
        for part, positions in parts.items():
            usual = values.copy()
            usual[:, positions] = center[positions]
            change = told - answer(pd.DataFrame(usual, index=X.index, columns=X.columns))
            for row, by_how_much in enumerate(change.tolist()):
                found[row].append({"by": by, "part": part, "change": by_how_much})
    return [sorted(row, key=lambda each: -abs(each["change"]))[:SHOWN] for row in found]
