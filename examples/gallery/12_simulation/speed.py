"""
The same people at five speeds
==============================

Peak flexion, its timing and toe-off change together with walking speed.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_curves`.
"""

from locomotion_analysis import LocomotionData
from locomotion_analysis.simulation import simulate

knee = "knee_flexion_angle_ipsi_rad"
walkers = simulate(8, 4, ["level_walking"], ["healthy"], speeds=[0.6, 0.9, 1.2, 1.5, 1.8])
speed = walkers.cycles["task_id"].str.extract(r"(\d\.\d+)", expand=False) + " m/s"
cycles = walkers.cycles.assign(speed=speed)
data = LocomotionData(cycles, walkers.curves(knee)[None], [knee])
axes = data.plot.curves("knee_flexion", by="speed", band="none", norm=False)
axes.figure
