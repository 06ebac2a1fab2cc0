"""A challenger from new labelled data, and whether it may replace the champion."""

from locomotion_analysis.production.retraining.retraining import retrain
from locomotion_analysis.production.retraining.sides import subjects_of_run

__all__ = ["retrain", "subjects_of_run"]
