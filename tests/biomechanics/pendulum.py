"""A leg of two segments whose motion is known, with six markers each: hip_flexion_r, knee_angle_r."""

import numpy as np

HIP = np.array([0.3, -0.2, 1.0])  # laboratory axes, z up
LENGTHS, MASSES, INERTIA = (0.5, 0.3), (3.0, 1.0), ((0.05, 0.01, 0.06), (0.01, 0.002, 0.012))
PLACES = (
    (0.05, -0.1, 0.0),
    (-0.04, -0.3, 0.03),
    (0.0, -0.2, -0.05),
    (0.03, -0.05, 0.04),
    (0.02, -0.25, -0.02),
    (-0.05, -0.15, 0.0),
)
RATE = 200.0
TIME = np.arange(0.0, 1.0, 1.0 / RATE)


def names(letter):
    return [f"{letter}{k}" for k in range(len(PLACES))]


def leg(hip, knee):
    """Return joints, axes (n, 3, 3) and markers of the leg, laboratory axes with z up."""
    joint, turn, placed, axes = np.tile(HIP, (len(hip), 1)), 0.0, {}, []
    joints = [joint]
    for k, angle in enumerate((hip, knee)):
        turn = turn + angle  # about OpenSim's z, the laboratory's -y
        along = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], axis=1)
        upward = np.stack([-np.sin(turn), 0 * turn, np.cos(turn)], axis=1)
        across = np.tile([0.0, -1.0, 0.0], (len(hip), 1))
        own = np.stack([along, upward, across], axis=2)
        for label, where in zip(names("AB"[k]), PLACES, strict=True):
            placed[label] = joint + own @ np.array(where)
        axes.append(own)
        joint = joint - LENGTHS[k] * upward
        joints.append(joint)
    return joints, axes, placed
