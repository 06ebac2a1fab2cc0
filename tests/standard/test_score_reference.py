"""The frozen reference of the clinical scores."""

import numpy as np
import pytest

from locomotion_analysis.standard import normative_curves
from locomotion_analysis.standard.norms import PROFILE_CHANNELS, score_reference


def test_it_says_that_no_person_was_measured():
    reference = score_reference()
    assert reference.version
    assert "no person was measured" in reference.source


def test_healthy_means_are_those_published():
    """Within 3 degrees RMS of the published curves at a usual speed."""
    published = normative_curves("level_walking", 1.3)
    for name, mean in zip(PROFILE_CHANNELS, score_reference().mean, strict=True):
        away = np.degrees(mean - published.of(name)[0])
        assert np.sqrt(np.mean(away**2)) < 3.0, name


def test_arrays_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        score_reference().mean[0, 0] = 1.0


def test_log_profile_is_that_of_the_healthy_cycles():
    reference = score_reference()
    gps = np.degrees(np.sqrt(reference.mean_squares[:, [3, 5]].mean(axis=1)))
    names = (PROFILE_CHANNELS[3], PROFILE_CHANNELS[5])
    found = reference.log_profile(names)
    assert found == pytest.approx((np.log(gps).mean(), np.log(gps).std(ddof=1)))


def test_the_healthy_mean_score_is_the_projection_of_the_mean_curves():
    reference = score_reference()
    scores = np.einsum("cp,cvp->v", reference.mean, reference.basis)
    np.testing.assert_allclose(scores, reference.centre, atol=1e-3)


def test_covariance_can_be_inverted():
    sizes = np.linalg.eigvalsh(score_reference().gillette_covariance)
    assert sizes.min() > 0
