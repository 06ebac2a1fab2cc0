"""From markers and ground reactions to joint angles, moments and powers.

The conventional gait model as functions of plain arrays: :func:`calibrated` measures in a static
trial what the model needs, :func:`pose` places segments and joint centres in every frame,
:func:`joint_angles` and :func:`leg_kinetics` give the curves under the standard names.
Any other model is solved by OpenSim itself: :func:`solve_opensim`.
"""

from locomotion_analysis.biomechanics.balance import (
    centre_of_mass,
    extrapolated_centre_of_mass,
    margin_of_stability,
)
from locomotion_analysis.biomechanics.cgm1 import (
    Body,
    Leg,
    Pose,
    Segment,
    calibrated,
    cgm1_markers,
    chord,
    facing,
    hip_centre,
    joint_angles,
    markers_of_angles,
    pose,
)
from locomotion_analysis.biomechanics.key_points import key_point_angles
from locomotion_analysis.biomechanics.kinetics import (
    BODY_SEGMENTS,
    JointLoad,
    LegKinetics,
    Link,
    SegmentParameters,
    angular_velocity,
    derivative,
    leg_kinetics,
    newton_euler,
    wrench_at,
)
from locomotion_analysis.biomechanics.marker_check import (
    Possible,
    stretched_frames,
    swapped_markers,
    what_is_possible,
)
from locomotion_analysis.biomechanics.opensim_model import (
    OpenSimModel,
    Solution,
    solve_opensim,
)
from locomotion_analysis.biomechanics.opensim_scaling import (
    Scaling,
    scale_generic,
    scale_opensim,
)

__all__ = [
    "BODY_SEGMENTS",
    "Body",
    "JointLoad",
    "Leg",
    "LegKinetics",
    "Link",
    "OpenSimModel",
    "Pose",
    "Possible",
    "Scaling",
    "Segment",
    "SegmentParameters",
    "Solution",
    "angular_velocity",
    "calibrated",
    "centre_of_mass",
    "cgm1_markers",
    "chord",
    "derivative",
    "extrapolated_centre_of_mass",
    "facing",
    "hip_centre",
    "joint_angles",
    "key_point_angles",
    "leg_kinetics",
    "margin_of_stability",
    "markers_of_angles",
    "newton_euler",
    "pose",
    "scale_generic",
    "scale_opensim",
    "solve_opensim",
    "stretched_frames",
    "swapped_markers",
    "what_is_possible",
    "wrench_at",
]
