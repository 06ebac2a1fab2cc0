"""Whether generated cycles are copies of training cycles."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances

from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    subject_weights,
)

Floats = NDArray[np.float64]


class Memorisation(NamedTuple):
    """Nearest neighbours of generated cycles.

    Attributes
    ----------
    nearer_to_training : float
        Share of generated cycles whose nearest real cycle is one the generator learnt from,
        among as many people it did and did not learn from. 0.5 where nothing is memorised.
    interval : tuple of float
        95 %, bootstrapped over the people the conditions are of.
    copies : float
        Share of generated cycles nearer to a training cycle than that person's own other
        strides usually are.
    held_out_copies : float
        The same of real cycles of people the generator did not learn from.
    stride_distance : float
        Median distance of a training cycle to the nearest other stride of its person.
    generated_distance, held_out_distance : ndarray
        Distance of each generated and each held-out cycle to the nearest training cycle: RMS over
        points and channels, in spreads of the channels.
    """

    nearer_to_training: float
    interval: Interval
    copies: float
    held_out_copies: float
    stride_distance: float
    generated_distance: Floats
    held_out_distance: Floats


class People(NamedTuple):
    """Real cycles, and a generated one for each of them.

    Attributes
    ----------
    real, generated : ndarray, shape (n_cycles, n_features)
        As from :meth:`CurveSpace.rows`.
    subject : ndarray of int, shape (n_cycles,)
        Number of each real cycle's subject.
    task : ndarray, shape (n_cycles,)
        Its task; strides are compared within.
    """

    real: NDArray[np.float32]
    generated: NDArray[np.float32]
    subject: NDArray[np.intp]
    task: NDArray[np.object_]


def memorisation(
    training: People, held_out: People, *, n_bootstrap: int = 1000, random_state: int = 0
) -> Memorisation:
    """Look whether generated cycles lie nearer to training cycles than they should.

    A generator that knows only how gaits are distributed lies as near to people it has not
    learnt from as to those it has, whatever else is wrong with it (a test in the manner of
    Meehan, Chaudhuri & Dasgupta 2020, https://arxiv.org/abs/2004.05675). Its cycles are made for
    the conditions of both kinds of people in equal numbers, so that neither is favoured.

    Parameters
    ----------
    training, held_out : People
        Those the generator learnt from, and others.
    n_bootstrap, random_state : int
        Draws of people, and seed of the choice and the draws.
    """
    known, others = _as_many_people(training, held_out, random_state)
    asked = np.concatenate([known.generated, others.generated])
    to_known = pairwise_distances(asked, known.real).min(axis=1)
    nearer = (to_known < pairwise_distances(asked, others.real).min(axis=1)).astype(float)
    people = np.concatenate([known.subject, others.subject + int(known.subject.max()) + 1])
    usual = _stride_distances(training)
    median = float(np.median(usual)) if usual.size else float("nan")
    generated = pairwise_distances(held_out.generated, training.real).min(axis=1)
    real = pairwise_distances(held_out.real, training.real).min(axis=1)
    return Memorisation(
        float(nearer.mean()),
        _interval(nearer, people, n_bootstrap, random_state),
        float((generated < median).mean()),
        float((real < median).mean()),
        median,
        generated,
        real,
    )


def _as_many_people(first: People, second: People, random_state: int) -> tuple[People, People]:
    """Leave people out of the larger group, at random."""
    count = min(len(np.unique(first.subject)), len(np.unique(second.subject)))
    rng = np.random.default_rng(random_state)
    chosen = []
    for people in (first, second):
        kept = rng.choice(np.unique(people.subject), count, replace=False)
        rows = np.isin(people.subject, kept)
        numbers = np.unique(people.subject[rows], return_inverse=True)[1]
        chosen.append(People(people.real[rows], people.generated[rows], numbers, people.task[rows]))
    return chosen[0], chosen[1]


def _stride_distances(people: People) -> Floats:
    """Return each cycle's distance to the nearest other one of its person and task."""
    group = np.unique(
        [f"{who}/{task}" for who, task in zip(people.subject, people.task, strict=True)],
        return_inverse=True,
    )[1]
    found = []
    for number in range(int(group.max()) + 1):
        rows = people.real[group == number]
        if len(rows) > 1:
            distance = pairwise_distances(rows)
            np.fill_diagonal(distance, np.inf)
            found.append(distance.min(axis=1))
    return np.concatenate(found).astype(np.float64) if found else np.empty(0)


def _interval(
    values: Floats, people: NDArray[np.intp], n_bootstrap: int, random_state: int
) -> Interval:
    n_people = int(people.max()) + 1
    weights = subject_weights(n_people, n_bootstrap, random_state)
    total = weights @ np.bincount(people, values, n_people)
    return percentile_interval(total / (weights @ np.bincount(people, minlength=n_people)))
