"""
Timing and amplitude apart
==========================

Elastic registration brings knee curves to one timing. The share of the variance that was timing alone
is printed.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.statistics import elastic_registration

data = simulate(16, 1, ["level_walking"], ["healthy", "stroke"])
curves = np.degrees(data.curves("knee_flexion_angle_ipsi_rad").astype(float))
found = elastic_registration(curves)
print(f"{found.timing_share:.0%} of the variance is timing")
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
axes[0].plot(PHASE_PERCENT, curves.T, color="#0072b2", linewidth=0.8)
axes[1].plot(PHASE_PERCENT, found.aligned.T, color="#d55e00", linewidth=0.8)
axes[0].set(xlabel="Gait cycle (%)", ylabel="Knee flexion (°)", title="As simulated")
axes[1].set(xlabel="Gait cycle (%)", title="After registration (simulated)")
