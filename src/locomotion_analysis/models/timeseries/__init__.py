"""Classifiers of whole gait curves, through aeon (extra ``timeseries``)."""

from locomotion_analysis.models.timeseries.aeon_features import (
    Catch22Features,
    HydraFeatures,
    MiniRocketFeatures,
    MultiRocketFeatures,
)
from locomotion_analysis.models.timeseries.classifiers import (
    TIMESERIES_CLASSIFIERS,
    catch22_forest,
    mini_rocket_classifier,
    multi_rocket_hydra_classifier,
)
from locomotion_analysis.models.timeseries.feature_scaling import (
    SparseCountScaler,
    UnitLengthScaler,
)
from locomotion_analysis.models.timeseries.preparation import ChannelScaler, MeanCurveImputer

__all__ = [
    "TIMESERIES_CLASSIFIERS",
    "Catch22Features",
    "ChannelScaler",
    "HydraFeatures",
    "MeanCurveImputer",
    "MiniRocketFeatures",
    "MultiRocketFeatures",
    "SparseCountScaler",
    "UnitLengthScaler",
    "catch22_forest",
    "mini_rocket_classifier",
    "multi_rocket_hydra_classifier",
]
