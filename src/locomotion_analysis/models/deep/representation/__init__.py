"""Cycles as numbers that networks learn without labels, and what they are good for."""

from locomotion_analysis.models.deep.representation.curve_autoencoder import (
    CurveAutoencoder,
    LatentTraversal,
)
from locomotion_analysis.models.deep.representation.cycle_encoder import CycleEncoder, pretrain
from locomotion_analysis.models.deep.representation.finetuning import (
    FinetunedClassifier,
    FinetunedRegressor,
    finetune,
)

__all__ = [
    "CurveAutoencoder",
    "CycleEncoder",
    "FinetunedClassifier",
    "FinetunedRegressor",
    "LatentTraversal",
    "finetune",
    "pretrain",
]
