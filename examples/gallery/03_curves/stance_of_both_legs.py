"""
Stance of both legs
===================

When each foot is on the ground; where bars overlap, both are.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_events`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 6, ["level_walking"], ["healthy", "parkinsons", "stroke"])
axes = data.plot.events(by="pathology")
axes.figure
