"""Models that tune, calibrate and set their threshold on subjects of the training set alone."""

import warnings
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.model_selection import cross_val_predict

from locomotion_analysis.errors import LocomotionWarning, TargetError
from locomotion_analysis.models.supervised.calibration import (
    best_threshold,
    calibrated,
    calibrator,
)
from locomotion_analysis.models.supervised.inner_folds import (
    InnerClassFolds,
    InnerQuantileFolds,
    subjects_of,
)
from locomotion_analysis.models.supervised.search import Search, SearchSpace, best_parameters
from locomotion_analysis.selection import subject_codes
from locomotion_analysis.selection.strata import class_codes


class SubjectTunedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that chooses everything on subjects held out of its own training set.

    In this order, each on subject-disjoint folds of what ``fit`` is given: hyperparameters by
    successive halving on balanced accuracy; probabilities by Platt scaling [1]_ of those given to
    held-out subjects; for two classes, the threshold of the highest balanced accuracy on held-out subjects.
    With more classes the class is called whose probability is highest relative to its share of
    the training rows, which is the rule of the highest balanced accuracy. Put it into any
    cross-validation and that becomes a nested one.

    Parameters
    ----------
    pipeline : scikit-learn classifier
        What is tuned.
    search_space : mapping of str to sequence
        Values to try of each parameter of the pipeline.
    n_splits : int
        Inner folds; fewer where a class has fewer subjects.
    random_state : int
        Seed of the inner folds.
    search : {"halving", "optuna"}
        How combinations are tried; optuna needs the extra ``tuning``.

    Attributes
    ----------
    model_ : scikit-learn classifier
        Fitted on all rows.
    scale_ : LogisticRegression or None
        Map to calibrated probabilities; None where nothing could be held out.
    best_params_ : dict
        Chosen parameters.
    classes_ : ndarray of shape (n_classes,)
        Sorted classes.
    threshold_ : float or None
        Probability of ``classes_[1]`` from which it is called; None for more than two classes.

    References
    ----------
    .. [1] Platt, "Probabilistic outputs for support vector machines", Advances in Large Margin
       Classifiers, 1999.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> key = pd.MultiIndex.from_product([range(12), range(4)], names=["subject", "step"])
    >>> ill = key.get_level_values("subject") % 2
    >>> X = pd.DataFrame({"speed_m_s": 1.4 - 0.5 * ill}, index=key)
    >>> model = SubjectTunedClassifier(LogisticRegression(), {"C": [0.1, 1.0]})
    >>> float(model.fit(X, ill).score(X, ill))
    1.0
    """

    def __init__(
        self,
        pipeline: Any,
        search_space: SearchSpace,
        n_splits: int = 3,
        random_state: int = 0,
        search: Search = "halving",
    ) -> None:
        self.pipeline = pipeline
        self.search_space = search_space
        self.n_splits = n_splits
        self.random_state = random_state
        self.search = search

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Tune, calibrate and fit.

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

        Warns
        -----
        LocomotionWarning
            If a class has one subject, so that nothing can be tuned or calibrated.
        """
        codes, self.classes_ = class_codes(y)
        labels = self.classes_[codes]
        self._share = np.bincount(codes) / len(codes)
        n_splits = min(self.n_splits, _fewest_subjects(X, codes, self.classes_))
        self.best_params_: dict[str, Any] = {}
        self.threshold_: float | None = None
        self.scale_: Any = None
        if n_splits < 2:
            self.model_ = clone(self.pipeline).fit(X, labels)
            return self
        folds = InnerClassFolds(n_splits, self.random_state)
        self.best_params_ = best_parameters(
            self.pipeline,
            self.search_space,
            X,
            labels,
            folds,
            "balanced_accuracy",
            self.search,
            self.random_state,
        )
        tuned = clone(self.pipeline).set_params(**self.best_params_)
        held_out = cross_val_predict(tuned, X, labels, cv=folds, method="predict_proba")
        self.scale_ = calibrator(held_out, labels)
        if len(self.classes_) == 2:
            right = calibrated(self.scale_, held_out)[:, 1]
            self.threshold_ = best_threshold(right, codes == 1)
        self.model_ = tuned.fit(X, labels)
        return self

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the calibrated probability of each class, shape (n_cycles, n_classes)."""
        raw = np.asarray(self.model_.predict_proba(X))
        return raw if self.scale_ is None else calibrated(self.scale_, raw)

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the class of each row, shape (n_cycles,)."""
        if self.scale_ is None:
            return np.asarray(self.model_.predict(X))
        return self.called(self.predict_proba(X))

    def called(self, probability: NDArray[np.float64]) -> NDArray[Any]:
        """Return the class that calibrated probabilities lead to, shape (n_cycles,)."""
        if self.scale_ is None:
            return np.asarray(self.classes_[probability.argmax(axis=1)])
        if self.threshold_ is not None:
            return np.asarray(self.classes_[(probability[:, 1] >= self.threshold_).astype(int)])
        return np.asarray(self.classes_[(probability / self._share).argmax(axis=1)])


class SubjectTunedRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor that chooses its hyperparameters on subjects held out of its training set.

    The combination of the smallest mean absolute error on subject-disjoint folds is fitted on
    all rows.

    Parameters
    ----------
    pipeline : scikit-learn regressor
        What is tuned.
    search_space : mapping of str to sequence
        Values to try of each parameter of the pipeline.
    n_splits : int
        Inner folds.
    random_state : int
        Seed of the inner folds.
    search : {"halving", "optuna"}
        How combinations are tried; optuna needs the extra ``tuning``.

    Attributes
    ----------
    model_ : scikit-learn regressor
        Fitted on all rows.
    best_params_ : dict
        Chosen parameters.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> key = pd.MultiIndex.from_product([range(12), range(4)], names=["subject", "step"])
    >>> age = 20.0 + 5 * key.get_level_values("subject")
    >>> X = pd.DataFrame({"speed_m_s": 1.6 - age / 100}, index=key)
    >>> model = SubjectTunedRegressor(Ridge(), {"alpha": [1e-3, 1.0]}).fit(X, age)
    >>> model.best_params_
    {'alpha': 0.001}
    """

    def __init__(
        self,
        pipeline: Any,
        search_space: SearchSpace,
        n_splits: int = 3,
        random_state: int = 0,
        search: Search = "halving",
    ) -> None:
        self.pipeline = pipeline
        self.search_space = search_space
        self.n_splits = n_splits
        self.random_state = random_state
        self.search = search

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Tune and fit.

        Parameters
        ----------
        X : DataFrame, shape (n_cycles, n_features)
            Features with the cycle key as index.
        y : array-like, shape (n_cycles,)
            Numbers.

        Raises
        ------
        SplitLeakError
            If `X` does not carry its subjects, or there are fewer than the inner folds.
        TargetError
            If the target does not vary.
        """
        values = np.asarray(y, dtype=float)
        if np.ptp(values) == 0:
            raise TargetError(
                expected="a target that varies",
                got=f"{values[0]:g} in all {len(values)} rows",
                where="y",
                fix="train on more subjects",
            )
        folds = InnerQuantileFolds(self.n_splits, self.random_state)
        self.best_params_ = best_parameters(
            self.pipeline,
            self.search_space,
            X,
            values,
            folds,
            "neg_mean_absolute_error",
            self.search,
            self.random_state,
        )
        self.model_ = clone(self.pipeline).set_params(**self.best_params_).fit(X, values)
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the predicted numbers, shape (n_cycles,)."""
        return np.asarray(self.model_.predict(X))


def _fewest_subjects(X: pd.DataFrame, codes: NDArray[np.intp], classes: NDArray[Any]) -> int:
    """Return the number of subjects of the rarest class; warn if it is one."""
    subjects, _ = subject_codes(subjects_of(X))
    pairs = np.unique(np.column_stack([codes, subjects]), axis=0)
    counts = np.bincount(pairs[:, 0])
    fewest = int(counts.min())
    if fewest < 2:
        warnings.warn(
            f"Not tuned and not calibrated: {classes[counts.argmin()]} has one subject in a "
            "training set. Add subjects or merge classes.",
            LocomotionWarning,
            stacklevel=3,
        )
    return fewest
