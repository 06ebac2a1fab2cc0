"""Rows of other subjects, to put in the place of a subject's own."""

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import SplitLeakError


def donor_rows(subjects: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw for each row a row of another subject.

    Each subject gets one donor, and nobody is his own: shuffling cycles would often hand a
    subject a neighbouring step of his own, which tells as much as the step itself.

    Parameters
    ----------
    subjects : ndarray of int, shape (n_rows,)
        Subject number of each row.
    rng : numpy.random.Generator
        Source of the draw.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Row positions; rows of the donor are drawn with replacement.

    Raises
    ------
    SplitLeakError
        If all rows are of one subject.

    Examples
    --------
    >>> donor_rows(np.array([0, 0, 1]), np.random.default_rng(0)).tolist()[:2]
    [2, 2]
    """
    codes = np.unique(subjects, return_inverse=True)[1]
    count = np.bincount(codes)
    if len(count) < 2:
        raise SplitLeakError(
            expected="at least two subjects among the held-out rows of every fold",
            got="one",
            where="test rows of a fold",
            fix="use fewer folds",
        )
    # A random ring: everyone gives to the next, so that nobody gets his own.
    ring = rng.permutation(len(count))
    donor = np.empty(len(count), dtype=np.intp)
    donor[ring] = np.roll(ring, -1)
    by_subject, start = np.argsort(codes, kind="stable"), np.cumsum(count) - count
    of_row = donor[codes]
    chosen: NDArray[np.intp] = by_subject[start[of_row] + rng.integers(0, count[of_row])]
    return chosen
