"""What a fresh process imports to open a bundle: nothing that only trains, draws or is not asked."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from locomotion_analysis.production.bundle import open_bundle
open_bundle(sys.argv[1])
heavy = {"torch", "dask", "matplotlib", "onnx", "fastapi", "aeon"} & set(sys.modules)
assert not heavy, heavy
from skops.io._trusted_types import SKLEARN_ESTIMATOR_TYPE_NAMES as known
from sklearn.utils import all_estimators
every = {f"{each.__module__}.{each.__qualname__}" for _, each in all_estimators()}
assert {name for name in every if name.startswith("sklearn.")} == set(known)
"""


@pytest.mark.slow
def test_a_scikit_learn_bundle_opens_without_torch_and_skops_knows_all_estimators(kept):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(kept)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
