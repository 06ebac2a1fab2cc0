"""Neural networks on gait curves (extra ``deep``): scikit-learn estimators around plain PyTorch."""

# ruff: noqa: E402 - the library that is missing is named before anything needs it
from locomotion_analysis.extras import require_installed

for _library in ("torch", "skorch", "safetensors"):
    require_installed(_library, "deep")

from locomotion_analysis.models.deep.adversarial import CurveGAN
from locomotion_analysis.models.deep.augmentation import (
    AugmentationChain,
    GaitAugmentation,
    MagnitudeWarp,
    PhaseJitter,
    SideSwap,
    StrideNoise,
    TrainingCycles,
    default_augmentation,
)
from locomotion_analysis.models.deep.autoencoder import CurveAutoencoder, LatentTraversal
from locomotion_analysis.models.deep.core import CurveScaler, ScaledCurves
from locomotion_analysis.models.deep.curve_baselines import MeanCurve, RidgeCurves
from locomotion_analysis.models.deep.diffusion import CurveDiffusion
from locomotion_analysis.models.deep.estimators import (
    DeepClassifier,
    DeepMultiTask,
    DeepRegressor,
    LearningRateSweep,
    sweep_learning_rate,
)
from locomotion_analysis.models.deep.forecasting import CycleForecaster
from locomotion_analysis.models.deep.generation import CycleGenerator
from locomotion_analysis.models.deep.kinetics import (
    CurveRegressor,
    KineticsArrays,
    KineticsModel,
    kinetics_arrays,
    train_kinetics,
)
from locomotion_analysis.models.deep.networks import ARCHITECTURES, NETWORKS, CurveNetwork
from locomotion_analysis.models.deep.pretraining import (
    CycleEncoder,
    FinetunedClassifier,
    FinetunedRegressor,
    finetune,
    pretrain,
)
from locomotion_analysis.models.deep.saving import load_network, save_network

__all__ = [
    "ARCHITECTURES",
    "NETWORKS",
    "AugmentationChain",
    "CurveAutoencoder",
    "CurveDiffusion",
    "CurveGAN",
    "CurveNetwork",
    "CurveRegressor",
    "CurveScaler",
    "CycleEncoder",
    "CycleForecaster",
    "CycleGenerator",
    "DeepClassifier",
    "DeepMultiTask",
    "DeepRegressor",
    "FinetunedClassifier",
    "FinetunedRegressor",
    "GaitAugmentation",
    "KineticsArrays",
    "KineticsModel",
    "LatentTraversal",
    "LearningRateSweep",
    "MagnitudeWarp",
    "MeanCurve",
    "PhaseJitter",
    "RidgeCurves",
    "ScaledCurves",
    "SideSwap",
    "StrideNoise",
    "TrainingCycles",
    "default_augmentation",
    "finetune",
    "kinetics_arrays",
    "load_network",
    "pretrain",
    "save_network",
    "sweep_learning_rate",
    "train_kinetics",
]
