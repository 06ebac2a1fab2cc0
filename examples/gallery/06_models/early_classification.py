"""
How much of a cycle a classifier needs
======================================

One model for each share of the cycle, tested on the same held-out people. The shares are of one time in
seconds, the same for everyone: a curve in percent of the cycle already contains the stride time.
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
