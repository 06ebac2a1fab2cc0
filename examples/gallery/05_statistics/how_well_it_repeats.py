"""
How well a measurement repeats
==============================

Intraclass correlations of two sessions, with intervals: which numbers may be compared over months?
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis import LocomotionData
from locomotion_analysis.reporting import feature_title
from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import reliability_table

walked = simulate(14, 6, ["level_walking"], seed=2)
session = np.where(walked.cycles["step"] < 3, "first", "second")
data = LocomotionData(walked.cycles.assign(session=session), walked.block, walked.channels)
found = reliability_table(data, ["stride_length_m", "cadence_steps_min", "step_width_m"])
print(found[["icc", "icc_low", "icc_high", "mdc_consistency"]].round(3))

# %%
figure, axes = plt.subplots(figsize=(6.5, 2.4), layout="constrained")
names = [feature_title(name) for name in found.index.get_level_values("value")]
axes.errorbar(
    found["icc"],
    names,
    xerr=[found["icc"] - found["icc_low"], found["icc_high"] - found["icc"]],
    fmt="o",
    color="#0072b2",
)
axes.set(xlabel="ICC(2,1), 95 % interval", xlim=(None, 1.02), title="Two simulated sessions")
axes.margins(y=0.3)
