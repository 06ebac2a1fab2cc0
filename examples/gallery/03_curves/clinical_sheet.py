"""
The clinical sheet
==================

Joints in three planes, moments, powers and forces on one page.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_sheet`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(16, 4, ["level_walking"], ["healthy", "knee_osteoarthritis"])
figure = data.plot.sheet(by="pathology")
figure
