"""
Where a long walk changes
=========================

Simulated stride times of some seven minutes: the person slows down after stride 180. The changes of level
are found with the correlation between successive strides taken into account.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.statistics import change_points

rng = np.random.default_rng(3)
noise = np.zeros(400)
for stride in range(1, 400):
    noise[stride] = 0.4 * noise[stride - 1] + rng.normal(0, 0.012)
times = 1.08 + noise + 0.05 * (np.arange(400) >= 180)
found = change_points(times)
print(found)

figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.plot(times, ".", color="0.5", markersize=3)
for start, stop in zip([0, *found], [*found, 400], strict=True):
    axes.hlines(times[start:stop].mean(), start, stop, color="#d55e00", linewidth=2)
axes.set(xlabel="Stride", ylabel="Stride time (s)", title="Simulated stride times and their levels")
