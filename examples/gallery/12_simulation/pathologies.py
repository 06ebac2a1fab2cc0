"""
Five kinds of gait
==================

Mean knee flexion of simulated groups; its source names the evidence of each.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_curves`.
"""

from locomotion_analysis.simulation import simulate

kinds = ["healthy", "stroke", "parkinsons", "knee_osteoarthritis", "transtibial_amputation"]
data = simulate(50, 2, ["level_walking"], kinds)
axes = data.plot.curves("knee_flexion", by="pathology", band="none", norm=False)
axes.figure
