"""Pictures of gait data: curves over the gait cycle, loops, forces, events, scores, the cohort.

Every function takes the data first. One that draws a single picture takes ``ax=`` and returns the
axes; one that draws several returns the figure. Nothing is written, no window opens. Angles are
drawn in degrees; simulated data is marked.
"""

from locomotion_analysis.plots.curves import (
    plot_change,
    plot_curves,
    plot_sheet,
    plot_sides,
)
from locomotion_analysis.plots.joint_models import joint_differences, write_joint_comparison
from locomotion_analysis.plots.loops import (
    plot_butterfly,
    plot_cyclogram,
    plot_moment_angle,
    plot_phase_plane,
)
from locomotion_analysis.plots.of_data import Plots, figures_of, write_figures
from locomotion_analysis.plots.people import (
    plot_cohort,
    plot_events,
    plot_profile,
    plot_spatiotemporal,
    spatiotemporal_table,
)

__all__ = [
    "Plots",
    "figures_of",
    "joint_differences",
    "plot_butterfly",
    "plot_change",
    "plot_cohort",
    "plot_curves",
    "plot_cyclogram",
    "plot_events",
    "plot_moment_angle",
    "plot_phase_plane",
    "plot_profile",
    "plot_sheet",
    "plot_sides",
    "plot_spatiotemporal",
    "spatiotemporal_table",
    "write_figures",
    "write_joint_comparison",
]
