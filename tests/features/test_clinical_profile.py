"""Gait Profile Score and Gait Deviation Index against their definitions and published values."""

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.clinical import profile_families, profile_mean
from locomotion_analysis.features.spec import CycleView, Family, LeftOut, Schema
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import normative_curves
from locomotion_analysis.standard.norms import EXTRA_CHANNELS, PROFILE_CHANNELS, score_reference

FIFTY_ONE = np.linspace(0, 100, 51)


def features(data):
    view = CycleView(data)
    return {
        spec.name: np.asarray(row)
        for family in profile_families(Schema.of_data(data))
        if isinstance(family, Family)
        for spec, row in zip(family.specs, family.compute(view), strict=True)
    }


@pytest.fixture(scope="module")
def healthy():
    return simulate(60, 4, ["level_walking"], ["healthy"], seed=11)


@pytest.fixture(scope="module")
def stroke():
    return simulate(60, 4, ["level_walking"], ["stroke"], seed=12)


def test_profile_is_the_root_mean_square_over_51_points(healthy):
    found = features(healthy)
    grid = np.linspace(0, 100, 150)
    squares = []
    nine = (*PROFILE_CHANNELS, *EXTRA_CHANNELS)
    for name in nine:
        mean = np.interp(FIFTY_ONE, grid, profile_mean(name))
        curve = np.interp(FIFTY_ONE, grid, healthy.curves(name)[7])
        squares.append(np.mean(np.degrees(curve - mean) ** 2))
    knee = np.sqrt(squares[nine.index("knee_flexion_angle_ipsi_rad")])
    assert found["gvs_knee_flexion_ipsi_deg"][7] == pytest.approx(knee, abs=0.1)
    assert found["gps_ipsi_deg"][7] == pytest.approx(np.sqrt(np.mean(squares)), abs=0.1)


def test_overall_score_is_over_both_legs_and_one_pelvis(healthy):
    found = features(healthy)
    names = [name for name in found if name.startswith("gvs_")]
    assert len(names) == 15
    expected = np.sqrt(np.mean([found[name] ** 2 for name in names], axis=0))
    np.testing.assert_allclose(found["gps_overall_deg"], expected)


def test_reference_means_give_a_score_of_zero(build):
    wave = {name: np.tile(profile_mean(name), (20, 1)) for name in PROFILE_CHANNELS}
    opposite = [name.replace("_ipsi_", "_contra_") for name in PROFILE_CHANNELS[3:]]
    wave |= {name: np.tile(profile_mean(name), (20, 1)) for name in opposite}
    found = features(build(channels=(), curves=wave))
    for which in ("ipsi", "contra", "overall"):
        np.testing.assert_allclose(found[f"gps_{which}_deg"], 0.0, atol=1e-4)
    assert (found["gdi_ipsi"] > 130).all()


def test_a_constant_offset_is_its_own_score(build):
    wave = {name: np.tile(profile_mean(name), (20, 1)) for name in PROFILE_CHANNELS}
    wave["knee_flexion_angle_ipsi_rad"] = wave["knee_flexion_angle_ipsi_rad"] + np.radians(10)
    found = features(build(channels=(), curves=wave))
    assert found["gvs_knee_flexion_ipsi_deg"][0] == pytest.approx(10, abs=1e-4)
    assert found["gps_ipsi_deg"][0] == pytest.approx(np.sqrt(100 / 7), abs=1e-4)


def test_offsets_do_not_change_the_scores_of_shape(healthy):
    """A model whose pelvis, hip and ankle have other zeros: the shape is as it was."""
    away = {"pelvis_anterior_tilt_angle_rad": 14.0, "hip_flexion_angle_ipsi_rad": 11.0}
    away |= {"ankle_dorsiflexion_angle_ipsi_rad": -6.0}
    curves = {
        name: healthy.curves(name) + np.float32(np.radians(away.get(name, 0.0)))
        for name in PROFILE_CHANNELS
    }
    plain = features(healthy.select(channels=PROFILE_CHANNELS))
    moved = features(LocomotionData(healthy.cycles, np.stack([*curves.values()]), [*curves]))
    assert moved["gdi_ipsi"].mean() < plain["gdi_ipsi"].mean() - 15
    np.testing.assert_allclose(moved["gdi_shape_ipsi"], plain["gdi_shape_ipsi"], atol=0.05)
    np.testing.assert_allclose(moved["gps_shape_ipsi_deg"], plain["gps_shape_ipsi_deg"], atol=1e-3)
    assert plain["gdi_shape_ipsi"].mean() == pytest.approx(100, abs=3)
    assert plain["gdi_shape_ipsi"].std() == pytest.approx(10, abs=2.5)


