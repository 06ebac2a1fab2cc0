"""Stroke, Parkinson's disease and cerebral palsy."""

from locomotion_analysis.simulation.pathologies.changes import Bump, Pathology, Scaling

STROKE = Pathology(
    age=(62.0, 11.0),
    severity=(4.2, 2.4),
    speed_loss_m_s=1.20,
    step_length_loss=0.05,
    toe_off_shift_percent=-6.0,
    contact_shift_percent=5.0,
    stride_cv=(0.022, 0.05),
    stride_alpha=(0.8, 0.65),
    stride_noise=1.3,
    step_width_gain_m=0.06,
    strength_loss=0.9,
    changes=(
        Bump("knee_flexion_angle", -28.0, 72.0, 9.0),
        Bump("knee_flexion_angle", -8.0, 35.0, 14.0, share=(0.0, 0.4)),
        Bump("knee_flexion_angle", 8.0, 30.0, 18.0, share=(0.4, 0.6)),
        Bump("knee_flexion_angle", 4.0, 22.0, 14.0, leg="other"),
        Bump("ankle_dorsiflexion_angle", -9.0, 86.0, 9.0),
        Bump("ankle_dorsiflexion_angle", -6.0, 0.0, 6.0),
        Bump("ankle_dorsiflexion_angle", -4.0, 42.0, 10.0),
        Bump("ankle_dorsiflexion_angle", 8.0, 63.0, 6.0),
        Bump("hip_flexion_angle", 9.0, 52.0, 10.0),
        Bump("hip_flexion_angle", -6.0, 88.0, 10.0),
        Bump("hip_adduction_angle", -6.0, 78.0, 11.0),
        Bump("pelvis_obliquity_up_angle", 4.0, 70.0, 12.0),
        Bump("foot_progression_internal_angle", -5.0, 50.0, 100.0),
        Bump("grf_vertical", -0.10, 78.0, 12.0),
        Bump("grf_vertical", 0.10, 48.0, 14.0),
        Bump("grf_anterior", -0.030, 80.0, 8.0),
        Bump("grf_anterior", 0.03, 86.0, 9.0, leg="other"),
        Scaling("ankle_dorsiflexion_moment", -0.35),
        Scaling("hip_flexion_moment", -0.15),
        Scaling("grf_anterior", -0.40),
        Scaling("ankle_dorsiflexion_moment", 0.08, leg="other"),
    ),
    rising=(
        Scaling("grf_vertical", -0.35),
        Scaling("knee_flexion_moment", -0.35),
        Scaling("hip_flexion_moment", -0.25),
        Scaling("grf_vertical", 0.25, leg="other"),
        Scaling("knee_flexion_moment", 0.25, leg="other"),
        Bump("trunk_anterior_tilt_angle", 4.0, 42.0, 15.0, leg="both"),
    ),
    evidence=(
        "speed and strata: Perry et al. 1995 (Stroke 26:982), Jonkers et al. 2009 (Gait Posture "
        "29:129); stiff knee, drop foot, propulsion: Bowden et al. 2006 (Stroke 37:872), "
        "Balasubramanian et al. 2007 (Arch Phys Med Rehabil 88:43); timing: Patterson et al. 2008 "
        "(Arch Phys Med Rehabil 89:304); single amplitudes and rising: order of magnitude, "
        "tuned within 3 degrees"
    ),
)

PARKINSONS = Pathology(
    age=(66.0, 9.0),
    female=0.4,
    severity=(4.6, 2.6),
    speed_loss_m_s=0.27,
    step_length_loss=0.15,
    stride_cv=(0.018, 0.036),
    stride_alpha=(0.85, 0.55),
    stride_noise=1.1,
    strength_loss=0.5,
    other_leg=0.7,
    changes=(
        Bump("hip_flexion_angle", 7.0, 50.0, 30.0, leg="both"),
        Bump("knee_flexion_angle", 6.0, 35.0, 16.0, leg="both"),
        Bump("ankle_dorsiflexion_angle", -9.0, 99.0, 6.0, leg="both"),
        Bump("trunk_anterior_tilt_angle", 8.0, 50.0, 100.0, leg="both"),
        Bump("grf_vertical", -0.07, 78.0, 12.0, leg="both"),
        Bump("grf_anterior", -0.03, 86.0, 9.0, leg="both"),
        Scaling("hip_flexion_angle", -0.30, leg="both"),
        Scaling("knee_flexion_angle", -0.20, leg="both"),
        Scaling("ankle_dorsiflexion_angle", -0.25, leg="both"),
        Scaling("pelvis_internal_rotation_angle", -0.25, leg="both"),
        Scaling("trunk_internal_rotation_angle", -0.45, leg="both"),
        Scaling("ankle_dorsiflexion_moment", -0.30, leg="both"),
        Scaling("hip_flexion_moment", -0.20, leg="both"),
    ),
    rising=(Bump("trunk_anterior_tilt_angle", 3.0, 42.0, 15.0, leg="both"),),
    evidence=(
        "speed, stride, excursion, double support: Zanardi et al. 2021 (Sci Rep 11:752, 72 "
        "studies); Pistacchi et al. 2017 (Funct Neurol 32:28); stride times: Hausdorff et al. 1998 "
        "(Mov Disord 13:428); single amplitudes: order of magnitude, tuned within 3 degrees"
    ),
)

