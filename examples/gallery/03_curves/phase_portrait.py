"""
Phase portrait
==============

Knee angle against its angular velocity: the same motion as the curve, without time.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_phase_plane`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 4, ["level_walking"], ["healthy", "parkinsons"])
axes = data.plot.phase_plane("knee_flexion", by="pathology")
axes.figure
