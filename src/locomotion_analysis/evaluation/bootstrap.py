"""Percentile intervals from a bootstrap that draws subjects, not cycles.

Cycles of one person resemble each other: drawing them one by one would treat a hundred steps
of ten people as a thousand people and give intervals that are far too narrow. Each draw takes
as many subjects as there are, with replacement, with all their cycles (cluster bootstrap: Field
and Welsh 2007, J R Stat Soc B 69:369, doi:10.1111/j.1467-9868.2007.00593.x). Metrics are
functions of sums over subjects, so a draw is a row of weights and all draws one product.

The predictions stay as they are: the intervals tell how the score would vary with the people
tested, not with the people trained on, and are somewhat narrow with fewer than about 20 subjects.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
LEVEL_PERCENT = 95.0


def subject_weights(n_subjects: int, n_bootstrap: int, random_state: int) -> NDArray[np.int64]:
    """Draw how often each subject is taken in each bootstrap draw.

    Parameters
    ----------
    n_subjects : int
        Number of subjects.
    n_bootstrap : int
        Number of draws.
    random_state : int
        Seed.

    Returns
    -------
    ndarray of int of shape (n_bootstrap, n_subjects)
        Each row sums to `n_subjects`.

    Examples
    --------
    >>> subject_weights(4, 3, random_state=0).sum(axis=1).tolist()
    [4, 4, 4]
    """
    rng = np.random.default_rng(random_state)
    return rng.multinomial(n_subjects, np.full(n_subjects, 1 / n_subjects), size=n_bootstrap)


def resampled_sums(weights: NDArray[np.int64], per_subject: NDArray[Any]) -> NDArray[Any]:
    """Sum what each subject contributes, over each draw of subjects.

    Parameters
    ----------
    weights : ndarray of int of shape (n_bootstrap, n_subjects)
        From :func:`subject_weights`.
    per_subject : ndarray of shape (n_subjects, ...)
        What each subject contributes: counts, sums of errors.

    Returns
    -------
    ndarray of shape (n_bootstrap, ...)
        One sum a draw.
    """
    return np.tensordot(weights, per_subject, axes=1)


def percentile_interval(draws: NDArray[np.float64]) -> Interval:
    """Return the 95 % percentile interval of a metric's draws; undefined draws are left out.

    Parameters
    ----------
    draws : ndarray of shape (n_bootstrap,)
        The metric, one value a draw; NaN where a draw has none.

    Returns
    -------
    tuple of float
        2.5th and 97.5th percentile; NaN if no draw has a value.
    """
    defined = draws[np.isfinite(draws)]
    if not defined.size:
        return (float("nan"), float("nan"))
    tail = (100 - LEVEL_PERCENT) / 2
    low, high = np.percentile(defined, [tail, 100 - tail])
    return (float(low), float(high))
