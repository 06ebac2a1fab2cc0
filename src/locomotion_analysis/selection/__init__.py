"""Subject-safe splits: one subject is never on both sides."""

from locomotion_analysis.selection.splitters import (
    LeaveOneDatasetOut,
    LeaveOneSubjectOut,
    SubjectQuantileKFold,
    SubjectSplit,
    SubjectStratifiedKFold,
    check_cv,
    check_split,
    quantile_strata,
    strata,
    subject_codes,
    subject_train_validation_test_split,
)

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
