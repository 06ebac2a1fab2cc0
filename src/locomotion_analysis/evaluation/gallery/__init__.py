"""The cycles that a model gets most wrong, drawn over the curves of the classes."""

from locomotion_analysis.evaluation.gallery.drawing import plot_gallery
from locomotion_analysis.evaluation.gallery.hardest import hardest_cycles

__all__ = ["hardest_cycles", "plot_gallery"]
