"""Which of two models is better, and whether one can tell."""

from locomotion_analysis.evaluation.comparison.paired import PairedComparison, paired_comparison

__all__ = ["PairedComparison", "paired_comparison"]
