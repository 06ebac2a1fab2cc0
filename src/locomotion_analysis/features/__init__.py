"""From curves to numbers a model can use."""

from typing import TYPE_CHECKING, Any

from locomotion_analysis.features.spec import FeatureTable, Stance, stance_percent
from locomotion_analysis.features.table import describe_features, feature_table
from locomotion_analysis.features.torch_data import stream_torch_dataset, to_torch_dataset

if TYPE_CHECKING:
    from locomotion_analysis.features.engineer import BiomechanicalFeatureEngineer

__all__ = [
    "BiomechanicalFeatureEngineer",
    "FeatureTable",
    "Stance",
    "describe_features",
    "feature_table",
    "stance_percent",
    "stream_torch_dataset",
    "to_torch_dataset",
]


def __getattr__(name: str) -> Any:
    """Import the engineer when it is asked for: scikit-learn costs each worker two seconds."""
    if name != "BiomechanicalFeatureEngineer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from locomotion_analysis.features.engineer import BiomechanicalFeatureEngineer

    return BiomechanicalFeatureEngineer
