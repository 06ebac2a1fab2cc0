"""Which of two models is better, and whether one can tell."""

from locomotion_analysis.evaluation.comparison.corrected_t import corrected_t_test
from locomotion_analysis.evaluation.comparison.paired import PairedComparison, paired_comparison

__all__ = ["PairedComparison", "corrected_t_test", "paired_comparison"]
