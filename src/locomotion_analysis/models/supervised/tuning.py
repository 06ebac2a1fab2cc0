"""Models that tune, calibrate and set their threshold on subjects of the training set alone.

A model that is fitted on some people and tuned on the same people's other cycles is tuned to
recognise them. Here folds inside the training set are of subjects, hyperparameters are chosen by
successive halving or optuna (extra ``tuning``), and calibration and threshold are learned from
predictions for held-out subjects.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Self, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone, is_classifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - opens the import below
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, roc_curve
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_predict
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError, TargetError
from locomotion_analysis.extras import require
from locomotion_analysis.selection import (
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
    subject_codes,
)
from locomotion_analysis.selection.splitters import Fold, class_codes

SearchSpace = Mapping[str, Sequence[Any]]
Search = Literal["halving", "optuna"]


class _SubjectTuned(BaseEstimator):  # type: ignore[misc]
    """What both models are given, and how they choose their parameters."""

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

    def _chosen(self, X: pd.DataFrame, y: Any, folds: Any, scoring: str) -> Any:
        """Return the pipeline, unfitted, with the parameters that score best on the folds."""
        self.best_params_ = best_parameters(
            self.pipeline,
            self.search_space,
            X,
            y,
            folds,
            scoring,
            self.search,
            self.random_state,
        )
        return clone(self.pipeline).set_params(**self.best_params_)


class SubjectTunedClassifier(ClassifierMixin, _SubjectTuned):  # type: ignore[misc]
    """A classifier tuned, calibrated and thresholded on held-out subjects of its training set.

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
        n_splits = min(self.n_splits, _fewest_subjects(subjects_of(X), codes, self.classes_))
        self.best_params_: dict[str, Any] = {}
        self.threshold_: float | None = None
        self.scale_: Any = None
        if n_splits < 2:
            self.model_ = clone(self.pipeline).fit(X, labels)
            return self
        folds = InnerClassFolds(n_splits, self.random_state)
        tuned = self._chosen(X, labels, folds, "balanced_accuracy")
        held_out = cross_val_predict(tuned, X, labels, cv=folds, method="predict_proba")
        self.scale_ = calibrator(held_out, labels)
        if len(self.classes_) == 2:
            right = calibrated(self.scale_, held_out)[:, 1]
            self.threshold_ = best_threshold(right, codes == 1)
        self.model_ = tuned.fit(X, labels)
        return self

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the calibrated probability of each class.

        Parameters
        ----------
        X : DataFrame, shape (n_cycles, n_features)

        Returns
        -------
        ndarray, shape (n_cycles, n_classes)
            In the order of ``classes_``.
        """
        raw = np.asarray(self.model_.predict_proba(X))
        return raw if self.scale_ is None else calibrated(self.scale_, raw)

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the class of each row, by ``threshold_`` where there are two.

        Parameters
        ----------
        X : DataFrame, shape (n_cycles, n_features)

        Returns
        -------
        ndarray, shape (n_cycles,)
        """
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


def _fewest_subjects(of_rows: Any, codes: NDArray[np.intp], classes: NDArray[Any]) -> int:
    """Return the number of subjects of the rarest class; warn if it is one."""
    subjects, _ = subject_codes(of_rows)
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


