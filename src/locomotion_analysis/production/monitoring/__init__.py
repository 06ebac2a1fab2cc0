"""Whether a served model still sees what it was trained on, and still answers right."""

from locomotion_analysis.production.monitoring.drift import Drift, measure_drift
from locomotion_analysis.production.monitoring.performance import LivePerformance, live_performance
from locomotion_analysis.production.monitoring.report import watch_numbers, write_watch_report
from locomotion_analysis.production.monitoring.store import PredictionStore, Stored, Watched
from locomotion_analysis.production.monitoring.watching import Watch, watch
from locomotion_analysis.production.monitoring.webhook import send_alarm

__all__ = [
    "Drift",
    "LivePerformance",
    "PredictionStore",
    "Stored",
    "Watch",
    "Watched",
    "live_performance",
    "measure_drift",
    "send_alarm",
    "watch",
    "watch_numbers",
    "write_watch_report",
]
