"""Honest scores of models on people they have not seen, with figures."""

from locomotion_analysis.evaluation.agreement import agreement
from locomotion_analysis.evaluation.by_class import class_metrics
from locomotion_analysis.evaluation.by_subject import subject_calls, subject_level_metrics
from locomotion_analysis.evaluation.comparison import PairedComparison, paired_comparison
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.fairness import fairness_table
from locomotion_analysis.evaluation.learning_curve import learning_curve
from locomotion_analysis.evaluation.panels import plot_evaluation
from locomotion_analysis.evaluation.permutation import PermutationTest, permutation_test
from locomotion_analysis.evaluation.plain_metrics import metrics_json
from locomotion_analysis.evaluation.plots import plot_feature_importances
from locomotion_analysis.evaluation.study import run_study
from locomotion_analysis.evaluation.study_result import StudyResult

__all__ = [
    "BiomechanicalModelEvaluator",
    "PairedComparison",
    "PermutationTest",
    "StudyResult",
    "agreement",
    "class_metrics",
    "fairness_table",
    "learning_curve",
    "metrics_json",
    "paired_comparison",
    "permutation_test",
    "plot_evaluation",
    "plot_feature_importances",
    "run_study",
    "subject_calls",
    "subject_level_metrics",
]
