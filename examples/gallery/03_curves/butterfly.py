"""
Butterfly of the ground reaction force
======================================

The ground reaction force vectors of stance, drawn from the centre of pressure.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_butterfly`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(12, 4, ["level_walking"], ["healthy"])
figure = data.plot.butterfly()
figure