class SubjectTunedRegressor(RegressorMixin, _SubjectTuned):  # type: ignore[misc]
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
        self.model_ = self._chosen(X, values, folds, "neg_mean_absolute_error").fit(X, values)
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the predicted numbers.

        Parameters
        ----------
        X : DataFrame, shape (n_cycles, n_features)

        Returns
        -------
        ndarray, shape (n_cycles,)
            In the unit of the target.
        """
        return np.asarray(self.model_.predict(X))


class SubjectTunedNetwork(_SubjectTuned):
    """A network of curves that chooses its settings on subjects held out of its training set.

    As :class:`SubjectTunedClassifier` and :class:`SubjectTunedRegressor` choose theirs, by trials of
    optuna; the network chosen is trained on all cycles. Where `pipeline` has a folder as
    `checkpoint`, a search that was killed repeats its trials from there.

    Parameters
    ----------
    pipeline : DeepClassifier or DeepRegressor
        What is tuned.
    search_space : mapping of str to sequence
        Values to try of each parameter: ``architecture``, ``network_options``,
        ``learning_rate``, ``augmentation``, ...
    n_splits : int
        Inner folds; fewer where a class has fewer subjects.
    random_state : int
        Seed of the inner folds and of the trials.
    search : {"optuna"}
        How combinations are tried (extra ``tuning``).

    Attributes
    ----------
    model_ : DeepClassifier or DeepRegressor
        Trained on all cycles.
    best_params_ : dict
        Chosen parameters; empty where nothing could be held out.
    """

    def fit(self, X: NDArray[np.floating], y: Any, groups: Any) -> Self:
        """Tune and train.

        Parameters
        ----------
        X : ndarray, shape (n_cycles, n_points, n_channels)
            Curves.
        y : array-like, shape (n_cycles,)
            Classes, or numbers.
        groups : array-like, shape (n_cycles,)
            Subject of each cycle.

        Raises
        ------
        SplitLeakError
            If there are fewer subjects than inner folds.

        Warns
        -----
        LocomotionWarning
            If a class has one subject, so that nothing can be tuned.
        """
        n_splits, subjects = self.n_splits, np.asarray(groups)
        classifies = is_classifier(self.pipeline)
        if classifies:
            codes, classes = class_codes(y)
            n_splits = min(n_splits, _fewest_subjects(subjects, codes, classes))
        self.best_params_ = {}
        if n_splits > 1:
            kind = InnerClassFolds if classifies else InnerQuantileFolds
            # Curves of the loss are of the training that is kept, not of every trial.
            self.best_params_ = best_by_optuna(
                clone(self.pipeline).set_params(log=None),
                {name: list(values) for name, values in self.search_space.items()},
                X,
                y,
                kind(n_splits, self.random_state),
                "balanced_accuracy" if classifies else "neg_mean_absolute_error",
                self.random_state,
                subjects,
            )
        self.model_ = clone(self.pipeline).set_params(**self.best_params_).fit(X, y, subjects)
        return self

    @property
    def classes_(self) -> NDArray[Any]:
        """Sorted classes."""
        return np.asarray(self.model_.classes_)

    def predict(self, X: NDArray[np.floating]) -> NDArray[Any]:
        """Return the class, or the number, of each cycle, shape (n_cycles,)."""
        return np.asarray(self.model_.predict(X))

    @available_if(lambda self: is_classifier(self.pipeline))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_cycles, n_classes)."""
        return np.asarray(self.model_.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        """Return the tags of the network: a classifier, or a regressor."""
        return get_tags(self.pipeline)


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
        # Of each class, the rows of each of its subjects.
        people: list[list[NDArray[np.intp]]] = []
        for label in range(len(self.classes_)):
            rows = np.flatnonzero(codes == label)
            order = rows[np.argsort(subjects[rows], kind="stable")]
            people.append(np.split(order, np.flatnonzero(np.diff(subjects[order])) + 1))
        fewest = min(len(of_class) for of_class in people)
        member = self.estimator
        if member is None:
            member = DecisionTreeClassifier(max_features="sqrt", min_samples_leaf=2)
        seeded = "random_state" in member.get_params()
        rng = np.random.default_rng(self.random_state)
        members = []
        for _ in range(self.n_estimators):
            drawn = np.concatenate(
                [of[one] for of in people for one in rng.integers(len(of), size=fewest)]
            )
            seed = int(rng.integers(2**31))
            new = clone(member).set_params(random_state=seed) if seeded else clone(member)
            members.append(new.fit(values[drawn], self.classes_[codes[drawn]]))
        self.estimators_ = members
        return self

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the members' mean probability of each class, shape (n_cycles, n_classes)."""
        if X.shape[1] != self.n_features_in_:
            raise SchemaError(
                expected=f"{self.n_features_in_} features",
                got=f"{X.shape[1]}",
                where="X",
                fix="pass the features the model was trained on",
            )
        values = np.asarray(X)
        total = sum(member.predict_proba(values) for member in self.estimators_)
        return np.asarray(total / self.n_estimators)

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Return the class with the highest mean probability, shape (n_cycles,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


# Folds of the subjects inside a training set


def subjects_of(X: Any) -> pd.Index:
    """Return the subject of each row, from the cycle key that features carry.

    Parameters
    ----------
    X : DataFrame
        Features with a level ``subject`` in their index.

    Raises
    ------
    SplitLeakError
        If `X` does not carry its subjects.
    """
    if isinstance(X, pd.DataFrame) and "subject" in X.index.names:
        return X.index.get_level_values("subject")
    raise SplitLeakError(
        expected="features that carry the subject of each row: a DataFrame with the cycle key "
        "as index",
        got=f"X of type {type(X).__name__} without a level 'subject'",
        where="X",
        fix="pass X as prepare_ml_features returns it, or set its index",
    )


class _FromKey:
    """Reads the subjects from the key of `X`, as scikit-learn's searches pass no groups."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Fold]:
        """Yield the rows of training and test of each fold; `groups` come from `X` if None."""
        subjects = subjects_of(X) if groups is None else groups
        with warnings.catch_warnings():
            # That a class has few subjects was said when the outer folds were made.
            warnings.simplefilter("ignore", LocomotionWarning)
            yield from super().split(X, y, subjects)  # type: ignore[misc]


class InnerClassFolds(_FromKey, SubjectStratifiedKFold):
    """Subject-disjoint folds with the classes in proportion, subjects read from `X`.

    Parameters
    ----------
    n_splits : int
        Number of folds.
    random_state : int
        Seed of the shuffling of subjects.

    Examples
    --------
    >>> key = pd.MultiIndex.from_product([["S1", "S2", "S3", "S4"], [0, 1]],
    ...                                  names=["subject", "step"])
    >>> X = pd.DataFrame({"speed_m_s": range(8)}, index=key)
    >>> folds = InnerClassFolds(2).split(X, [0, 0, 1, 1, 0, 0, 1, 1])
    >>> [test.tolist() for _, test in folds]
    [[2, 3, 4, 5], [0, 1, 6, 7]]
    """


class InnerQuantileFolds(_FromKey, SubjectQuantileKFold):
    """Subject-disjoint folds that cover a number's range alike, subjects read from `X`.

    Parameters
    ----------
    n_splits : int
        Number of folds.
    random_state : int
        Seed of the shuffling of subjects.
    """


# Choice of hyperparameters


_FACTOR = 3
_LEAST_ROWS = 10
"""Rows of the rarest class that the first, smallest round shall train on."""


def best_parameters(
    pipeline: Any,
    space: SearchSpace,
    X: pd.DataFrame,
    y: Any,
    cv: Any,
    scoring: str,
    search: Search = "halving",
    random_state: int = 0,
) -> dict[str, Any]:
    """Return the combination of the grid that scores best on subjects held out.

    Successive halving (Jamieson and Talwalkar 2016, AISTATS): all combinations are tried on a
    third of the training rows of each fold, the better third of them on all rows. Data too small
    for that are searched in full.

    Parameters
    ----------
    pipeline : scikit-learn estimator
        Left as it is.
    space : mapping of str to sequence
        Values to try of each parameter.
    X : DataFrame, shape (n_cycles, n_features)
        Features with the cycle key as index.
    y : array-like, shape (n_cycles,)
        Target.
    cv : splitter
        Folds of subjects.
    scoring : str
        scikit-learn's name of the score.
    search : {"halving", "optuna"}
        Successive halving, or trials of optuna.
    random_state : int
        Seed of the rows that halving tries on, or of optuna's trials.

    Raises
    ------
    SchemaError
        If there is no such search.
    MissingExtraError
        If optuna is asked for and not installed.
    """
    known_search(search)
    if all(len(values) == 1 for values in space.values()):
        return {name: values[0] for name, values in space.items()}
    kept = {name: list(values) for name, values in space.items()}
    common = {"cv": cv, "scoring": scoring, "refit": False, "error_score": "raise"}
    target = np.asarray(y)
    # Of a number, every row counts as one of the rarest class.
    numbers = target.dtype.kind == "f"
    rarest = len(target) if numbers else int(np.unique(target, return_counts=True)[1].min())
    if rarest < 2 * _FACTOR * _LEAST_ROWS:
        tried = GridSearchCV(pipeline, kept, **common)
    else:
        tried = HalvingGridSearchCV(
            pipeline,
            kept,
            factor=_FACTOR,
            min_resources="exhaust",
            random_state=random_state,
            **common,
        )
    with warnings.catch_warnings():
        # A validation fold may lack a class that others have.
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        if search == "optuna":
            return best_by_optuna(pipeline, kept, X, y, cv, scoring, random_state)
        tried.fit(X, y)
    return dict(tried.best_params_)


def known_search(name: str) -> Search:
    """Return the search of that name.

    Raises
    ------
    SchemaError
        If there is none.
    """
    for known in get_args(Search):
        if name == known:
            return cast("Search", known)
    raise SchemaError(
        expected=f"a search among {', '.join(get_args(Search))}",
        got=repr(name),
        where="search",
        fix="name one of these",
    )


N_TRIALS = 30
_TRIALS_BEFORE_PRUNING = 5


def best_by_optuna(
    pipeline: Any,
    space: dict[str, list[Any]],
    X: pd.DataFrame | NDArray[np.floating],
    y: Any,
    cv: Any,
    scoring: str,
    random_state: int,
    groups: Any = None,
) -> dict[str, Any]:
    """Return the best combination that 30 trials of a tree-structured Parzen estimator find.

    A trial ends early when its mean over the folds so far is below the median of earlier trials
    (Akiba et al. 2019, doi:10.1145/3292500.3330701). Grids of at most 30 combinations are tried
    whole, each once.

    Parameters
    ----------
    pipeline : scikit-learn estimator
        Left as it is.
    space : dict of str to list
        Values to try of each parameter.
    X : DataFrame, shape (n_cycles, n_features), or ndarray
        Features with the cycle key as index, or curves.
    y : array-like, shape (n_cycles,)
        Target.
    cv : splitter
        Folds of subjects.
    scoring : str
        scikit-learn's name of the score.
    random_state : int
        Seed: the same trials in the same order.
    groups : array-like, shape (n_cycles,), optional
        Subject of each cycle, for curves; ``fit`` is given them.

    Raises
    ------
    MissingExtraError
        If optuna is not installed.
    """
    optuna = require("optuna", "tuning")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folds, scorer, values = list(cv.split(X, y, groups)), get_scorer(scoring), np.asarray(y)
    rows = X.iloc if isinstance(X, pd.DataFrame) else X

    def score(trial: Any) -> float:
        places = {
            name: trial.suggest_categorical(name, list(range(len(choices))))
            for name, choices in space.items()
        }
        model = clone(pipeline).set_params(**_chosen(space, places))
        scores: list[float] = []
        for step, (train, test) in enumerate(folds):
            own = {} if groups is None else {"groups": groups[train]}
            model.fit(rows[train], values[train], **own)
            scores.append(float(scorer(model, rows[test], values[test])))
            trial.report(float(np.mean(scores)), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(scores))

    n_combinations = int(np.prod([len(choices) for choices in space.values()]))
    places = {name: list(range(len(choices))) for name, choices in space.items()}
    whole = n_combinations <= N_TRIALS
    samplers = optuna.samplers
    study = optuna.create_study(
        direction="maximize",
        sampler=samplers.GridSampler(places, seed=random_state)
        if whole
        else samplers.TPESampler(seed=random_state),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_TRIALS_BEFORE_PRUNING),
    )
    study.optimize(score, n_trials=min(n_combinations, N_TRIALS))
    return _chosen(space, study.best_params)


def _chosen(space: dict[str, list[Any]], places: dict[str, int]) -> dict[str, Any]:
    """Return the values at some places: optuna itself keeps only numbers and texts."""
    return {name: space[name][place] for name, place in places.items()}


# Calibration and threshold


LEAST_PROBABILITY = 1e-3
"""Lower ones are taken for this before their logarithm is."""


def calibrator(held_out: NDArray[np.float64], y: Any) -> LogisticRegression:
    """Return the map from a classifier's probabilities to calibrated ones.

    Logistic regression of the class on the log of the probabilities: Platt scaling for two
    classes, Dirichlet calibration (Kull et al. 2019, NeurIPS 32) for more.

    Parameters
    ----------
    held_out : ndarray of shape (n_rows, n_classes)
        Probabilities for rows the classifier was not fitted on.
    y : array-like of shape (n_rows,)
        Their classes.
    """
    return LogisticRegression(max_iter=2000).fit(_log(held_out), y)


def calibrated(scale: LogisticRegression, raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return calibrated probabilities, shape (n_rows, n_classes), of raw ones."""
    return np.asarray(scale.predict_proba(_log(raw)))


def best_threshold(probability: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the probability from which to call the class, for the highest balanced accuracy.

    Parameters
    ----------
    probability : ndarray of shape (n_rows,)
        Probability of the class for rows held out.
    positive : ndarray of bool of shape (n_rows,)
        Whether they are of the class.

    Examples
    --------
    >>> best_threshold(np.array([0.1, 0.2, 0.3, 0.4]), np.array([False, False, True, True]))
    0.25
    """
    false_alarms, found, thresholds = roc_curve(positive, probability)
    best = int(np.argmax(found - false_alarms))
    below = probability[probability < thresholds[best]]
    # Half way to the next lower value: the edge of one training row is no place for a limit.
    lower = below.max() if below.size else 0.0
    upper = min(1.0, float(thresholds[best]))
    return float((upper + lower) / 2)


def _log(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    logs = np.log(np.clip(probability, LEAST_PROBABILITY, 1))
    return logs[:, 1:] - logs[:, :1] if logs.shape[1] == 2 else logs