def test_gps_of_shape_is_the_spread_of_the_difference(healthy):
    squares = []
    for name in PROFILE_CHANNELS:
        difference = np.degrees(healthy.curves(name)[3].astype(float) - profile_mean(name))
        squares.append(np.var(difference))
    found = features(healthy.select(channels=PROFILE_CHANNELS))["gps_shape_ipsi_deg"][3]
    assert found == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-4)


def test_healthy_scores_are_as_published(healthy):
    """GDI 100 +- 10; GPS as the published between-subject SDs of the nine variables imply."""
    found = features(healthy)
    assert found["gdi_ipsi"].mean() == pytest.approx(100, abs=3)
    assert found["gdi_ipsi"].std() == pytest.approx(10, abs=2.5)
    assert found["gdi_star_ipsi"].mean() == pytest.approx(100, abs=3)
    # Schwartz et al. 2008, degrees; the last two are hip rotation and foot progression.
    published = np.sqrt(np.mean(np.square([6.1, 6.3, 5.3, 4.9, 2.1, 3.7, 3.1, 9.5, 7.2])))
    # The mean over people of a root lies below the root of the mean.
    assert published - 1.0 < found["gps_ipsi_deg"].mean() < published


def test_nine_variables_of_healthy_people_give_published_scores(healthy):
    """Baker et al. 2012: about 5 to 6.5 deg."""
    assert 5.0 < features(healthy)["gps_overall_deg"].mean() < 6.5


def test_stroke_scores_are_as_published(stroke):
    found = features(stroke)
    assert 60 < found["gdi_ipsi"].mean() < 82
    assert 6.5 < found["gps_overall_deg"].mean() < 11


def test_index_is_the_distance_on_the_fifteen_vectors(healthy):
    """The paper's order: 51 points first, then the scalar products."""
    reference = score_reference()
    grid = np.linspace(0, 100, 150)
    cycle = {name: healthy.curves(name)[3].astype(float) for name in PROFILE_CHANNELS}
    scores = sum(b @ cycle[n] for n, b in zip(PROFILE_CHANNELS, reference.basis, strict=True))
    mean, sd = reference.log_distance
    expected = 100 - 10 * (np.log(np.linalg.norm(scores - reference.centre)) - mean) / sd
    assert features(healthy)["gdi_ipsi"][3] == pytest.approx(expected, rel=1e-6)
    # The vectors are orthonormal on 357 points; curves made of them come back whole.
    unit = np.eye(150)
    to_51 = np.stack([np.interp(FIFTY_ONE, grid, row) for row in unit], axis=1)
    vectors = [np.linalg.lstsq(to_51.T, b.T, rcond=None)[0] for b in reference.basis]
    stacked = np.concatenate(vectors) / np.degrees(1.0)
    np.testing.assert_allclose(stacked.T @ stacked, np.eye(15), atol=1e-5)
    assert reference.fidelity > 0.98


@pytest.mark.parametrize("times", [1.5, 2.0, 4.0])
def test_the_indices_fall_by_ten_for_each_sd_of_the_log_distance(healthy, times):
    """Schwartz & Rozumalski 2008: 100 - 10 (ln distance - mean) / SD, so `times` the distance
    lowers an index by 10 ln(times) / SD, whatever the gait."""
    reference = score_reference()
    plain = healthy.select(channels=PROFILE_CHANNELS)
    mean = np.stack([profile_mean(name) for name in PROFILE_CHANNELS])[:, None]
    away = plain.block.astype(np.float64) - mean
    farther = LocomotionData(plain.cycles, mean + times * away, plain.channels)
    before, after = features(plain), features(farther)
    _, sd = reference.log_profile(PROFILE_CHANNELS)
    np.testing.assert_allclose(
        before["gdi_star_ipsi"] - after["gdi_star_ipsi"], 10 * np.log(times) / sd, rtol=1e-3
    )
    # The mean curves' own scores are all but the centre of the healthy scores.
    for name, (_, sd) in (
        ("gdi_ipsi", reference.log_distance),
        ("gdi_shape_ipsi", reference.log_shape),
    ):
        fall = before[name] - after[name]
        np.testing.assert_allclose(fall, 10 * np.log(times) / sd, rtol=0.05)


