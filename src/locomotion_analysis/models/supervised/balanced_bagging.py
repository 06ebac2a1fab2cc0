"""An ensemble whose members see as many people of each class."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.tree import DecisionTreeClassifier

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.supervised.inner_folds import subjects_of
from locomotion_analysis.selection import subject_codes
from locomotion_analysis.selection.strata import class_codes


class SubjectBalancedBagging(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Bagging in which each member draws equally many subjects of every class.

    As balanced random forests draw cases (Chen, Liaw and Breiman 2004, Technical Report 666,
    University of California, Berkeley), but people instead of rows: for each member as many
    subjects are drawn, with replacement, from every class as the rarest class has, each with
    all its cycles of that class.

    Parameters
    ----------
    estimator : classifier, optional
        What each member is; a decision tree on random features where None.
    n_estimators : int
        Number of members.
    random_state : int
        Seed.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted classes.
    estimators_ : list of classifier
        The fitted members.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str
        Their names.

    Examples
    --------
    >>> key = pd.MultiIndex.from_product([list("abcdef"), [0, 1]], names=["subject", "step"])
    >>> X = pd.DataFrame({"speed_m_s": [1.3] * 8 + [0.7] * 4}, index=key)
    >>> y = ["healthy"] * 8 + ["stroke"] * 4
    >>> SubjectBalancedBagging(n_estimators=5).fit(X, y).predict(X).tolist() == y
    True
    """

    def __init__(
        self, estimator: Any = None, n_estimators: int = 100, random_state: int = 0
    ) -> None:
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Fit the members.

        Parameters
        ----------
        X : DataFrame, shape (n_cycles, n_features)
            Features with the cycle key as index.
        y : array-like, shape (n_cycles,)
            Classes.

        Raises
        ------
        SplitLeakError
            If `X` does not carry its subjects.
        TargetError
            If there is one class only.
        """
        subjects, _ = subject_codes(subjects_of(X))
        codes, self.classes_ = class_codes(y)
        self.n_features_in_ = X.shape[1]
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        values = X.to_numpy()
        rows = _rows_of_people(subjects, codes, len(self.classes_))
        rng = np.random.default_rng(self.random_state)
        self.estimators_ = [
            self._member(int(rng.integers(2**31))).fit(values[drawn], self.classes_[codes[drawn]])
            for drawn in (_balanced_draw(rows, rng) for _ in range(self.n_estimators))
        ]
        return self

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the members' mean probability of each class, shape (n_cycles, n_classes)."""
        values = self._checked(X)
        total = sum(member.predict_proba(values) for member in self.estimators_)
        return np.asarray(total / self.n_estimators)

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the class with the highest mean probability, shape (n_cycles,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _member(self, seed: int) -> Any:
        if self.estimator is None:
            return DecisionTreeClassifier(
                max_features="sqrt", min_samples_leaf=2, random_state=seed
            )
        member = clone(self.estimator)
        seeded = "random_state" in member.get_params()
        return member.set_params(random_state=seed) if seeded else member

    def _checked(self, X: pd.DataFrame) -> NDArray[Any]:
        if X.shape[1] != self.n_features_in_:
            raise SchemaError(
                expected=f"{self.n_features_in_} features",
                got=f"{X.shape[1]}",
                where="X",
                fix="pass the features the model was trained on",
            )
        return X.to_numpy() if isinstance(X, pd.DataFrame) else np.asarray(X)


def _rows_of_people(
    subjects: NDArray[np.intp], codes: NDArray[np.intp], n_classes: int
) -> list[list[NDArray[np.intp]]]:
    """Return for each class the rows of each of its subjects."""
    people: list[list[NDArray[np.intp]]] = []
    for label in range(n_classes):
        rows = np.flatnonzero(codes == label)
        order = rows[np.argsort(subjects[rows], kind="stable")]
        people.append(np.split(order, np.flatnonzero(np.diff(subjects[order])) + 1))
    return people


def _balanced_draw(
    people: list[list[NDArray[np.intp]]], rng: np.random.Generator
) -> NDArray[np.intp]:
    fewest = min(len(of_class) for of_class in people)
    return np.concatenate(
        [of_class[one] for of_class in people for one in rng.integers(len(of_class), size=fewest)]
    )
