"""The MLflow folder holds the champion and answers like it."""

from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
import yaml

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.production.bundle import open_bundle
from locomotion_analysis.production.mlflow_model import write_mlflow_model
from locomotion_analysis.production.registry import Registry

OLD = Path(__file__).parent / "bundle" / "old" / "format_1.bundle"


def test_the_folder_is_loaded_as_mlflow_loads_it(tmp_path):
    pytest.importorskip("skops")
    registry = Registry(tmp_path / "registry")
    registry.promote(registry.add(OLD).number)
    folder = write_mlflow_model(registry, "champion", tmp_path / "mlflow")
    flavour = yaml.safe_load((folder / "MLmodel").read_text())["flavors"]["python_function"]
    loaded = import_module(flavour["loader_module"])._load_pyfunc(folder / flavour["data"])
    bundle = open_bundle(OLD)
    X = bundle.golden.features[list(bundle.schema.names)]
    pd.testing.assert_frame_equal(loaded.predict(X), bundle.predict_features(X))
    with pytest.raises(FileReadError):
        write_mlflow_model(registry, "champion", folder)


def test_the_real_mlflow_loads_it(tmp_path):
    pyfunc = pytest.importorskip("mlflow.pyfunc")
    registry = Registry(tmp_path / "registry")
    registry.promote(registry.add(OLD).number)
    folder = write_mlflow_model(registry, "champion", tmp_path / "mlflow")
    bundle = open_bundle(OLD)
    X = bundle.golden.features[list(bundle.schema.names)]
    answers = pyfunc.load_model(str(folder)).predict(X)
    pd.testing.assert_frame_equal(answers, bundle.predict_features(X))
