"""
Scores and the baseline
=======================

A score is reported next to that of the majority class, with its interval over people.
"""

from locomotion_analysis import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.plots import plot_scores
from locomotion_analysis.models import default_classifier
from locomotion_analysis.simulation import simulate

data = simulate(24, 3, ["level_walking"])
X, y = data.prepare_ml_features(target="pathology", features=["temporal", "kinematic"])
groups = X.index.get_level_values("subject")
evaluator = BiomechanicalModelEvaluator(n_splits=3)
results = evaluator.evaluate_classification(default_classifier("linear"), X, y, groups)
axes = plot_scores(results)
axes.figure
