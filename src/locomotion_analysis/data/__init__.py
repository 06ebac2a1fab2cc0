"""Gait cycles in memory and on disk."""

from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.data.parts import HistoryEntry
from locomotion_analysis.data.subjects import (
    ClassBalance,
    Description,
    class_balance,
    describe,
    merge_datasets,
    subject_table,
)

__all__ = [
    "ClassBalance",
    "Description",
    "HistoryEntry",
    "LocomotionData",
    "class_balance",
    "describe",
    "merge_datasets",
    "subject_table",
]
