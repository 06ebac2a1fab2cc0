"""
Groups of people
================

Two groups made from component scores. Whether there are groups at all is asked first; what they are,
after.
"""

import matplotlib.pyplot as plt

from locomotion_analysis.models.unsupervised import (
    CurvePCA,
    SubjectClusters,
    curve_units,
    one_population_p,
)
from locomotion_analysis.simulation import simulate

channels = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
data = simulate(40, 2, ["level_walking"], ["healthy", "stroke"]).select(channels=channels)
units = curve_units(data)
scores = CurvePCA(n_components=3).fit_transform(units.curves)
labels = SubjectClusters(2).fit(scores, groups=units.subjects).labels_
print(f"p of one population: {one_population_p(scores, units.subjects):.3f}")

# %%
# Colour: the group. Filled: after a stroke, which the clustering did not know.
ill = data.cycles.groupby("subject")["pathology"].first().loc[list(units.subjects)] == "stroke"
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for group, color in enumerate(("#0072b2", "#d55e00")):
    for known, face in ((True, color), (False, "none")):
        own = (labels == group) & (ill == known)
        axes.scatter(*scores[own, :2].T, edgecolors=color, facecolors=face)
axes.set(xlabel="First component", ylabel="Second component", title="Simulated people")
