"""
A mixed model at every point
============================

What speed does to knee flexion, from all strides of all people: each person has an intercept of their own,
and the curve is the change for one metre per second more.
"""

import warnings

from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import mixed

data = simulate(16, 6, ["level_walking"], ["healthy"], seed=4)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # at some points the variance between people is zero
    fit = mixed("knee_flexion_angle_ipsi_rad ~ speed_m_s + (1 | subject)", data)
axes = fit.plot("speed_m_s")
axes.figure
