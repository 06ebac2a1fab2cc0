"""
The other leg from its own heel strike
======================================

Curves of the contralateral leg begin at the ipsilateral heel strike, half a cycle off. Brought to the
leg's own heel strike, both legs can be laid over each other.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT

data = simulate(12, 4, ["level_walking"], ["healthy"])
name = "knee_flexion_angle_contra_rad"
curves = {
    "ipsilateral": data.curves("knee_flexion_angle_ipsi_rad"),
    "contralateral, as stored": data.curves(name),
    "contralateral, from its own heel strike": data.contralateral_in_phase(name),
}
figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
for (label, values), style in zip(curves.items(), ("-", ":", "--"), strict=True):
    axes.plot(PHASE_PERCENT, np.degrees(np.nanmean(values, axis=0)), style, label=label)
axes.set(xlabel="Gait cycle (%)", ylabel="Knee flexion (°)", title="Mean of simulated people")
figure.legend(loc="outside lower center", ncols=3)
