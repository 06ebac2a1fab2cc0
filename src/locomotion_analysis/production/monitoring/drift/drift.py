"""Drift: three questions, one answer, and no more false alarms than it says."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.production.monitoring.drift.people import People
from locomotion_analysis.production.monitoring.drift.psi import population_stability_index
from locomotion_analysis.production.monitoring.drift.subject_permutations import (
    domain_auc,
    p_values,
    permuted_groups,
    standardised,
    wasserstein,
)

Values = NDArray[np.float64]
FEWEST_PEOPLE = 8
LEVEL = 0.05
_PENALTY = 0.03
"""Of the domain classifier: small, so that it sees one sensor disagree with the others."""

_QUESTIONS = ("curves", "features", "domain")


@dataclass(frozen=True)
class Drift:
    """What was found.

    Attributes
    ----------
    n_reference, n_current, n_cycles : int
        People of the training, people now, and their rows.
    p_values : dict of str to float
        For ``curves``, ``features`` and ``domain``: how often people exchanged at random differ
        as much, over all channels or features at once.
    alarm : bool
        Whether the smallest of them, times their number, is at most 0.05.
    channels : DataFrame
        One row a channel, farthest first: ``channel``, ``distance`` (mean Wasserstein distance
        over the phases, in standard deviations between people), ``shift`` (mean difference, in
        the channel's unit), ``p`` (of this channel alone), ``p_corrected`` (over all channels
        and questions).
    features : DataFrame
        The same of features, with ``psi``.
    domain_auc : float
        How well a linear classifier tells today's people from those of the training; 0.5 not
        at all.
    notes : tuple of str
        What could not be compared.
    """

    n_reference: int
    n_current: int
    n_cycles: int
    p_values: dict[str, float]
    alarm: bool
    channels: pd.DataFrame
    features: pd.DataFrame
    domain_auc: float
    notes: tuple[str, ...]


def measure_drift(
    reference: People, current: People, n_permutations: int = 500, random_state: int = 0
) -> Drift:
    """Compare people now with those of the training.

    Everything is compared between people, not cycles, against divisions of all people into two
    groups at random: other patients of the same kind raise no alarm. Within a question the
    largest standardised distance is compared with the largest of each random division (Westfall
    and Young 1993); three questions share the 5 %.

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
    names = [name for name in reference.features if name in current.features]
    old, new = (people.features[names].to_numpy(float) for people in (reference, current))
    groups = permuted_groups(*sizes, n_permutations, random_state)
    features, p_features, values = _by_variable(old, new, groups, np.array(names))
    domain, p_domain = _domain(values, groups)
    columns = ["channel", "distance", "shift", "p", "p_family"]
    channels = pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
    p_curves = 1.0
    with_curves = len(reference.curves), len(current.curves)
    if min(with_curves) >= FEWEST_PEOPLE:
        of_curves = permuted_groups(*with_curves, n_permutations, random_state)
        channels, p_curves, values = _by_channel(reference, current, of_curves)
        # Curves tell where in the cycle; where they are known, the classifier looks at them.
        domain, p_domain = _domain(values, of_curves)
    else:
        notes.append(f"Curves not compared: known of {with_curves[1]} people now")
    found = dict(zip(_QUESTIONS, (p_curves, p_features, p_domain), strict=True))
    for table in (channels, features):
        table["p_corrected"] = np.minimum(1.0, len(found) * table.pop("p_family"))
    alarm = len(found) * min(found.values()) <= LEVEL
    return Drift(*sizes, current.n_cycles, found, alarm, channels, features, domain, tuple(notes))


def _by_variable(
    old: Values, new: Values, groups: NDArray[np.bool_], names: NDArray[np.str_]
) -> tuple[pd.DataFrame, float, Values]:
    values, kept = standardised(np.vstack([old, new]))
    distance = wasserstein(values, groups)
    p_family, p_question = _family(distance)
    n_old = len(old)
    table = pd.DataFrame(
        {
            "feature": names[kept],
            "distance": distance[0],
            "shift": np.nanmean(new[:, kept], axis=0) - np.nanmean(old[:, kept], axis=0),
            "psi": population_stability_index(values[:n_old], values[n_old:]),
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
    values, kept = standardised(both.reshape(len(both), -1))
    channel = np.tile(np.arange(len(names)), both.shape[1])[kept]
    distance = wasserstein(values, groups)
    there = np.unique(channel)
    mean = np.stack([distance[:, channel == number].mean(axis=1) for number in there], axis=1)
    p_family, p_question = _family(mean)
    shift = np.nanmean(new, axis=(0, 1)) - np.nanmean(old, axis=(0, 1))
    table = pd.DataFrame(
        {
            "channel": np.array(names)[there],
            "distance": mean[0],
            "shift": shift[there],
            "p": p_values(mean)[0],
            "p_family": p_family,
        }
    )
    return _farthest_first(table), p_question, values


def _family(distance: Values) -> tuple[Values, float]:
    """Return corrected p-values of each variable, and that of the largest."""
    spread = distance.std(axis=0)
    score = (distance - distance.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    largest = np.sort(score.max(axis=1))
    at_least = len(largest) - np.searchsorted(largest, score[0], side="left")
    corrected: Values = at_least / len(largest)
    return corrected, float(corrected.min())


def _domain(values: Values, groups: NDArray[np.bool_]) -> tuple[float, float]:
    areas = domain_auc(values, groups, _PENALTY)
    return float(areas[0]), float(p_values(areas)[0])


def _farthest_first(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["p_family", "distance"], ascending=[True, False], ignore_index=True)
