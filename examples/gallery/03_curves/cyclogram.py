"""
Angle-angle diagram
===================

Hip against knee over the cycle: coordination in one loop.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_cyclogram`.
"""

import matplotlib.pyplot as plt

from locomotion_analysis.simulation import simulate

data = simulate(24, 4, ["level_walking"], ["healthy", "stroke"])
figure, axes = plt.subplots(figsize=(6.5, 5), layout="constrained")
data.plot.cyclogram("hip_flexion", "knee_flexion", by="pathology", ax=axes)
