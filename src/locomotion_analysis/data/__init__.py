"""Gait cycles in memory and on disk."""

from locomotion_analysis.data.class_balance import ClassBalance, class_balance
from locomotion_analysis.data.description import Description, describe
from locomotion_analysis.data.history import HistoryEntry
from locomotion_analysis.data.locomotion_data import LocomotionData
from locomotion_analysis.data.merging import merge_datasets
from locomotion_analysis.data.subject_table import subject_table

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
