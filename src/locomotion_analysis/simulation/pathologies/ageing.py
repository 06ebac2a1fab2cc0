"""Healthy adults, and older adults at risk of falling."""

from locomotion_analysis.simulation.pathologies.changes import (
    ALL_BUT_RUNNING,
    Bump,
    Pathology,
    Scaling,
)

HEALTHY = Pathology(
    age=(56.0, 15.0), one_sided=False, stride_alpha=(0.85, 0.85), tasks=(*ALL_BUT_RUNNING, "run")
)

FALL_RISK = Pathology(
    age=(77.0, 5.5),
    age_limits=(65.0, 92.0),
    female=0.58,
    severity=(3.0, 3.0),
    speed_loss_m_s=0.20,
    step_length_loss=0.07,
    toe_off_delay_percent=4.2,
    stride_cv=(0.028, 0.046),
    stride_length_cv=1.3,
    stride_alpha=(0.75, 0.55),
    stride_noise=1.15,
    strength_loss=0.6,
    one_sided=False,
    changes=(
        Bump("ankle_dorsiflexion_angle", -3.0, 85.0, 10.0, leg="both"),
        Bump("hip_flexion_angle", 5.0, 50.0, 12.0, leg="both"),
        Bump("trunk_anterior_tilt_angle", 2.5, 50.0, 100.0, leg="both"),
        Scaling("ankle_dorsiflexion_moment", -0.10, leg="both"),
    ),
    evidence=(
        "speed, variability, double support: Verghese et al. 2009 (J Gerontol A 64:896); stride "
        "times: Hausdorff et al. 2001 (Arch Phys Med Rehabil 82:1050); toe-off "
        "and severity tuned to how well falls are foretold; curves: order of magnitude"
    ),
)
