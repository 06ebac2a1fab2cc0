"""Units, components and pictures of curves: gaps named, subjects alike, integrals done by hand."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import CycleShapeError, MissingExtraError, SchemaError
from locomotion_analysis.models.unsupervised import (
    CurvePCA,
    FunctionalPCA,
    curve_units,
    embed,
    subject_row_weights,
)
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


KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


def _with(data, **columns):
    return LocomotionData(data.cycles.assign(**columns), data.block, data.channels)


def _block(data, change):
    block = data.block.copy()
    change(block)
    return LocomotionData(data.cycles, block, data.channels)


def test_a_subject_is_the_mean_of_its_cycles(two_kinds):
    units = curve_units(two_kinds, [HIP])
    own = two_kinds.curves(HIP)[two_kinds.groups == "S04"]
    place = units.subjects.tolist().index("S04")
    np.testing.assert_allclose(units.curves[place, :, 0], own.mean(axis=0), rtol=1e-5)
    assert units.n_subjects == 20
    assert units.table["cycles"].tolist() == [3] * 20


def test_subjects_of_one_cycle_keep_their_own_curve_in_whatever_order_they_come(two_kinds):
    once = two_kinds.take(np.arange(0, 60, 3)[::-1])
    units = curve_units(once, [HIP])
    for subject, curve in zip(units.subjects, units.curves[..., 0], strict=True):
        np.testing.assert_array_equal(curve, once.curves(HIP)[once.groups == subject][0])
    np.testing.assert_array_equal(units.subjects[units.unit_of_cycle], once.groups)


def test_cycles_are_units_where_asked(two_kinds):
    units = curve_units(two_kinds, by="cycle")
    assert units.curves.shape == (60, 150, 2)
    assert units.subjects.tolist() == two_kinds.groups.tolist()


def test_numbers_are_averaged_and_changing_texts_missing(two_kinds):
    side = np.where(two_kinds.cycles["subject"] == "S00", ["left", "right", "left"] * 20, "left")
    data = _with(two_kinds, speed_m_s=np.tile([1.0, 1.1, 1.2], 20), side=side)
    table = curve_units(data).table
    np.testing.assert_allclose(table["speed_m_s"], 1.1)
    assert pd.isna(table["side"].iloc[0])
    assert (table["side"].iloc[1:] == "left").all()


def test_cycles_with_gaps_are_left_out_by_name(two_kinds):
    def cut(block):
        block[0, 4, 10] = np.nan
        block[1, 6:9] = np.nan

    units = curve_units(_block(two_kinds, cut))
    left_out = units.left_out
    assert left_out["subject"].tolist() == ["S01", "S02", "S02", "S02"]
    assert left_out["reason"].iloc[0] == f"gaps in {KNEE}"
    assert units.n_subjects == 19
    assert "no cycle is left of S02" in units.history[-1].detail
    assert units.history[-1].count == 4


def test_a_channel_mostly_missing_is_not_chosen_and_said_so(two_kinds):
    def cut(block):
        block[1, 10:] = np.nan

    units = curve_units(_block(two_kinds, cut))
    assert units.channels == (KNEE,)
    assert any(HIP in entry.detail and "gaps" in entry.detail for entry in units.history)


def test_a_constant_channel_is_not_chosen_and_said_so(two_kinds):
    def flatten(block):
        block[1] = 0.5

    units = curve_units(_block(two_kinds, flatten))
    assert units.channels == (KNEE,)
    assert any("the same curve" in entry.detail for entry in units.history)


def test_subjects_are_compared_in_one_task(two_kinds):
    task = np.where(two_kinds.cycles["step"] == 2, "run", "level_walking")
    data = _with(two_kinds.select(where="subject != 'S00'"), task=task[3:])
    units = curve_units(data)
    assert set(units.data.cycles["task"]) == {"level_walking"}
    assert units.history[0].count == 19
    assert "run" in units.history[0].detail
    assert set(curve_units(data, task="run").data.cycles["task"]) == {"run"}
    assert len(curve_units(data, by="cycle").data) == 57


def test_same_name_in_two_datasets_is_two_people(two_kinds):
    other = _with(two_kinds, dataset="other")
    units = curve_units(LocomotionData.concat([two_kinds, other]))
    assert units.n_subjects == 40


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"channels": ["knee_flexion_angle_ipsi_red"]}, "red"),
        ({"channels": []}, "a list of channels"),
        ({"by": "leg"}, "leg"),
        ({"task": "moonwalk"}, "moonwalk"),
    ],
)
def test_unknown_names_are_refused(two_kinds, arguments, words):
    with pytest.raises(SchemaError, match=words):
        curve_units(two_kinds, **arguments)


def test_two_people_are_no_groups(two_kinds):
    with pytest.raises(SchemaError, match="at least three subjects"):
        curve_units(two_kinds.select(subject=["S00", "S01"]))


def test_nothing_without_gaps_is_refused(two_kinds):
    def cut(block):
        block[:, :, 3] = np.nan

    with pytest.raises(SchemaError, match=KNEE):
        curve_units(_block(two_kinds, cut), [KNEE])


def test_tsne_keeps_blobs_apart():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(m, 0.1, (15, 3)) for m in (0, 20)])
    plane = embed(points)
    middle = plane[:15].mean(axis=0), plane[15:].mean(axis=0)
    spread = max(np.linalg.norm(plane[:15] - middle[0], axis=1))
    assert np.linalg.norm(middle[0] - middle[1]) > spread


def test_embedding_refuses_what_it_cannot_lay_out():
    with pytest.raises(SchemaError, match="at least 5 rows"):
        embed(np.zeros((3, 2)))
    with pytest.raises(SchemaError, match="mds"):
        embed(np.zeros((9, 2)), "mds")


def test_umap_is_asked_with_the_seed_and_few_enough_neighbours(monkeypatch):
    """The real one compiles for a minute; here only how it is called."""
    asked = {}

    class Recorder:
        def __init__(self, **arguments):
            asked.update(arguments)

        def fit_transform(self, points):
            return points[:, :2]

    module = ModuleType("umap")
    module.__spec__ = ModuleSpec("umap", None)
    module.UMAP = Recorder
    monkeypatch.setitem(sys.modules, "umap", module)
    plane = embed(np.random.default_rng(0).normal(size=(9, 3)), "umap", random_state=4)
    assert plane.shape == (9, 2)
    assert asked["random_state"] == 4
    assert asked["n_neighbors"] == 8


def test_without_umap_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[manifold\]"):
        embed(np.zeros((9, 2)), "umap")
