"""What each diagnosis changes in gait: cohorts, changes of timing and changes of curves.

Changes come on top of the healthy template at the patient's own speed, so that what follows from
walking slowly is not counted twice. A change is ``amplitude * severity * subject_factor``;
severity lies between 0 and 1 (Beta distributed) and every subject expresses every change a little
differently. Amplitudes hold at severity 1; a cohort's mean severity is about 0.5.
"""

from dataclasses import dataclass
from typing import Literal

Leg = Literal["affected", "other", "both"]
WALKING_TASKS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
)
"""Tasks in which people walk: their cycles have steps, speeds and double support."""
ALL_BUT_RUNNING = (*WALKING_TASKS, "sit_to_stand")


@dataclass(frozen=True)
class Bump:
    """A smooth change of one curve.

    Attributes
    ----------
    channel : str
        A leg or force channel of the templates.
    amplitude : float
        Height at severity 1: degrees, Nm/kg or body weights.
    centre, width : float
        Percent of the cycle (joints, pelvis, trunk) or of stance (forces). A width of 100
        moves the whole curve.
    leg : {"affected", "other", "both"}
        Which leg shows it.
    share : tuple of float
        Which part of the patients, as an interval of a uniform trait.
    """

    channel: str
    amplitude: float
    centre: float
    width: float
    leg: Leg = "affected"
    share: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Scaling:
    """A relative change: of an angle about its mean, of a whole moment or force.

    ``fraction=-0.2`` is a fifth less.
    """

    channel: str
    fraction: float
    leg: Leg = "affected"
    share: tuple[float, float] = (0.0, 1.0)


Change = Bump | Scaling


@dataclass(frozen=True)
class Pathology:
    """A cohort and its gait.

    Attributes
    ----------
    age : tuple of float
        Mean and SD, years.
    age_limits : tuple of float
        Youngest and oldest.
    female : float
        Share of women.
    bmi_factor : float
        Median body mass index against that of the healthy of the same age.
    severity : tuple of float
        Parameters of the Beta distribution of severity; (0, 0) for the healthy.
    speed_loss_m_s, step_length_loss : float
        Speed lost, and the part of the step length lost at equal speed, at severity 1.
    toe_off_shift_percent : float
        Added to the affected side's toe-off and taken from the other's, at severity 1.
    toe_off_delay_percent : float
        Added to both sides' toe-off, at severity 1: longer double support at equal speed.
    contact_shift_percent : float
        How much earlier than half way the other foot lands in the affected side's cycle.
    stride_cv : tuple of float
        Coefficient of variation of stride time at severity 0 and 1.
    stride_length_cv : float
        Coefficient of variation of stride length, as a multiple of that of stride time.
    stride_alpha : tuple of float
        Scaling exponent (DFA) of stride times at severity 0 and 1: 0.5 is white noise.
    stride_noise : float
        Size of the differences between strides' curves at severity 1, 1 being usual.
    step_width_gain_m : float
        Wider steps at severity 1.
    strength_loss : float
        Fraction by which rising from a chair takes longer at severity 1.
    one_sided : bool
        Whether one leg is the affected one.
    other_leg : float
        How much of a "both" change the less affected leg shows.
    subtypes : tuple
        (name, share of the patients), in the order of a uniform trait.
    tasks : tuple of str
        What these patients do; running only where there is evidence how.
    changes : tuple
        Changes of curves in walking and on stairs.
    rising : tuple
        Changes of curves in sit to stand.
    evidence : str
        Where the numbers come from.
    """

    age: tuple[float, float]
    age_limits: tuple[float, float] = (22.0, 88.0)
    female: float = 0.5
    bmi_factor: float = 1.0
    severity: tuple[float, float] = (0.0, 0.0)
    speed_loss_m_s: float = 0.0
    step_length_loss: float = 0.0
    toe_off_shift_percent: float = 0.0
    toe_off_delay_percent: float = 0.0
    contact_shift_percent: float = 0.0
    stride_cv: tuple[float, float] = (0.018, 0.018)
    stride_length_cv: float = 1.2
    stride_alpha: tuple[float, float] = (0.76, 0.76)
    stride_noise: float = 1.0
    step_width_gain_m: float = 0.0
    strength_loss: float = 0.0
    one_sided: bool = True
    other_leg: float = 1.0
    subtypes: tuple[tuple[str, float], ...] = ()
    tasks: tuple[str, ...] = ALL_BUT_RUNNING
    changes: tuple[Change, ...] = ()
    rising: tuple[Change, ...] = ()
    evidence: str = ""


# Healthy adults, and older adults at risk of falling

HEALTHY = Pathology(age=(56.0, 15.0), one_sided=False, tasks=(*ALL_BUT_RUNNING, "run"))

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


# Stroke, Parkinson's disease and cerebral palsy

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
        "Balasubramanian et al. 2007 (Arch Phys Med Rehabil); timing: Patterson et al. 2008 "
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
    stride_alpha=(0.76, 0.55),
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
        Bump("knee_flexion_angle", 55.0, 32.0, 26.0, leg="both", share=_CROUCH),
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


# Knee osteoarthritis and lower-limb amputation

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


PATHOLOGIES: dict[str, Pathology] = {
    "healthy": HEALTHY,
    "stroke": STROKE,
    "parkinsons": PARKINSONS,
    "knee_osteoarthritis": KNEE_OSTEOARTHRITIS,
    "cerebral_palsy": CEREBRAL_PALSY,
    "transtibial_amputation": TRANSTIBIAL_AMPUTATION,
    "transfemoral_amputation": TRANSFEMORAL_AMPUTATION,
    "fall_risk": FALL_RISK,
}
"""Diagnoses the simulator knows."""
