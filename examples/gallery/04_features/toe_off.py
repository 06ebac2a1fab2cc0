"""
Toe-off is measured, not 60 %
=============================

The end of stance follows from the vertical force, cycle by cycle. The faster people
walk, the earlier it comes.
"""

import matplotlib.pyplot as plt

from locomotion_analysis.features import stance_percent
from locomotion_analysis.simulation import simulate

data = simulate(12, 2, ["level_walking"], ["healthy"], speeds=[0.8, 1.1, 1.4, 1.7])
found = stance_percent(data)
figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
axes.scatter(data.cycles["speed_m_s"], found.percent, s=10, color="#0072b2")
axes.axhline(60, color="0.5", linestyle="--")
axes.set(xlabel="Speed (m/s)", ylabel="Toe-off (% of the gait cycle)", title="Simulated walking")
