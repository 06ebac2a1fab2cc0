"""
Two markers with each other's name
==================================

The markers of the left knee and shank carry each other's name. The order of the markers along the leg
shows it.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.biomechanics import Body, Leg, markers_of_angles, swapped_markers

leg = Leg(
    length_m=0.9,
    knee_width_m=0.1,
    ankle_width_m=0.07,
    plantar_flexion_rad=0.2,
    foot_rotation_rad=0.0,
)
legs = {"left": leg, "right": leg}
body = Body(marker_diameter_m=0.014, asis_distance_m=0.24, pelvis_depth_m=0.15, legs=legs)
way = np.tile([0.0, 0.0, 0.9], (100, 1))
markers = markers_of_angles({}, body, way)
markers["LKNE"], markers["LTIB"] = markers["LTIB"], markers["LKNE"]
found = swapped_markers(markers)
print(found)

# %%
figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
for name, place in markers.items():
    x, z = place[:, 1].mean(), place[:, 2].mean()
    odd = name in " ".join(found).split()
    axes.plot(x, z, "o", color="#d55e00" if odd else "#0072b2")
    below = -9 if name in ("LTOE", "RTOE", "CLAV", "T10") else 0  # in front of others
    axes.annotate(name, (x, z), xytext=(5, below), textcoords="offset points", fontsize=8)
axes.set(xlabel="To the left (m)", ylabel="Up (m)", title="Simulated markers, from the front")
axes.margins(x=0.2)
