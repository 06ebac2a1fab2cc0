"""
Predict a number
================

Walking speed from joint angles, of people whom the model was not trained on. Small points are cycles,
large ones people.
"""

from locomotion_analysis import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.plots import plot_predictions
from locomotion_analysis.models import default_regressor
from locomotion_analysis.simulation import simulate

data = simulate(24, 3, ["level_walking"], ["healthy"])
X, y = data.prepare_ml_features(target="speed_m_s", features=["kinematic"])
groups = X.index.get_level_values("subject")
results = BiomechanicalModelEvaluator(n_splits=3).evaluate_regression(
    default_regressor("linear"), X, y, groups
)
axes = plot_predictions(results)
axes.figure
