"""Curves drawn over the gait cycle: what a line is the mean of, and what stands on its own clock."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student_t

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.plots import plot_change, plot_curves, plot_sheet, plot_sides
from locomotion_analysis.plots.curves import contralateral_in_phase
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.standard.norms import normative_curves

KNEE = "knee_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def walking():
    return simulate(12, 4, ["level_walking"], ["healthy", "stroke"], seed=4)


def line(axes, start):
    (found,) = [each for each in axes.lines if str(each.get_label()).startswith(start)]
    return np.asarray(found.get_ydata(), float)


def edges(axes, position=0):
    points = axes.collections[position].get_paths()[0].vertices
    low = [points[points[:, 0] == x, 1].min() for x in PHASE_PERCENT]
    high = [points[points[:, 0] == x, 1].max() for x in PHASE_PERCENT]
    return np.array(low), np.array(high)


def test_a_line_is_the_mean_of_the_means_of_subjects_in_degrees(walking):
    axes = plot_curves(walking, "knee_flexion", by="pathology", norm=False)
    own = walking.select(pathology="stroke")
    of_subjects = [
        np.degrees(own.curves(KNEE)[own.groups == name].astype(float).mean(axis=0))
        for name in set(own.groups)
    ]
    assert line(axes, "Stroke") == pytest.approx(np.mean(of_subjects, axis=0), rel=1e-5)
    low, high = edges(axes, 1)
    assert high - low == pytest.approx(2 * np.std(of_subjects, axis=0, ddof=1), rel=1e-4)


def test_the_data_plots_its_curves_when_called(walking):
    called, named = walking.plot("knee_flexion"), walking.plot.curves("knee_flexion")
    assert called.lines
    for ours, theirs in zip(called.lines, named.lines, strict=True):
        np.testing.assert_array_equal(ours.get_ydata(), theirs.get_ydata())
    assert len(walking.plot().axes) > 1


def test_the_confidence_band_is_that_of_a_mean_over_subjects(walking):
    own = walking.select(pathology="healthy")
    axes = plot_curves(own, KNEE, norm=False, band="ci")
    names = sorted(set(own.groups))
    means = np.array([np.degrees(own.curves(KNEE)[own.groups == n].mean(axis=0)) for n in names])
    error = student_t.ppf(0.975, len(names) - 1) * means.std(axis=0, ddof=1) / np.sqrt(len(names))
    low, high = edges(axes)
    assert (high - low) / 2 == pytest.approx(error, rel=1e-3)


def test_one_person_is_drawn_by_strides_and_says_so(walking):
    one = walking.select(subject=walking.groups[0])
    axes = plot_curves(one, KNEE, strides=True, norm=False)
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert f"{walking.groups[0]} (n = 4 strides)" in texts
    assert sum(len(each.get_xdata()) == 150 for each in axes.lines) == 4 + 1


def test_the_norm_is_that_of_the_task_at_the_speed_walked(walking):
    axes = plot_curves(walking, KNEE, band="none")
    speed = float(walking.cycles["speed_m_s"].mean())
    incline = float(walking.cycles["incline_deg"].mean())
    mean, sd = normative_curves("level_walking", speed, incline).of(KNEE)
    low, high = edges(axes)
    assert (low + high) / 2 == pytest.approx(np.degrees(mean), abs=1e-6)
    assert (high - low) / 2 == pytest.approx(np.degrees(sd), abs=1e-6)


def test_tasks_are_not_averaged_into_one_curve():
    data = simulate(3, 2, ["level_walking", "run"], ["healthy"])
    with pytest.raises(SchemaError, match="cycles of one task"):
        plot_curves(data, KNEE)
    assert plot_curves(data, KNEE, by="task").get_legend() is not None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: plot_curves(d, "knee_flexoin"), "did you mean knee_flexion"),
        (lambda d: plot_curves(d, KNEE, by="pathologie"), "a column of cycles"),
        (lambda d: plot_change(d, KNEE, "side", "left", "both"), "values of side"),
        (lambda d: plot_sides(d, "pelvis_anterior_tilt"), "channels of a leg"),
        (lambda d: contralateral_in_phase(d, KNEE), "a contralateral channel"),
    ],
)
def test_what_cannot_be_drawn_is_said(walking, call, message):
    with pytest.raises(SchemaError, match=message):
        call(walking)


def test_axes_take_one_channel(walking):
    axes = plot_curves(walking, KNEE)
    with pytest.raises(SchemaError, match="one channel where ax is given"):
        plot_curves(walking, [KNEE, "hip_flexion"], ax=axes)
    assert plot_curves(walking, KNEE, ax=axes) is axes


def _step_to_step(shift):
    """A contralateral force and angle that are the ipsilateral ones, `shift` percent later."""
    phase = PHASE_PERCENT
    own = np.where(phase < 60, 1.0, 0.0)
    late = np.where((phase - shift) % 100 < 60, 1.0, 0.0)
    angle = np.cos(2 * np.pi * (phase - shift) / 100)
    cycles = pd.DataFrame({"subject": ["A"], "task": "level_walking", "step": 0, "mass_kg": 70.0})
    names = ["grf_vertical_ipsi_BW", "grf_vertical_contra_BW", "knee_flexion_angle_contra_rad"]
    return LocomotionData(cycles, np.stack([own, late, angle])[:, None], names)


@pytest.mark.parametrize("shift", [50.0, 43.0])
def test_the_other_leg_starts_at_its_own_heel_strike(shift):
    own = contralateral_in_phase(_step_to_step(shift), "knee_flexion_angle_contra_rad")[0]
    assert own == pytest.approx(np.cos(2 * np.pi * PHASE_PERCENT / 100), abs=0.06)


def test_sides_use_cycles_of_both_sides_before_the_other_leg(walking):
    axes = plot_sides(walking, KNEE, norm=False)
    left = walking.select(side="left")
    means = [left.curves(KNEE)[left.groups == n].mean(axis=0) for n in sorted(set(left.groups))]
    assert line(axes, "Left") == pytest.approx(np.degrees(np.mean(means, axis=0)), rel=1e-5)
    of_one = plot_sides(left, KNEE, norm=False)
    labels = [text.get_text() for text in of_one.get_legend().get_texts()]
    assert [label.split(" (")[0] for label in labels] == ["Left", "Right, on its own cycle"]


def test_change_is_of_people_with_both(walking):
    missing = walking.groups[0]
    keep = ~((walking.groups == missing) & (walking.cycles["side"] == "right").to_numpy())
    figure = plot_change(walking.take(keep), KNEE, "side", "left", "right")
    difference = line(figure.axes[1], "Mean of 11 subjects")
    rest = walking.take(walking.groups != missing)
    sides = rest.cycles["side"].to_numpy()
    each = [
        np.degrees(
            rest.curves(KNEE)[(rest.groups == n) & (sides == "right")].mean(axis=0)
            - rest.curves(KNEE)[(rest.groups == n) & (sides == "left")].mean(axis=0)
        )
        for n in set(rest.groups)
    ]
    assert difference == pytest.approx(np.mean(each, axis=0), abs=1e-4)


def test_the_sheet_leaves_out_rows_without_a_measurement(walking):
    angles = walking.select(channels=["hip_flexion_angle_ipsi_rad", KNEE])
    titles = [axes.get_title("left") for axes in plot_sheet(angles).axes]
    assert titles[0] == "Hip flexion"
    assert titles[3] == "Knee flexion"
    assert len(titles) == 6


def test_means_of_cycles_cut_at_the_other_foot_are_warned_of(walking):
    healthy = walking.select(pathology="healthy")
    block = healthy.block.copy()
    block[:, ::2] = np.roll(block[:, ::2, :-1], 75, axis=2)[..., [*range(149), 0]]
    mixed = LocomotionData(healthy.cycles, block, healthy.channels)
    with pytest.warns(LocomotionWarning, match="cycles begin about half a cycle after"):
        plot_curves(mixed, KNEE)
