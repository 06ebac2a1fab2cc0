"""A challenger from new labelled data, and whether it may replace the champion."""

from locomotion_analysis.production.retraining.comparison import Comparison, compared
from locomotion_analysis.production.retraining.decision import Decision, decided
from locomotion_analysis.production.retraining.retraining import Retraining, retrain
from locomotion_analysis.production.retraining.sides import subjects_of_run

__all__ = [
    "Comparison",
    "Decision",
    "Retraining",
    "compared",
    "decided",
    "retrain",
    "subjects_of_run",
]
