"""
Spatiotemporal parameters against those expected at the speed
=============================================================

Walking slowly changes every spatiotemporal parameter by itself. So the comparison is with healthy people
of the same speed and leg length.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_spatiotemporal`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 6, ["level_walking"], ["healthy", "stroke"])
axes = data.plot.spatiotemporal(by="pathology")
axes.figure
