"""Figures of learned representations."""

from locomotion_analysis.evaluation.representation.traversal_figure import (
    plot_traversal,
    traversals_figure,
)

__all__ = ["plot_traversal", "traversals_figure"]
