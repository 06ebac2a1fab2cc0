"""
Would more people help?
=======================

A model trained on ever more people, always tested on the same.
"""

from locomotion_analysis.evaluation import learning_curve
from locomotion_analysis.evaluation.plots import plot_learning_curve
from locomotion_analysis.models import default_classifier
from locomotion_analysis.simulation import simulate

data = simulate(40, 2, ["level_walking"], ["healthy", "stroke"])
X, y = data.prepare_ml_features(target="pathology", features=["temporal"])
curve = learning_curve(
    default_classifier("linear"), X, y, data.groups, shares=(0.15, 0.3, 0.6, 1.0), n_repeats=2
)
axes = plot_learning_curve(curve)
axes.figure
