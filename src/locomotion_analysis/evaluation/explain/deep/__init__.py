"""What a fitted network looks at along the gait cycle (extra ``deep``)."""

from locomotion_analysis.extras import require_installed

require_installed("torch", "deep")

from locomotion_analysis.evaluation.explain.deep.integrated_gradients import integrated_gradients  # noqa: E402 - the missing library is named first
from locomotion_analysis.evaluation.explain.deep.phase_attention import phase_attention  # noqa: E402 - the missing library is named first
from locomotion_analysis.evaluation.explain.deep.phase_occlusion import phase_occlusion  # noqa: E402 - the missing library is named first
from locomotion_analysis.evaluation.explain.deep.relevance_figures import (  # noqa: E402 - the missing library is named first
    plot_relevance,
    plot_relevance_map,
    plot_relevance_on_curves,
)

__all__ = [
    "integrated_gradients",
    "phase_attention",
    "phase_occlusion",
    "plot_relevance",
    "plot_relevance_map",
    "plot_relevance_on_curves",
]
