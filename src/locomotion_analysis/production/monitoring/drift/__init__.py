"""Whether today's people, sensors and curves still look like those of the training."""

from locomotion_analysis.production.monitoring.drift.drift import Drift, measure_drift
from locomotion_analysis.production.monitoring.drift.people import People, people_of, sampled_curves

__all__ = ["Drift", "People", "measure_drift", "people_of", "sampled_curves"]
