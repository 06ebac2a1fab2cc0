"""What changed in the same people from one session to the next."""

from locomotion_analysis.evaluation.paired_change.figure import plot_sessions
from locomotion_analysis.evaluation.paired_change.table import paired_change

__all__ = ["paired_change", "plot_sessions"]
