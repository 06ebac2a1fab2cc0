"""The time-series classifiers and their steps: what they learn, what they leave alone."""

import math
import statistics
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import (
    check_estimator_cloneable,
    check_estimator_repr,
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
)

import locomotion_analysis.models.timeseries as timeseries
from locomotion_analysis.errors import CycleShapeError, MissingExtraError, SchemaError
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.models.timeseries import (
    TIMESERIES_CLASSIFIERS,
    Catch22Features,
    ChannelScaler,
    MeanCurveImputer,
    SparseCountScaler,
    UnitLengthScaler,
)
from locomotion_analysis.simulation import simulate

LABELS = ("healthy", "hip_osteoarthritis", "stroke")


@pytest.fixture(scope="module")
def curves():
    """Thirty cycles of two channels, whose amplitude tells the class."""
    rng = np.random.default_rng(0)
    y = np.repeat(LABELS, 10)
    amplitude = np.repeat([1.0, 2.0, 3.0], 10)[:, None] + rng.normal(0, 0.1, (30, 2))
    phase = np.linspace(0, 4 * np.pi, 150)[:, None]
    noise = rng.normal(0, 0.05, (30, 150, 2))
    # A joint angle in radians and a moment in newton metres: other sizes, other offsets.
    return (amplitude[:, None] * np.sin(phase) + noise) * [0.2, 40.0] + [0.1, 10.0], y


SMALL = {
    "mini_rocket": {"n_kernels": 168},
    "multi_rocket_hydra": {"n_kernels": 84},
    "catch22_forest": {"n_estimators": 20},
}
ESTIMATORS = [
    getattr(timeseries, name)
    for name in timeseries.__all__
    if isinstance(getattr(timeseries, name), type)
    and issubclass(getattr(timeseries, name), BaseEstimator)
]
every_classifier = pytest.mark.parametrize("name", TIMESERIES_CLASSIFIERS)


def _small(name):
    model = TIMESERIES_CLASSIFIERS[name](**SMALL[name])
    if name == "multi_rocket_hydra":
        model.set_params(describe__hydra__hydrafeatures__n_groups=4)
    return model


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "check",
    [
        check_estimator_cloneable,
        check_estimator_repr,
        check_get_params_invariance,
        check_no_attributes_set_in_init,
        check_set_params,
    ],
    ids=lambda check: check.__name__,
)
def test_estimators_keep_to_scikit_learn(estimator, check):
    check(estimator.__name__, estimator())


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda kind: kind.__name__)
def test_defaults_construct_an_estimator(estimator):
    check_parameters_default_constructible(estimator.__name__, estimator())


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda kind: kind.__name__)
def test_an_unfitted_step_says_so(estimator, curves):
    with pytest.raises(NotFittedError):
        estimator().transform(curves[0] if "Scaler" not in estimator.__name__ else curves[0][0])


@every_classifier
def test_parameters_reach_the_steps(name):
    model = TIMESERIES_CLASSIFIERS[name](random_state=7)
    assert is_classifier(model)
    seeds = {value for key, value in model.get_params().items() if key.endswith("random_state")}
    assert 7 in seeds
    assert seeds <= {7, None}
    assert clone(model).get_params().keys() == model.get_params().keys()


@pytest.mark.parametrize("name", ["mini_rocket", "multi_rocket_hydra"])
def test_classes_weigh_the_same(name):
    assert _small(name)["classify"].class_weight == "balanced"


@every_classifier
def test_no_extra_is_needed_until_a_model_is_fitted(name, curves, monkeypatch):
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda module: None)
    model = _small(name)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[timeseries\]"):
        model.fit(*curves)


