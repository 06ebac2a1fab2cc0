"""Honest scores of models on people they have not seen, with figures."""

from locomotion_analysis.evaluation.checks import (
    FewSubjectCurves,
    PermutationTest,
    few_subject_curves,
    learning_curve,
    permutation_test,
)
from locomotion_analysis.evaluation.evaluator import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.study import run_study
from locomotion_analysis.evaluation.study_result import StudyResult
from locomotion_analysis.evaluation.subject_scores import (
    PairedComparison,
    agreement,
    class_metrics,
    fairness_table,
    paired_comparison,
    subject_level_metrics,
)

__all__ = [
    "BiomechanicalModelEvaluator",
    "FewSubjectCurves",
    "PairedComparison",
    "PermutationTest",
    "StudyResult",
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
