"""
Angle-angle diagram
===================

Hip against knee over the cycle: coordination in one loop.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_cyclogram`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 4, ["level_walking"], ["healthy", "stroke"])
axes = data.plot.cyclogram("hip_flexion", "knee_flexion", by="pathology")
axes.figure
