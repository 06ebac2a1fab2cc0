"""What a pathology is made of: a cohort, changes of timing and changes of curves.

Changes come on top of the healthy template at the patient's own speed, so that what follows from
walking slowly is not counted twice. A change is ``amplitude * severity * subject_factor``; severity
lies between 0 and 1 (Beta distributed) and every subject expresses every change a little
differently. Amplitudes hold at severity 1; a cohort's mean severity is about 0.5.
"""

from dataclasses import dataclass
from typing import Literal

Leg = Literal["affected", "other", "both"]
WALKING_AND_STAIRS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
)
ALL_BUT_RUNNING = (*WALKING_AND_STAIRS, "sit_to_stand")


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
    stride_alpha: tuple[float, float] = (0.85, 0.85)
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
