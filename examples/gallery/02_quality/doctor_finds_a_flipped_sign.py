"""
A flipped sign, found and corrected
===================================

One person's ankle was recorded with plantarflexion positive. The convention doctor compares each person
with the published norm and proposes the change of sign that brings the curve near it.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_curves`.
"""

import matplotlib.pyplot as plt

from locomotion_analysis import LocomotionData
from locomotion_analysis.quality import apply, diagnose
from locomotion_analysis.simulation import simulate

walkers = simulate(6, 6, ["level_walking"], ["healthy"])
block = walkers.block.copy()
first = (walkers.cycles["subject"] == walkers.groups[0]).to_numpy()
block[walkers.channels.index("ankle_dorsiflexion_angle_ipsi_rad"), first] *= -1
data = LocomotionData(walkers.cycles, block, walkers.channels)
diagnosis = diagnose(data)
print(diagnosis.table[["subject", "channels", "kind", "confidence"]])

# %%
# A line a person, before and after. The grey band is the published norm, dotted lines are toe-off.
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
data.plot.curves("ankle_dorsiflexion", by="subject", band="none", ax=axes[0])
apply(data, diagnosis).plot.curves("ankle_dorsiflexion", by="subject", band="none", ax=axes[1])
axes[0].set_title("Before", loc="left")
axes[1].set_title("After", loc="left")
axes[0].get_legend().remove()
axes[1].get_legend().remove()
