"""How far an answer can be trusted: prediction sets, what it hangs on, and strange inputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.production.bundle.manifest import ClassLimit, Conformal, Outside

COVERAGE = 0.9


def subject_quantile(
    scores: NDArray[np.float64], subjects: NDArray[Any], level: float
) -> float | None:
    """Return the limit that a row of a new person stays below with a probability of `level`.

    Quantile of the scores, each person weighing 1 / (K + 1) and the new one as infinity
    (hierarchical conformal prediction, Lee, Barber & Willett 2023, arXiv:2306.06342).

    Parameters
    ----------
    scores : ndarray, shape (n_rows,)
        Nonconformity of rows that the model was not fitted on.
    subjects : ndarray, shape (n_rows,)
        Person of each row.
    level : float
        Between 0 and 1.

    Returns
    -------
    float or None
        None where K people are too few: the limit is then infinite.

    Examples
    --------
    >>> people = np.repeat(np.arange(19), 2)
    >>> subject_quantile(people / 10, people, 0.9)
    1.7
    >>> subject_quantile(people / 10, people, 0.99) is None
    True
    """
    _, person, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    weights = 1 / counts[person] / (len(counts) + 1)
    order = np.argsort(scores, kind="stable")
    below = np.cumsum(weights[order])
    # Sums of thirds and sevenths must not miss the level by a rounding error.
    at = int(np.searchsorted(below, level - 1e-9))
    return float(scores[order][at]) if at < len(scores) else None


def calibrated_limit(
    held_out: pd.DataFrame, classes: Sequence[Any], coverage: float = COVERAGE
) -> Conformal | None:
    """Return the conformal limit of a model from its predictions for held-out people.

    Parameters
    ----------
    held_out : DataFrame
        ``subject``, ``y_true``, ``y_pred`` and, for classes, ``probability_<class>``.
    classes : sequence
        Labels; empty for a quantity.
    coverage : float
        Share of rows of new people.

    Returns
    -------
    Conformal or None
        None where there are no probabilities. For classes the score is one minus the
        probability of the true class (Sadinle, Lei & Wasserman 2019,
        doi:10.1080/01621459.2017.1395341), for a quantity the absolute error. Each class has a
        limit of its own (Mondrian conformal prediction, Vovk 2012,
        http://proceedings.mlr.press/v25/vovk12.html): one for all holds common classes too often
        and rare ones too seldom.
    """
    subjects = held_out["subject"].to_numpy()
    if not len(classes):
        scores = (held_out["y_true"] - held_out["y_pred"]).abs().to_numpy(float)
    else:
        names = [f"probability_{label}" for label in classes]
        if not set(names) <= set(held_out):
            return None
        column = held_out["y_true"].astype(str).map({str(c): n for n, c in enumerate(classes)})
        rows = np.arange(len(held_out))
        scores = 1 - held_out[names].to_numpy(float)[rows, column.to_numpy(int)]
    pooled = subject_quantile(scores, subjects, coverage)
    true = held_out["y_true"].astype(str).to_numpy()
    by_class = {
        str(label): _class_limit(scores[own], subjects[own], coverage, pooled)
        for label in classes
        if (own := true == str(label)).any()
    }
    return Conformal(coverage, pooled, len(np.unique(subjects)), by_class)


def _class_limit(
    scores: NDArray[np.float64], subjects: NDArray[Any], coverage: float, pooled: float | None
) -> ClassLimit:
    people = np.unique(subjects)
    held = []
    for person in people if len(people) > 1 else ():
        own = subjects == person
        limit = _own_limit(scores[~own], subjects[~own], coverage, pooled)
        held.append(1.0 if limit is None else float((scores[own] <= limit + 1e-12).mean()))
    return ClassLimit(
        _own_limit(scores, subjects, coverage, pooled),
        min(coverage, len(people) / (len(people) + 1)),
        float(np.mean(held)) if held else None,
        len(people),
    )


def _own_limit(
    scores: NDArray[np.float64], subjects: NDArray[Any], coverage: float, pooled: float | None
) -> float | None:
    """Return the limit of one class; the largest score seen where its people are too few."""
    limit = subject_quantile(scores, subjects, coverage)
    if limit is not None or pooled is None:
        return limit
    return max(pooled, float(scores.max()))


def prediction_sets(
    probability: NDArray[np.float64],
    labels: NDArray[Any],
    classes: Sequence[Any],
    conformal: Conformal,
) -> list[list[Any]]:
    """Return the set of classes of each row; it always holds the predicted one.

    Parameters
    ----------
    probability : ndarray, shape (n_rows, n_classes)
        Of each class.
    labels : ndarray, shape (n_rows,)
        Predicted classes.
    classes : sequence
        All classes.
    conformal : Conformal
        The limits.
    """
    limits = [conformal.limit] * len(classes)
    for at, label in enumerate(classes):
        if str(label) in conformal.by_class:
            limits[at] = conformal.by_class[str(label)].limit
    most = np.array([np.inf if limit is None else limit for limit in limits])
    inside = (1 - probability <= most + 1e-12) | (labels[:, None] == np.asarray(classes)[None, :])
    return [[label for label, kept in zip(classes, row, strict=True) if kept] for row in inside]


# Which joints and phases of the cycle a prediction hangs on


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


# Whether a row lies outside the training data, and by which part of the body


LEVEL = 0.99
_MOST = 10.0
_FOLDS = 5
_IQR_OF_NORMAL = 1.349


@dataclass(frozen=True)
class Scale:
    """Centre and spread of each feature, and which part of the body it tells of.

    A feature is put on the scale of the training people: median, interquartile range / 1.349. The
    distance of a part (joint, segment, force plate, time and distance) is the mean of its
    features' absolute values, each at most 10, divided by what is usual for that part. Features
    that tell of several parts are left out; the distance of a row is that of its farthest part.

    Attributes
    ----------
    center, spread : ndarray, shape (n_features,)
        In the feature's unit.
    parts : tuple of str
        Names of the parts.
    member : ndarray of float, shape (n_features, n_parts)
        1 where a feature tells of a part.
    usual : ndarray, shape (n_parts,)
        Median distance of held-out training rows.
    """

    center: NDArray[np.float64]
    spread: NDArray[np.float64]
    parts: tuple[str, ...]
    member: NDArray[np.float64]
    usual: NDArray[np.float64]

    def distances(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance of each part of each row, shape (n_rows, n_parts).

        Missing values count as usual ones; a part without any is NaN.
        """
        return part_distances(values, self.center, self.spread, self.member) / self.usual

    def farthest_feature(self, values: NDArray[np.float64], part: int) -> tuple[int, float]:
        """Return the feature of a part that is farthest out in one row, and how many spreads.

        One that has a single value in most people is named only where there is no other: how
        many times nothing it is away says little.
        """
        score = (values - self.center) / self.spread
        there = self.member[:, part] > 0
        varies = there & (self.spread > 2 * _least_spread(self.center))
        size = np.where(varies if varies.any() else there, np.nan_to_num(np.abs(score)), -1)
        at = int(size.argmax())
        return at, float(score[at])


def center_and_spread(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the median and the spread of each column; of a column without values 0 and 1."""
    known = ~np.isnan(values).all(axis=0)
    quartiles = np.zeros((3, values.shape[1]))
    quartiles[:, known] = np.nanquantile(values[:, known], [0.25, 0.5, 0.75], axis=0)
    low, center, high = quartiles
    spread = (high - low) / _IQR_OF_NORMAL
    return center, np.maximum(spread, _least_spread(center))


def _least_spread(center: NDArray[np.float64]) -> NDArray[np.float64]:
    # Where most people have one value, any other is far out, unless it is a rounding error.
    return np.asarray(1e-6 * np.maximum(np.abs(center), 1))


def part_distances(
    values: NDArray[np.float64],
    center: NDArray[np.float64],
    spread: NDArray[np.float64],
    member: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the mean absolute scaled value of each part, shape (n_rows, n_parts)."""
    size = np.minimum(np.abs((values - center) / spread), _MOST)
    missing = np.isnan(size)
    counted = (~missing).astype(float) @ member
    total = np.where(missing, 0.0, size) @ member
    found = np.full_like(total, np.nan)
    np.divide(total, counted, out=found, where=counted > 0)
    return found


def fitted_limit(
    features: pd.DataFrame,
    subjects: NDArray[np.object_],
    member: NDArray[np.float64],
    parts: tuple[str, ...],
) -> Outside:
    """Return the limit of what is usual among the training people.

    It is the distance (see :class:`Scale`) that rows of held-out training people stay below, 99 %
    of them where there are people enough.

    Parameters
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Training rows.
    subjects : ndarray, shape (n_rows,)
        Person of each.
    member : ndarray, shape (n_features, n_parts)
        Which feature tells of which part.
    parts : tuple of str
        Names of the parts.
    """
    values = features.to_numpy(float)
    _, person = np.unique(subjects.astype(str), return_inverse=True)
    raw = np.full((len(values), len(parts)), np.nan)
    for fold in range(_FOLDS):
        test = person % _FOLDS == fold
        if test.any() and not test.all():
            raw[test] = part_distances(values[test], *center_and_spread(values[~test]), member)
    usual = np.nanmedian(np.where(np.isnan(raw).all(axis=0), 1.0, raw), axis=0)
    usual = np.maximum(usual, 1e-9)
    distance = np.nanmax(np.nan_to_num(raw / usual), axis=1)
    limit = subject_quantile(distance, person, LEVEL)
    limit = float(distance.max()) if limit is None else limit
    weights = 1 / np.bincount(person)[person]
    alarms = float(np.average(distance > limit, weights=weights))
    by_part = dict(zip(parts, usual.tolist(), strict=True))
    return Outside(limit, alarms, by_part)


def verdicts(
    scale: Scale, outside: Outside, values: NDArray[np.float64], names: tuple[str, ...]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return whether each row lies outside, and why; an empty reason where it does not.

    Parameters
    ----------
    scale : Scale
        Of the training people.
    outside : Outside
        From :func:`fitted_limit`.
    values : ndarray, shape (n_rows, n_features)
        Features in the trained order.
    names : tuple of str
        Their names.
    """
    distances = np.nan_to_num(scale.distances(values))
    farthest = distances.argmax(axis=1)
    distance = distances.max(axis=1)
    beyond = distance > outside.limit
    reasons = [""] * len(values)
    for row in np.flatnonzero(beyond):
        part = int(farthest[row])
        feature, score = scale.farthest_feature(values[row], part)
        side = "above" if score > 0 else "below"
        reasons[row] = (
            f"{scale.parts[part]}: {distance[row]:.1f} times as far from the training data as is "
            f"usual (limit {outside.limit:.1f}); {names[feature]} is {abs(score):.1f} spreads "
            f"{side} the training median"
        )
    return beyond, reasons
