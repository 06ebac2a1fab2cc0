"""How few subjects a model needs, and whether pretraining helps."""

from locomotion_analysis.evaluation.transfer.few_subjects import (
    FEW_SUBJECTS,
    FewSubjectCurves,
    few_subject_curves,
)
from locomotion_analysis.evaluation.transfer.figure import plot_few_subject_curves

__all__ = ["FEW_SUBJECTS", "FewSubjectCurves", "few_subject_curves", "plot_few_subject_curves"]
