"""A version as an MLflow model folder, written without MLflow and read by it."""

import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from locomotion_analysis._version import __version__
from locomotion_analysis.files import atomic_folder
from locomotion_analysis.production.bundle import Bundle, open_bundle
from locomotion_analysis.production.registry import Registry

_BUNDLE = "model.bundle"


class BundleModel:
    """What MLflow calls ``predict`` of.

    Parameters
    ----------
    bundle : Bundle
        The model.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def predict(self, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ARG002 - MLflow's signature
        """Return :meth:`Bundle.predict_features` of a table of named features."""
        return self.bundle.predict_features(model_input)


def write_mlflow_model(
    registry: Registry, which: str | int, folder: str | os.PathLike[str]
) -> Path:
    """Write a version as a folder that ``mlflow.pyfunc.load_model`` reads.

    Parameters
    ----------
    registry : Registry
        Where the version is.
    which : str or int
        ``"champion"``, or its number.
    folder : path-like
        Folder to write, whole or not at all.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileReadError
        If there is no such version, or the folder is there already.
    """
    target = Path(folder)
    with atomic_folder(target) as made, tempfile.TemporaryDirectory() as cache:
        shutil.copyfile(registry.fetch(which, Path(cache)), made / _BUNDLE)
        opened = open_bundle(made / _BUNDLE)
        described = {
            "flavors": {
                "python_function": {
                    "loader_module": __name__,
                    "data": _BUNDLE,
                    "env": {"virtualenv": "requirements.txt"},
                    "python_version": platform.python_version(),
                }
            },
            "metadata": {
                "digest": opened.digest,
                "target": opened.manifest.target,
                "name": opened.manifest.name,
            },
        }
        text = yaml.safe_dump(described, sort_keys=False, allow_unicode=True)
        (made / "MLmodel").write_text(text, encoding="utf-8")
        requirements = f"locomotion-analysis[models]=={__version__}\n"
        (made / "requirements.txt").write_text(requirements, encoding="utf-8")
    return target


def _load_pyfunc(path: str) -> BundleModel:
    """Return the model of a folder; MLflow calls this."""
    return BundleModel(open_bundle(path))