_CROUCH, _EQUINUS, _JUMP, _APPARENT = (0.0, 0.35), (0.35, 0.58), (0.58, 0.8), (0.8, 1.0)

CEREBRAL_PALSY = Pathology(
    age=(11.0, 3.0),
    age_limits=(6.0, 17.0),
    female=0.42,
    severity=(6.0, 3.5),
    speed_loss_m_s=0.45,
    step_length_loss=0.20,
    toe_off_delay_percent=2.0,
    stride_cv=(0.025, 0.05),
    stride_noise=1.7,
    step_width_gain_m=0.04,
    strength_loss=0.8,
    other_leg=0.8,
    subtypes=(("crouch", 0.35), ("equinus", 0.23), ("jump", 0.22), ("apparent", 0.20)),
    changes=(
        Bump("hip_internal_rotation_angle", 18.0, 50.0, 100.0, leg="both"),
        Scaling("hip_flexion_moment", 0.20, leg="both"),
        Bump("knee_flexion_angle", 52.0, 32.0, 26.0, leg="both", share=_CROUCH),
        Bump("knee_flexion_angle", 26.0, 0.0, 14.0, leg="both", share=_CROUCH),
        Bump("knee_flexion_angle", -10.0, 72.0, 9.0, leg="both", share=_CROUCH),
        Bump("hip_flexion_angle", 32.0, 45.0, 32.0, leg="both", share=_CROUCH),
        Bump("ankle_dorsiflexion_angle", 25.0, 36.0, 24.0, leg="both", share=_CROUCH),
        Bump("pelvis_anterior_tilt_angle", 8.0, 50.0, 100.0, leg="both", share=_CROUCH),
        Bump("foot_progression_internal_angle", -14.0, 50.0, 100.0, leg="both", share=_CROUCH),
        Bump("knee_flexion_moment", -0.80, 32.0, 15.0, leg="both", share=_CROUCH),
        Bump("ankle_dorsiflexion_angle", -28.0, 50.0, 100.0, leg="both", share=_EQUINUS),
        Bump("knee_flexion_angle", -10.0, 38.0, 16.0, leg="both", share=_EQUINUS),
        Bump("foot_progression_internal_angle", 12.0, 50.0, 100.0, leg="both", share=_EQUINUS),
        Bump("ankle_dorsiflexion_moment", -0.80, 12.0, 7.0, leg="both", share=_EQUINUS),
        Bump("ankle_dorsiflexion_angle", -19.0, 50.0, 100.0, leg="both", share=_JUMP),
        Bump("knee_flexion_angle", 45.0, 2.0, 16.0, leg="both", share=_JUMP),
        Bump("hip_flexion_angle", 18.0, 45.0, 34.0, leg="both", share=_JUMP),
        Bump("pelvis_anterior_tilt_angle", 9.0, 50.0, 100.0, leg="both", share=_JUMP),
        Bump("knee_flexion_angle", 32.0, 30.0, 28.0, leg="both", share=_APPARENT),
        Bump("hip_flexion_angle", 20.0, 45.0, 32.0, leg="both", share=_APPARENT),
        Bump("knee_flexion_moment", -0.50, 32.0, 15.0, leg="both", share=_APPARENT),
    ),
    evidence=(
        "patterns: Rodda et al. 2004 (J Bone Joint Surg Br 86:251); deviation index of crouch: "
        "Morais Filho et al. 2014 (n = 1805); single amplitudes: order of magnitude"
    ),
)
