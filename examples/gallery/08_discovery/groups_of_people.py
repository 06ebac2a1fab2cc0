"""
Groups of people
================

Two clusters of people, made from principal component scores. Test first whether there is more than one
population; then ask what the clusters are.
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
# The diagnosis was not given to the clustering.
ill = data.cycles.groupby("subject")["pathology"].first().loc[list(units.subjects)] == "stroke"
figure, axes = plt.subplots(figsize=(7.5, 4), layout="constrained")
for group, color in enumerate(("#0072b2", "#d55e00")):
    for known, face, word in ((True, color, "stroke"), (False, "none", "healthy")):
        own = (labels == group) & (ill == known)
        name = f"cluster {group + 1}, {word}"
        axes.scatter(*scores[own, :2].T, edgecolors=color, facecolors=face, label=name)
axes.set(xlabel="First component", ylabel="Second component", title="Simulated people")
figure.legend(loc="outside right upper")
