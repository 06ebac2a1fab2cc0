"""Gait cycles in memory and on disk."""

from locomotion_analysis.data.atomic import atomic_path
from locomotion_analysis.data.history import HistoryEntry
from locomotion_analysis.data.locomotion_data import LocomotionData

__all__ = ["HistoryEntry", "LocomotionData", "atomic_path"]
