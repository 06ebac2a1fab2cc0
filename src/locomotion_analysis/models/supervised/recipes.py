"""Recipes: an unfitted model, what to tune of it, and what it learns from, by what it predicts.

A recipe is a pipeline that imputes, scales, keeps the features that tell most and ends in a
model, so that all of it is fitted inside the fold. ``PROBLEMS`` has the recipes by what they
predict; :func:`default_classifier` and :func:`default_regressor` are first models without tuning;
:func:`paired_features` makes the rows that treatment is judged by.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Self, get_args

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

from locomotion_analysis.errors import SchemaError, did_you_mean
from locomotion_analysis.models.supervised.tuning import (
    Search,
    SubjectBalancedBagging,
    SubjectTunedClassifier,
    SubjectTunedNetwork,
    SubjectTunedRegressor,
)

Kind = Literal["classification", "regression"]
SPEED = "speed_m_s"


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
        return (SubjectTunedNetwork if self.channels else kind)(
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
        """Return all recipes of the problem, baselines first.

        Parameters
        ----------
        random_state : int
            Seed of the models.

        Returns
        -------
        list of Recipe
        """
        return [self.recipe(name, random_state) for name in self.models]


_MANY = (50, 200)
_SOME = (30, 100)
_FEW = (8, 25)
"""Features kept: about as many as the number of subjects such data have can carry."""


def pathology_detection(model: str = "extra_trees", random_state: int = 0) -> Recipe:
    """Return a recipe that classifies pathologies, or one pathology against health.

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
    return _chosen(model, _recipes("classification", _MANY, random_state))


def task_classification(model: str = "extra_trees", random_state: int = 0) -> Recipe:
    """Return a recipe that classifies tasks (level walking, stairs, ramps).

    Parameters
    ----------
    model, random_state
        As for :func:`pathology_detection`.

    Returns
    -------
    Recipe
        Unfitted; ``model()`` returns the estimator that tunes itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> task_classification("speed_only").baseline
    True
    """
    return _chosen(model, _recipes("classification", _MANY, random_state))


