"""From curves to numbers a model can use."""

from typing import TYPE_CHECKING, Any

from locomotion_analysis.features.aggregations import AGGREGATIONS
from locomotion_analysis.features.feature import FeatureSpec, FeatureTable, LeftOut
from locomotion_analysis.features.full_schema import full_schema
from locomotion_analysis.features.gait_events.stance import Stance, stance_percent
from locomotion_analysis.features.plan import FEATURE_GROUPS, FeaturePlan
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.sequences.sequential import sequential_features
from locomotion_analysis.features.sequences.torch_dataset import (
    stream_torch_dataset,
    to_torch_dataset,
)
from locomotion_analysis.features.table import describe_features, feature_table
from locomotion_analysis.features.tabular import labelled_feature_table, ml_features

if TYPE_CHECKING:
    from locomotion_analysis.features.engineering.engineer import BiomechanicalFeatureEngineer

__all__ = [
    "AGGREGATIONS",
    "FEATURE_GROUPS",
    "BiomechanicalFeatureEngineer",
    "FeaturePlan",
    "FeatureSpec",
    "FeatureTable",
    "LeftOut",
    "Schema",
    "Stance",
    "describe_features",
    "feature_table",
    "full_schema",
    "labelled_feature_table",
    "ml_features",
    "sequential_features",
    "stance_percent",
    "stream_torch_dataset",
    "to_torch_dataset",
]


def __getattr__(name: str) -> Any:
    """Import the engineer when it is asked for: scikit-learn costs each worker two seconds."""
    if name != "BiomechanicalFeatureEngineer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from locomotion_analysis.features.engineering.engineer import BiomechanicalFeatureEngineer

    return BiomechanicalFeatureEngineer
