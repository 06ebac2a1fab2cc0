"""How much of the variety of real cycles the generated ones have, and whether they stay inside."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances

from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    subject_weights,
)

N_NEIGHBOURS = 5


class Coverage(NamedTuple):
    """Variety and faithfulness of cycles against real ones.

    Attributes
    ----------
    coverage : float
        Share of real cycles with one of the others in their neighbourhood.
    coverage_interval : tuple of float
        95 %, bootstrapped over the subjects of the real cycles.
    precision : float
        Share of the others that lie in the neighbourhood of some real cycle.
    """

    coverage: float
    coverage_interval: Interval
    precision: float


def coverage(
    real: NDArray[np.float32],
    subject: NDArray[np.intp],
    others: NDArray[np.float32],
    *,
    n_neighbours: int = N_NEIGHBOURS,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> Coverage:
    """Return coverage and precision of cycles.

    Coverage as Naeem et al. (2020, https://arxiv.org/abs/2002.09797), precision as Kynkäänniemi
    et al. (2019, https://arxiv.org/abs/1904.06991). Both take a cycle's neighbourhood to reach to
    its `n_neighbours`-th nearest; here of other people's cycles, for strides of one person are
    near copies and would make neighbourhoods no other person could be in.

    Parameters
    ----------
    real : ndarray, shape (n_real, n_features)
        Cycles as rows, as from :meth:`CurveSpace.rows`.
    subject : ndarray of int, shape (n_real,)
        Number of each cycle's subject.
    others : ndarray, shape (n_others, n_features)
        Generated cycles, or real ones of further people for comparison: as many.
    n_neighbours : int
        Size of the neighbourhood.
    n_bootstrap, random_state : int
        Draws of subjects, and seed.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(90, 2)).astype("f4")
    >>> people = np.repeat(np.arange(15), 3)
    >>> coverage(rows[:45], people, rows[45:]).coverage > coverage(rows[:45], people, rows[:1]).coverage
    True
    """
    between = pairwise_distances(real)
    between[subject[:, None] == subject] = np.inf
    nearest = min(n_neighbours, int(np.isfinite(between).sum(axis=1).min()))
    radius = np.partition(between, nearest - 1, axis=1)[:, nearest - 1]
    distance = pairwise_distances(real, others)
    covered = (distance.min(axis=1) <= radius).astype(float)
    inside = (distance <= radius[:, None]).any(axis=0)
    n_subjects = int(subject.max()) + 1
    weights = subject_weights(n_subjects, n_bootstrap, random_state)
    of_subject = np.bincount(subject, covered, n_subjects)
    cycles = np.bincount(subject, minlength=n_subjects)
    draws = (weights @ of_subject) / (weights @ cycles)
    return Coverage(float(covered.mean()), percentile_interval(draws), float(inside.mean()))
