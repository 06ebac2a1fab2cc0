"""
Receiver operating characteristic
=================================

Each class against the others. The bands are 95 % intervals over people, not cycles.
"""

from locomotion_analysis import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.plots import plot_roc
from locomotion_analysis.evaluation.probability import roc_curve
from locomotion_analysis.models import default_classifier
from locomotion_analysis.simulation import simulate

data = simulate(24, 3, ["level_walking"])
X, y = data.prepare_ml_features(target="pathology", features=["temporal", "kinematic"])
groups = X.index.get_level_values("subject")
evaluator = BiomechanicalModelEvaluator(n_splits=3)
results = evaluator.evaluate_classification(default_classifier("linear"), X, y, groups)
axes = plot_roc(roc_curve(results))
axes.figure
