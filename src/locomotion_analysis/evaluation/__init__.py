"""Honest scores of models on people they have not seen, with figures."""

from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.figures import plot_evaluation, plot_feature_importances
from locomotion_analysis.evaluation.plain_metrics import metrics_json
from locomotion_analysis.evaluation.study import run_study
from locomotion_analysis.evaluation.study_result import StudyResult

__all__ = [
    "BiomechanicalModelEvaluator",
    "StudyResult",
    "metrics_json",
    "plot_evaluation",
    "plot_feature_importances",
    "run_study",
]
