"""Networks on gait curves as scikit-learn estimators, and their files."""

from locomotion_analysis.models.deep.estimators.classifier import DeepClassifier
from locomotion_analysis.models.deep.estimators.multi_task import DeepMultiTask
from locomotion_analysis.models.deep.estimators.regressor import DeepRegressor
from locomotion_analysis.models.deep.estimators.saving import (
    ESTIMATORS,
    FittedState,
    load_network,
    save_network,
)

__all__ = [
    "ESTIMATORS",
    "DeepClassifier",
    "DeepMultiTask",
    "DeepRegressor",
    "FittedState",
    "load_network",
    "save_network",
]
