"""Two models on the same people: the difference, all together and in each group."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.evaluation.bootstrap import (
    Interval,
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.evaluation.fairness import groups_of_people, sums_inside
from locomotion_analysis.evaluation.metric_sums import (
    ERRORS,
    Contributions,
    metric_values,
    sums_of,
)

FEWEST_IN_GROUP = 10


@dataclass(frozen=True)
class Comparison:
    """How much better the challenger is.

    Attributes
    ----------
    metric : str
        ``balanced_accuracy``, or ``mae`` of a quantity (in the target's unit).
    champion, challenger : float
        Their scores.
    improvement : float
        Challenger better by; above zero is better, for an error too.
    interval : tuple of float
        Its 95 % interval over subjects.
    n_subjects : int
        People tested.
    groups : DataFrame
        One row a group of at least ten people: ``attribute``, ``group``, ``n_subjects``,
        ``champion``, ``challenger``, ``improvement``, ``low``, ``high``.
    """

    metric: str
    champion: float
    challenger: float
    improvement: float
    interval: Interval
    n_subjects: int
    groups: pd.DataFrame


def compared(
    true: NDArray[Any],
    champion: NDArray[Any],
    challenger: NDArray[Any],
    cycles: pd.DataFrame,
    *,
    classes: bool,
    n_bootstrap: int = 2000,
    random_state: int = 0,
) -> Comparison:
    """Compare predictions of two models for people neither was trained on.

    Parameters
    ----------
    true, champion, challenger : ndarray of shape (n_cycles,)
        Labels or numbers, and what each model predicted.
    cycles : DataFrame of n_cycles rows
        ``subject``, and ``sex``, ``age``, ``bmi`` as far as known.
    classes : bool
        Whether these are labels.
    n_bootstrap, random_state : int
        Draws of subjects, and their seed.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": np.repeat(range(20), 2)})
    >>> true = np.tile(["healthy", "stroke"], 20)
    >>> worse = np.full(40, "healthy")
    >>> found = compared(true, worse, true, cycles, classes=True)
    >>> found.improvement, found.interval
    (0.5, (0.5, 0.5))
    """
    names = np.unique(np.concatenate([true, champion, challenger])) if classes else None
    metric = "balanced_accuracy" if classes else "mae"
    sums = [sums_of(true, predicted, names) for predicted in (champion, challenger)]
    subject, people = pd.factorize(cycles["subject"].astype(str).to_numpy(), sort=True)
    weights = subject_weights(len(people), n_bootstrap, random_state)
    whole = _difference(metric, sums, subject, np.ones(len(true), bool), weights)
    rows = []
    for attribute, label in groups_of_people(cycles).items():
        for group in label.categories:
            inside = np.asarray(label == group)
            n_subjects = len(np.unique(subject[inside]))
            if n_subjects >= FEWEST_IN_GROUP:
                found = _difference(metric, sums, subject, inside, weights)
                rows.append((attribute, group, n_subjects, *found))
    columns = ["attribute", "group", "n_subjects", "champion", "challenger", "improvement",
               "low", "high"]  # fmt: skip
    old, new, better, low, high = whole
    groups = pd.DataFrame(rows, columns=columns)
    return Comparison(metric, old, new, better, (low, high), len(people), groups)


def _difference(
    metric: str,
    sums: list[Contributions],
    subject: NDArray[np.intp],
    inside: NDArray[np.bool_],
    weights: NDArray[np.int64],
) -> tuple[float, float, float, float, float]:
    """Return both scores, the improvement and its interval, of some rows."""
    own = [sums_inside(subject, inside, each, weights.shape[1]) for each in sums]
    old, new = (float(metric_values(metric, each.sum(axis=0))) for each in own)
    drawn = [metric_values(metric, resampled_sums(weights, each)) for each in own]
    sign = -1.0 if metric in ERRORS else 1.0
    low, high = percentile_interval(sign * (drawn[1] - drawn[0]))
    return old, new, sign * (new - old), low, high
