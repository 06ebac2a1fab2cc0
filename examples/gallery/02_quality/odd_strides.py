"""
Which checks find what
======================

Three faults put into simulated walking: a knee angle that is off by 2.5 rad, a gap, a hip angle that does
not move. One fault may set off several checks.
"""

import matplotlib.pyplot as plt

from locomotion_analysis import LocomotionData
from locomotion_analysis.quality import validate
from locomotion_analysis.simulation import simulate

walkers = simulate(8, 12, ["level_walking"], ["healthy"])
block = walkers.block.copy()
knee = walkers.channels.index("knee_flexion_angle_ipsi_rad")
block[knee, 5] += 2.5  # off by 143 degrees
block[knee, 20, 60:90] = float("nan")  # a gap of 20 % of the cycle
block[walkers.channels.index("hip_flexion_angle_ipsi_rad"), 40] = 0.1  # does not move
result = validate(LocomotionData(walkers.cycles, block, walkers.channels), ignore=["GAIT104"])
counts = result.summary.groupby(["code", "title"])["findings"].sum()
print(counts)

# %%
# Findings by code. Each has a page under *Reference*, *Checks*.
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
axes.barh([f"{title} ({code})" for code, title in counts.index], counts, color="#0072b2")
axes.set(xlabel="Findings", title="Simulated walking with three faults")
axes.bar_label(axes.containers[0], padding=3)
axes.invert_yaxis()
