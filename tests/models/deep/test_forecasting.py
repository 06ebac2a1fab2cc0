"""The rest of a cycle from its first part: what is read, what is learned, what is refused."""

import numpy as np
import pytest

pytest.importorskip("torch")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.deep import CurveRegressor, CycleForecaster, MeanCurve
from locomotion_analysis.models.deep.forecasting import points_known, stretched

GROUPS = np.repeat(np.arange(20), 4)
PHASE = np.linspace(0, 1, 150)


@pytest.fixture(scope="module")
def waves():
    """Two channels whose rest follows from size and shift in the first part."""
    rng = np.random.default_rng(0)
    size, shift = rng.uniform(0.5, 1.5, 80), rng.uniform(-0.6, 0.6, 80)
    angle = 2 * np.pi * PHASE + shift[:, None]
    curves = np.stack([size[:, None] * np.sin(angle), size[:, None] * np.cos(angle)], axis=-1)
    return curves.astype(np.float32)


def error(model, waves, train, test):
    rest = model.fit(waves[train], groups=GROUPS[train]).predict(waves[test])
    return np.sqrt(np.mean((rest - waves[test, model.n_known_ :]) ** 2))


def test_what_follows_from_the_first_part_is_learned(waves):
    train, test = GROUPS < 15, GROUPS >= 15
    mean = error(CycleForecaster(MeanCurve()), waves, train, test)
    assert error(CycleForecaster(), waves, train, test) < 0.02 < mean / 10


def test_what_comes_after_the_first_part_is_not_read(waves):
    model = CycleForecaster(share=0.3).fit(waves, groups=GROUPS)
    assert model.n_known_ == 45
    hidden = waves.copy()
    hidden[:, 45:] = np.nan
    expected = model.predict(waves)
    assert expected.shape == (80, 105, 2)
    np.testing.assert_array_equal(model.predict(hidden), expected)
    np.testing.assert_array_equal(model.predict(waves[:, :45]), expected)


def test_one_channel_is_forecast_from_another(waves):
    model = CycleForecaster().fit(waves[..., :1], waves[..., 1:], groups=GROUPS)
    rest = model.predict(waves[:, :60, :1])
    assert np.abs(rest - waves[:, 60:, 1:]).max() < 0.1


def test_a_network_takes_the_place_of_the_ridge(waves):
    network = CurveRegressor(max_epochs=2, network_options={"width": 8})
    model = CycleForecaster(network).fit(waves, groups=GROUPS)
    assert model.predict(waves).shape == (80, 90, 2)
    assert not hasattr(network, "network_")


def test_the_mean_curve_is_the_mean_of_the_rest(waves):
    model = CycleForecaster(MeanCurve()).fit(waves)
    np.testing.assert_allclose(model.predict(waves)[3], waves[:, 60:].mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("n_points", [10, 59, 200])
def test_stretching_is_linear_between_points(n_points):
    curves = np.random.default_rng(0).normal(size=(3, 60, 2)).astype(np.float32)
    found = stretched(curves, n_points)
    place = np.linspace(0, 59, n_points)
    for cycle in range(3):
        for channel in range(2):
            expected = np.interp(place, np.arange(60), curves[cycle, :, channel])
            np.testing.assert_allclose(found[cycle, :, channel], expected, atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 0.001, 0.999, float("nan"), True])
def test_a_share_that_leaves_nothing_is_refused(share):
    with pytest.raises(SchemaError, match="share"):
        points_known(150, share)


def test_the_first_part_ends_at_its_share():
    for share in (0.1, 0.4, 0.5, 0.9):
        known = points_known(150, share)
        assert PHASE[known - 1] <= share < PHASE[known]


def test_curves_that_do_not_fit_are_refused(waves):
    model = CycleForecaster()
    with pytest.raises(NotFittedError):
        model.predict(waves)
    model.fit(waves, groups=GROUPS)
    with pytest.raises(CycleShapeError, match="first 60 points and 2 channels"):
        model.predict(waves[:, :59])
    with pytest.raises(CycleShapeError, match="2 channels"):
        model.predict(waves[..., :1])
    with pytest.raises(SchemaError):
        model.fit(waves, waves[:10])


def test_it_is_an_estimator_of_scikit_learn(waves):
    model = CycleForecaster(MeanCurve(), share=0.5)
    again = clone(model)
    assert again.get_params()["share"] == 0.5
    np.testing.assert_array_equal(
        again.fit(waves).predict(waves), clone(model).fit(waves).predict(waves)
    )
