"""Normative curves, plausible ranges and the cohort behind gait scores."""

import numpy as np
import pytest
import yaml

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.standard import (
    N_PHASES,
    PHASE_PERCENT,
    TASKS,
    normative_curves,
    plausible_range,
    toe_off_percent,
)
from locomotion_analysis.standard.norms import (
    NOT_CYCLIC,
    PROFILE_CHANNELS,
    range_bands,
    score_reference,
    shift,
)

# ----------------------------------------------------------------------
# The normative curves carry the published figures

HIP, KNEE, ANKLE = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)


def test_level_walking_has_the_peaks_of_winter_and_fukuchi():
    # Fukuchi et al. 2018 at 1.2 m/s and Winter, natural cadence: swing knee 63 to 65 degrees,
    # second peak of the vertical force 1.08 BW, plantarflexor moment 1.4 to 1.6 Nm/kg.
    curves = normative_curves("level_walking", 1.3)
    knee, _ = curves.of(KNEE)
    assert np.degrees(knee.max()) == pytest.approx(64, abs=3)
    assert 70 < PHASE_PERCENT[knee.argmax()] < 76
    force, _ = curves.of("grf_vertical_ipsi_BW")
    assert force[60:90].max() == pytest.approx(1.08, abs=0.05)
    moment, _ = curves.of("ankle_dorsiflexion_moment_ipsi_Nm_kg")
    assert -1.65 < moment.min() < -1.3


@pytest.mark.parametrize(("speed", "peak"), [(2.5, 2.36), (3.5, 2.60), (4.5, 2.73)])
def test_running_has_the_force_peaks_of_fukuchi_2017(speed, peak):
    # Mean of the subjects' peaks; the peak of the mean curve is a little lower.
    force, _ = normative_curves("run", speed).of("grf_vertical_ipsi_BW")
    assert peak - 0.12 < force.max() <= peak


@pytest.mark.parametrize(
    "task", [task for task in TASKS if task not in (*NOT_CYCLIC, "turning", "backward_walking")]
)
def test_both_legs_carry_one_body_weight(task):
    curves = normative_curves(task)
    total = sum(
        np.trapezoid(curves.of(f"grf_vertical_{side}_BW")[0], PHASE_PERCENT / 100)
        for side in ("ipsi", "contra")
    )
    assert total == pytest.approx(1.0, abs=0.08)


def test_the_other_leg_is_half_a_cycle_later():
    curves = normative_curves("level_walking", 1.2)
    own, other = curves.of(KNEE)[0], curves.of(KNEE.replace("ipsi", "contra"))[0]
    assert (PHASE_PERCENT[own.argmax()] - PHASE_PERCENT[other.argmax()]) % 100 == pytest.approx(
        50, abs=1
    )


def test_speed_is_interpolated_and_held_outside():
    slow, middle, fast = (normative_curves("run", v).mean for v in (2.5, 3.0, 3.5))
    np.testing.assert_allclose(middle, (slow + fast) / 2, atol=1e-12)
    np.testing.assert_array_equal(
        normative_curves("run", 9.0).mean, normative_curves("run", 4.5).mean
    )


def test_an_unknown_speed_widens_the_spread():
    known, unknown = normative_curves("run", 3.5), normative_curves("run")
    assert unknown.of(KNEE)[1].mean() > known.of(KNEE)[1].mean()


def test_slopes_differ():
    up, down = (normative_curves(f"{way}_walking", None, g).of(KNEE)[0][0]
                for way, g in (("incline", 10.0), ("decline", -10.0)))  # fmt: skip
    # Knee at contact at +10 and -10 degrees, Embry et al. 2018: 38 and 8 degrees.
    assert np.degrees([up, down]) == pytest.approx([38, 8], abs=2)


@pytest.mark.parametrize("task", TASKS)
def test_no_value_is_missing(task):
    curves = normative_curves(task)
    assert np.isfinite(curves.mean).all()
    assert (curves.sd >= 0).all()
    assert curves.source


