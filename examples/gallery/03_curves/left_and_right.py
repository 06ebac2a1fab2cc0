"""
Left and right
==============

Each leg on its own gait cycle, of one person after a stroke.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_sides`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(4, 20, ["level_walking"], ["stroke"], seed=2)
one = data.select(subject=data.groups[0])
axes = one.plot.sides("knee_flexion")
axes.figure
