"""
Joint angles from markers
=========================

Markers of the conventional gait model are made from known angles, and the angles are computed from the
markers.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.biomechanics import Body, Leg, joint_angles, markers_of_angles, pose

leg = Leg(
    length_m=0.9,
    knee_width_m=0.1,
    ankle_width_m=0.07,
    plantar_flexion_rad=0.2,
    foot_rotation_rad=0.0,
)
body = Body(
    marker_diameter_m=0.014,
    asis_distance_m=0.24,
    pelvis_depth_m=0.15,
    legs={"left": leg, "right": leg},
)
phase = np.linspace(0, 2 * np.pi, 150)
known = {
    "hip_flexion_angle_left_rad": 0.2 + 0.4 * np.cos(phase),
    "knee_flexion_angle_left_rad": 0.4 - 0.35 * np.cos(phase + 0.9),
}
way = np.stack([1.3 * phase / phase[-1], 0 * phase, 0.9 + 0 * phase], axis=1)
markers = markers_of_angles(known, body, way)
found = joint_angles(pose(markers, body))

# %%
figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
percent = 100 * phase / phase[-1]
for name, color in zip(known, ("#0072b2", "#d55e00"), strict=True):
    axes.plot(percent, np.degrees(known[name]), color=color, linewidth=5, alpha=0.3)
    axes.plot(
        percent,
        np.degrees(found[name]),
        color=color,
        label=name.split("_angle")[0].replace("_", " "),
    )
axes.set(
    xlabel="Gait cycle (%)",
    ylabel="Angle (°)",
    title="Given (wide) and computed, simulated markers",
)
axes.legend()
