"""MERGED recipes.

- Univariate choice of features, quiet about features that do not vary.
- Honest first models: impute, scale, fit, all inside the fold.
- Rows for treatment: each leg once, with its features before and their change.
- What a recipe is: a model, what to tune of it, and what it learns from.
- The classifiers that recipes are made of.
- The regressors that recipes are made of.
- The recipes by what they predict.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.supervised.tuning import (
    Search,
    SubjectBalancedBagging,
    SubjectTunedClassifier,
    SubjectTunedRegressor,
)

# ----------------------------------------------------------------------
# Univariate choice of features, quiet about features that do not vary.


class BestFeatures(SelectKBest):  # type: ignore[misc]
    """The `k` features that tell most by themselves, or all where there are fewer.

    scikit-learn's ``SelectKBest`` warns of each fit on fewer features and of each feature that
    is constant in a fold; both are ordinary in gait tables. A constant feature comes last.

    Parameters
    ----------
    score_func : callable
        ``f_classif`` or ``f_regression``.
    k : int
        Most features kept.

    Examples
    --------
    >>> from sklearn.feature_selection import f_classif
    >>> X = [[0.0, 1.0], [0.1, 1.0], [0.9, 1.0], [1.0, 1.0]]
    >>> BestFeatures(f_classif, k=1).fit(X, [0, 0, 1, 1]).get_support().tolist()
    [True, False]
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Score the features on the training rows."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="k=.* is greater than n_features")
            warnings.filterwarnings("ignore", message="(?s)Features .* are constant")
            warnings.filterwarnings("ignore", message="(invalid value|divide by zero)")
            super().fit(X, y)
        return self


# ----------------------------------------------------------------------
# Honest first models: impute, scale, fit, all inside the fold.


ModelKind = Literal["forest", "linear"]
MODEL_KINDS: tuple[str, ...] = get_args(ModelKind)
"""Kinds of model: ``"forest"`` (extremely randomised trees) and ``"linear"`` (regularised)."""

_FOREST: dict[str, Any] = {"n_estimators": 300, "min_samples_leaf": 2, "n_jobs": -1}
_INVERSE_PENALTY = 0.1
_PENALTY = 100.0


def default_classifier(kind: ModelKind = "forest", random_state: int = 0) -> Pipeline:
    """Return an unfitted classifier for a feature table.

    Missing values become the median of the training cycles, features are scaled, and classes
    weigh the same however many cycles each has.

    Parameters
    ----------
    kind : {"forest", "linear"}
        300 extremely randomised trees (Geurts, Ernst & Wehenkel 2006, Mach Learn 63:3), or
        L2-regularised logistic regression.
    random_state : int
        Seed of the forest.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``impute``, ``scale`` and ``classify``.

    Raises
    ------
    SchemaError
        If `kind` is not known.

    Examples
    --------
    >>> default_classifier().steps[-1][0]
    'classify'
    """
    _check_kind(kind)
    if kind == "linear":
        model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=5000, class_weight="balanced")
    else:
        model = ExtraTreesClassifier(**_FOREST, class_weight="balanced", random_state=random_state)
    return Pipeline([*_preparation(), ("classify", model)])


def default_regressor(kind: ModelKind = "forest", random_state: int = 0) -> Pipeline:
    """Return an unfitted regressor for a feature table.

    Parameters
    ----------
    kind : {"forest", "linear"}
        300 extremely randomised trees (Geurts, Ernst & Wehenkel 2006, Mach Learn 63:3), or
        ridge regression.
    random_state : int
        Seed of the forest.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``impute``, ``scale`` and ``regress``.

    Raises
    ------
    SchemaError
        If `kind` is not known.

    Examples
    --------
    >>> default_regressor("linear").steps[-1][0]
    'regress'
    """
    _check_kind(kind)
    if kind == "linear":
        model: Any = Ridge(alpha=_PENALTY)
    else:
        model = ExtraTreesRegressor(**_FOREST, random_state=random_state)
    return Pipeline([*_preparation(), ("regress", model)])


