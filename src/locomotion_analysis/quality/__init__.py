"""Quality of gait data: coded checks, the convention doctor and a report."""

from locomotion_analysis.quality.codes import CHECKS, Check
from locomotion_analysis.quality.doctor import diagnose
from locomotion_analysis.quality.prescription import Diagnosis, Prescription
from locomotion_analysis.quality.report import write_report
from locomotion_analysis.quality.result import QualityResult
from locomotion_analysis.quality.rewriting import treat_file, write_clean
from locomotion_analysis.quality.treatment import apply
from locomotion_analysis.quality.validation import validate

__all__ = [
    "CHECKS",
    "Check",
    "Diagnosis",
    "Prescription",
    "QualityResult",
    "apply",
    "diagnose",
    "treat_file",
    "validate",
    "write_clean",
    "write_report",
]
