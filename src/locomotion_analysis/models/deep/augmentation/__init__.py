"""Changes of training cycles that leave a gait cycle a gait cycle."""

from locomotion_analysis.models.deep.augmentation.chain import (
    AugmentationChain,
    default_augmentation,
    fitted_augmentation,
)
from locomotion_analysis.models.deep.augmentation.magnitude_warp import MagnitudeWarp
from locomotion_analysis.models.deep.augmentation.phase_jitter import PhaseJitter
from locomotion_analysis.models.deep.augmentation.side_swap import SideSwap
from locomotion_analysis.models.deep.augmentation.stride_noise import StrideNoise
from locomotion_analysis.models.deep.augmentation.training_cycles import (
    GaitAugmentation,
    TrainingCycles,
)

__all__ = [
    "AugmentationChain",
    "GaitAugmentation",
    "MagnitudeWarp",
    "PhaseJitter",
    "SideSwap",
    "StrideNoise",
    "TrainingCycles",
    "default_augmentation",
    "fitted_augmentation",
]
