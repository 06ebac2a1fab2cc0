"""
Steps against those expected at the speed
=========================================

Slow walking alone changes every number. The comparison is with healthy people who walk equally fast
on legs as long.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_spatiotemporal`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 6, ["level_walking"], ["healthy", "stroke"])
axes = data.plot.spatiotemporal(by="pathology")
axes.figure
