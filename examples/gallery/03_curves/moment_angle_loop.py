"""
Moment-angle loop
=================

The area of the loop is the net work of the ankle over the cycle.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_moment_angle`.
"""

import matplotlib.pyplot as plt

from locomotion_analysis.simulation import simulate

data = simulate(24, 4, ["level_walking"], ["healthy", "stroke"])
figure, axes = plt.subplots(figsize=(6.5, 5), layout="constrained")
data.plot.moment_angle("ankle", by="pathology", ax=axes)
