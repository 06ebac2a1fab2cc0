"""Whether a served model still sees what it was trained on, and still answers right."""

from locomotion_analysis.production.monitoring.drift import measure_drift, people_of
from locomotion_analysis.production.monitoring.report import watch_numbers, write_watch_report
from locomotion_analysis.production.monitoring.store import PredictionStore, read_labels
from locomotion_analysis.production.monitoring.watching import send_alarm, watch

__all__ = [
    "PredictionStore",
    "measure_drift",
    "people_of",
    "read_labels",
    "send_alarm",
    "watch",
    "watch_numbers",
    "write_watch_report",
]