def fall_risk(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts from gait who will fall.

    Falls depend on much besides gait, so that fewer features are kept than elsewhere. The
    threshold is set on held-out subjects for balanced accuracy.

    Parameters
    ----------
    model, random_state
        As for :func:`pathology_detection`.

    Returns
    -------
    Recipe
        Unfitted; ``model()`` returns the estimator that tunes itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> fall_risk().name
    'linear'
    """
    return _chosen(model, _recipes("classification", _SOME, random_state))


def treatment_outcome(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that classifies who responded to treatment, from paired features.

    Made for the rows of :func:`~locomotion_analysis.models.supervised.paired_features`: one a
    leg, baseline and change. ``before_only`` sees the baseline alone: what can be known before
    treatment, and what a model that also sees the change must beat.

    Parameters
    ----------
    model : str
        As for :func:`pathology_detection`, with ``before_only`` in the place of ``speed_only``.
    random_state : int
        Seed of the model.

    Returns
    -------
    Recipe
        Unfitted; ``model()`` returns the estimator that tunes itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> treatment_outcome("before_only").needs
    ('*_before',)
    """
    recipes = _recipes("classification", _FEW, random_state)
    del recipes["speed_only"]
    before = _columns_only(
        "classification", "before_only", "Before treatment alone", f"{BEFORE}$", f"*{BEFORE}"
    )
    before = replace(before, search_space={"classify__C": (0.001, 0.01)})
    return _chosen(model, {"before_only": before, **recipes})


def age_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts age (years) from gait.

    Parameters
    ----------
    model : str
        ``mean``, ``speed_only``, ``linear``, ``random_forest``, ``extra_trees`` or ``boosting``.
    random_state : int
        Seed of the model.

    Returns
    -------
    Recipe
        Unfitted; ``model()`` returns the estimator that tunes itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> age_regression("mean").baseline
    True
    """
    return _chosen(model, _recipes("regression", _MANY, random_state))


def bmi_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts body mass index (kg/m²) from gait.

    Parameters
    ----------
    model, random_state
        As for :func:`age_regression`.

    Returns
    -------
    Recipe
        Unfitted; ``model()`` returns the estimator that tunes itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> bmi_regression().kind
    'regression'
    """
    return _chosen(model, _recipes("regression", _MANY, random_state))


def speed_regression(model: str = "linear", random_state: int = 0) -> Recipe:
    """Return a recipe that predicts speed (m/s) from gait; there is no speed-only baseline.

    Parameters
    ----------
    model, random_state
        As for :func:`age_regression`, without ``speed_only``.

    Returns
    -------
    Recipe
        Unfitted; ``model()`` returns the estimator that tunes itself.

    Raises
    ------
    SchemaError
        If there is no such model.

    Examples
    --------
    >>> speed_regression("linear").title
    'Ridge regression'
    """
    recipes = _recipes("regression", _MANY, random_state)
    del recipes["speed_only"]
    return _chosen(model, recipes)


NETWORKS = (
    "lstm",
    "gru",
    "cnn",
    "spectrogram",
    "wavelet",
    "gramian",
    "recurrence",
    "transformer",
    "two_leg",
)
"""Networks of the extra ``deep`` by name; named here so that torch is imported for them alone."""

ANY_NETWORK = "network"
"""The network whose architecture is searched, too."""

_ARCHITECTURES_SEARCHED = ("cnn", "gru", "lstm", "transformer")
_WIDTHS = (16, 32, 64)
_RATES = (1 / 3, 1.0, 3.0)


def network(
    name: str,
    kind: Kind,
    channels: Sequence[str],
    random_state: int = 0,
    search: Search = "halving",
    **settings: Any,
) -> Recipe:
    """Return a recipe that learns from whole curves instead of features (extra ``deep``).

    Parameters
    ----------
    name : str
        One of ``NETWORKS``, or ``"network"``, whose architecture is searched.
    kind : {"classification", "regression"}
        What it predicts.
    channels : sequence of str
        Channels it learns from.
    random_state : int
        Seed of weights, batches and augmentation.
    search : {"halving", "optuna"}
        With optuna width (16, 32, 64), learning rate (a third, once and three times that of
        `settings`) and augmentation (none, the default one) are tuned, as far as `settings` leave
        them open; else the network is as `settings` say.
    **settings
        Of :class:`~locomotion_analysis.models.deep.DeepClassifier`: ``max_epochs``, ``device``,
        ``network_options``, ...

    Returns
    -------
    Recipe
        Unfitted; ``model()`` returns the estimator that tunes itself.

    Raises
    ------
    SchemaError
        If there is no such network or setting, or an architecture is to be searched without
        optuna.
    MissingExtraError
        If torch or skorch is not installed.
    """
    from locomotion_analysis.models.deep import DeepClassifier, DeepRegressor
    from locomotion_analysis.models.deep.networks import architecture

    searched: dict[str, list[Any]] = {}
    if name != ANY_NETWORK:
        architecture(name)
    elif search != "optuna":
        raise SchemaError(
            expected="--search optuna, to search the architecture of a network",
            got=f"--search {search}",
            where=f"recipe {ANY_NETWORK}",
            fix=f"search with optuna, or name a network: {', '.join(NETWORKS)}",
        )
    else:
        searched["architecture"] = list(_ARCHITECTURES_SEARCHED)
    estimator = DeepClassifier if kind == "classification" else DeepRegressor
    known = set(estimator().get_params())
    if unknown := [each for each in settings if each not in known]:
        raise SchemaError(
            expected=f"settings among {', '.join(sorted(known))}",
            got=", ".join(map(repr, unknown)),
            where=f"settings of {estimator.__name__}",
        )
    first = _ARCHITECTURES_SEARCHED[0] if searched else name
    made = estimator(first, channels=list(channels), random_state=random_state, **settings)
    if search == "optuna":
        options = dict(settings.get("network_options") or {})
        if "width" not in options:
            searched["network_options"] = [{**options, "width": width} for width in _WIDTHS]
        searched["learning_rate"] = [made.learning_rate * factor for factor in _RATES]
        if "augmentation" not in settings:
            searched["augmentation"] = [None, True]
    title = "Network, searched" if name == ANY_NETWORK else f"{name.replace('_', '-')} network"
    return Recipe(name, title, kind, made, searched, search=search, channels=tuple(channels))


# How the models of recipes are made


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


def _chosen(model: str, recipes: Mapping[str, Recipe]) -> Recipe:
    if model not in recipes:
        raise SchemaError(
            expected=f"a model among {', '.join(recipes)}",
            got=repr(model),
            where="model",
            fix=did_you_mean(model, recipes, "name one of these"),
        )
    return recipes[model]


def _recipes(kind: Kind, k: Sequence[int], random_state: int = 0) -> dict[str, Recipe]:
    """Return all recipes of a kind by name, baselines first.

    The linear model is tuned over all of `k`, the numbers of features to try; forests keep the
    most, which does not harm them, and boosting, whose time grows with the features, the fewest.

    Random forest: Breiman 2001, Mach Learn 45:5. Extremely randomised trees: Geurts, Ernst and
    Wehenkel 2006, Mach Learn 63:3. Boosting on histograms: after Ke et al. 2017, NeurIPS 30.
    """
    most, fewest = (max(k),), (min(k),)
    seed: dict[str, Any] = {"random_state": random_state}
    fair: dict[str, Any] = {"class_weight": "balanced", **seed}
    boosting: dict[str, Any] = {"max_leaf_nodes": 8, "max_features": 0.3, "early_stopping": False}
    extra_trees, boosting_title = "Extremely randomised trees", "Gradient boosting"
    if kind == "classification":
        baseline = Recipe(
            "majority",
            "Majority class",
            kind,
            Pipeline([("classify", DummyClassifier(strategy="prior", **seed))]),
            baseline=True,
        )
        speed_title = "Speed alone, logistic"
        logistic = LogisticRegression(class_weight="balanced", max_iter=2000)
        forest = RandomForestClassifier(100, max_samples=0.7, **fair)
        trees = ExtraTreesClassifier(150, **fair)
        boosted = HistGradientBoostingClassifier(max_iter=40, **boosting, **fair)
        balanced = SubjectBalancedBagging(n_estimators=80, **seed)
        tuned = [
            _tuned(kind, "linear", "Logistic regression", logistic, k, C=(0.003, 0.03, 0.3)),
            _tuned(kind, "random_forest", "Random forest", forest, most, min_samples_leaf=(2, 8)),
            _tuned(kind, "extra_trees", extra_trees, trees, most, min_samples_leaf=(2, 6)),
            _tuned(kind, "boosting", boosting_title, boosted, fewest, learning_rate=(0.05, 0.15)),
            _tuned(kind, "balanced", "Subject-balanced forest", balanced, most),
        ]
        # The ensemble reads subjects from the rows' key, which arrays would lose.
        tuned[-1].pipeline.set_output(transform="pandas")
    else:
        baseline = Recipe(
            "mean",
            "Mean of all",
            kind,
            Pipeline([("regress", DummyRegressor())]),
            baseline=True,
        )
        speed_title = "Speed alone, linear"
        forest = RandomForestRegressor(100, max_features=0.2, max_samples=0.5, **seed)
        trees = ExtraTreesRegressor(100, max_features=0.3, **seed)
        boosted = HistGradientBoostingRegressor(max_iter=60, **boosting, **seed)
        tuned = [
            _tuned(kind, "linear", "Ridge regression", Ridge(), k, alpha=(10.0, 100.0, 1e3)),
            _tuned(kind, "random_forest", "Random forest", forest, most, min_samples_leaf=(2, 8)),
            _tuned(kind, "extra_trees", extra_trees, trees, most, min_samples_leaf=(2, 8)),
            _tuned(kind, "boosting", boosting_title, boosted, fewest, learning_rate=(0.05, 0.15)),
        ]
    speed = _columns_only(kind, "speed_only", speed_title, f"^{SPEED}$", SPEED)
    return {recipe.name: recipe for recipe in (baseline, speed, *tuned)}


def _tuned(
    kind: Kind, name: str, title: str, model: Any, k: Sequence[int], **space: Sequence[Any]
) -> Recipe:
    """Return the recipe of a model on the `k` most telling features.

    `space` has the values to try of the model's own parameters.
    """
    step, score = _LAST_STEP[kind]
    steps = [
        # Means: medians of 2,000 features take longer than all the rest of most models.
        ("impute", SimpleImputer(keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("select", BestFeatures(score, k=max(k))),
        (step, model),
    ]
    own = {f"{step}__{parameter}": values for parameter, values in space.items()}
    return Recipe(name, title, kind, Pipeline(steps), {"select__k": tuple(k), **own})


def _columns_only(kind: Kind, name: str, title: str, pattern: str, need: str) -> Recipe:
    """Return the baseline that sees the columns matching a pattern alone: logistic or ridge."""
    chosen = make_column_transformer(
        (SimpleImputer(strategy="median", keep_empty_features=True), make_column_selector(pattern))
    )
    step, _ = _LAST_STEP[kind]
    space: dict[str, Sequence[Any]] = {}
    model: Any = Ridge()
    if kind == "classification":
        model = LogisticRegression(class_weight="balanced", max_iter=2000)
        space = {"classify__C": (1.0,)}
    pipeline = Pipeline([("choose", chosen), ("scale", StandardScaler()), (step, model)])
    return Recipe(name, title, kind, pipeline, space, baseline=True, needs=(need,))


_LAST_STEP: dict[Kind, tuple[str, Any]] = {
    "classification": ("classify", f_classif),
    "regression": ("regress", f_regression),
}
"""Name of a pipeline's last step, and the score by which features are chosen for it."""


_CLASSES = tuple(_recipes("classification", _MANY))
_NUMBERS = tuple(_recipes("regression", _MANY))
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


# First models without tuning


ModelKind = Literal["forest", "linear"]
"""Name of a kind of model, one of ``MODEL_KINDS``."""
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


# Rows for treatment: each leg once, with its features before and their change


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
        Names of the sessions before and after; those of ``KNOWN_SESSIONS`` are found.

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
    first, second = (
        X[session == name]
        .set_axis(people[session == name], axis=0)
        .groupby(level=list(range(people.nlevels)))
        .mean()
        for name in (before, after)
    )
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
