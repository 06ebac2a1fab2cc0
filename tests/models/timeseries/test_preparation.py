"""Curves before a time-series model: gaps, scales and what is refused."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.timeseries import ChannelScaler, MeanCurveImputer


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
