"""Components agree with scikit-learn's and with integrals done by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.unsupervised import CurvePCA, FunctionalPCA, subject_row_weights
from locomotion_analysis.models.unsupervised.curves import phase_weights


@pytest.fixture
def curves():
    rng = np.random.default_rng(1)
    phase = np.linspace(0, 2 * np.pi, 150)
    scores = rng.normal(size=(30, 3)) * [3, 1, 0.3]
    shapes = np.stack([np.sin(phase), np.cos(phase), np.sin(2 * phase)])
    one = scores @ shapes
    return np.stack([one + 5, 100 * scores[:, [1]] * np.cos(phase) - 7], axis=-1)


def test_one_channel_is_scikit_learns_pca(curves):
    ours = CurvePCA(3, scaling="none").fit(curves[..., 0])
    theirs = PCA(3).fit(curves[..., 0])
    np.testing.assert_allclose(
        ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-10
    )
    found = ours.components_[..., 0] / np.sqrt(150)
    np.testing.assert_allclose(np.abs(found @ theirs.components_.T), np.eye(3), atol=1e-8)


def test_components_are_orthonormal_in_the_integral(curves):
    pca = FunctionalPCA(3).fit(curves)
    phase = np.linspace(0, 1, 150)
    products = np.trapezoid(
        np.einsum("itc,jtc->ijt", pca.components_, pca.components_), phase, axis=2
    )
    np.testing.assert_allclose(products, np.eye(3), atol=1e-9)


def test_scores_have_the_variance_that_is_explained(curves):
    pca = FunctionalPCA(3).fit(curves)
    scores = pca.transform(curves)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scores.var(axis=0), pca.explained_variance_)
    np.testing.assert_allclose(pca.channel_share_.sum(axis=1), 1)


def test_all_components_give_the_curves_back(curves):
    pca = FunctionalPCA(100).fit(curves)
    np.testing.assert_allclose(pca.inverse_transform(pca.transform(curves)), curves, atol=1e-8)


def test_back_projection_is_the_reconstruction_of_two_deviations(curves):
    pca = FunctionalPCA(2).fit(curves)
    modes = pca.back_project(2.0)
    score = np.array([[0.0, 2.0 * np.sqrt(pca.explained_variance_[1])]])
    np.testing.assert_allclose(modes.high[1], pca.inverse_transform(score)[0])
    np.testing.assert_allclose((modes.high + modes.low) / 2, np.stack([modes.mean] * 2))


def test_channel_scaling_makes_units_irrelevant(curves):
    in_other_units = curves * [1.0, 57.3]
    first, second = (FunctionalPCA(2).fit(each) for each in (curves, in_other_units))
    np.testing.assert_allclose(first.transform(curves), second.transform(in_other_units))
    np.testing.assert_allclose(second.back_project().high, first.back_project().high * [1, 57.3])


def test_phases_without_weight_have_no_say(curves):
    weights = np.where(np.arange(150) < 90, 1.0, 0.0)
    swung = curves.copy()
    swung[:, 90:] += np.random.default_rng(2).normal(size=(30, 60, 2))
    first, second = (FunctionalPCA(2, weights=weights).fit(each) for each in (curves, swung))
    np.testing.assert_allclose(first.transform(curves), second.transform(swung), atol=1e-8)


@settings(max_examples=20, deadline=None)
@given(repeats=st.lists(st.integers(1, 6), min_size=5, max_size=5))
def test_repeating_a_subjects_cycles_changes_nothing(repeats):
    curves = np.random.default_rng(3).normal(size=(5, 20, 1))
    rows = np.repeat(np.arange(5), repeats)
    once = FunctionalPCA(2).fit(curves)
    often = FunctionalPCA(2).fit(curves[rows], sample_weight=subject_row_weights(rows))
    np.testing.assert_allclose(once.mean_, often.mean_, atol=1e-12)
    np.testing.assert_allclose(once.explained_variance_, often.explained_variance_)


def test_a_share_keeps_as_few_components_as_reach_it(curves):
    whole = FunctionalPCA(100).fit(curves)
    some = FunctionalPCA(0.9).fit(curves)
    share = np.cumsum(whole.explained_variance_ratio_)
    assert len(some.components_) == int(np.argmax(share >= 0.9)) + 1


def test_is_a_scikit_learn_transformer(curves):
    pca = clone(FunctionalPCA(2, scaling="none"))
    assert pca.get_params() == {"n_components": 2, "scaling": "none", "weights": None}
    assert pca.set_output(transform="pandas").fit_transform(curves).columns.tolist() == [
        "functionalpca0",
        "functionalpca1",
    ]


def test_phase_weights_are_the_trapezoid_rule():
    values = np.random.default_rng(0).normal(size=150)
    assert phase_weights(150) @ values == pytest.approx(
        np.trapezoid(values, np.linspace(0, 1, 150))
    )


def _gap(curves):
    curves[3, 5, 0] = np.nan
    return curves


def _constant(curves):
    curves[..., 1] = 4.0
    return curves


@pytest.mark.parametrize(
    ("change", "parameters", "words"),
    [
        (_gap, {}, "rows 3"),
        (_constant, {}, "position 1"),
        (lambda curves: curves[:1], {}, "two curves"),
        (lambda curves: curves, {"n_components": 0}, "n_components"),
        (lambda curves: curves, {"scaling": "sideways"}, "sideways"),
        (lambda curves: curves, {"weights": -np.ones(150)}, "negative"),
        (lambda curves: curves, {"weights": np.ones(9)}, "150 phase weights"),
    ],
)
def test_bad_input_is_named(curves, change, parameters, words):
    with pytest.raises(SchemaError, match=words):
        FunctionalPCA(**parameters).fit(change(curves.copy()))


def test_other_channels_are_refused(curves):
    pca = FunctionalPCA(2).fit(curves)
    with pytest.raises(CycleShapeError, match="2 channels, as fitted"):
        pca.transform(curves[..., :1])
