"""
A sensor that sits wrong
========================

Every single cycle is plausible, but the mean over people has moved. Drift is tested between people, not
cycles.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.production.monitoring import measure_drift, people_of
from locomotion_analysis.simulation import simulate

channels = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)
data = simulate(80, 3, ["level_walking"], ["healthy"])


def people(subset, knee_off_by=0.0):
    """Return the means of each person, the knee wrong by some radians."""
    curves = subset.array(channels)[:, ::10].astype(float)
    curves[..., 1] += knee_off_by
    features = subset.cycles[["subject", "speed_m_s"]].set_index("subject")
    return people_of(features, curves, subset.groups, channels)


names = np.unique(data.groups)
trained = people(data.select(subject=names[:50]))
later = data.select(subject=names[50:])
found = {
    f"{degrees}°": measure_drift(trained, people(later, np.radians(degrees)))
    for degrees in (0, 3, 6)
}

# %%
# The p-value of each channel, corrected for several channels, by the offset of the knee sensor. Dashed:
# 0.05.
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
colors = ("#0072b2", "#d55e00", "#009e73")
for place, (label, drift) in enumerate(found.items()):
    p = drift.channels.set_index("channel")["p_corrected"].loc[list(channels)]
    where = np.arange(3) + 0.15 * (place - 1)
    axes.plot(where, p, "os^"[place], color=colors[place], label=f"knee off by {label}")
axes.axhline(0.05, color="0.4", linestyle="--")
axes.set(
    xticks=range(3), xticklabels=["Hip", "Knee", "Ankle"], ylabel="Corrected p-value", yscale="log"
)
axes.set_title("Drift of simulated people")
figure.legend(loc="outside right center")
