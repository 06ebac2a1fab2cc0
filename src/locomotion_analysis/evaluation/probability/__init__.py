"""What a classifier's probabilities are worth: do they rank, and do they come true."""

from locomotion_analysis.evaluation.probability.calibration import (
    calibration_curve,
    calibration_scores,
)
from locomotion_analysis.evaluation.probability.discrimination import (
    discrimination_scores,
    precision_recall_curve,
    roc_curve,
)

__all__ = [
    "calibration_curve",
    "calibration_scores",
    "discrimination_scores",
    "precision_recall_curve",
    "roc_curve",
]
