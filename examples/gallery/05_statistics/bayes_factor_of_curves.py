"""
Evidence for and against a difference
=====================================

A Bayes factor at every point of the cycle: above 3 is evidence for a difference, below 1/3 evidence for
none, and between them the data do not decide (grey).
"""

import matplotlib.pyplot as plt

from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT
from locomotion_analysis.statistics import bayes_factors

data = simulate(40, 1, ["level_walking"], ["healthy", "knee_osteoarthritis"])
knee = data.curves("knee_flexion_angle_ipsi_rad").astype(float)
ill = (data.cycles["pathology"] != "healthy").to_numpy()
found = bayes_factors(knee[~ill], knee[ill])
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
axes.semilogy(PHASE_PERCENT, found["bayes_factor"], color="#0072b2")
axes.axhspan(1 / 3, 3, color="0.9")
axes.set_yticks([1 / 3, 1, 3, 10], ["1/3", "1", "3", "10"])
axes.minorticks_off()
axes.set(xlabel="Gait cycle (%)", ylabel="Bayes factor for a difference")
axes.set_title("Knee flexion with and without osteoarthritis, simulated")
