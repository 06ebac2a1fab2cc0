"""Honest scores of models on people they have not seen, with figures."""

from locomotion_analysis.evaluation.agreement import agreement
from locomotion_analysis.evaluation.by_class import class_metrics
from locomotion_analysis.evaluation.by_subject import subject_level_metrics
from locomotion_analysis.evaluation.checks import few_subject_curves
from locomotion_analysis.evaluation.comparison import paired_comparison
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.fairness import fairness_table
from locomotion_analysis.evaluation.learning_curve import learning_curve
from locomotion_analysis.evaluation.permutation import permutation_test
from locomotion_analysis.evaluation.study import run_study

__all__ = [
    "BiomechanicalModelEvaluator",
    "agreement",
    "class_metrics",
    "fairness_table",
    "few_subject_curves",
    "learning_curve",
    "paired_comparison",
    "permutation_test",
    "run_study",
    "subject_level_metrics",
]
