"""No model of the package learns anything from the people it is tested on.

Held-out subjects are poisoned with NaN, infinite or absurd values. What a fold fitted has to be
the same to the last bit as without the poison, through the evaluator and the leaderboard.
"""

from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.leaderboard import leaderboard
from locomotion_analysis.models import supervised, timeseries, unsupervised
from locomotion_analysis.models.deep import DeepClassifier
from locomotion_analysis.models.supervised import (
    MODEL_KINDS,
    PROBLEMS,
    SubjectTunedNetwork,
    default_classifier,
    default_regressor,
)
from locomotion_analysis.models.timeseries import TIMESERIES_CLASSIFIERS
from locomotion_analysis.models.unsupervised import (
    CurveAnomalyDetector,
    CurvePCA,
    FunctionalPCA,
    SubjectClusters,
)
from locomotion_analysis.models.unsupervised.anomalies import ANOMALY_METHODS
from locomotion_analysis.models.unsupervised.clusters import CLUSTER_METHODS
from locomotion_analysis.simulation import simulate

POISON = (np.nan, np.inf, 1e30, -np.inf)
"""What each of the four held-out subjects is filled with."""
SUBJECTS = np.repeat([f"S{number:02d}" for number in range(12)], 3)
HELD_OUT = np.isin(SUBJECTS, ["S00", "S01", "S06", "S07"])
FOLD = (np.flatnonzero(~HELD_OUT), np.flatnonzero(HELD_OUT))
LABELS = np.where(SUBJECTS < "S06", "healthy", "stroke")
COLUMNS = ["speed_m_s", "knee_before", "knee_change", "hip_rom", "grf_max"]


def _small(recipe):
    """Return a recipe's model with small forests and two inner folds; the rest is the recipe's."""
    steps = recipe.pipeline.get_params()
    sizes = [name for name in steps if name.endswith(("__n_estimators", "__max_iter"))]
    forests = {name: 4 for name in sizes if steps[name] not in (None, 2000)}
    fractions = {name: None for name in steps if name.endswith("__max_samples")}
    recipe.pipeline.set_params(**forests, **fractions)
    if recipe.name == "boosting":
        recipe.pipeline.set_params(**{f"{recipe.pipeline.steps[-1][0]}__min_samples_leaf": 2})
    space = {name: tuple(values)[:2] for name, values in recipe.search_space.items()}
    model = replace(recipe, search_space=space).model()
    return model.set_params(n_splits=2) if "n_splits" in model.get_params() else model


RECIPES = {
    f"{problem.kind}-{name}": (problem, name)
    for problem in PROBLEMS.values()
    for name in problem.models
}
# Curves in, then a classifier, so that they pass through the evaluator like any model.
ON_SCORES = {
    "CurvePCA": CurvePCA(n_components=2),
    "FunctionalPCA": FunctionalPCA(n_components=2),
}
UNSUPERVISED = {
    **{f"anomalies-{name}": CurveAnomalyDetector(name) for name in ANOMALY_METHODS},
    **{f"clusters-{name}": SubjectClusters(2, name, n_init=2) for name in CLUSTER_METHODS},
}
TUNED_NETWORK = SubjectTunedNetwork(
    DeepClassifier("cnn", max_epochs=2, network_options={"width": 8}, device="cpu"),
    {"learning_rate": (1e-3, 1e-2)},
    n_splits=2,
    search="optuna",
)


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_arrays([SUBJECTS, np.tile(range(3), 12)], names=["subject", "step"])
    values = rng.normal(size=(36, 5)) + (LABELS == "stroke")[:, None]
    return pd.DataFrame(values, index=index, columns=COLUMNS)


@pytest.fixture(scope="module")
def curves():
    rng = np.random.default_rng(1)
    amplitude = 1 + (LABELS == "stroke")[:, None, None] + rng.normal(0, 0.3, (36, 1, 2))
    return amplitude * np.sin(np.linspace(0, 6, 40))[:, None] + rng.normal(0, 0.1, (36, 40, 2))


def _poisoned(X):
    changed = X.copy()
    rows = changed.iloc if isinstance(X, pd.DataFrame) else changed
    for subject, poison in zip(np.unique(SUBJECTS[HELD_OUT]), POISON, strict=True):
        rows[np.flatnonzero(subject == SUBJECTS)] = poison
    return changed


