"""
How much of a cycle tells the class
===================================

A model for each share of the cycle, tested on the same people it never saw. Shares are of seconds,
the same for everyone: on a grid of per cent the stride time would be known before the stride ends.
"""

from locomotion_analysis.evaluation.early_classification import evaluate_early_classification
from locomotion_analysis.evaluation.plots import plot_early_classification
from locomotion_analysis.simulation import simulate

data = simulate(40, 3, ["level_walking"], ["healthy", "stroke"])
channels = ["knee_flexion_angle_ipsi_rad", "ankle_dorsiflexion_angle_ipsi_rad"]
found = evaluate_early_classification(
    data, "pathology", channels=channels, shares=(0.2, 0.4, 0.6, 1.0), n_splits=4
)
axes = plot_early_classification(found)
axes.figure
