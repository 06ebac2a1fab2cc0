"""
Movement analysis profile
=========================

Gait Variable Scores, angle by angle, and the Gait Profile Score.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_profile`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 6, ["level_walking"], ["healthy", "cerebral_palsy"])
axes = data.plot.profile(by="pathology")
axes.figure
