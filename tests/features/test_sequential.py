"""``prepare_sequential_features``: curves as they are, or on another grid."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.features.sequences import sequential_features
from locomotion_analysis.standard import resample_curves

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


def test_shape_order_and_values(two_sided):
    X, y = two_sided.prepare_sequential_features(target="pathology", features=[KNEE, HIP])
    assert X.shape == (40, 150, 2)
    assert X.dtype == np.float32
    assert X.flags.c_contiguous
    np.testing.assert_array_equal(X[:, :, 0], two_sided.curves(KNEE))
    np.testing.assert_array_equal(X[:, :, 1], two_sided.curves(HIP))
    assert y.tolist() == two_sided.cycles["pathology"].tolist()
    assert y.index.equals(two_sided.key)


def test_all_channels_by_default(two_sided):
    X, _ = sequential_features(two_sided, "task")
    np.testing.assert_array_equal(X, two_sided.array())


def test_an_alias_is_read_and_logged(build, caplog):
    data = build(channels=("ankle_dorsiflexion_angle_ipsi_rad",))
    with caplog.at_level(logging.INFO):
        X, _ = sequential_features(data, "task", features=["ankle_flexion_angle_ipsi_rad"])
    assert X.shape == (20, 150, 1)
    assert (
        "ankle_flexion_angle_ipsi_rad is read as ankle_dorsiflexion_angle_ipsi_rad" in caplog.text
    )


def test_a_missing_channel_names_near_ones(two_sided):
    with pytest.raises(SchemaError) as caught:
        sequential_features(two_sided, "task", features=[KNEE, "knee_flexion_angle_ipsi_deg"])
    assert KNEE in caught.value.fix


def test_an_unknown_target_is_refused(two_sided):
    with pytest.raises(TargetError, match="pathology"):
        sequential_features(two_sided, "pathologies")


def test_a_length_below_two_is_refused(two_sided):
    with pytest.raises(SchemaError, match="sequence_length"):
        sequential_features(two_sided, "task", sequence_length=1)


def test_cycles_without_target_are_dropped(build, caplog):
    label = np.array(["a", None] * 10, dtype=object)
    X, y = sequential_features(build(label=label), "label", sequence_length=20)
    assert X.shape == (10, 20, 1)
    assert len(y) == 10
    assert "dropped 10 of 20" in caplog.text


def test_gaps_stay_and_are_named(build):
    curve = np.zeros((20, 150))
    curve[2, 75] = np.nan
    data = build(channels=(), curves={KNEE: curve})
    with pytest.warns(LocomotionWarning, match=f"{KNEE} in 1"):
        X, _ = sequential_features(data, "task", sequence_length=75)
    assert np.isnan(X).any(axis=(1, 2)).sum() == 1


def test_a_gap_spreads_to_its_neighbours_only():
    curve = np.zeros((1, 150, 1), dtype=np.float32)
    curve[0, 149] = np.nan
    finer = resample_curves(curve, 299, axis=1)[0, :, 0]
    assert np.isnan(finer).nonzero()[0].tolist() == [297, 298]


@given(length=st.integers(2, 400), seed=st.integers(0, 2**16))
def test_resampling_agrees_with_numpy_and_keeps_the_ends(length, seed):
    curves = np.random.default_rng(seed).normal(size=(3, 150, 2)).astype(np.float32)
    found = resample_curves(curves, length, axis=1)
    grid, wanted = np.linspace(0, 100, 150), np.linspace(0, 100, length)
    for cycle in range(3):
        for channel in range(2):
            expected = np.interp(wanted, grid, curves[cycle, :, channel])
            np.testing.assert_allclose(found[cycle, :, channel], expected, atol=2e-5)
    np.testing.assert_array_equal(found[:, [0, -1]], curves[:, [0, -1]])
    assert found.dtype == np.float32


@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False), length=st.integers(2, 400))
def test_constants_stay_constant(value, length):
    curve = np.full((1, 150, 1), value, dtype=np.float32)
    assert (resample_curves(curve, length, axis=1) == np.float32(value)).all()
