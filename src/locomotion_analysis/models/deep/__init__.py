"""Neural networks on gait curves (extra ``deep``): scikit-learn estimators around plain PyTorch."""

# ruff: noqa: E402 - the library that is missing is named before anything needs it
from locomotion_analysis.extras import require_installed

for _library in ("torch", "skorch", "safetensors"):
    require_installed(_library, "deep")

from locomotion_analysis.models.deep.curve_scaler import CurveScaler, ScaledCurves
from locomotion_analysis.models.deep.estimators import (
    DeepClassifier,
    DeepMultiTask,
    DeepRegressor,
    load_network,
    save_network,
)
from locomotion_analysis.models.deep.learning_rate import (
    LearningRateSweep,
    sweep_learning_rate,
)

__all__ = [
    "CurveScaler",
    "DeepClassifier",
    "DeepMultiTask",
    "DeepRegressor",
    "LearningRateSweep",
    "ScaledCurves",
    "load_network",
    "save_network",
    "sweep_learning_rate",
]
