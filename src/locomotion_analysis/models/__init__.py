"""Ready-made models, and what a trained one expects of new data."""

from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.models.supervised import (
    MODEL_KINDS,
    ModelKind,
    default_classifier,
    default_regressor,
)

__all__ = [
    "MODEL_KINDS",
    "ModelKind",
    "PredictionSchema",
    "default_classifier",
    "default_regressor",
]
