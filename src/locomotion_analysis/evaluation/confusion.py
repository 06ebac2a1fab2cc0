"""Accuracy, balanced accuracy and F1 from counts of true and predicted classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def confusion_per_unit(
    true: NDArray[np.intp],
    predicted: NDArray[np.intp],
    unit: NDArray[np.intp],
    n_units: int,
    n_classes: int,
) -> Counts:
    """Count true against predicted classes for each subject (or fold).

    Parameters
    ----------
    true, predicted : ndarray of int of shape (n_rows,)
        Class numbers.
    unit : ndarray of int of shape (n_rows,)
        Subject (or fold) number of each row.
    n_units, n_classes : int
        How many there are.

    Returns
    -------
    ndarray of int of shape (n_units, n_classes, n_classes)
        Axis 1 is the true class, axis 2 the predicted one.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 1])
    >>> confusion_per_unit(one, one, np.array([0, 0]), 1, 2).tolist()
    [[[1, 0], [0, 1]]]
    """
    cell = (unit * n_classes + true) * n_classes + predicted
    counts = np.bincount(cell, minlength=n_units * n_classes**2)
    return counts.reshape(n_units, n_classes, n_classes).astype(np.int64)


def accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Share of rows predicted right, for each matrix of a stack ``(..., classes, classes)``."""
    total = confusion.sum(axis=(-2, -1))
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return _ratio(right, total, np.nan)


def balanced_accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Mean recall over the classes that occur, for each matrix of a stack.

    As scikit-learn's ``balanced_accuracy_score``: a class without true rows is left out.
    """
    support = confusion.sum(axis=-1)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    recall = _ratio(right, support, 0.0)
    n_present = (support > 0).sum(axis=-1)
    return _ratio(recall.sum(axis=-1), n_present, np.nan)


def macro_f1(confusion: Counts) -> NDArray[np.float64]:
    """Mean over classes of the harmonic mean of precision and recall, for a stack of matrices.

    As scikit-learn's ``f1_score(average="macro")``: a class that neither occurs nor is
    predicted is left out, a class that is never predicted right counts 0.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    occurs = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    f1 = _ratio(2 * right, occurs, 0.0)
    n_present = (occurs > 0).sum(axis=-1)
    return _ratio(f1.sum(axis=-1), n_present, np.nan)


def _ratio(part: Any, whole: Any, empty: float) -> NDArray[np.float64]:
    filled = np.full(np.shape(whole), empty)
    ratio: NDArray[np.float64] = np.divide(part, whole, out=filled, where=whole > 0)
    return ratio
