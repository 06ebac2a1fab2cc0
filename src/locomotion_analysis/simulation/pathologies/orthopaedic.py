"""Knee osteoarthritis and lower-limb amputation."""

from locomotion_analysis.simulation.pathologies.changes import Bump, Pathology, Scaling

KNEE_OSTEOARTHRITIS = Pathology(
    age=(66.0, 8.0),
    age_limits=(45.0, 88.0),
    female=0.58,
    bmi_factor=1.10,
    severity=(3.8, 3.0),
    speed_loss_m_s=0.32,
    step_length_loss=0.05,
    toe_off_shift_percent=-2.0,
    toe_off_delay_percent=1.0,
    stride_cv=(0.018, 0.026),
    step_width_gain_m=0.03,
    strength_loss=0.6,
    changes=(
        Bump("knee_flexion_angle", -7.0, 14.0, 8.0),
        Bump("knee_flexion_angle", 4.0, 0.0, 6.0),
        Bump("knee_flexion_angle", 6.0, 40.0, 9.0),
        Bump("knee_flexion_angle", -6.0, 72.0, 9.0),
        Bump("knee_adduction_angle", 5.0, 50.0, 100.0),
        Bump("foot_progression_internal_angle", -4.0, 50.0, 100.0),
        Bump("trunk_obliquity_up_angle", -4.0, 25.0, 14.0),
        Bump("grf_vertical", -0.08, 22.0, 10.0),
        Bump("grf_vertical", 0.08, 50.0, 14.0),
        Bump("grf_vertical", -0.07, 78.0, 12.0),
        Scaling("knee_flexion_moment", -0.33),
        Scaling("knee_adduction_moment", 0.25),
        Scaling("ankle_dorsiflexion_moment", -0.12),
    ),
    rising=(
        Scaling("grf_vertical", -0.15),
        Scaling("knee_flexion_moment", -0.30),
        Scaling("grf_vertical", 0.10, leg="other"),
        Scaling("knee_flexion_moment", 0.10, leg="other"),
        Bump("trunk_anterior_tilt_angle", 4.0, 42.0, 15.0, leg="both"),
    ),
    evidence=(
        "timing: Mills et al. 2013 (41 studies); speed, step length and width, body mass: Wiik et "
        "al. 2017; knee adduction moment: Baliunas et al. 2002, Mills et al. 2013 (no consistent "
        "difference); toe-out and trunk lean: Silva et al. 2022; angles and knee flexion moment: order "
        "of magnitude, tuned within 2 degrees and 0.1 of it to how hard the knee is to tell by gait"
    ),
)

TRANSTIBIAL_AMPUTATION = Pathology(
    age=(52.0, 13.0),
    female=0.25,
    severity=(6.0, 3.0),
    speed_loss_m_s=0.38,
    toe_off_shift_percent=-1.5,
    contact_shift_percent=0.8,
    stride_cv=(0.02, 0.03),
    step_width_gain_m=0.04,
    strength_loss=0.5,
    changes=(
        Bump("ankle_dorsiflexion_angle", 21.0, 64.0, 8.0),
        Bump("ankle_dorsiflexion_angle", 4.0, 45.0, 8.0),
        Bump("ankle_dorsiflexion_angle", 3.0, 85.0, 12.0),
        Bump("knee_flexion_angle", -11.0, 15.0, 8.0),
        Bump("hip_flexion_moment", -0.18, 12.0, 9.0),
        Bump("grf_vertical", -0.11, 78.0, 12.0),
        Bump("grf_vertical", 0.10, 24.0, 10.0, leg="other"),
        Bump("knee_adduction_moment", -0.07, 14.0, 8.0, leg="other"),
        Scaling("ankle_dorsiflexion_angle", -0.40),
        Scaling("ankle_dorsiflexion_moment", -0.35),
        Scaling("knee_flexion_moment", -0.55),
        Scaling("grf_anterior", -0.30),
    ),
    rising=(
        Scaling("grf_vertical", -0.25),
        Scaling("knee_flexion_moment", -0.35),
        Scaling("ankle_dorsiflexion_moment", -0.50),
        Scaling("grf_vertical", 0.20, leg="other"),
        Scaling("knee_flexion_moment", 0.20, leg="other"),
    ),
    evidence=(
        "energy return: Grabowski et al. 2010; contralateral knee adduction moment: Grabowski & "
        "D'Andrea 2013; stance and push-off asymmetry: Curtze et al. 2011, Schmid-Zalaudek et al. "
        "2022; angles: order of magnitude, the ankle's tuned within 5 degrees"
    ),
)

TRANSFEMORAL_AMPUTATION = Pathology(
    age=(50.0, 13.0),
    female=0.25,
    severity=(6.0, 3.0),
    speed_loss_m_s=0.65,
    toe_off_shift_percent=-5.0,
    contact_shift_percent=2.5,
    stride_cv=(0.022, 0.035),
    step_width_gain_m=0.10,
    strength_loss=0.8,
    changes=(
        Bump("ankle_dorsiflexion_angle", 20.0, 64.0, 8.0),
        Bump("ankle_dorsiflexion_angle", 3.0, 85.0, 12.0),
        Bump("knee_flexion_angle", -18.0, 14.0, 9.0),
        Bump("knee_flexion_angle", -5.0, 36.0, 10.0),
        Bump("hip_flexion_angle", 7.0, 52.0, 10.0),
        Bump("hip_adduction_angle", -6.0, 50.0, 100.0),
        Bump("pelvis_obliquity_up_angle", 5.0, 72.0, 12.0),
        Bump("trunk_obliquity_up_angle", -6.0, 28.0, 14.0),
        Bump("ankle_dorsiflexion_angle", -9.0, 30.0, 10.0, leg="other", share=(0.0, 0.25)),
        Bump("grf_vertical", -0.07, 22.0, 10.0),
        Bump("grf_vertical", -0.16, 78.0, 12.0),
        Bump("grf_vertical", 0.16, 24.0, 10.0, leg="other"),
        Bump("knee_adduction_moment", -0.07, 14.0, 8.0, leg="other"),
        Bump("knee_flexion_moment", 0.45, 13.0, 8.0),
        Scaling("ankle_dorsiflexion_angle", -0.30),
        Scaling("ankle_dorsiflexion_moment", -0.30),
        Scaling("grf_anterior", -0.30),
        Scaling("hip_flexion_moment", 0.25),
    ),
    rising=(
        Scaling("grf_vertical", -0.50),
        Scaling("knee_flexion_moment", -0.90),
        Scaling("ankle_dorsiflexion_moment", -0.60),
        Scaling("grf_vertical", 0.35, leg="other"),
        Scaling("knee_flexion_moment", 0.40, leg="other"),
    ),
    evidence=(
        "step width: Hof et al. 2006; stance and push-off asymmetry: Schmid-Zalaudek et al. 2022; "
        "angles, hip hiking, trunk lean and vaulting: order of magnitude, the ankle's tuned within 5 "
        "degrees"
    ),
)
