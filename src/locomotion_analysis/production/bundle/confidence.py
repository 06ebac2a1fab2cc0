"""How far an answer can be trusted: what it hangs on, and strange inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.production.bundle.manifest import Outside
from locomotion_analysis.statistics.conformal import subject_quantile

# Which joints and phases of the cycle a prediction hangs on


SHOWN = 5


def part_changes(
    answer: Callable[[pd.DataFrame], NDArray[np.float64]],
    X: pd.DataFrame,
    told: NDArray[np.float64],
    center: NDArray[np.float64],
    parts: Mapping[str, NDArray[np.intp]],
) -> pd.DataFrame:
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
    parts : mapping of str to positions
        Features of each part.

    Returns
    -------
    DataFrame, shape (n_rows, n_parts)
        Positive where the part speaks for the answer; in the target's unit for a number.
    """
    values = X.to_numpy(float)
    changes = {}
    for part, positions in parts.items():
        usual = values.copy()
        usual[:, positions] = center[positions]
        changes[part] = told - answer(pd.DataFrame(usual, index=X.index, columns=X.columns))
    return pd.DataFrame(changes, index=X.index)


def contributions(changes: Mapping[str, pd.DataFrame]) -> list[list[dict[str, Any]]]:
    """Return the five parts that weigh most in each row's answer.

    Parameters
    ----------
    changes : mapping of str to DataFrame
        Of :func:`part_changes`, by kind of part (``joint``, ``phase``).

    Returns
    -------
    list of list of dict
        For each row ``by``, ``part`` and ``change``, the largest first.
    """
    parts = [(by, part) for by, table in changes.items() for part in table]
    rows = np.hstack([table.to_numpy() for table in changes.values()])
    largest = np.argsort(-np.abs(rows), axis=1, kind="stable")[:, :SHOWN]
    return [
        [
            {"by": parts[at][0], "part": parts[at][1], "change": float(row[at])}
            for at in order.tolist()
        ]
        for row, order in zip(rows, largest, strict=True)
    ]


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
