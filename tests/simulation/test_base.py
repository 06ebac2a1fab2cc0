"""The coefficients give back the curves they were made from."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.simulation.base import (
    FORCE_CHANNELS,
    LEG_CHANNELS,
    fourier_basis,
    sine_basis,
    stance_bump,
    template,
    toe_off_percent,
)

TABLES = {
    "level_walking": "level_walking_adult_recommended.csv",
    "stair_ascent": "stair_ascent_descent_reconstructed.csv",
    "stair_descent": "stair_ascent_descent_reconstructed.csv",
}


@pytest.fixture
def published(shared_folder):
    def read(task, v=None):
        table = pd.read_csv(shared_folder / "biomechanics" / "normative" / TABLES[task])
        table = table[table["task"] == task]
        if v is not None:
            table = table[np.isclose(table["speed_dimensionless"], v)]
        table = table[table["phase_pct"] < 100]  # 100 % repeats 0 %
        return table.pivot_table(index="channel", columns="phase_pct", values="mean")

    return read


@pytest.mark.parametrize(
    ("task", "v"),
    [
        ("level_walking", 0.2692),
        ("level_walking", 0.4375),
        ("level_walking", 0.6058),
        ("stair_ascent", None),
        ("stair_descent", None),
    ],
)
def test_joint_curves_match_the_published_means(published, task, v):
    source = published(task, v)
    found = template(task, np.array([v or 0.4]), np.zeros(1), LEG_CHANNELS)[0]
    curves = found @ fourier_basis(np.asarray(source.columns) / 100).T
    # The published mean of the hip moment jumps at contact; the template passes through smoothly.
    limit = {"hip_flexion_moment": 0.045}
    checked = 0
    for name, curve in zip(LEG_CHANNELS, curves, strict=True):
        row = name if name.startswith("pelvis") else f"{name}_ipsi"
        if row in source.index:
            rms = np.sqrt(np.mean((curve - source.loc[row]) ** 2))
            assert rms < limit.get(name, 0.03 if name.endswith("moment") else 0.5), name
            checked += 1
    assert checked >= 7


def test_vertical_force_matches_the_published_peaks(published):
    source = published("level_walking", 0.4375).loc["grf_vertical_ipsi"]
    found = template("level_walking", np.array([0.4375]), np.zeros(1), FORCE_CHANNELS)[0, 0]
    stance = np.linspace(0, 100, 201) / toe_off_percent("level_walking", np.array(0.4375))
    curve = sine_basis(stance) @ found
    early, late = stance < 0.5, (stance > 0.5) & (stance <= 1)
    assert curve[early].max() == pytest.approx(source.loc[:30].max(), abs=0.02)
    assert curve[late].max() == pytest.approx(source.loc[30:].max(), abs=0.02)
    assert np.abs(curve[stance > 1]).max() == 0.0


def test_speed_beyond_the_measured_range_is_held():
    fast = template("level_walking", np.array([0.70, 0.95]), np.zeros(2), LEG_CHANNELS)
    np.testing.assert_array_equal(fast[0], fast[1])


def test_slope_zero_is_level_walking():
    v = np.array([0.4])
    level = template("level_walking", v, np.zeros(1), LEG_CHANNELS)
    ramp = template("incline_walking", v, np.zeros(1), LEG_CHANNELS)
    np.testing.assert_array_equal(level, ramp)


def test_stance_bump_has_its_height_and_place():
    stance = np.linspace(0, 1, 401)
    curve = sine_basis(stance) @ stance_bump(78.0, 12.0)
    assert curve.max() == pytest.approx(1.0, abs=0.02)
    assert stance[curve.argmax()] == pytest.approx(0.78, abs=0.02)
