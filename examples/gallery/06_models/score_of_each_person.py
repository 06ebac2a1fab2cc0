"""
Who is hard to classify?
========================

One score hides how people differ: the share of each person's cycles that was classified correctly.
"""

from locomotion_analysis import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.plots import plot_subject_scores
from locomotion_analysis.models import default_classifier
from locomotion_analysis.simulation import simulate

data = simulate(30, 6, ["level_walking"])
X, y = data.prepare_ml_features(target="pathology", features=["temporal"])
results = BiomechanicalModelEvaluator(n_splits=3).evaluate_classification(
    default_classifier("linear"), X, y, data.groups
)
axes = plot_subject_scores(results)
axes.figure