@pytest.mark.slow
def test_importing_the_models_loads_neither_aeon_nor_torch():
    code = (
        "import sys, locomotion_analysis.models.timeseries;"
        "sys.exit(bool({'aeon', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda X: X[:, :, 0], CycleShapeError),
        (lambda X: X[:, :8], CycleShapeError),
        (lambda X: X * np.inf, SchemaError),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_curves_that_do_not_fit_are_refused(change, error, curves):
    X, y = curves
    with pytest.raises(error):
        _small("mini_rocket").fit(change(X), y)


@pytest.fixture(scope="module", params=TIMESERIES_CLASSIFIERS)
def fitted(request, curves):
    """Each classifier, fitted on half of the cycles; aeon compiles for a minute at first."""
    pytest.importorskip("aeon", reason="the extra `timeseries` is not installed")
    X, y = curves
    return _small(request.param).fit(X[::2], y[::2])


@pytest.mark.slow
class TestFitted:
    """What needs aeon's compiled kernels."""

    def test_other_cycles_are_told_apart(self, fitted, curves):
        X, y = curves
        assert fitted.classes_.tolist() == sorted(set(y))
        assert fitted.score(X[1::2], y[1::2]) > 0.9

    def test_probabilities_are_probabilities(self, fitted, curves):
        X, _ = curves
        probability = fitted.predict_proba(X[1::2])
        assert probability.shape == (15, 3)
        assert (probability >= 0).all()
        np.testing.assert_allclose(probability.sum(axis=1), 1, atol=1e-5)
        expected = fitted.classes_[probability.argmax(axis=1)]
        assert (fitted.predict(X[1::2]) == expected).all()

    def test_a_cycle_is_answered_alone_as_among_others(self, fitted, curves):
        X, _ = curves
        together = fitted.predict_proba(X[1::2])
        alone = np.vstack([fitted.predict_proba(X[at : at + 1]) for at in range(1, 30, 2)])
        np.testing.assert_allclose(alone, together, atol=1e-4)

    def test_cycles_are_described_in_blocks(self, fitted, curves, monkeypatch):
        expected = fitted.predict_proba(curves[0])
        monkeypatch.setattr(f"{Catch22Features.__module__}._BLOCK", 7)
        np.testing.assert_allclose(fitted.predict_proba(curves[0]), expected, atol=1e-4)

    def test_the_same_seed_gives_the_same_model_and_leaves_the_global_one(self, fitted, curves):
        X, y = curves
        expected = fitted.predict_proba(X)
        np.random.seed(3)  # noqa: NPY002 - the global generator is what is tested
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        again = clone(fitted).fit(X[::2], y[::2]).predict_proba(X)
        np.testing.assert_array_equal(again, expected)
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002

    def test_units_do_not_matter(self, fitted, curves):
        X, y = curves
        in_degrees = X * [180 / np.pi, 1.0]
        other = clone(fitted).fit(in_degrees[::2], y[::2])
        np.testing.assert_allclose(
            other.predict_proba(in_degrees), fitted.predict_proba(X), atol=0.05
        )

    def test_inputs_are_not_written_to(self, fitted, curves):
        X = curves[0].copy()
        kept = X.copy()
        X.setflags(write=False)
        fitted.predict(X)
        np.testing.assert_array_equal(X, kept)

    def test_curves_not_measured_are_taken(self, fitted, curves):
        X, _ = curves
        X = X.copy()
        X[1, 30:40, 0] = np.nan
        assert np.isfinite(fitted.predict_proba(X)).all()

    def test_features_are_named(self, fitted):
        names = fitted["describe"].get_feature_names_out()
        assert len(names) == len(set(names))


@pytest.mark.slow
def test_one_channel_is_enough(curves):
    pytest.importorskip("aeon", reason="the extra `timeseries` is not installed")
    X, y = curves
    assert Catch22Features().fit_transform(X[..., :1]).shape == (30, 24)
    assert _small("mini_rocket").fit(X[..., :1], y).score(X[..., :1], y) > 0.9


@pytest.mark.slow
def test_sequences_of_a_dataset_go_straight_through_the_evaluator():
    pytest.importorskip("aeon", reason="the extra `timeseries` is not installed")
    data = simulate(n_subjects=9, n_cycles=2, tasks=["level_walking", "stair_ascent"])
    angles = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
    X, y = data.prepare_sequential_features(target="task", features=angles)
    results = BiomechanicalModelEvaluator(n_splits=3, n_bootstrap=50).evaluate_classification(
        _small("mini_rocket"), X, y, y.index.get_level_values("subject")
    )
    assert results["balanced_accuracy"] > 0.9
    assert "probability_stair_ascent" in results["predictions"]


def test_a_curve_with_a_gap_becomes_the_mean_of_the_measured_ones(curves):
    X = curves[0].copy()
    X[[3, 7], 20:30, 1] = np.nan
    imputer = MeanCurveImputer().fit(X)
    filled = imputer.transform(X)
    whole = np.delete(X[..., 1], [3, 7], axis=0)
    np.testing.assert_allclose(filled[3, :, 1], whole.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(
        np.delete(filled, [3, 7], axis=0), np.delete(X, [3, 7], axis=0), 1e-6
    )
    np.testing.assert_allclose(filled[[3, 7], :, 0], X[[3, 7], :, 0], rtol=1e-6)
    assert imputer.n_filled_.tolist() == [0, 2]


def test_a_channel_that_nobody_has_stays_as_zeros(curves):
    X = curves[0].copy()
    X[..., 0] = np.nan
    imputer = MeanCurveImputer().fit(X)
    assert imputer.n_filled_.tolist() == [30, 0]
    assert not imputer.transform(X)[..., 0].any()
    # Measured in another cycle, it is handed on: the model has weights for zeros alone.
    assert ChannelScaler().fit_transform(imputer.transform(X)).std(axis=(0, 1))[0] == 0


def test_channels_are_scaled_by_what_was_fitted(curves):
    X, _ = curves
    scaled = ChannelScaler().fit(X[:10]).transform(X)
    np.testing.assert_allclose(scaled[:10].mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(scaled[:10].std(axis=(0, 1)), 1, rtol=1e-5)
    # Amplitudes of other cycles are told apart as before.
    for channel in range(2):
        heights, expected = np.ptp(scaled[..., channel], axis=1), np.ptp(X[..., channel], axis=1)
        np.testing.assert_allclose(heights / heights[0], expected / expected[0], rtol=1e-4)


def test_a_constant_channel_is_left_at_zero():
    X = np.full((5, 20, 1), 9.81)
    assert np.abs(ChannelScaler().fit_transform(X)).max() == 0


@pytest.mark.parametrize("step", [MeanCurveImputer(), ChannelScaler()])
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (np.ones((4, 20)), CycleShapeError),
        (np.ones((0, 20, 2)), CycleShapeError),
        (np.full((4, 20, 2), "a"), CycleShapeError),
        (np.full((4, 20, 2), np.inf), SchemaError),
        (np.full((4, 20, 2), 1e300), SchemaError),
    ],
)
def test_what_is_not_a_set_of_curves_is_refused(step, wrong, error):
    with pytest.raises(error):
        step.fit(wrong)


def test_gaps_are_refused_where_nothing_fills_them():
    X = np.ones((4, 20, 2))
    X[1, 5, 1] = np.nan
    with pytest.raises(SchemaError, match=r"1 of 4 cycles(.|\n)*positions \[1\](.|\n)*MeanCurve"):
        ChannelScaler().fit(X)


@pytest.mark.parametrize("step", [MeanCurveImputer(), ChannelScaler()])
def test_other_points_or_channels_than_fitted_are_refused(step, curves):
    X, _ = curves
    with pytest.raises(NotFittedError):
        step.transform(X)
    step.fit(X)
    for other in (X[:, :100], X[..., :1]):
        with pytest.raises(CycleShapeError, match="as in training"):
            step.transform(other)


@pytest.mark.parametrize("n_features", [3, 300])
def test_training_rows_have_length_one_on_average(n_features):
    X = np.random.default_rng(0).normal(3, 7, (50, n_features)).astype(np.float32)
    before = X.copy()
    scaled = UnitLengthScaler().fit_transform(X)
    assert (scaled**2).sum(axis=1).mean() == pytest.approx(1.0, rel=1e-5)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(X, before)


def test_counts_are_scaled_as_published():
    counts = np.random.default_rng(0).poisson(0.7, (40, 12)).astype(np.float32)
    new = np.random.default_rng(1).poisson(0.7, (9, 12)).astype(np.float32)
    scaled = SparseCountScaler().fit(counts).transform(new)
    for column in range(12):  # section 3.2 of the paper, number by number
        roots = [math.sqrt(count) for count in counts[:, column].tolist()]
        zeros = roots.count(0.0) / len(roots)
        spread = statistics.pstdev(roots) + zeros**4
        for row in range(9):
            root = math.sqrt(new[row, column])
            expected = (root - statistics.fmean(roots)) / spread if root else 0.0
            assert scaled[row, column] == pytest.approx(expected, abs=1e-5)
    assert scaled.dtype == np.float32


def test_a_feature_that_is_nearly_always_zero_is_not_blown_up():
    counts = np.zeros((200, 1))
    counts[0] = 1.0
    assert np.abs(SparseCountScaler().fit_transform(counts)).max() < 1.1
