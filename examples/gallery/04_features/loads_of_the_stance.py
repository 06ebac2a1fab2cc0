"""
A feature on its curve
======================

The largest vertical force of each cycle, on the curve it was read from.
"""

import matplotlib.pyplot as plt

from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT

data = simulate(10, 2, ["level_walking"], ["healthy"])
force = data.curves("grf_vertical_ipsi_BW")
X, _ = data.prepare_ml_features(target="subject", features=["kinetic"], aggregations=["max"])
largest = X["grf_vertical_ipsi_BW_max"]
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
axes.plot(PHASE_PERCENT, force.T, color="0.7", linewidth=0.8)
axes.plot(
    PHASE_PERCENT[force.argmax(axis=1)],
    largest,
    "o",
    color="#d55e00",
    label="feature grf_vertical_ipsi_BW_max",
)
axes.set(xlabel="Gait cycle (%)", ylabel="Vertical force (BW)", title="Simulated walking")
axes.legend()
