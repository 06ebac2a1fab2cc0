"""What is left of a score when a channel fails, noise grows or the laboratory changes."""

from locomotion_analysis.evaluation.robustness.other_laboratory import other_laboratory
from locomotion_analysis.evaluation.robustness.perturbations import (
    missing_channels,
    noise_levels,
)
from locomotion_analysis.evaluation.robustness.perturbed import robustness

__all__ = ["missing_channels", "noise_levels", "other_laboratory", "robustness"]