class _Spy:
    """Keeps what the folds fitted; poisoned rows are answered without looking at them."""

    def __init__(self, monkeypatch, answer):
        self.fitted = []
        self._models = []
        self._answer = answer
        self._monkeypatch = monkeypatch

    def __enter__(self):
        self._monkeypatch.setattr("locomotion_analysis.evaluation.folds.clone", self._clone)
        return self

    def __exit__(self, *error):
        self._monkeypatch.undo()
        for model in self.fitted:
            for method in ("predict", "predict_proba"):
                vars(model).pop(method, None)

    def _clone(self, model):
        if any(model is known for known in self._models):
            return DummyClassifier()  # later folds train on the poison: not of interest
        self._models.append(model)
        copy = clone(model)
        copy.predict = lambda X: np.full(len(X), self._answer)
        if hasattr(model, "predict_proba"):
            copy.predict_proba = lambda X: np.eye(2)[np.zeros(len(X), dtype=int)]
        self.fitted.append(copy)
        return copy


def _fit_through_evaluator(monkeypatch, model, X, y):
    evaluator = BiomechanicalModelEvaluator(n_bootstrap=10)
    classes = y.dtype.kind == "U"
    run = evaluator.evaluate_classification if classes else evaluator.evaluate_regression
    with _Spy(monkeypatch, y[0]) as spy:
        run(model, X, y, SUBJECTS, cv=[FOLD])
    assert len(spy.fitted) == 1
    return spy.fitted[0]


def _same(one, other, X):
    """Tell whether two fitted models are the same, in what they answer and in what they hold."""
    methods = [name for name in ("predict_proba", "predict") if hasattr(one, name)]
    train = X.iloc[FOLD[0]] if isinstance(X, pd.DataFrame) else X[FOLD[0]]
    answers = all(
        np.array_equal(getattr(one, name)(rows), getattr(other, name)(rows))
        for name in methods
        for rows in (train, train * 1.5)
    )
    return answers and _held(one) == _held(other)


def _held(model):
    """Return a hash of all that a fitted model holds."""
    parts = model.get_params().values()
    # Trees of gradient boosting have bytes between their fields that nobody sets.
    if any("HistGradient" in type(part).__name__ for part in parts):
        return "not comparable"
    for part in parts:
        from_aeon = getattr(part, "transformer_", None)
        if from_aeon is not None:
            from_aeon.fit_time_millis_ = 0
        if hasattr(from_aeon, "_hydra"):  # PyTorch hashes tensors by their place in memory
            kernels = from_aeon._hydra
            from_aeon._hydra = [np.asarray(kernels.W), *map(np.asarray, kernels.idx)]
    return joblib.hash(model)


def _leaks(monkeypatch, model, X, y):
    clean = _fit_through_evaluator(monkeypatch, model, X, y)
    poisoned = _fit_through_evaluator(monkeypatch, model, _poisoned(X), y)
    return not _same(clean, poisoned, X)


class Peeks(ClassifierMixin, BaseEstimator):
    """Looks at rows that no fold has handed to it."""

    everything = None

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.mean_ = np.nan_to_num(self.everything.to_numpy(), posinf=9e9, neginf=0.0).mean()
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_the_spy_sees_a_model_that_peeks(monkeypatch, table):
    fitted = []
    for rows in (table, _poisoned(table)):
        monkeypatch.setattr(Peeks, "everything", rows)
        with monkeypatch.context() as patch:
            fitted.append(_fit_through_evaluator(patch, Peeks(), rows, LABELS))
    assert not _same(*fitted, table)


@pytest.mark.parametrize("case", RECIPES)
def test_recipes(monkeypatch, table, case):
    problem, name = RECIPES[case]
    y = LABELS if problem.kind == "classification" else table["hip_rom"].to_numpy() + 1.0
    model = _small(problem.recipe(name, 0))
    assert not _leaks(monkeypatch, model, table, y)


@pytest.mark.parametrize("kind", MODEL_KINDS)
@pytest.mark.parametrize("make", [default_classifier, default_regressor])
def test_default_models(monkeypatch, table, kind, make):
    y = LABELS if make is default_classifier else table["hip_rom"].to_numpy() + 1.0
    model = make(kind)
    if kind == "forest":
        # One thread: several add up their trees in any order.
        model[-1].set_params(n_estimators=4, n_jobs=1)
    assert not _leaks(monkeypatch, model, table, y)


@pytest.mark.parametrize("name", ON_SCORES)
def test_scores_of_curves(monkeypatch, curves, name):
    model = make_pipeline(ON_SCORES[name], LogisticRegression())
    assert not _leaks(monkeypatch, model, curves, LABELS)


class Labelled(ClassifierMixin, BaseEstimator):
    """Lets a model without labels through the evaluator."""

    def __init__(self, model, every=1):
        self.model = model
        self.every = every

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.model_ = clone(self.model).fit(self._rows(X))
        return self

    def predict(self, X):
        return self.model_.predict(self._rows(X))

    def _rows(self, X):
        return X if self.every == 1 else X[:, :: self.every, 0]


