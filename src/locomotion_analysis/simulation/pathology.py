"""What each diagnosis changes in gait, at full severity.

Changes come on top of the healthy template at the patient's own speed, so that what follows from
walking slowly is not counted twice. A change is ``amplitude * severity * subject_factor``; severity
lies between 0 and 1 (Beta distributed) and every subject expresses every change a little
differently.

Sources: stroke speed and strata Perry et al. 1995 (Stroke 26:982) and Jonkers et al. 2009 (Gait
Posture 29:129); stiff-knee gait, drop foot, propulsion asymmetry Bowden et al. 2006 (Stroke
37:872), Balasubramanian et al. 2007 (Arch Phys Med Rehabil 88:43), Patterson et al. 2008 (Arch
Phys Med Rehabil 89:304); Parkinson's disease Zanardi et al. 2021 (Sci Rep 11:752) for speed,
stride, excursion and double support, Pistacchi et al. 2017 (Funct Neurol 32:28). Amplitudes of
single bumps are of the published order of magnitude, not fitted values.
"""

from dataclasses import dataclass
from typing import Literal

Leg = Literal["affected", "other", "both"]


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
        Percent of the cycle (joints, pelvis) or of stance (forces).
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
    """A relative change of a curve about its mean, for example -0.2 for a fifth less range."""

    channel: str
    fraction: float
    leg: Leg = "affected"


@dataclass(frozen=True)
class Pathology:
    """A cohort and its gait.

    Attributes
    ----------
    age : tuple of float
        Mean and SD, years.
    female : float
        Share of women.
    severity : tuple of float
        Parameters of the Beta distribution of severity; (0, 0) for the healthy.
    speed_loss_m_s, step_length_loss : float
        Speed lost, and the part of the step length lost at equal speed, at severity 1.
    toe_off_shift_percent : float
        Added to the affected side's toe-off and taken from the other's, at severity 1.
    contact_shift_percent : float
        How much earlier than half way the other foot lands in the affected side's cycle.
    stride_cv : tuple of float
        Coefficient of variation of stride time at severity 0 and 1.
    step_width_gain_m : float
        Wider steps at severity 1.
    other_leg : float
        How much of a "both" change the less affected leg shows.
    bumps, scalings : tuple
        Changes of curves.
    """

    age: tuple[float, float]
    female: float = 0.5
    severity: tuple[float, float] = (0.0, 0.0)
    speed_loss_m_s: float = 0.0
    step_length_loss: float = 0.0
    toe_off_shift_percent: float = 0.0
    contact_shift_percent: float = 0.0
    stride_cv: tuple[float, float] = (0.018, 0.018)
    step_width_gain_m: float = 0.0
    other_leg: float = 1.0
    bumps: tuple[Bump, ...] = ()
    scalings: tuple[Scaling, ...] = ()


_STROKE = Pathology(
    age=(62.0, 11.0),
    severity=(3.6, 2.4),
    speed_loss_m_s=1.20,
    step_length_loss=0.05,
    toe_off_shift_percent=-6.0,
    contact_shift_percent=5.0,
    stride_cv=(0.03, 0.06),
    step_width_gain_m=0.06,
    bumps=(
        Bump("knee_flexion_angle", -25.0, 72.0, 9.0),
        Bump("knee_flexion_angle", -8.0, 35.0, 14.0, share=(0.0, 0.4)),
        Bump("knee_flexion_angle", 8.0, 30.0, 18.0, share=(0.4, 0.6)),
        Bump("knee_flexion_angle", 4.0, 22.0, 14.0, leg="other"),
        Bump("ankle_dorsiflexion_angle", -8.0, 86.0, 9.0),
        Bump("ankle_dorsiflexion_angle", -6.0, 0.0, 6.0),
        Bump("ankle_dorsiflexion_angle", -4.0, 42.0, 10.0),
        Bump("ankle_dorsiflexion_angle", 8.0, 63.0, 6.0),
        Bump("hip_flexion_angle", 8.0, 52.0, 10.0),
        Bump("hip_flexion_angle", -6.0, 88.0, 10.0),
        Bump("hip_adduction_angle", -5.0, 78.0, 11.0),
        Bump("pelvis_obliquity_up_angle", 3.0, 70.0, 12.0),
        Bump("grf_vertical", -0.10, 78.0, 12.0),
        Bump("grf_vertical", 0.10, 48.0, 14.0),
        Bump("grf_anterior", -0.030, 80.0, 8.0),
        Bump("grf_anterior", 0.03, 86.0, 9.0, leg="other"),
    ),
    scalings=(
        Scaling("ankle_dorsiflexion_moment", -0.30),
        Scaling("hip_flexion_moment", -0.15),
        Scaling("grf_anterior", -0.40),
        Scaling("ankle_dorsiflexion_moment", 0.08, leg="other"),
    ),
)

_PARKINSONS = Pathology(
    age=(66.0, 9.0),
    female=0.4,
    severity=(5.0, 2.4),
    speed_loss_m_s=0.27,
    step_length_loss=0.17,
    stride_cv=(0.02, 0.045),
    other_leg=0.7,
    bumps=(
        Bump("hip_flexion_angle", 6.0, 50.0, 30.0, leg="both"),
        Bump("knee_flexion_angle", 5.0, 35.0, 16.0, leg="both"),
        Bump("ankle_dorsiflexion_angle", -7.0, 99.0, 6.0, leg="both"),
        Bump("grf_vertical", -0.07, 78.0, 12.0, leg="both"),
        Bump("grf_anterior", -0.03, 86.0, 9.0, leg="both"),
    ),
    scalings=(
        Scaling("hip_flexion_angle", -0.25, leg="both"),
        Scaling("knee_flexion_angle", -0.20, leg="both"),
        Scaling("ankle_dorsiflexion_angle", -0.25, leg="both"),
        Scaling("pelvis_internal_rotation_angle", -0.25, leg="both"),
        Scaling("ankle_dorsiflexion_moment", -0.20, leg="both"),
        Scaling("hip_flexion_moment", -0.20, leg="both"),
    ),
)

PATHOLOGIES: dict[str, Pathology] = {
    "healthy": Pathology(age=(56.0, 15.0)),
    "stroke": _STROKE,
    "parkinsons": _PARKINSONS,
}
"""Diagnoses the simulator knows."""
