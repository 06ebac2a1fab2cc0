"""
Mean curves over the norm
=========================

Lines are means over people, bands standard deviations between people, grey is the published norm at
the speed walked.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_curves`.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 6, ["level_walking"], ["healthy", "stroke"])
axes = data.plot.curves("knee_flexion", by="pathology")
axes.figure