def _preparation() -> list[tuple[str, Any]]:
    # A feature that no training cycle has stays as a column of zeros: the columns of a fitted
    # model are those of the table it was given.
    return [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("scale", StandardScaler()),
    ]


def _check_kind(kind: str) -> None:
    if kind not in MODEL_KINDS:
        raise SchemaError(
            expected=f"a kind of model among {', '.join(MODEL_KINDS)}",
            got=repr(kind),
            where="kind",
            fix="name one of these, or pass any scikit-learn estimator instead",
        )


# ----------------------------------------------------------------------
# Rows for treatment: each leg once, with its features before and their change.


BEFORE = "_before"
CHANGE = "_change"
KNOWN_SESSIONS = (("pre", "post"), ("M0", "M6"))
"""Pairs of session names that are recognised: before, after."""

_PERSON = ("dataset", "subject", "task", "side")


def paired_features(
    X: pd.DataFrame, cycles: pd.DataFrame, sessions: tuple[str, str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Return the features of each leg before treatment, and how they changed.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features, row by row as `cycles`.
    cycles : DataFrame, shape (n_cycles, ...)
        Has ``subject`` and ``session``, and ``dataset``, ``task`` and ``side`` where known.
    sessions : tuple of two str, optional
        Names of the sessions before and after; those of :data:`KNOWN_SESSIONS` are found.

    Returns
    -------
    paired : DataFrame, shape (n_legs, 2 n_features)
        ``<feature>_before``: mean of the cycles before, in the feature's unit;
        ``<feature>_change``: mean after minus mean before. Indexed by dataset, subject, task and
        side, as far as known.
    notes : list of str
        How many legs were left out because one session is missing.

    Raises
    ------
    SchemaError
        If there is no column ``session``, its sessions are not known, or no leg has both.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": ["S1"] * 3, "session": ["pre", "post", "post"]})
    >>> paired, _ = paired_features(pd.DataFrame({"speed_m_s": [1.0, 1.1, 1.3]}), cycles)
    >>> paired.round(2).to_dict("records")
    [{'speed_m_s_before': 1.0, 'speed_m_s_change': 0.2}]
    """
    before, after = known_sessions(cycles, sessions)
    keys = [name for name in _PERSON if name in cycles]
    session = cycles["session"].astype(str).to_numpy()
    people = pd.MultiIndex.from_frame(cycles[keys].astype(str))
    first, second = (_means(X, people, session == name) for name in (before, after))
    both = first.index.intersection(second.index).sort_values()
    if both.empty:
        raise SchemaError(
            expected=f"legs with cycles of both sessions, {before} and {after}",
            got=f"{len(first)} legs in {before}, {len(second)} in {after}, none in both",
            where="column session",
            fix="give a person the same subject name in both sessions",
        )
    alone = len(first.index.union(second.index)) - len(both)
    notes = [f"{alone} legs left out: seen in one session only"] if alone else []
    baseline, later = first.loc[both], second.loc[both]
    return (
        pd.concat([baseline.add_suffix(BEFORE), (later - baseline).add_suffix(CHANGE)], axis=1),
        notes,
    )


def paired_target(
    y: "pd.Series[Any]", cycles: pd.DataFrame, paired: pd.DataFrame
) -> "pd.Series[Any]":
    """Return the outcome of each row of :func:`paired_features`.

    Raises
    ------
    SchemaError
        If a leg has cycles of two outcomes.
    """
    people = pd.MultiIndex.from_frame(cycles[list(paired.index.names)].astype(str))
    of_leg = pd.Series(y.to_numpy(), index=people, name=y.name).groupby(
        level=list(range(people.nlevels))
    )
    n_outcomes = of_leg.nunique()
    if n_outcomes.max() > 1:
        mixed = n_outcomes.idxmax()
        raise SchemaError(
            expected="one outcome for each leg, before and after treatment alike",
            got=f"several for {mixed}",
            where=f"column {y.name}",
            fix="name a column that tells the outcome, not the session",
        )
    return of_leg.first().loc[paired.index]


def _means(X: pd.DataFrame, people: pd.MultiIndex, chosen: np.ndarray[Any, Any]) -> pd.DataFrame:
    rows = np.flatnonzero(chosen)
    table = X.iloc[rows].set_axis(people[rows], axis=0)
    return table.groupby(level=list(range(people.nlevels))).mean()


def known_sessions(cycles: pd.DataFrame, asked: tuple[str, str] | None) -> tuple[str, str]:
    """Return the names of the sessions before and after.

    Raises
    ------
    SchemaError
        If there is no column ``session``, or its sessions are not known.
    """
    if "session" not in cycles:
        raise SchemaError(
            expected="a column session that tells cycles before treatment from those after",
            got="no such column",
            fix="add it, or use another task",
        )
    found = set(cycles["session"].dropna().astype(str))
    pairs = KNOWN_SESSIONS if asked is None else (asked,)
    known = [pair for pair in pairs if set(pair) <= found]
    if not known:
        raise SchemaError(
            expected="sessions " + " or ".join(f"{a} and {b}" for a, b in pairs),
            got=", ".join(sorted(found)) or "no session",
            where="column session",
            fix="name the two: sessions=(before, after)",
        )
    return known[0]


# ----------------------------------------------------------------------
# What a recipe is: a model, what to tune of it, and what it learns from.


Kind = Literal["classification", "regression"]


@dataclass(frozen=True)
class Recipe:
    """A model to try: an unfitted pipeline and the values to try of its parameters.

    Attributes
    ----------
    name : str
        Short name, as for ``locomotion train --recipes``.
    title : str
        Name for tables.
    kind : {"classification", "regression"}
        What it predicts.
    pipeline : scikit-learn estimator
        Unfitted: a Pipeline, or a network (see :func:`network`).
    search_space : mapping of str to sequence
        Values to try of each parameter; empty where nothing is tuned.
    baseline : bool
        Whether it knows no more than a model must beat to be worth anything.
    needs : tuple of str
        Columns of `X` it cannot do without; a name that starts with ``"*"`` is an ending.
    search : {"halving", "optuna"}
        How values are tried: successive halving, or optuna (extra ``tuning``).
    channels : tuple of str
        Channels whose curves it learns from; empty where it learns from features.

    Examples
    --------
    >>> from locomotion_analysis.models.supervised import pathology_detection
    >>> recipe = pathology_detection("linear")
    >>> [name for name, _ in recipe.pipeline.steps]
    ['impute', 'scale', 'select', 'classify']
    >>> type(recipe.model()).__name__
    'SubjectTunedClassifier'
    """

    name: str
    title: str
    kind: Kind
    pipeline: Any
    search_space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    baseline: bool = False
    needs: tuple[str, ...] = ()
    search: Search = "halving"
    channels: tuple[str, ...] = ()

    def model(self, random_state: int = 0) -> Any:
        """Return an unfitted estimator that tunes (and calibrates) inside whatever it is given.

        Parameters
        ----------
        random_state : int
            Seed of the inner folds.
        """
        if not self.search_space:
            return clone(self.pipeline)
        kind = SubjectTunedClassifier if self.kind == "classification" else SubjectTunedRegressor
        return kind(
            clone(self.pipeline),
            dict(self.search_space),
            random_state=random_state,
            search=self.search,
        )

    def lacks(self, columns: Sequence[str]) -> list[str]:
        """Return what it needs and the columns do not have."""
        return [
            need
            for need in self.needs
            if not (
                any(name.endswith(need[1:]) for name in columns)
                if need.startswith("*")
                else need in columns
            )
        ]


# ----------------------------------------------------------------------
# The classifiers that recipes are made of.


SPEED = "speed_m_s"
_classifier_kind = partial(Recipe, kind="classification")


def majority(random_state: int) -> Recipe:
    """Return the classifier that always names the commonest class."""
    model = DummyClassifier(strategy="prior", random_state=random_state)
    return _classifier_kind(
        name="majority",
        title="Majority class",
        pipeline=Pipeline([("classify", model)]),
        baseline=True,
    )


def columns_only(name: str, title: str, pattern: str, need: str) -> Recipe:
    """Return logistic regression on the columns that match a pattern."""
    chosen = make_column_transformer(
        (SimpleImputer(strategy="median", keep_empty_features=True), make_column_selector(pattern))
    )
    model = LogisticRegression(class_weight="balanced", max_iter=2000)
    steps = [("choose", chosen), ("scale", StandardScaler()), ("classify", model)]
    return _classifier_kind(
        name=name,
        title=title,
        pipeline=Pipeline(steps),
        search_space={"classify__C": (1.0,)},
        baseline=True,
        needs=(need,),
    )


def speed_only_classifier(random_state: int) -> Recipe:  # noqa: ARG001 - one signature for all
    """Return logistic regression on walking speed alone, which any gait model must beat."""
    return columns_only("speed_only", "Speed alone, logistic", f"^{SPEED}$", SPEED)


def linear_classifier(random_state: int, k: Sequence[int]) -> Recipe:  # noqa: ARG001 - as above
    """Return L2-regularised logistic regression on the most telling features."""
    model = LogisticRegression(class_weight="balanced", max_iter=2000)
    return _tuned_classifier(
        "linear", "Logistic regression", model, k, {"classify__C": (0.003, 0.03, 0.3)}
    )


def random_forest_classifier(random_state: int, k: Sequence[int]) -> Recipe:
    """Return a random forest (Breiman 2001, Mach Learn 45:5)."""
    model = RandomForestClassifier(
        100, class_weight="balanced", random_state=random_state, max_samples=0.7
    )
    return _tuned_classifier(
        "random_forest", "Random forest", model, (max(k),), {"classify__min_samples_leaf": (2, 8)}
    )


def extra_trees_classifier(random_state: int, k: Sequence[int]) -> Recipe:
    """Return extremely randomised trees (Geurts, Ernst and Wehenkel 2006, Mach Learn 63:3)."""
    model = ExtraTreesClassifier(150, class_weight="balanced", random_state=random_state)
    return _tuned_classifier(
        "extra_trees",
        "Extremely randomised trees",
        model,
        (max(k),),
        {"classify__min_samples_leaf": (2, 6)},
    )


def boosting_classifier(random_state: int, k: Sequence[int]) -> Recipe:
    """Return histogram gradient boosting (after Ke et al. 2017, NeurIPS 30) on few features."""
    model = HistGradientBoostingClassifier(
        max_iter=40,
        max_leaf_nodes=8,
        max_features=0.3,
        class_weight="balanced",
        early_stopping=False,
        random_state=random_state,
    )
    return _tuned_classifier(
        "boosting", "Gradient boosting", model, (min(k),), {"classify__learning_rate": (0.05, 0.15)}
    )


def balanced(random_state: int, k: Sequence[int]) -> Recipe:
    """Return trees that each see as many subjects of every class."""
    model = SubjectBalancedBagging(n_estimators=80, random_state=random_state)
    recipe = _tuned_classifier("balanced", "Subject-balanced forest", model, (max(k),), {})
    # The ensemble reads subjects from the rows' key, which arrays would lose.
    recipe.pipeline.set_output(transform="pandas")
    return recipe


def _tuned_classifier(
    name: str, title: str, model: Any, k: Sequence[int], space: Mapping[str, Sequence[Any]]
) -> Recipe:
    # Means: medians of 2,000 features take longer than all the rest of most models.
    steps = [
        ("impute", SimpleImputer(keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("select", BestFeatures(f_classif, k=max(k))),
        ("classify", model),
    ]
    return _classifier_kind(
        name=name,
        title=title,
        pipeline=Pipeline(steps),
        search_space={"select__k": tuple(k), **space},
    )


Maker = Callable[[int], Recipe]


def classifiers(k: Sequence[int]) -> dict[str, Maker]:
    """Return the makers of all classifiers, `k` being the numbers of features to try.

    The linear model is tuned over all of `k`; forests keep the most, which does not harm them,
    and boosting, whose time grows with the features, the fewest.
    """
    tuned = (
        linear_classifier,
        random_forest_classifier,
        extra_trees_classifier,
        boosting_classifier,
        balanced,
    )
    return {
        "majority": majority,
        "speed_only": speed_only_classifier,
        **{maker.__name__: partial(maker, k=k) for maker in tuned},
    }


# ----------------------------------------------------------------------
# The regressors that recipes are made of.


_regressor_kind = partial(Recipe, kind="regression")


def mean(random_state: int) -> Recipe:  # noqa: ARG001 - one signature for all
    """Return the regressor that always gives the mean of the training rows."""
    return _regressor_kind(
        name="mean",
        title="Mean of all",
        pipeline=Pipeline([("regress", DummyRegressor())]),
        baseline=True,
    )


def speed_only_regressor(random_state: int) -> Recipe:  # noqa: ARG001 - as above
    """Return a line on walking speed alone."""
    chosen = make_column_transformer(
        (
            SimpleImputer(strategy="median", keep_empty_features=True),
            make_column_selector(f"^{SPEED}$"),
        )
    )
    return _regressor_kind(
        name="speed_only",
        title="Speed alone, linear",
        pipeline=Pipeline([("choose", chosen), ("scale", StandardScaler()), ("regress", Ridge())]),
        baseline=True,
        needs=(SPEED,),
    )


def linear_regressor(random_state: int, k: Sequence[int]) -> Recipe:  # noqa: ARG001 - as above
    """Return ridge regression on the most telling features."""
    return _tuned_regressor(
        "linear", "Ridge regression", Ridge(), k, {"regress__alpha": (10.0, 100.0, 1e3)}
    )


def random_forest_regressor(random_state: int, k: Sequence[int]) -> Recipe:
    """Return a random forest (Breiman 2001, Mach Learn 45:5)."""
    model = RandomForestRegressor(100, max_features=0.2, max_samples=0.5, random_state=random_state)
    return _tuned_regressor(
        "random_forest", "Random forest", model, (max(k),), {"regress__min_samples_leaf": (2, 8)}
    )


def extra_trees_regressor(random_state: int, k: Sequence[int]) -> Recipe:
    """Return extremely randomised trees (Geurts, Ernst and Wehenkel 2006, Mach Learn 63:3)."""
    model = ExtraTreesRegressor(100, max_features=0.3, random_state=random_state)
    space = {"regress__min_samples_leaf": (2, 8)}
    return _tuned_regressor("extra_trees", "Extremely randomised trees", model, (max(k),), space)


def boosting_regressor(random_state: int, k: Sequence[int]) -> Recipe:
    """Return histogram gradient boosting (after Ke et al. 2017, NeurIPS 30) on few features."""
    model = HistGradientBoostingRegressor(
        max_iter=60,
        max_leaf_nodes=8,
        max_features=0.3,
        early_stopping=False,
        random_state=random_state,
    )
    return _tuned_regressor(
        "boosting", "Gradient boosting", model, (min(k),), {"regress__learning_rate": (0.05, 0.15)}
    )


def _tuned_regressor(
    name: str, title: str, model: Any, k: Sequence[int], space: Mapping[str, Sequence[Any]]
) -> Recipe:
    # Means: medians of 2,000 features take longer than all the rest of most models.
    steps = [
        ("impute", SimpleImputer(keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("select", BestFeatures(f_regression, k=max(k))),
        ("regress", model),
    ]
    return _regressor_kind(
        name=name,
        title=title,
        pipeline=Pipeline(steps),
        search_space={"select__k": tuple(k), **space},
    )


def regressors(k: Sequence[int]) -> dict[str, Maker]:
    """Return the makers of all regressors, `k` being the numbers of features to try.

    The linear model is tuned over all of `k`; forests keep the most, which does not harm them,
    and boosting, whose time grows with the features, the fewest.
    """
    tuned = (linear_regressor, random_forest_regressor, extra_trees_regressor, boosting_regressor)
    return {
        "mean": mean,
        "speed_only": speed_only_regressor,
        **{maker.__name__: partial(maker, k=k) for maker in tuned},
    }


# ----------------------------------------------------------------------
# The recipes by what they predict.


_MANY = (50, 200)
_SOME = (30, 100)
_FEW = (8, 25)
"""Features kept: about as many as the number of subjects such data have can carry."""


def pathology_detection(model: str = "extra_trees", random_state: int = 0) -> Recipe:
    """Return a recipe that tells pathologies (or one from health) apart.

    Parameters
    ----------
    model : str
        ``majority``, ``speed_only``, ``linear``, ``random_forest``, ``extra_trees``,
        ``boosting`` or ``balanced``.
    random_state : int
        Seed of the model.

    Returns
    -------
    Recipe
        Pipeline and search space; ``recipe.model()`` tunes and calibrates itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> pathology_detection("linear").search_space["select__k"]
    (50, 200)
    """
    return _made(model, classifiers(_MANY), random_state)


def task_classification(model: str = "extra_trees", random_state: int = 0) -> Recipe:
    """Return a recipe that tells tasks (level walking, stairs, ramps) apart.

    Parameters
    ----------
    model, random_state
        As for :func:`pathology_detection`.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> task_classification("speed_only").baseline
    True
    """
    return _made(model, classifiers(_MANY), random_state)


def fall_risk(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that tells who will fall from gait.

    Falls depend on much besides gait, so that fewer features are kept than elsewhere. The
    threshold is set on held-out subjects for balanced accuracy.

    Parameters
    ----------
    model, random_state
        As for :func:`pathology_detection`.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> fall_risk().name
    'linear'
    """
    return _made(model, classifiers(_SOME), random_state)


def treatment_outcome(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that tells who responded to treatment, from paired features.

    Made for the rows of :func:`~locomotion_analysis.models.supervised.recipes`: one a
    leg, baseline and change. ``before_only`` sees the baseline alone: what can be known before
    treatment, and what a model that also sees the change must beat.

    Parameters
    ----------
    model : str
        As for :func:`pathology_detection`, with ``before_only`` in the place of ``speed_only``.
    random_state : int
        Seed of the model.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> treatment_outcome("before_only").needs
    ('*_before',)
    """
    makers = classifiers(_FEW)
    del makers["speed_only"]
    return _made(model, {"before_only": _before_only, **makers}, random_state)


def _before_only(random_state: int) -> Recipe:  # noqa: ARG001 - one signature for all
    recipe = columns_only("before_only", "Before treatment alone", f"{BEFORE}$", f"*{BEFORE}")
    return replace(recipe, search_space={"classify__C": (0.001, 0.01)})


def age_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts age (years) from gait.

    Parameters
    ----------
    model : str
        ``mean``, ``speed_only``, ``linear``, ``random_forest``, ``extra_trees`` or ``boosting``.
    random_state : int
        Seed of the model.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> age_regression("mean").baseline
    True
    """
    return _made(model, regressors(_MANY), random_state)


def bmi_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts body mass index (kg/m²) from gait.

    Parameters
    ----------
    model, random_state
        As for :func:`age_regression`.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> bmi_regression().kind
    'regression'
    """
    return _made(model, regressors(_MANY), random_state)


def speed_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts speed (m/s) from gait; there is no speed-only baseline.

    Parameters
    ----------
    model, random_state
        As for :func:`age_regression`, without ``speed_only``.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> speed_regression("linear").title
    'Ridge regression'
    """
    makers = regressors(_MANY)
    del makers["speed_only"]
    return _made(model, makers, random_state)


NETWORKS = ("lstm", "gru", "cnn", "spectrogram", "wavelet", "transformer", "two_leg")
"""Networks of the extra ``deep`` by name; named here so that torch is imported for them alone."""


def network(
    name: str, kind: Kind, channels: Sequence[str], random_state: int = 0, **settings: Any
) -> Recipe:
    """Return a recipe that learns from whole curves instead of features (extra ``deep``).

    Parameters
    ----------
    name : str
        One of ``NETWORKS``.
    kind : {"classification", "regression"}
        What it predicts.
    channels : sequence of str
        Channels it learns from.
    random_state : int
        Seed of weights, batches and augmentation.
    **settings
        Of :class:`~locomotion_analysis.models.deep.DeepClassifier`: ``max_epochs``, ``device``,
        ``network_options``, ...

    Raises
    ------
    SchemaError
        If there is no such network or setting.
    MissingExtraError
        If torch or skorch is not installed.
    """
    from locomotion_analysis.models.deep import DeepClassifier, DeepRegressor
    from locomotion_analysis.models.deep.networks import architecture

    architecture(name)
    estimator = DeepClassifier if kind == "classification" else DeepRegressor
    known = set(estimator().get_params())
    if unknown := [each for each in settings if each not in known]:
        raise SchemaError(
            expected=f"settings among {', '.join(sorted(known))}",
            got=", ".join(map(repr, unknown)),
            where=f"settings of {estimator.__name__}",
        )
    made = estimator(name, channels=list(channels), random_state=random_state, **settings)
    title = f"{name.replace('_', '-')} network"
    return Recipe(name, title, kind, made, channels=tuple(channels))


def _made(model: str, makers: Mapping[str, Maker], random_state: int) -> Recipe:
    if model not in makers:
        raise SchemaError(
            expected=f"a model among {', '.join(makers)}",
            got=repr(model),
            where="model",
            fix="name one of these",
        )
    return makers[model](random_state)


@dataclass(frozen=True)
class Problem:
    """Something to predict, and the recipes for it.

    Attributes
    ----------
    name : str
        Name, as for ``locomotion train --problem``.
    target : str
        Column of ``data.cycles`` that is predicted unless another is named.
    kind : {"classification", "regression"}
        Kind of target.
    models : tuple of str
        Names of the models that `recipe` makes.
    recipe : callable
        ``recipe(model, random_state)``.
    paired : bool
        Whether rows are legs before and after treatment instead of cycles.
    """

    name: str
    target: str
    kind: Kind
    models: tuple[str, ...]
    recipe: Callable[[str, int], Recipe]
    paired: bool = False

    def recipes(self, random_state: int = 0) -> list[Recipe]:
        """Return all recipes, baselines first."""
        return [self.recipe(name, random_state) for name in self.models]


_CLASSES = tuple(classifiers(_MANY))
_NUMBERS = tuple(regressors(_MANY))
_classification = partial(Problem, kind="classification", models=_CLASSES)
_regression = partial(Problem, kind="regression", models=_NUMBERS)

PROBLEMS: Mapping[str, Problem] = {
    problem.name: problem
    for problem in (
        _classification(name="pathology", target="pathology", recipe=pathology_detection),
        _classification(name="task", target="task", recipe=task_classification),
        _classification(name="fall_risk", target="faller", recipe=fall_risk),
        Problem(
            name="treatment",
            target="responder",
            kind="classification",
            models=("majority", "before_only", *_CLASSES[2:]),
            recipe=treatment_outcome,
            paired=True,
        ),
        _regression(name="age", target="age", recipe=age_regression),
        _regression(name="bmi", target="bmi", recipe=bmi_regression),
        Problem(
            name="speed",
            target="speed_m_s",
            kind="regression",
            models=tuple(name for name in _NUMBERS if name != "speed_only"),
            recipe=speed_regression,
        ),
    )
}
"""What ``locomotion train`` knows, by name."""
