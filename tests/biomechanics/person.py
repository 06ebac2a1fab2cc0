"""A person whose measures and angles are known."""

import numpy as np

from locomotion_analysis.biomechanics import Body, Leg, pose

N = 60


def body(**changed):
    known = {
        "marker_diameter_m": 0.014,
        "asis_distance_m": 0.24,
        "pelvis_depth_m": 0.15,
        "legs": {
            "left": Leg(
                length_m=0.88,
                knee_width_m=0.1,
                ankle_width_m=0.07,
                thigh_rotation_rad=0.12,
                shank_rotation_rad=0.2,
                tibial_torsion_rad=-0.25,
                plantar_flexion_rad=0.2,
                foot_rotation_rad=0.05,
            ),
            "right": Leg(
                length_m=0.9,
                knee_width_m=0.104,
                ankle_width_m=0.072,
                thigh_rotation_rad=-0.08,
                shank_rotation_rad=0.1,
                tibial_torsion_rad=0.15,
                plantar_flexion_rad=0.25,
                foot_rotation_rad=0.03,
            ),
        },
    }
    return Body(**{**known, **changed})


def angles(n=N, seed=0):
    """Smooth angles within what a walk shows, rad; every channel has its own."""
    random = np.random.default_rng(seed)
    phase = 2 * np.pi * np.arange(n) / n
    sizes = {"hip_flexion": (0.3, 0.4), "knee_flexion": (0.5, 0.4)}
    found = {}
    for side in ("left", "right"):
        for joint in ("hip", "knee"):
            for motion in ("flexion", "adduction", "internal_rotation"):
                middle, size = sizes.get(f"{joint}_{motion}", (0.05, 0.15))
                wave = middle + size * np.sin(phase + random.uniform(0, 6))
                found[f"{joint}_{motion}_angle_{side}_rad"] = wave
        found[f"ankle_dorsiflexion_angle_{side}_rad"] = 0.25 * np.sin(phase + random.uniform(0, 6))
    for segment in ("pelvis", "trunk"):
        for motion in ("anterior_tilt", "obliquity_up", "internal_rotation"):
            wave = 0.1 + 0.15 * np.sin(phase + random.uniform(0, 6))
            found[f"{segment}_{motion}_angle_rad"] = wave
    return found


def path(n=N):
    """Where the pelvis goes, m."""
    time = np.arange(n) / 100
    return np.stack([1.2 * time, 0.02 * np.sin(6 * time), 0.95 + 0.02 * np.cos(12 * time)], axis=1)


def with_medial(markers, measures):
    """Add markers as far inside the joints' centres as the lateral ones are outside."""
    joints = pose(markers, measures).joints
    added = {
        f"{letter}{medial}": 2 * joints[f"{side} {joint}"] - markers[f"{letter}{lateral}"]
        for side, letter in (("left", "L"), ("right", "R"))
        for joint, lateral, medial in (("knee", "KNE", "KNM"), ("ankle", "ANK", "MED"))
    }
    return {**markers, **added}


POST_M = 0.1016
"""Of a knee alignment device: 143.7 mm between its markers."""


def with_device(markers, measures):
    """Put a knee alignment device in the place of each knee's lateral marker."""
    found = pose(markers, measures)
    worn = {name: xyz for name, xyz in markers.items() if not name.endswith("KNE")}
    for side, letter in (("left", "L"), ("right", "R")):
        knee = markers[f"{letter}KNE"]
        outwards = knee - found.joints[f"{side} knee"]
        outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
        ahead = found.segments[f"{side} thigh"].axes[..., 0]
        up = np.cross(ahead, outwards)
        worn[f"{letter}KAX"] = knee + POST_M * outwards
        for name, post in (("KD1", ahead + up), ("KD2", ahead - up)):
            worn[f"{letter}{name}"] = knee + POST_M * post / np.sqrt(2.0)
    return worn