@pytest.mark.parametrize("name", UNSUPERVISED)
def test_anomalies_and_clusters(monkeypatch, curves, name):
    model = Labelled(UNSUPERVISED[name], every=10 if name.startswith("clusters") else 1)
    assert not _leaks(monkeypatch, model, curves, LABELS)


@pytest.mark.slow
@pytest.mark.parametrize("name", TIMESERIES_CLASSIFIERS)
def test_time_series_classifiers(monkeypatch, curves, name):
    pytest.importorskip("aeon", reason="the extra `timeseries` is not installed")
    sizes = {"n_estimators": 5} if name == "catch22_forest" else {"n_kernels": 84}
    model = TIMESERIES_CLASSIFIERS[name](**sizes)
    assert not _leaks(monkeypatch, model, curves, LABELS)


@pytest.mark.slow
def test_a_network_that_is_tuned(monkeypatch, curves):
    pytest.importorskip("optuna", reason="the extra `tuning` is not installed")
    fitted = [
        _fit_through_evaluator(monkeypatch, TUNED_NETWORK, rows, LABELS)
        for rows in (curves, _poisoned(curves))
    ]
    train = curves[FOLD[0]]
    np.testing.assert_array_equal(*(model.predict_proba(train) for model in fitted))
    assert fitted[0].best_params_ == fitted[1].best_params_


@pytest.mark.parametrize("case", ["classification-linear", "regression-extra_trees"])
def test_predicting_poison_changes_neither_the_model_nor_other_answers(table, case):
    problem, name = RECIPES[case]
    y = LABELS if problem.kind == "classification" else table["hip_rom"].to_numpy() + 1.0
    model = _small(problem.recipe(name, 0)).fit(table.iloc[FOLD[0]], y[FOLD[0]])
    alone, before = model.predict(table.iloc[FOLD[0]]), joblib.hash(model)
    among = table.copy()
    among.iloc[FOLD[1]] = np.nan
    answers = model.predict(among)[FOLD[0]]
    np.testing.assert_array_equal(answers, alone)
    assert joblib.hash(model) == before


def _estimators_of(room):
    exported = (getattr(room, name) for name in room.__all__)
    return {kind for kind in exported if isinstance(kind, type) and issubclass(kind, BaseEstimator)}


def _classes_in(model):
    parts = [model, *model.get_params().values()]
    parts += [step for part in parts for _, step in getattr(part, "steps", [])]
    return {type(part) for part in parts if isinstance(part, BaseEstimator)}


def test_no_public_estimator_is_forgotten():
    models = [_small(problem.recipe(name, 0)) for problem, name in RECIPES.values()]
    models += [make() for make in TIMESERIES_CLASSIFIERS.values()]
    models += [*ON_SCORES.values(), *UNSUPERVISED.values(), TUNED_NETWORK]
    covered = set().union(*map(_classes_in, models))
    for room in (supervised, timeseries, unsupervised):
        assert _estimators_of(room) <= covered


def _leaderboard(monkeypatch, data):
    """Return the board, and what the first fold fitted of two recipes."""
    recipes = [PROBLEMS["pathology"].recipe(name, 0) for name in ("linear", "extra_trees")]
    recipes[1].pipeline.set_params(classify__n_estimators=4)
    models = [str(recipe.model(0).get_params()) for recipe in recipes]
    with _Spy(monkeypatch, "healthy") as spy:
        board = leaderboard(data, "pathology", recipes, n_splits=3)
    fitted = [model for model in spy.fitted if str(clone(model).get_params()) in models]
    assert len(fitted) == len(recipes)
    return board, fitted


def test_through_the_leaderboard(monkeypatch):
    walks = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    channels = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
    block = np.stack([walks.curves(name) for name in channels])
    data = LocomotionData(walks.cycles, block, channels)
    board, clean = _leaderboard(monkeypatch, data)
    held_out = np.zeros(len(data), dtype=bool)
    held_out[board.folds[0][1]] = True
    block = block.copy()
    block[:, held_out] *= 1e6
    block[:, held_out & (data.cycles["step"] == 0).to_numpy(), 70:80] = np.nan
    poison = LocomotionData(data.cycles, block, data.channels)
    other, poisoned = _leaderboard(monkeypatch, poison)
    train = board.table_of.X.iloc[board.folds[0][0]]
    pd.testing.assert_frame_equal(other.table_of.X.iloc[other.folds[0][0]], train)
    for one, two in zip(clean, poisoned, strict=True):
        np.testing.assert_array_equal(one.predict_proba(train), two.predict_proba(train))
        assert joblib.hash(one) == joblib.hash(two)
