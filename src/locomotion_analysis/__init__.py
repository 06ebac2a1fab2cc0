"""Human gait data: from a laboratory's files to validated cycles and honest models.

Names are imported on first use, so that ``import locomotion_analysis`` stays about as
cheap as ``import pandas``.

Examples
--------
>>> from locomotion_analysis import load_dataset
>>> data = load_dataset("demo")
>>> data.curves("knee_flexion_angle_ipsi_rad").shape[1]
150
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from locomotion_analysis._version import __version__
from locomotion_analysis.errors import LocomotionError, LocomotionWarning

if TYPE_CHECKING:
    from locomotion_analysis.data import LocomotionData
    from locomotion_analysis.datasets import load_dataset
    from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
    from locomotion_analysis.features import BiomechanicalFeatureEngineer

_HOME = {
    "LocomotionData": "data",
    "BiomechanicalFeatureEngineer": "features",
    "BiomechanicalModelEvaluator": "evaluation",
    "load_dataset": "datasets",
}

__all__ = [
    "BiomechanicalFeatureEngineer",
    "BiomechanicalModelEvaluator",
    "LocomotionData",
    "LocomotionError",
    "LocomotionWarning",
    "__version__",
    "load_dataset",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
