"""
Who is in the data
==================

Ages, speeds, cycles of each task and of each person: look before you model.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_cohort`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(40, 4, ["level_walking", "stair_ascent"], ["healthy", "stroke"])
figure = data.plot.cohort()
figure
