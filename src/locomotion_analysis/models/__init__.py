"""Ready-made models for feature tables."""

from locomotion_analysis.models.supervised import (
    MODEL_KINDS,
    ModelKind,
    default_classifier,
    default_regressor,
)

__all__ = ["MODEL_KINDS", "ModelKind", "default_classifier", "default_regressor"]
