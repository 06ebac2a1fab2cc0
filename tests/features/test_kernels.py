"""Kernels without numba, and the smaller ones."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomotion_analysis.features.kernels.force_peaks import force_peaks, force_peaks_numpy

WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import numpy as np
from locomotion_analysis.features import FeaturePlan, Schema
from locomotion_analysis.features.kernels import jit
from locomotion_analysis.simulation import simulate
assert not jit.HAVE_NUMBA
data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
plan = FeaturePlan.of(Schema.of_data(data, ["mean", "std", "median", "rom"]), {groups})
np.save(sys.argv[1], plan.compute(data))
"""
NUMBA_FREE_START = """
import sys
import locomotion_analysis
from locomotion_analysis import LocomotionData
assert "numba" not in sys.modules
"""


def _run(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_without_numba_the_features_are_the_same(tmp_path):
    from locomotion_analysis.features import FEATURE_GROUPS, FeaturePlan, Schema
    from locomotion_analysis.simulation import simulate

    _run(WITHOUT_NUMBA.format(groups=FEATURE_GROUPS), str(tmp_path / "plain.npy"))
    plain = np.load(tmp_path / "plain.npy")
    data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    plan = FeaturePlan.of(Schema.of_data(data, ["mean", "std", "median", "rom"]))
    compiled = plan.compute(data)
    names = [spec.name for spec in plan.specs]
    differ = ~np.isclose(plain, compiled, rtol=1e-5, atol=1e-7, equal_nan=True).all(axis=0)
    assert [name for name, wrong in zip(names, differ, strict=True) if wrong] == []


def test_the_package_starts_without_numba():
    _run(NUMBA_FREE_START)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), gap=st.booleans())
def test_force_peaks_agree_with_numpy(seed, gap):
    rng = np.random.default_rng(seed)
    force = rng.normal(size=(20, 150)).cumsum(axis=1).astype(np.float32)
    toe_off = np.append(rng.uniform(-5, 105, 19), np.nan)
    if gap:
        force[3, rng.integers(150)] = rng.choice([np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(force_peaks(force, toe_off), force_peaks_numpy(force, toe_off))