def test_a_second_task_has_the_curves_of_level_walking():
    alone, second = (
        normative_curves("level_walking", 1.0),
        normative_curves("dual_task_walking", 1.0),
    )
    assert second.channels == alone.channels
    np.testing.assert_array_equal(second.mean, alone.mean)
    for kind in ("healthy", "rails"):
        for with_task, without in zip(
            range_bands("dual_task_walking", kind)[1:], range_bands("level_walking", kind)[1:],
            strict=True,
        ):  # fmt: skip
            np.testing.assert_array_equal(with_task, without)
    assert toe_off_percent("dual_task_walking", 1.0) == toe_off_percent("level_walking", 1.0)


def test_turns_have_no_curves_no_ranges_and_no_toe_off():
    assert normative_curves("turning").channels == ()
    assert range_bands("turning", "rails")[0] == {}
    with pytest.raises(SchemaError, match="published range in turning"):
        plausible_range("turning", 50, KNEE)
    assert np.isnan(toe_off_percent("turning", 1.0))


def test_new_tasks_leave_the_numbers_of_the_old_ones():
    # The simulator's seeds count the tasks in this order.
    assert list(TASKS).index("stand_to_sit") == 7


def test_shifting_there_and_back_changes_nothing():
    wave = np.sin(2 * np.pi * PHASE_PERCENT / 100)
    np.testing.assert_allclose(shift(wave, 50.0), -wave, atol=1e-3)
    assert shift(wave, 0.0) is wave


def test_an_unknown_task_is_refused():
    with pytest.raises(SchemaError, match="moonwalk"):
        normative_curves("moonwalk")


# ----------------------------------------------------------------------
# The plausible ranges are the published ones, and contain each other


def test_the_healthy_band_is_the_published_envelope(shared_folder):
    published = yaml.safe_load((shared_folder / "biomechanics" / "ranges.yaml").read_text())
    checked = 0
    for task, entry in published["recommended_mean_pm_3sd"].items():
        for phase, channels in entry["phases"].items():
            for channel, bounds in channels.items():
                found = plausible_range(task, phase, channel)
                # 100 % does not divide by the grid's step: linear between neighbours.
                assert found == pytest.approx(bounds, abs=0.03 * (bounds[1] - bounds[0]))
                checked += 1
    assert checked > 1400


def test_the_rails_contain_the_published_rails(shared_folder):
    published = yaml.safe_load((shared_folder / "biomechanics" / "ranges.yaml").read_text())
    for task, entry in published["locohub_default_v3"].items():
        for phase, channels in entry["phases"].items():
            if KNEE in channels:
                low, high = plausible_range(task, phase, KNEE, "rails")
                assert low <= channels[KNEE][0] + 0.01
                assert high >= channels[KNEE][1] - 0.01


@pytest.mark.parametrize("task", TASKS)
def test_the_rails_contain_the_band(task):
    rows, low, high = range_bands(task, "healthy")
    outer, floor, ceiling = range_bands(task, "rails")
    assert rows == outer
    assert low.shape == (len(rows), N_PHASES)
    assert (low < high).all()
    assert (floor <= low).all()
    assert (ceiling >= high).all()


def test_degrees_and_a_wrong_sign_are_outside_the_rails():
    low, high = plausible_range("level_walking", 72, KNEE, "rails")
    assert not low < 60 < high
    assert not low < -1.05 < high


def test_phases_between_grid_points_are_linear():
    _, high = plausible_range("run", PHASE_PERCENT[[10, 11]], KNEE)
    _, between = plausible_range("run", PHASE_PERCENT[[10, 11]].mean(), KNEE)
    assert between == pytest.approx(high.mean())
    assert np.shape(between) == ()


def test_what_has_no_range_is_refused():
    with pytest.raises(SchemaError, match="published range"):
        plausible_range("run", 0, "neck_flexion_angle_rad")
    with pytest.raises(SchemaError, match="moonwalk"):
        plausible_range("moonwalk", 0, KNEE)


# ----------------------------------------------------------------------
# The frozen reference of the clinical scores


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
