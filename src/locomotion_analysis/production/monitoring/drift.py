"""Drift: whether the people a model sees now are like those it was trained on.

Four questions (what is measured of whom, curves, features, a classifier of then and now), one
answer, and no more false alarms than it says. What is compared is one row a person; what chance does is seen by exchanging
people between then and now.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError

# Cycles and features as one row a person, which is what is compared


PHASES = (*range(0, 150, 10), 149)
"""Samples of a curve that are compared and stored, to the end of the cycle."""


@dataclass(frozen=True)
class People:
    """Some people, each by the means of their cycles.

    Attributes
    ----------
    features : DataFrame, shape (n_people, n_features)
        Indexed by subject.
    curves : ndarray, shape (n_people_with_curves, n_phases, n_channels)
        Mean curves; NaN where a channel was not measured.
    channels : tuple of str
        Names of the channels.
    n_cycles : int
        Cycles (rows) they are means of.
    """

    features: pd.DataFrame
    curves: NDArray[np.float64]
    channels: tuple[str, ...]
    n_cycles: int


def people_of(
    features: pd.DataFrame,
    curves: NDArray[np.floating],
    curve_subjects: NDArray[np.object_],
    channels: tuple[str, ...],
) -> People:
    """Return the means of each person.

    Parameters
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Indexed by subject.
    curves : ndarray, shape (n_cycles, n_phases, n_channels)
    curve_subjects : ndarray, shape (n_cycles,)
        Subject of each cycle.
    channels : tuple of str

    Returns
    -------
    People
    """
    means = features.groupby(level="subject").mean()
    shape = curves.shape[1:]
    flat = pd.DataFrame(np.asarray(curves, dtype=float).reshape(len(curves), shape[0] * shape[1]))
    by_person = flat.groupby(np.asarray(curve_subjects, dtype=object)).mean().to_numpy()
    return People(means, by_person.reshape(len(by_person), *shape), channels, len(features))


def sampled_curves(data: LocomotionData) -> NDArray[np.float32]:
    """Return the samples of all curves that are compared, shape (n_cycles, 16, n_channels)."""
    return np.ascontiguousarray(data.block[:, :, list(PHASES)].transpose(1, 2, 0))


# The population stability index, for readers who are used to it


Values = NDArray[np.float64]
N_BINS = 5
ROUNDING = 1e-6
"""Of the largest value: more than rounding to single precision and averaging change."""


def population_stability_index(reference: Values, current: Values) -> Values:
    """Return the population stability index of each variable.

    ``sum((c - r) ln(c / r))`` over five bins that hold a fifth of all people each, with half a
    person added to every bin. Values that differ by no more than single precision rounds stand in
    one bin: stored rows are float32, those of the training float64. By custom above 0.25 counts as a large shift; with a few people
    chance alone gives as much, and the p-values are what alarms go by.

    Parameters
    ----------
    reference, current : ndarray, shape (n_people, n_variables)
        Without gaps.

    Returns
    -------
    ndarray, shape (n_variables,)

    Examples
    --------
    >>> same = np.linspace(0, 1, 100)[:, None]
    >>> population_stability_index(same, same).round(6).tolist()
    [0.0]
    """
    both = np.vstack([reference, current])
    edges = np.quantile(both, np.arange(1, N_BINS) / N_BINS, axis=0)
    edges += ROUNDING * np.abs(both).max(axis=0)
    shares = []
    for people in (reference, current):
        place = (people[:, None, :] > edges[None]).sum(axis=1)
        counts = np.stack([(place == number).sum(axis=0) for number in range(N_BINS)])
        shares.append((counts + 0.5) / (len(people) + 0.5 * N_BINS))
    old, new = shares
    found: Values = np.sum((new - old) * np.log(new / old), axis=0)
    return found


# Distances between two groups of people, and what they are when people are exchanged


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


def standardised(people: Values, is_current: NDArray[np.bool_]) -> tuple[Values, NDArray[np.bool_]]:
    """Return people's means in pooled standard deviations, and which variables can be compared.

    A variable is left out that does not vary by more than single precision rounds, or that half
    of the people do not have, then or now: that more lack it is asked by itself. Single gaps
    become the median.

    Parameters
    ----------
    people : ndarray, shape (n_people, n_variables)
        Mean of each variable over a person's cycles; NaN where unknown.
    is_current : ndarray of bool, shape (n_people,)

    Returns
    -------
    values : ndarray, shape (n_people, n_kept)
    kept : ndarray of bool, shape (n_variables,)
    """
    known = np.isfinite(people)
    kept = np.all([known[own].mean(axis=0) > 0.5 for own in (is_current, ~is_current)], axis=0)
    values = np.where(known, people, np.nan)[:, kept]
    if not kept.any():
        return values, kept
    center = np.nanmedian(values, axis=0)
    rounding = ROUNDING * np.nanmax(np.abs(values), axis=0)
    values = np.where(np.isnan(values), center, values) - center
    spread = values.std(axis=0)
    varies = spread > np.maximum(rounding, 1e-9)
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
    smaller = np.empty(flat.shape)
    for column in range(flat.shape[1]):
        smaller[:, column] = np.searchsorted(ordered[:, column], flat[:, column], side="left")
    return ((n_divisions - smaller) / n_divisions).reshape(statistics.shape)


# Drift: four questions, one answer, and no more false alarms than it says


FEWEST_PEOPLE = 8
LEVEL = 0.05
_PENALTY = 0.03
"""Of the domain classifier: small, so that it sees one sensor disagree with the others."""

_QUESTIONS = ("curves", "features", "domain", "measured")


@dataclass(frozen=True)
class Drift:
    """What was found.

    Attributes
    ----------
    n_reference, n_current, n_cycles : int
        People of the training, people now, and their rows.
    p_values : dict of str to float
        For ``curves``, ``features``, ``domain`` and ``measured``: how often people exchanged at
        random differ as much, over all channels or features at once.
    alarm : bool
        Whether the smallest of them, times their number, is at most 0.05.
    channels : DataFrame
        One row a channel, farthest first: ``channel``, ``distance`` (mean Wasserstein distance
        over the phases, in standard deviations between people), ``shift`` (mean difference, in
        the channel's unit), ``p`` (of this channel alone), ``p_corrected`` (over all channels
        and questions).
    features : DataFrame
        The same of features, with ``psi``.
    measured : DataFrame
        One row a channel (a feature where curves are not known), largest change first:
        ``variable``, ``then`` and ``now`` (shares of people who have it), ``p``,
        ``p_corrected``.
    domain_auc : float
        How well a linear classifier tells today's people from those of the training; 0.5 not
        at all.
    notes : tuple of str
        What could not be compared, and what is measured that was not in the training.
    """

    n_reference: int
    n_current: int
    n_cycles: int
    p_values: dict[str, float]
    alarm: bool
    channels: pd.DataFrame
    features: pd.DataFrame
    measured: pd.DataFrame
    domain_auc: float
    notes: tuple[str, ...]


def measure_drift(
    reference: People, current: People, n_permutations: int = 500, random_state: int = 0
) -> Drift:
    """Compare people now with those of the training.

    Everything is compared between people, not cycles, against divisions of all people into two
    groups at random: other patients of the same kind raise no alarm. Within a question the
    largest standardised distance is compared with the largest of each random division (Westfall
    and Young 1993); four questions share the 5 %.

    Parameters
    ----------
    reference, current : People
        At least eight people each.
    n_permutations : int
        Random divisions.
    random_state : int
        Their seed.

    Returns
    -------
    Drift

    Raises
    ------
    SchemaError
        If there are too few people.

    Notes
    -----
    A real change of the people (other pathologies, other speeds) is drift too: an alarm says
    that the model now works on other data than it was tested on, not that a sensor is broken.
    What half of the people lack, then or now, is not compared by its values.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> def people(off_by: float) -> People:
    ...     curves = rng.normal(off_by, 0.1, (20, 15, 1))
    ...     names = np.array([f"S{number}" for number in range(20)], dtype=object)
    ...     table = pd.DataFrame({"knee_mean": curves.mean(axis=(1, 2))})
    ...     table = table.set_axis(pd.Index(names, name="subject"))
    ...     return people_of(table, curves, names, ("knee_flexion_angle_ipsi_rad",))
    >>> measure_drift(people(0.0), people(0.2)).alarm
    True
    """
    sizes = len(reference.features), len(current.features)
    if min(sizes) < FEWEST_PEOPLE:
        raise SchemaError(
            expected=f"at least {FEWEST_PEOPLE} people on each side",
            got=f"{sizes[0]} of the training and {sizes[1]} now",
            where="drift",
            fix="wait for more people, or look at a longer time",
        )
    notes: list[str] = []
    names = [str(name) for name in reference.features]
    old, new = (
        people.features.reindex(columns=names).to_numpy(float) for people in (reference, current)
    )
    groups = permuted_groups(*sizes, n_permutations, random_state)
    features, p_features, values = _by_variable(old, new, groups, np.array(names))
    domain, p_domain = _domain(values, groups)
    measured, p_measured = _by_presence(np.isfinite(old), np.isfinite(new), groups, names)
    columns = ["channel", "distance", "shift", "p", "p_family"]
    channels = pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
    p_curves = 1.0
    with_curves = len(reference.curves), len(current.curves)
    if min(with_curves) >= FEWEST_PEOPLE:
        of_curves = permuted_groups(*with_curves, n_permutations, random_state)
        channels, p_curves, values = _by_channel(reference, current, of_curves)
        # Curves tell where in the cycle; where they are known, the classifier looks at them.
        domain, p_domain = _domain(values, of_curves)
        names = list(reference.channels)
        had, has = (_measured(people, names) for people in (reference, current))
        measured, p_measured = _by_presence(had, has, of_curves, names)
        new_ones = [name for name in current.channels if name not in names]
        new_ones = [name for name in new_ones if _measured(current, [name]).any()]
        if new_ones:
            notes.append(f"Measured now and not in the training: {', '.join(new_ones)}")
    elif reference.channels:
        notes.append(f"Curves not compared: known of {with_curves[1]} people now")
    found = dict(zip(_QUESTIONS, (p_curves, p_features, p_domain, p_measured), strict=True))
    for table in (channels, features, measured):
        table["p_corrected"] = np.minimum(1.0, len(found) * table.pop("p_family"))
    alarm = len(found) * min(found.values()) <= LEVEL
    return Drift(
        *sizes, current.n_cycles, found, alarm, channels, features, measured, domain, tuple(notes)
    )


def _measured(people: People, names: list[str]) -> NDArray[np.bool_]:
    """Tell which channels each person has at all, shape (n_people, n_names)."""
    has = np.zeros((len(people.curves), len(names)), dtype=bool)
    for column, name in enumerate(names):
        if name in people.channels:
            own = people.curves[:, :, people.channels.index(name)]
            has[:, column] = np.isfinite(own).any(axis=1)
    return has


def _by_presence(
    had: NDArray[np.bool_], has: NDArray[np.bool_], groups: NDArray[np.bool_], names: list[str]
) -> tuple[pd.DataFrame, float]:
    """Compare the share of people who have each variable."""
    both = np.vstack([had, has]).astype(float)
    n_current = groups[0].sum()
    share_now = groups.astype(float) @ both / n_current
    share_then = (~groups).astype(float) @ both / (len(both) - n_current)
    change = np.abs(share_now - share_then)
    p_family, p_question = _family(change)
    table = pd.DataFrame(
        {
            "variable": names,
            "then": share_then[0],
            "now": share_now[0],
            "p": p_values(change)[0],
            "p_family": p_family,
        }
    )
    table["change"] = change[0]
    table = table.sort_values(["p_family", "change"], ascending=[True, False], ignore_index=True)
    return table.drop(columns="change"), p_question


def _by_variable(
    old: Values, new: Values, groups: NDArray[np.bool_], names: NDArray[np.str_]
) -> tuple[pd.DataFrame, float, Values]:
    both = np.vstack([old, new])
    values, kept = standardised(both, groups[0])
    distance = wasserstein(values, groups)
    p_family, p_question = _family(distance)
    n_old = len(old)
    # As they are, not in standard deviations: how much rounding changes them is seen from their size.
    known = np.where(np.isfinite(both), both, np.nan)[:, kept]
    known = np.where(np.isnan(known), np.nanmedian(known, axis=0) if kept.any() else 0.0, known)
    table = pd.DataFrame(
        {
            "feature": names[kept],
            "distance": distance[0],
            "shift": np.nanmean(new[:, kept], axis=0) - np.nanmean(old[:, kept], axis=0),
            "psi": population_stability_index(known[:n_old], known[n_old:]),
            "p": p_values(distance)[0],
            "p_family": p_family,
        }
    )
    return _farthest_first(table), p_question, values


def _by_channel(
    reference: People, current: People, groups: NDArray[np.bool_]
) -> tuple[pd.DataFrame, float, Values]:
    names = [name for name in reference.channels if name in current.channels]
    old, new = (
        people.curves[:, :, [people.channels.index(name) for name in names]]
        for people in (reference, current)
    )
    both = np.concatenate([old, new])
    values, kept = standardised(both.reshape(len(both), -1), groups[0])
    channel = np.tile(np.arange(len(names)), both.shape[1])[kept]
    distance = wasserstein(values, groups)
    there = np.unique(channel)
    each = [distance[:, channel == number].mean(axis=1) for number in there]
    mean = np.array(each).reshape(len(there), len(groups)).T
    p_family, p_question = _family(mean)
    shift = np.nanmean(new[..., there], axis=(0, 1)) - np.nanmean(old[..., there], axis=(0, 1))
    table = pd.DataFrame(
        {
            "channel": np.array(names)[there],
            "distance": mean[0],
            "shift": shift,
            "p": p_values(mean)[0],
            "p_family": p_family,
        }
    )
    return _farthest_first(table), p_question, values


def _family(distance: Values) -> tuple[Values, float]:
    """Return corrected p-values of each variable, and that of the largest; 1 without any."""
    if not distance.shape[1]:
        return np.empty(0), 1.0
    spread = distance.std(axis=0)
    score = (distance - distance.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    largest = np.sort(score.max(axis=1))
    at_least = len(largest) - np.searchsorted(largest, score[0], side="left")
    corrected: Values = at_least / len(largest)
    return corrected, float(corrected.min())


def _domain(values: Values, groups: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the area of a classifier of then and now, and its p-value; 0.5 without variables."""
    if not values.shape[1]:
        return 0.5, 1.0
    areas = domain_auc(values, groups, _PENALTY)
    return float(areas[0]), float(p_values(areas)[0])


def _farthest_first(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["p_family", "distance"], ascending=[True, False], ignore_index=True)
