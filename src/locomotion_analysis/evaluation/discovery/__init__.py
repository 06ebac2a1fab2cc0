"""Groups of gaits and what they are worth: report, figures and numbers."""

from locomotion_analysis.evaluation.discovery.findings import Findings, find_groups
from locomotion_analysis.evaluation.discovery.group_figures import (
    plot_dendrogram,
    plot_effects,
    plot_explained,
    plot_gap,
    plot_scatter,
    plot_silhouette,
)
from locomotion_analysis.evaluation.discovery.mode_figures import plot_mode
from locomotion_analysis.evaluation.discovery.profiles import EffectCurve, effect_curves
from locomotion_analysis.evaluation.discovery.run import Discovery, run_discovery

__all__ = [
    "Discovery",
    "EffectCurve",
    "Findings",
    "effect_curves",
    "find_groups",
    "plot_dendrogram",
    "plot_effects",
    "plot_explained",
    "plot_gap",
    "plot_mode",
    "plot_scatter",
    "plot_silhouette",
    "run_discovery",
]
