"""
A component of the curves
=========================

Functional principal components: the mean curve, and the curves two standard deviations of the first
component's score above and below it.
"""

from locomotion_analysis.evaluation.discovery_figures import plot_mode
from locomotion_analysis.models.unsupervised import FunctionalPCA, curve_units
from locomotion_analysis.simulation import simulate

data = simulate(30, 3, ["level_walking"], ["healthy", "stroke"]).select(
    channels=["knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"]
)
units = curve_units(data)
pca = FunctionalPCA(n_components=4).fit(units.curves)
axes = plot_mode(pca, units.channels, component=0, channel=0)
axes.set_title("First component, simulated", loc="left")
axes.legend()
axes.figure
