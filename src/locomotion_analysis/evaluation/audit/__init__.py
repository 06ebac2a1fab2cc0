"""The leak audit: how much of a score is owed to the same people on both sides of the split."""

from locomotion_analysis.evaluation.audit.figure import audit_figure, plot_optimism
from locomotion_analysis.evaluation.audit.leak_audit import leak_audit
from locomotion_analysis.evaluation.audit.page import render_audit, write_audit
from locomotion_analysis.evaluation.audit.recognition import between_subject_share
from locomotion_analysis.evaluation.audit.result import LeakAudit
from locomotion_analysis.evaluation.audit.verdict import verdict

__all__ = [
    "LeakAudit",
    "audit_figure",
    "between_subject_share",
    "leak_audit",
    "plot_optimism",
    "render_audit",
    "verdict",
    "write_audit",
]
