"""What a model looks at: joints, phases and measurements, on held-out subjects."""

from locomotion_analysis.evaluation.explain.dependence import (
    PartialDependence,
    ShapleyValues,
    partial_dependence,
    shapley_values,
    with_clinical_variables,
)
from locomotion_analysis.evaluation.explain.feature_groups import feature_groups
from locomotion_analysis.evaluation.explain.importance import (
    GroupedImportance,
    PhaseImportance,
    grouped_importance,
    sequence_importance,
)
from locomotion_analysis.evaluation.explain.report import (
    Explanation,
    explain_report,
    mean_toe_off,
    plot_grouped_importance,
    plot_partial_dependence,
    plot_phase_importance,
    plot_phase_importance_on_curves,
    plot_shapley,
)

__all__ = [
    "Explanation",
    "GroupedImportance",
    "PartialDependence",
    "PhaseImportance",
    "ShapleyValues",
    "explain_report",
    "feature_groups",
    "grouped_importance",
    "mean_toe_off",
    "partial_dependence",
    "plot_grouped_importance",
    "plot_partial_dependence",
    "plot_phase_importance",
    "plot_phase_importance_on_curves",
    "plot_shapley",
    "sequence_importance",
    "shapley_values",
    "with_clinical_variables",
]
