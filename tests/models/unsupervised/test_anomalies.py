"""An odd curve is found by all three, and depth agrees with counting pairs."""

from itertools import product

import numpy as np
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.unsupervised import CurveAnomalyDetector
from locomotion_analysis.models.unsupervised.anomalies import ANOMALY_METHODS, modified_band_depth


@pytest.fixture
def curves():
    rng = np.random.default_rng(0)
    phase = np.linspace(0, 2 * np.pi, 60)
    made = rng.normal(size=(25, 1)) + rng.normal(size=(25, 1)) * np.sin(phase)
    made[7] += 9 * np.cos(phase)
    return made[..., None]


def _counted_depth(curve, reference, weights):
    rule = np.ones(len(curve))
    rule[[0, -1]] = 0.5
    inside = np.zeros(len(curve))
    for first, second in product(range(len(reference)), repeat=2):
        low = np.minimum(reference[first], reference[second])
        high = np.maximum(reference[first], reference[second])
        inside += weights[first] * weights[second] * ((low <= curve) & (curve <= high))
    return (rule * inside).sum() / rule.sum()


def test_depth_is_the_share_of_enclosing_pairs(curves):
    weights = np.random.default_rng(1).uniform(1, 2, 25)
    weights /= weights.sum()
    found = modified_band_depth(curves[:3], curves, weights)
    expected = [_counted_depth(curve, curves[..., 0], weights) for curve in curves[:3, :, 0]]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("method", ANOMALY_METHODS)
def test_the_odd_curve_is_the_most_unusual(curves, method):
    found = CurveAnomalyDetector(method).fit(curves)
    assert found.score_samples(curves).argmin() == 7
    assert found.predict(curves)[7] == -1


@pytest.mark.parametrize("method", ANOMALY_METHODS)
def test_new_curves_are_judged_by_the_fitted_ones(curves, method):
    usual = np.delete(curves, 7, axis=0)
    found = CurveAnomalyDetector(method).fit(usual)
    phase = np.linspace(0, 2 * np.pi, 60)
    odd = usual.mean(axis=0) + (50 + 50 * np.sin(phase))[None, :, None]
    # A forest knows no distance: a far curve is as odd as the outermost, not odder.
    assert found.score_samples(odd)[0] <= np.quantile(found.score_samples(usual), 0.2)


def test_mahalanobis_is_the_distance_in_the_covariance_of_the_scores(curves):
    found = CurveAnomalyDetector().fit(curves)
    scores = found.pca_.transform(curves)
    inverse = np.linalg.inv(np.cov(scores.T, bias=True))
    expected = np.sqrt(np.einsum("ij,jk,ik->i", scores, inverse, scores))
    np.testing.assert_allclose(-found.score_samples(curves), expected)


def test_bad_parameters_are_named(curves):
    with pytest.raises(SchemaError, match="guess"):
        CurveAnomalyDetector("guess").fit(curves)
    with pytest.raises(SchemaError, match="contamination"):
        CurveAnomalyDetector(contamination=0.9).fit(curves)
