"""Figures of an evaluation, each on axes of your own; all take what the tables' functions return."""

from locomotion_analysis.evaluation.plots.agreement import plot_agreement
from locomotion_analysis.evaluation.plots.groups import plot_fairness, plot_robustness
from locomotion_analysis.evaluation.plots.probability import (
    plot_calibration,
    plot_precision_recall,
    plot_roc,
)
from locomotion_analysis.evaluation.plots.refits import plot_learning_curve, plot_permutation_test

__all__ = [
    "plot_agreement",
    "plot_calibration",
    "plot_fairness",
    "plot_learning_curve",
    "plot_permutation_test",
    "plot_precision_recall",
    "plot_robustness",
    "plot_roc",
]
