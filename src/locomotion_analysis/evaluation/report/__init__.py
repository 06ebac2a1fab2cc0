"""The report of a study: one self-contained HTML page."""

from locomotion_analysis.evaluation.report.page import render_report

__all__ = ["render_report"]
