"""Mean curves: what is averaged over what."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.plots.curves import class_curve, main_channels, plot_class_curves


def test_subjects_weigh_the_same_however_many_cycles_they_have():
    curves = np.concatenate([np.full((9, 150), 1.0), np.full((1, 150), 3.0)]).astype(np.float32)
    drawn = class_curve(curves, np.array(["A"] * 9 + ["B"]))
    assert drawn.mean == pytest.approx(np.full(150, 2.0))
    assert drawn.deviation == pytest.approx(np.full(150, np.sqrt(2.0)))
    assert drawn.n_subjects == 2


def test_mean_and_spread_match_a_loop_over_subjects():
    rng = np.random.default_rng(3)
    curves = rng.normal(size=(30, 150)).astype(np.float32)
    curves[4, 20:40] = np.nan
    subjects = rng.choice(list("ABCDE"), 30)
    drawn = class_curve(curves, subjects, factor=2.0)
    each = [2.0 * np.nanmean(curves[subjects == name].astype(float), axis=0) for name in "ABCDE"]
    assert drawn.mean == pytest.approx(np.mean(each, axis=0))
    assert drawn.deviation == pytest.approx(np.std(each, axis=0, ddof=1))


def test_one_subject_has_no_spread():
    drawn = class_curve(np.ones((3, 150), dtype=np.float32), np.array(["A", "A", "A"]))
    assert drawn.deviation == pytest.approx(np.zeros(150))


def _data(channels, *, empty=()):
    cycles = pd.DataFrame({"subject": ["A", "B"], "task": "level_walking", "step": 0})
    block = np.ones((len(channels), 2, 150))
    for name in empty:
        block[channels.index(name)] = np.nan
    return LocomotionData(cycles, block, channels)


def test_main_channels_lead_and_unmeasured_ones_are_absent():
    names = [
        "hip_flexion_angle_contra_rad",
        "grf_vertical_ipsi_BW",
        "foot_progression_internal_angle_ipsi_rad",
        "knee_flexion_angle_ipsi_rad",
        "hip_flexion_angle_ipsi_rad",
    ]
    data = _data(names, empty=["knee_flexion_angle_ipsi_rad"])
    assert main_channels(data) == [
        "hip_flexion_angle_ipsi_rad",
        "grf_vertical_ipsi_BW",
        "foot_progression_internal_angle_ipsi_rad",
        "hip_flexion_angle_contra_rad",
    ]


def test_figure_labels_every_axis_with_its_unit():
    data = _data(["knee_flexion_angle_ipsi_rad", "knee_flexion_moment_ipsi_Nm_kg"])
    drawn = [plot_class_curves(data, np.array(["x", "y"]), ["x", "y"], c) for c in data.channels]
    assert [axes.get_ylabel() for axes in drawn] == ["Angle (°)", "Moment (Nm/kg)"]
    assert {axes.get_xlabel() for axes in drawn} == {"Gait cycle (%)"}
    line = drawn[0].lines[0]
    assert np.asarray(line.get_ydata()) == pytest.approx(np.degrees(np.ones(150)), rel=1e-5)


def test_simulated_figures_say_so():
    data = _data(["knee_flexion_angle_ipsi_rad"])
    marked = LocomotionData(data.cycles.assign(simulated=True), data.block, data.channels)
    drawn = [
        plot_class_curves(each, np.array(["x", "y"]), ["x"], data.channels[0])
        for each in (marked, data)
    ]
    assert [axes.get_title(loc="right") for axes in drawn] == ["SIMULATED DATA", ""]
