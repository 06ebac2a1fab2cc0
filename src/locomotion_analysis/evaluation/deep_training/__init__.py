"""Networks from cycles to an evaluated model in a folder, and how the training went."""

from locomotion_analysis.evaluation.deep_training.figures import (
    plot_learning_rates,
    plot_training,
)
from locomotion_analysis.evaluation.deep_training.run import DeepTrainingRun, train_deep

__all__ = ["DeepTrainingRun", "plot_learning_rates", "plot_training", "train_deep"]
