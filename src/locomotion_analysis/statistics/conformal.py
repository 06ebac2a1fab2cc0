"""Prediction sets and intervals that hold the truth of new people as often as they say.

What is exchangeable are people, not rows: a new person's rows resemble each other more than those
of the people the model knows, so that limits set by rows promise too much.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.selection import (
    LeaveOneSubjectOut,
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
    subject_codes,
)
from locomotion_analysis.selection.splitters import subjects_for

__all__ = [
    "ClassLimit",
    "Conformal",
    "SubjectConformal",
    "calibrated_limit",
    "prediction_sets",
    "subject_quantile",
]

COVERAGE = 0.9
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class ClassLimit:
    """Limit up to which a class belongs to a prediction set.

    Attributes
    ----------
    limit : float or None
        Largest 1 − probability of the class; None where it belongs to every set.
    coverage : float
        Share of the class's rows whose set should hold it, each new person weighing the same:
        what was asked for, or K / (K + 1) where the class has too few people K for that.
    achieved : float or None
        Share of the class's rows whose set does, each person by the limit of the others; None
        with one person.
    n_subjects : int
        People of the class.
    """

    limit: float | None
    coverage: float
    achieved: float | None
    n_subjects: int


@dataclass(frozen=True)
class Conformal:
    """Limit that makes prediction sets or intervals of a stated coverage.

    Attributes
    ----------
    coverage : float
        Share of rows of new people, each person weighing the same, whose truth the set holds.
    limit : float or None
        Largest nonconformity in the set: 1 − probability, or the absolute error in the
        target's unit. None where there are too few people: the set then holds everything.
    n_subjects : int
        People it was set on.
    by_class : dict of str to ClassLimit
        Limit of each class, by which sets are made: a class is held as often as the others,
        however rare. Empty for a quantity, and in bundles written before there were such limits,
        whose sets follow `limit`.
    """

    coverage: float
    limit: float | None
    n_subjects: int
    by_class: dict[str, ClassLimit] = field(default_factory=dict)


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
    limit = _quantile(scores[np.newaxis], _weights(subjects), level)[0]
    return float(limit) if np.isfinite(limit) else None


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

    Examples
    --------
    >>> people = np.repeat(np.arange(20), 2)
    >>> held_out = pd.DataFrame({"subject": people, "y_true": people / 10})
    >>> held_out["y_pred"] = held_out["y_true"] + people / 100
    >>> round(calibrated_limit(held_out, [], 0.9).limit, 2)
    0.18
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
    """Return the prediction set of each row; it always contains the predicted class.

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

    Returns
    -------
    list of list
        Classes of each row.

    Examples
    --------
    >>> limit = Conformal(0.9, 0.7, 19, {})
    >>> sure, unsure = [0.95, 0.05], [0.6, 0.4]
    >>> prediction_sets(np.array([sure, unsure]), np.array(["a", "a"]), ["a", "b"], limit)
    [['a'], ['a', 'b']]
    """
    limits = [conformal.limit] * len(classes)
    for at, label in enumerate(classes):
        if str(label) in conformal.by_class:
            limits[at] = conformal.by_class[str(label)].limit
    most = np.array([np.inf if limit is None else limit for limit in limits])
    inside = (1 - probability <= most + 1e-12) | (labels[:, None] == np.asarray(classes)[None, :])
    return [[label for label, kept in zip(classes, row, strict=True) if kept] for row in inside]


# Around any estimator, fitted once a fold


class SubjectConformal(BaseEstimator):  # type: ignore[misc]
    """Conformal prediction intervals or sets of an estimator, exchangeable over people.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn regressor, or a classifier with ``predict_proba``; it is cloned. Where its
        ``fit`` takes ``groups``, it is handed the people of its rows.
    method : {"cv+", "jackknife+", "split"}
        ``"split"``: one model of the people who are not set aside for the limits.
        ``"cv+"``: a model a fold of people, each judging the people it has not seen.
        ``"jackknife+"``: the same with one person a fold.
    coverage : float
        Share of rows of new people whose truth is to be held, each person weighing the same.
    n_splits : int
        Folds of people for ``"cv+"``; ``"split"`` sets aside one part in so many.
    random_state : int
        Seed of the folds.

    Attributes
    ----------
    classes_ : ndarray
        Labels; only where the estimator is a classifier.
    models_ : list of estimator
        One a fold.
    n_subjects_ : dict of str to int
        People that each limit rests on: by group and, for classes, by class.

    Notes
    -----
    Row *j* of the calibration people weighs 1 / (n_j (K + 1)), n_j being its person's rows and K the
    people; a person at infinity stands for the new one (Lee, Barber & Willett 2023,
    arXiv:2306.06342). With :math:`R_j` the error of row *j* by the model :math:`f_{-j}` that has not
    seen its person, the interval of *x* runs from the (1 − coverage) quantile of
    :math:`f_{-j}(x) - R_j` to the coverage quantile of :math:`f_{-j}(x) + R_j` (jackknife+ and CV+:
    Barber, Candès, Ramdas & Tibshirani 2021); a class belongs to the set unless its
    score is above :math:`R_j` of rows that weigh `coverage` together. Split sets hold the stated
    coverage; of the others 2 × coverage − 1 is guaranteed (CV+ a little less), and near `coverage`
    is usual.

    A class is compared with calibration rows of the same class, so that each class is held as often
    (Mondrian conformal prediction, Vovk 2012,
    http://proceedings.mlr.press/v25/vovk12.html); with `balance`, so is each group. Where people are
    too few for `coverage`, an interval is infinite and a class stands in every set.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> people = np.repeat(np.arange(40), 5)
    >>> X = rng.normal(size=(200, 1))
    >>> y = X[:, 0] + rng.normal(size=40)[people]
    >>> limits = SubjectConformal(LinearRegression(), coverage=0.8).fit(X, y, people)
    >>> limits.predict([[0.0]]).round(1).to_dict("records")
    [{'low': -1.7, 'high': 1.3}]
    """

    def __init__(
        self,
        estimator: Any,
        method: Literal["cv+", "jackknife+", "split"] = "cv+",
        coverage: float = COVERAGE,
        n_splits: int = 5,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.coverage = coverage
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any, balance: Any = None) -> Self:
        """Fit a model a fold, and keep the errors on the people it has not seen.

        Parameters
        ----------
        X : DataFrame or array_like, shape (n_rows, n_features)
            Features.
        y : array_like, shape (n_rows,)
            Target.
        groups : array_like, shape (n_rows,)
            Person of each row.
        balance : array_like, shape (n_rows,), optional
            Group (sex, centre, diagnosis) whose people are to be held as often as those of the
            others.

        Raises
        ------
        SchemaError
            If the method or coverage is none, or classes come without probabilities.
        SplitLeakError
            If persons are not known, or fewer than folds.

        Warns
        -----
        LocomotionWarning
            If limits rest on too few people for the coverage.
        """
        if self.method not in ("cv+", "jackknife+", "split") or not 0 < self.coverage < 1:
            raise SchemaError(
                expected="method cv+, jackknife+ or split, and a coverage between 0 and 1",
                got=f"{self.method}, {self.coverage}",
            )
        person, _ = subject_codes(groups)
        target = np.asarray(y)
        classifies = hasattr(self.estimator, "predict_proba")
        if classifies:
            self.classes_ = np.unique(target)
        elif target.dtype.kind not in "fiu":
            raise SchemaError(
                expected="numbers, or a classifier with predict_proba", got=str(target.dtype)
            )
        self._balance = None if balance is None else np.asarray(balance).astype(str)
        models, scores, row_of, model_of = [], [], [], []
        for number, (train, test) in enumerate(self._folds(X, target, person)):
            fresh = clone(self.estimator)
            known = subjects_for(fresh, groups, train)
            model = fresh.fit(_rows(X, train), target[train], **known)
            models.append(model)
            answers = self._answers(model, _rows(X, test))
            if classifies:
                at = np.searchsorted(self.classes_, target[test])
                scores.append(1 - answers[np.arange(len(test)), at])
            else:
                scores.append(np.abs(target[test] - answers))
            row_of.append(test)
            model_of.append(np.full(len(test), number))
        self.models_ = models
        rows = np.concatenate(row_of)
        self._score, self._model = np.concatenate(scores), np.concatenate(model_of)
        self._person = person[rows]
        self._class = target[rows] if classifies else None
        if self._balance is not None:
            self._balance = self._balance[rows]
        self.n_subjects_ = {
            " ".join(
                str(part)
                for part in (group, self.classes_[at] if classifies else None)
                if part is not None
            ): len(np.unique(self._person[own]))
            for group, at, own in self._categories()
        }
        few = [
            f"{name or 'all'} ({count})"
            for name, count in self.n_subjects_.items()
            if count / (count + 1) < self.coverage
        ]
        if few:
            warnings.warn(
                f"Too few people for a coverage of {self.coverage:g}: {', '.join(few)}. What rests "
                "on them holds everything.",
                LocomotionWarning,
                stacklevel=2,
            )
        return self

    def _folds(
        self, X: Any, y: NDArray[Any], person: NDArray[np.intp]
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        if self.method == "jackknife+":
            yield from LeaveOneSubjectOut().split(X, y, person)
            return
        kind = SubjectStratifiedKFold if hasattr(self, "classes_") else SubjectQuantileKFold
        folds = kind(self.n_splits, self.random_state).split(X, y, person)
        if self.method == "split":
            yield next(iter(folds))
        else:
            yield from folds

    def _answers(self, model: Any, X: Any) -> NDArray[np.float64]:
        """Return numbers, or probabilities of all classes; 0 for one that a fold did not have."""
        if not hasattr(self, "classes_"):
            return np.asarray(model.predict(X), dtype=float)
        found = np.zeros((len(X), len(self.classes_)))
        found[:, np.searchsorted(self.classes_, model.classes_)] = model.predict_proba(X)
        return found

    def _categories(self) -> Iterator[tuple[str | None, int, NDArray[np.bool_]]]:
        """Yield group and class of the calibration rows that are compared with each other."""
        for group in [None] if self._balance is None else np.unique(self._balance).tolist():
            in_group = np.ones(len(self._score), dtype=bool)
            if group is not None:
                in_group = self._balance == group
            if self._class is None:
                yield group, 0, in_group
            else:
                for at, label in enumerate(self.classes_):
                    yield group, at, in_group & (self._class == label)

    def predict(self, X: Any, balance: Any = None) -> pd.DataFrame:
        """Return ``low`` and ``high`` of each row, or its ``set`` of classes.

        Parameters
        ----------
        X : DataFrame or array_like, shape (n_rows, n_features)
            Features.
        balance : array_like, shape (n_rows,), optional
            Group of each row, as it was given to `fit`.

        Raises
        ------
        SchemaError
            If `balance` was given to one of `fit` and `predict` only, or holds a new group.
        """
        X = X if isinstance(X, pd.DataFrame) else np.asarray(X)
        group = self._groups_of(balance)
        answers = np.stack([self._answers(model, X) for model in self.models_])
        inside = np.zeros((len(X), len(self.classes_) if self._class is not None else 0), bool)
        ends = np.empty((2, len(X)))
        for category, at, own in self._categories():
            rows = np.arange(len(X)) if group is None else np.flatnonzero(group == category)
            weights = _weights(self._person[own])
            score, model = self._score[own], self._model[own]
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                part = rows[start : start + _ROWS_AT_ONCE]
                if self._class is not None:
                    # Ties count as held, as for the limit of a single model.
                    stranger = score + 1e-12 < 1 - answers[:, part, at][model].T
                    inside[part, at] = stranger @ weights < self.coverage - 1e-9
                else:
                    told = answers[:, part][model].T
                    ends[1, part] = _quantile(told + score, weights, self.coverage)
                    ends[0, part] = -_quantile(score - told, weights, self.coverage)
        index = X.index if isinstance(X, pd.DataFrame) else None
        if self._class is None:
            return pd.DataFrame({"low": ends[0], "high": ends[1]}, index=index)
        sets = pd.Series([self.classes_[kept].tolist() for kept in inside], dtype=object)
        return pd.DataFrame({"set": sets.to_numpy()}, index=index)

    def _groups_of(self, balance: Any) -> NDArray[np.str_] | None:
        known = self._balance
        if (balance is None) != (known is None):
            raise SchemaError(
                expected="groups to balance in both fit and predict, or in neither",
                got="one of them",
                where="balance",
            )
        if known is None:
            return None
        group = np.asarray(balance).astype(str)
        unknown = sorted(set(group) - set(known))
        if unknown:
            raise SchemaError(
                expected=f"groups it was fitted to: {', '.join(sorted(set(known)))}",
                got=", ".join(unknown),
                where="balance",
            )
        return group


def _rows(X: Any, rows: NDArray[np.intp]) -> Any:
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else np.asarray(X)[rows]


def _weights(subjects: NDArray[Any]) -> NDArray[np.float64]:
    """Weigh rows so that each of K people weighs 1 / (K + 1), and so does the new one at infinity."""
    _, person, counts = np.unique(subjects, return_inverse=True, return_counts=True)
    return np.asarray(1 / counts[person] / (len(counts) + 1))


def _quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], level: float
) -> NDArray[np.float64]:
    """Return the weighted quantile of each row of `values`; infinite where the weight is too small."""
    if not values.shape[1]:
        return np.full(len(values), np.inf)
    order = np.argsort(values, axis=1, kind="stable")
    # Sums of thirds and sevenths must not miss the level by a rounding error.
    reached = np.cumsum(weights[order], axis=1) >= level - 1e-9
    found = np.take_along_axis(values, order, axis=1)[np.arange(len(values)), reached.argmax(1)]
    return np.where(reached.any(axis=1), found, np.inf)
