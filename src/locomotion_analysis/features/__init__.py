"""From curves to numbers a model can use."""

from locomotion_analysis.features.aggregations import AGGREGATIONS
from locomotion_analysis.features.engineer import BiomechanicalFeatureEngineer
from locomotion_analysis.features.feature import FeatureSpec, FeatureTable, LeftOut
from locomotion_analysis.features.sequential import sequential_features
from locomotion_analysis.features.stance import Stance, stance_percent
from locomotion_analysis.features.table import FEATURE_GROUPS, describe_features, feature_table
from locomotion_analysis.features.tabular import labelled_feature_table, ml_features

__all__ = [
    "AGGREGATIONS",
    "FEATURE_GROUPS",
    "BiomechanicalFeatureEngineer",
    "FeatureSpec",
    "FeatureTable",
    "LeftOut",
    "Stance",
    "describe_features",
    "feature_table",
    "labelled_feature_table",
    "ml_features",
    "sequential_features",
    "stance_percent",
]