def test_the_index_from_the_profile_is_that_of_its_gps(healthy):
    """Baker et al. 2009: 100 at the healthy mean of ln GPS, 90 one SD above, 110 one below."""
    found = features(healthy.select(channels=PROFILE_CHANNELS))
    mean, sd = score_reference().log_profile(PROFILE_CHANNELS)
    order = np.argsort(found["gps_ipsi_deg"])
    at = np.exp(mean + sd * np.array([-1.0, 0.0, 1.0]))
    expected = np.interp(
        np.log(at), np.log(found["gps_ipsi_deg"][order]), found["gdi_star_ipsi"][order]
    )
    np.testing.assert_allclose(expected, [110.0, 100.0, 90.0], atol=0.01)


def test_worse_gait_has_lower_indices(healthy, stroke):
    well, ill = features(healthy), features(stroke)
    for name in ("gdi_ipsi", "gdi_star_ipsi", "gdi_shape_ipsi"):
        assert ill[name].mean() < well[name].mean() - 15, name
        assert ill[name].mean() > 50, name
    for name in ("gps_ipsi_deg", "gps_shape_ipsi_deg"):
        assert ill[name].mean() > well[name].mean() + 1, name


def test_nine_variables_where_there_are_nine(build):
    curves = {name: np.tile(profile_mean(name), (20, 1)) for name in PROFILE_CHANNELS}
    for name in EXTRA_CHANNELS:
        mean, _ = normative_curves("level_walking", 1.3).of(name)
        curves[name] = np.tile(mean + np.radians(9.0), (20, 1))
    data = build(channels=(), curves=curves)
    found = features(data)
    assert found["gps_ipsi_deg"][0] == pytest.approx(np.sqrt(2 * 81 / 9), abs=1e-3)
    family = next(e for e in profile_families(Schema.of_data(data)) if isinstance(e, Family))
    gps = next(spec for spec in family.specs if spec.name == "gps_ipsi_deg")
    assert "lacks" not in gps.formula


def test_only_level_walking_is_scored(healthy):
    stairs = simulate(3, 2, ["level_walking", "stair_ascent"], ["healthy"], seed=1)
    level = (stairs.cycles["task"] == "level_walking").to_numpy()
    for values in features(stairs).values():
        np.testing.assert_array_equal(np.isfinite(values), level)


def test_missing_channels_are_named(build):
    entries = list(profile_families(Schema.of_data(build())))
    assert all(isinstance(entry, LeftOut) for entry in entries)
    reasons = {entry.name: entry.reason for entry in entries}
    assert "hip_flexion" in reasons["GPS"]
    assert "knee_flexion" not in reasons["GPS"]
    assert "pelvis_obliquity_up_angle_rad" in reasons["gdi_ipsi"]


def test_a_missing_point_spoils_the_score_of_its_cycle_alone(healthy):
    frame = healthy.take(range(4))
    block = frame.block.copy()
    block[list(frame.channels).index("hip_flexion_angle_ipsi_rad"), 1, 40] = np.nan
    damaged = type(frame)(frame.cycles, block, frame.channels)
    found = features(damaged)
    for name in ("gdi_ipsi", "gps_ipsi_deg", "gvs_hip_flexion_ipsi_deg"):
        assert np.isnan(found[name]).tolist() == [False, True, False, False]
    assert np.isfinite(found["gps_contra_deg"]).all()
    np.testing.assert_array_equal(found["gdi_ipsi"][2:], features(frame)["gdi_ipsi"][2:])
