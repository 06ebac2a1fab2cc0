"""Supervised recipes: pipelines with what to tune of them, and models that tune themselves."""

from locomotion_analysis.models.supervised.balanced_bagging import SubjectBalancedBagging
from locomotion_analysis.models.supervised.defaults import (
    MODEL_KINDS,
    ModelKind,
    default_classifier,
    default_regressor,
)
from locomotion_analysis.models.supervised.inner_folds import InnerClassFolds, InnerQuantileFolds
from locomotion_analysis.models.supervised.paired_features import paired_features
from locomotion_analysis.models.supervised.problems import (
    NETWORKS,
    PROBLEMS,
    Problem,
    age_regression,
    bmi_regression,
    fall_risk,
    network,
    pathology_detection,
    speed_regression,
    task_classification,
    treatment_outcome,
)
from locomotion_analysis.models.supervised.recipe import Recipe
from locomotion_analysis.models.supervised.saving import load_model, save_model
from locomotion_analysis.models.supervised.tuned import (
    SubjectTunedClassifier,
    SubjectTunedRegressor,
)

__all__ = [
    "MODEL_KINDS",
    "NETWORKS",
    "PROBLEMS",
    "InnerClassFolds",
    "InnerQuantileFolds",
    "ModelKind",
    "Problem",
    "Recipe",
    "SubjectBalancedBagging",
    "SubjectTunedClassifier",
    "SubjectTunedRegressor",
    "age_regression",
    "bmi_regression",
    "default_classifier",
    "default_regressor",
    "fall_risk",
    "load_model",
    "network",
    "paired_features",
    "pathology_detection",
    "save_model",
    "speed_regression",
    "task_classification",
    "treatment_outcome",
]
