"""Subject-safe splits: one subject is never on both sides."""

from locomotion_analysis.selection.checks import check_cv, check_split
from locomotion_analysis.selection.leave_one_dataset_out import LeaveOneDatasetOut
from locomotion_analysis.selection.strata import quantile_strata, strata
from locomotion_analysis.selection.subject_folds import (
    LeaveOneSubjectOut,
    SubjectQuantileKFold,
    SubjectStratifiedKFold,
)
from locomotion_analysis.selection.subject_split import (
    SubjectSplit,
    subject_train_validation_test_split,
)
from locomotion_analysis.selection.subjects import subject_codes

__all__ = [
    "LeaveOneDatasetOut",
    "LeaveOneSubjectOut",
    "SubjectQuantileKFold",
    "SubjectSplit",
    "SubjectStratifiedKFold",
    "check_cv",
    "check_split",
    "quantile_strata",
    "strata",
    "subject_codes",
    "subject_train_validation_test_split",
]
