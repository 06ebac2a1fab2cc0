"""
Are the probabilities calibrated?
=================================

Of the cycles that a model calls ill with a probability of 0.8, about 80 % should be.
"""

from locomotion_analysis import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.plots import plot_calibration
from locomotion_analysis.evaluation.probability import calibration_curve
from locomotion_analysis.models import default_classifier
from locomotion_analysis.simulation import simulate

data = simulate(40, 4, ["level_walking"], ["healthy", "knee_osteoarthritis"])
X, y = data.prepare_ml_features(target="pathology", features=["temporal"])
results = BiomechanicalModelEvaluator(n_splits=4).evaluate_classification(
    default_classifier("linear"), X, y, data.groups
)
axes = plot_calibration(calibration_curve(results, n_bins=5))
axes.figure
