"""Quality of gait data: coded checks, the convention doctor and a report."""

from locomotion_analysis.quality.checks import CHECKS, Check
from locomotion_analysis.quality.doctor import diagnose
from locomotion_analysis.quality.identity import Finding, identity_findings
from locomotion_analysis.quality.report import write_report
from locomotion_analysis.quality.treatment import (
    Diagnosis,
    Prescription,
    apply,
    treat_file,
    write_clean,
)
from locomotion_analysis.quality.validation import QualityResult, validate

__all__ = [
    "CHECKS",
    "Check",
    "Diagnosis",
    "Finding",
    "Prescription",
    "QualityResult",
    "apply",
    "diagnose",
    "identity_findings",
    "treat_file",
    "validate",
    "write_clean",
    "write_report",
]
