import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest import phase_curves
from locomotion_analysis.ingest.phase import bridged_gaps
from locomotion_analysis.standard import PHASE_PERCENT, resample_curves

values = st.floats(-1e3, 1e3, allow_nan=False, width=32)
signals = st.lists(values, min_size=3, max_size=60).map(np.array)


@st.composite
def uneven_signals(draw):
    signal = draw(signals)
    steps = draw(
        st.lists(st.floats(0.001, 0.05), min_size=len(signal) - 1, max_size=len(signal) - 1)
    )
    return np.concatenate([[0.0], np.cumsum(steps)]), signal


@given(values, st.integers(2, 60), st.floats(0.3, 2.0))
def test_a_constant_stays_constant(value, n, duration):
    time = np.linspace(0.0, duration, n)
    curves = phase_curves(time, np.full((1, n), value), [0.1 * duration], [0.9 * duration])
    np.testing.assert_allclose(curves, value, rtol=1e-12, atol=1e-9)


@given(uneven_signals())
def test_both_end_points_are_kept(case):
    time, signal = case
    curve = phase_curves(time, [signal], [time[0]], [time[-1]])[0, 0]
    np.testing.assert_allclose(curve[[0, -1]], signal[[0, -1]], rtol=1e-9, atol=1e-9)


@given(uneven_signals())
def test_no_curve_leaves_the_range_of_its_samples(case):
    time, signal = case
    curve = phase_curves(time, [signal], [time[0]], [time[-1]])[0, 0]
    slack = 1e-9 * (1.0 + np.abs(signal).max())
    assert curve.min() >= signal.min() - slack
    assert curve.max() <= signal.max() + slack


@given(uneven_signals())
def test_a_rise_stays_a_rise(case):
    time, signal = case
    rising = np.cumsum(np.abs(signal))
    curve = phase_curves(time, [rising], [time[0]], [time[-1]])[0, 0]
    assert np.diff(curve).min() >= -1e-7 * (1.0 + rising[-1])


def test_all_strides_at_once_are_scipy_stride_by_stride_and_channel_by_channel():
    random = np.random.default_rng(0)
    time = np.arange(0.0, 20.0, 0.01)
    channels = random.normal(size=(4, len(time))).cumsum(axis=1)
    starts = np.arange(0.37, 17.0, 1.07)
    ends = starts + random.uniform(0.9, 1.2, len(starts))
    curves = phase_curves(time, channels, starts, ends)
    for stride, (start, end) in enumerate(zip(starts, ends, strict=True)):
        instants = start + (end - start) * PHASE_PERCENT / 100.0
        for channel in range(4):
            expected = PchipInterpolator(time, channels[channel])(instants)
            np.testing.assert_allclose(curves[channel, stride], expected, atol=1e-9)


def test_a_short_gap_is_bridged_and_a_long_one_is_not():
    time = np.arange(0.0, 2.0, 0.01)
    whole = np.sin(2.0 * time)
    short, long = whole.copy(), whole.copy()
    short[50:60] = np.nan
    long[50:65] = np.nan
    curves = phase_curves(time, [whole, short, long], [0.1], [1.1])
    np.testing.assert_allclose(curves[1], curves[0], atol=2e-3)
    missing = np.isnan(curves[2, 0])
    instants = 0.1 + PHASE_PERCENT / 100.0
    np.testing.assert_array_equal(missing, (instants > 0.49) & (instants < 0.65))
    assert bridged_gaps(time, short) == (1, 0)
    assert bridged_gaps(time, long) == (0, 1)
    assert bridged_gaps(time, whole) == (0, 0)


def test_nothing_is_made_up_outside_the_recording():
    time = np.arange(0.0, 1.0, 0.01)
    curves = phase_curves(time, [time], [0.5], [1.5])
    assert np.isfinite(curves[0, 0, :70]).all()
    assert np.isnan(curves[0, 0, -70:]).all()


def test_a_strike_stored_in_single_precision_does_not_cost_the_last_point():
    time = np.arange(200) / 100.0
    end = float(np.float32(1.99))
    assert end > 1.99 - 1e-6
    assert np.isfinite(phase_curves(time, [time], [1.0], [1.99 + 5e-8])).all()


def test_a_channel_that_was_never_measured_is_missing():
    time = np.arange(0.0, 1.0, 0.01)
    assert np.isnan(phase_curves(time, np.full((1, 100), np.nan), [0.1], [0.9])).all()


@given(signals)
def test_a_curve_on_the_grid_is_resampled_linearly(curve):
    grid = np.linspace(0.0, 100.0, len(curve))
    expected = np.interp(PHASE_PERCENT, grid, curve)
    np.testing.assert_allclose(resample_curves([curve])[0], expected, rtol=1e-6, atol=1e-6)
    assert resample_curves(curve)[0] == curve[0]
    assert resample_curves(curve)[-1] == curve[-1]


def test_the_published_running_curves_are_resampled_as_published(shared_data):
    import pandas as pd

    raw = np.load(shared_data / "raw/curve_tables/running/bmc_ric_cycles.npz")
    knee = np.radians(raw["X"][:, :, list(raw["cols"]).index("Knee_Z")].astype(float))
    channel = "knee_flexion_angle_ipsi_rad"
    frame = pd.read_parquet(shared_data / "standard/running_phase.parquet", columns=[channel])
    published = frame[channel].to_numpy().reshape(-1, 150)
    np.testing.assert_allclose(resample_curves(knee), published, atol=1e-5)


def test_one_point_is_no_curve():
    with pytest.raises(SchemaError, match="two points"):
        resample_curves([[1.0]])
