"""
Unusual gait
============

How deep each person's curves lie among all others; one person's knee is stiff.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis import LocomotionData
from locomotion_analysis.models.unsupervised import CurveAnomalyDetector, curve_units
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT

walkers = simulate(20, 3, ["level_walking"], ["healthy"], seed=1)
knee = "knee_flexion_angle_ipsi_rad"
curves = walkers.curves(knee).copy()
curves[walkers.groups == walkers.groups[0]] *= 0.4  # a stiff knee
data = LocomotionData(walkers.cycles, curves[None], [knee])
units = curve_units(data)
detector = CurveAnomalyDetector("band_depth", contamination=0.05)
detector.fit(units.curves, groups=units.subjects)
unusual = detector.predict(units.curves) < 0

# %%
figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
for curve, odd in zip(np.degrees(units.curves[..., 0]), unusual, strict=True):
    axes.plot(PHASE_PERCENT, curve, color="#d55e00" if odd else "0.7", linewidth=2 if odd else 1)
axes.set(
    xlabel="Gait cycle (%)", ylabel="Knee flexion (°)", title="Called unusual, simulated people"
)
