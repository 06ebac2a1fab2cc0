"""Distances between two groups of people, and what they are when people are exchanged."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def permuted_groups(
    n_reference: int, n_current: int, n_permutations: int, random_state: int
) -> NDArray[np.bool_]:
    """Draw which people count as current.

    Returns
    -------
    ndarray of bool, shape (n_permutations + 1, n_reference + n_current)
        The first row is how it is: the reference first, then the current people.
    """
    rng = np.random.default_rng(random_state)
    truth = np.arange(n_reference + n_current) >= n_reference
    drawn = rng.permuted(np.tile(truth, (n_permutations, 1)), axis=1)
    return np.vstack([truth, drawn])


def standardised(people: Values) -> tuple[Values, NDArray[np.bool_]]:
    """Return people's means in pooled standard deviations, and which variables can be compared.

    A variable is left out that does not vary, or that half of the people do not have; single
    gaps become the median.

    Parameters
    ----------
    people : ndarray, shape (n_people, n_variables)
        Mean of each variable over a person's cycles; NaN where unknown.

    Returns
    -------
    values : ndarray, shape (n_people, n_kept)
    kept : ndarray of bool, shape (n_variables,)
    """
    known = np.isfinite(people)
    kept = known.mean(axis=0) > 0.5
    values = np.where(known, people, np.nan)[:, kept]
    center = np.nanmedian(values, axis=0)
    values = np.where(np.isnan(values), center, values) - center
    spread = values.std(axis=0)
    varies = spread > 1e-9 * np.maximum(np.abs(center), 1.0)
    kept[np.flatnonzero(kept)[~varies]] = False
    return values[:, varies] / spread[varies], kept


def wasserstein(values: Values, groups: NDArray[np.bool_]) -> Values:
    """Return the Wasserstein distance of each variable between the two groups.

    The area between the two empirical distribution functions, for all divisions into groups at
    once over values sorted once.

    Parameters
    ----------
    values : ndarray, shape (n_people, n_variables)
    groups : ndarray of bool, shape (n_divisions, n_people)

    Returns
    -------
    ndarray, shape (n_divisions, n_variables)
        In the unit of the values.
    """
    order = np.argsort(values, axis=0, kind="stable")
    gaps = np.diff(np.take_along_axis(values, order, axis=0), axis=0)
    n_people, n_current = len(values), int(groups[0].sum())
    rank = np.arange(1, n_people)[:, None]
    found = np.empty((len(groups), values.shape[1]))
    for number, current in enumerate(groups):
        below = np.cumsum(current[order], axis=0)[:-1]
        difference = below / n_current - (rank - below) / (n_people - n_current)
        found[number] = np.einsum("kv,kv->v", np.abs(difference), gaps)
    return found


def domain_auc(values: Values, groups: NDArray[np.bool_], penalty: float) -> Values:
    """Return how well a linear classifier tells the groups apart on people left out.

    Ridge regression on the group, left-one-out predictions in closed form (the hat matrix is
    the same for every division), scored by the area under the ROC curve.

    Parameters
    ----------
    values : ndarray, shape (n_people, n_variables)
        Standardised.
    groups : ndarray of bool, shape (n_divisions, n_people)
    penalty : float
        Of the ridge, in mean variances of the people.

    Returns
    -------
    ndarray, shape (n_divisions,)
        1: told apart always; by chance somewhat below 0.5, as leaving one out tilts the rest.
    """
    n_people = len(values)
    centred = values - values.mean(axis=0)
    kernel = centred @ centred.T
    kernel /= np.trace(kernel) / n_people
    hat = np.linalg.solve(kernel + penalty * np.eye(n_people), kernel) + 1.0 / n_people
    target = groups.T.astype(float)
    leverage = np.diag(hat)[:, None]
    predicted = (hat @ target - leverage * target) / (1.0 - leverage)
    ranks = predicted.argsort(axis=0).argsort(axis=0) + 1.0
    n_current = groups.sum(axis=1)
    total = np.einsum("pd,pd->d", ranks, target)
    area: Values = (total - n_current * (n_current + 1) / 2) / (n_current * (n_people - n_current))
    return area


def p_values(statistics: Values) -> Values:
    """Return the share of divisions whose statistic is at least as large, of every division.

    Parameters
    ----------
    statistics : ndarray, shape (n_divisions, ...)
        The first one is how it is.
    """
    n_divisions = len(statistics)
    flat = statistics.reshape(n_divisions, -1)
    ordered = np.sort(flat, axis=0)
    smaller = np.stack(
        [np.searchsorted(ordered[:, k], flat[:, k], side="left") for k in range(flat.shape[1])],
        axis=1,
    )
    return ((n_divisions - smaller) / n_divisions).reshape(statistics.shape)
