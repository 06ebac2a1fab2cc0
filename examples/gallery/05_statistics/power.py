"""
How many people?
================

Studies of three sizes are drawn from a simulated pilot, tested, and the significant ones counted.
"""

from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import power

pilot = simulate(16, 3, ["level_walking"], ["healthy", "stroke"], seed=1)
speed = pilot.cycles.groupby(["pathology", "subject"])["speed_m_s"].mean()
found = power(
    speed["healthy"].to_numpy(),
    speed["stroke"].to_numpy(),
    n=[10, 30, 50],
    difference=0.15,
    simulated=True,
)
axes = found.plot()
axes.figure
