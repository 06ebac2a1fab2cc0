"""
Phase portrait
==============

Knee angle against its angular velocity: the motion without its time axis.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_phase_plane`.
"""

import matplotlib.pyplot as plt

from locomotion_analysis.simulation import simulate

data = simulate(24, 4, ["level_walking"], ["healthy", "parkinsons"])
figure, axes = plt.subplots(figsize=(6.5, 5), layout="constrained")
data.plot.phase_plane("knee_flexion", by="pathology", ax=axes)
