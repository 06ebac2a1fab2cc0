"""The simulated people: age, sex and size, how fast they walk, how ill they are."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from locomotion_analysis.simulation.base import Array, trait_normals
from locomotion_analysis.simulation.pathologies import PATHOLOGIES, Pathology
from locomotion_analysis.standard import LEG_LENGTH_PER_HEIGHT, STANDARD_GRAVITY_M_S2

_ADULT_AGE = 18.0
# Median height and body mass index of children, after the growth charts of the US CDC (2000).
_CHILD_AGES = (6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0)
_BOY_HEIGHT_M = (1.15, 1.28, 1.385, 1.49, 1.64, 1.735, 1.76)
_GIRL_HEIGHT_M = (1.15, 1.275, 1.38, 1.51, 1.60, 1.62, 1.62)
_CHILD_BMI = (15.4, 15.9, 16.6, 17.8, 19.2, 20.6, 21.7)


RAMP_GRADES_DEG = (5.0, 10.0)
N_EFFECTS = 40
N_DEVIATIONS = 520
N_ARTEFACTS = 8
SPEED_SD_M_S = 0.18

_TRAITS = {
    "sex": 1,
    "age": 1,
    "height": 1,
    "bmi": 1,
    "side": 1,
    "severity": 1,
    "speed": 1,
    "step_length": 1,
    "toe_off": 1,
    "timing": 1,
    "step_width": 1,
    "stride_noise": 1,
    "stride_time": 1,
    "pattern": 1,
    "ramp": 1,
    "tempo": 1,
    "foot_placement": 1,
    "stance_asymmetry": 1,
    "strength": 1,
    "endurance": 1,
    "turning": 1,
    "fall": 1,
    "response": 1,
    "running": 1,
    "effects": N_EFFECTS,
    "deviations": N_DEVIATIONS,
    "bounce": 1,
    "artefact": N_ARTEFACTS,
}
# New traits go to the end: whatever stands before keeps its random numbers.
N_TRAITS = sum(_TRAITS.values())


@dataclass(frozen=True)
class Bodies:
    """Age (years), sex and size of some subjects, one entry a subject."""

    age: Array
    male: NDArray[np.bool_]
    height_m: Array
    mass_kg: Array

    @property
    def leg_length_m(self) -> Array:
        """Leg length, 0.53 of the height (Winter)."""
        return LEG_LENGTH_PER_HEIGHT * self.height_m


def draw_bodies(cohort: list[Pathology], normals: dict[str, Array]) -> Bodies:
    """Draw age, sex, height and mass.

    Adults: height 1.76 (men) or 1.62 m (women), SD 0.07 m; body mass index log-normal about a
    median of 26 at 30 years and 28 from 60, geometric SD 1.17.
    """
    mean, sd = np.array([c.age for c in cohort]).T
    youngest, oldest = np.array([c.age_limits for c in cohort]).T
    age = np.clip(np.round(mean + sd * normals["age"][:, 0]), youngest, oldest)
    male = ndtr(normals["sex"][:, 0]) >= np.array([c.female for c in cohort])
    child = age < _ADULT_AGE
    z = np.clip(normals["height"][:, 0], -2.5, 2.5)
    boy, girl = (np.interp(age, _CHILD_AGES, row) for row in (_BOY_HEIGHT_M, _GIRL_HEIGHT_M))
    small = np.where(male, boy, girl) * (1 + 0.045 * z)
    height = np.where(child, small, np.where(male, 1.76, 1.62) + 0.07 * z)
    median = np.where(
        child, np.interp(age, _CHILD_AGES, _CHILD_BMI), np.interp(age, [30.0, 60.0], [26.0, 28.0])
    )
    median = median * np.array([c.bmi_factor for c in cohort])
    bmi = np.clip(median * 1.17 ** normals["bmi"][:, 0], np.where(child, 12.5, 17.0), 45.0)
    return Bodies(age, male, height, bmi * height**2)


def preferred_speed(bodies: Bodies) -> Array:
    """Mean preferred walking speed of the healthy, m/s.

    1.40 (men) or 1.38 (women) up to 60 years, then 0.012 m/s less a year: a line through the
    GAITRite norms and Hollman et al. 2011 (Gait Posture 34:111). Children walk at the same
    dimensionless speed, 0.46.
    """
    adult = np.where(bodies.male, 1.40, 1.38) - 0.012 * np.maximum(bodies.age - 60.0, 0.0)
    child = 0.46 * np.sqrt(STANDARD_GRAVITY_M_S2 * bodies.leg_length_m)
    return np.where(bodies.age < _ADULT_AGE, child, adult)


def running_speed(age: Array) -> Array:
    """Mean speed of an easy run, m/s: 3.2 up to 35 years, then 0.012 m/s less a year.

    Of the order of recreational runners' training speeds; not fitted.
    """
    return 3.2 - 0.012 * np.maximum(age - 35.0, 0.0)


@dataclass(frozen=True)
class Population:
    """Traits of simulated subjects, one entry a subject.

    Attributes
    ----------
    subject : ndarray of str
        Names, ``sim_0001`` and so on.
    pathology, subtype, sex, affected_side : ndarray of str
        Diagnosis; pattern of it, or none; female or male; left, right, or none.
    age, height_m, mass_kg, leg_length_m : ndarray of float
        Years, m, kg, m.
    severity : ndarray of float
        0 (healthy) to 1.
    speed_m_s, run_speed_m_s : ndarray of float
        Preferred speed on level ground, walking and running.
    ramp_grade_deg : ndarray of float
        Slope of the ramp this subject walked on, as a positive number.
    normals : dict of str to ndarray
        The standard normals not used up yet: strides, effects and deviations draw on them.
    """

    subject: NDArray[np.str_]
    pathology: NDArray[np.str_]
    subtype: NDArray[np.str_]
    sex: NDArray[np.str_]
    affected_side: NDArray[np.str_]
    age: Array
    height_m: Array
    mass_kg: Array
    leg_length_m: Array
    severity: Array
    speed_m_s: Array
    run_speed_m_s: Array
    ramp_grade_deg: Array
    normals: dict[str, Array]

    def __len__(self) -> int:
        return len(self.subject)

    def trait(self, name: str) -> Array:
        """Return one standard normal a subject."""
        return self.normals[name][:, 0]

    def of_pathology(self, attribute: str) -> Array:
        """Return a number of each subject's :class:`Pathology`."""
        return np.array([getattr(PATHOLOGIES[name], attribute) for name in self.pathology])

    def between(self, attribute: str) -> Array:
        """Return a number that :class:`Pathology` gives at severity 0 and 1, at the subject's."""
        low, high = self.of_pathology(attribute).T
        value: Array = low + (high - low) * self.severity
        return value

    @property
    def bmi(self) -> Array:
        """Body mass index, kg/m²."""
        return self.mass_kg / self.height_m**2

    @property
    def pattern(self) -> Array:
        """Uniform trait that says which of a diagnosis' patterns a subject has."""
        uniform: Array = ndtr(self.trait("pattern"))
        return uniform

    @property
    def affected_leg(self) -> NDArray[np.intp]:
        """Index of the more affected leg, 0 left and 1 right; 0 where there is none."""
        return np.where(self.affected_side == "right", 1, 0)

    @property
    def froude_root(self) -> Array:
        """Dimensionless preferred walking speed ``v / sqrt(g L)``."""
        v: Array = self.speed_m_s / np.sqrt(STANDARD_GRAVITY_M_S2 * self.leg_length_m)
        return v

    def with_severity(self, severity: Array) -> "Population":
        """Return the same people, more or less ill, and so slower or faster."""
        change = self.of_pathology("speed_loss_m_s") * (self.severity - severity)
        return replace(self, severity=severity, speed_m_s=_walkable(self.speed_m_s + change))


def _walkable(speed_m_s: Array) -> Array:
    return np.clip(speed_m_s, 0.25, 1.95)


def _subtype(pathology: Pathology, pattern: float) -> str:
    highest = 0.0
    for name, share in pathology.subtypes:
        highest += share
        if pattern < highest:
            return name
    return pathology.subtypes[-1][0] if pathology.subtypes else "none"


def draw_population(pathologies: tuple[str, ...], seed: int, subjects: range) -> Population:
    """Draw subjects; diagnoses take turns, so any run of subjects is balanced.

    Parameters
    ----------
    pathologies : tuple of str
        Names of :data:`PATHOLOGIES`.
    seed : int
        Seed of the whole simulation.
    subjects : range
        Which subjects.

    Returns
    -------
    Population
    """
    names = np.array([pathologies[i % len(pathologies)] for i in subjects])
    cohort = [PATHOLOGIES[name] for name in names]
    draws = trait_normals(seed, subjects, N_TRAITS)
    stops = np.cumsum(list(_TRAITS.values()))[:-1]
    normals = dict(zip(_TRAITS, np.split(draws, stops, axis=1), strict=True))
    uniform = {name: ndtr(normals[name][:, 0]) for name in ("side", "severity", "pattern", "ramp")}
    bodies = draw_bodies(cohort, normals)
    # Beta distributed, by the diagnosis; 0 for the healthy.
    alpha, beta = np.array([c.severity for c in cohort]).T
    ill = alpha > 0
    drawn = betaincinv(np.where(ill, alpha, 1.0), np.where(ill, beta, 1.0), uniform["severity"])
    severity = np.where(ill, drawn, 0.0)
    slower = np.array([c.speed_loss_m_s for c in cohort]) * severity
    walking = preferred_speed(bodies) + SPEED_SD_M_S * normals["speed"][:, 0] - slower
    side = np.where(uniform["side"] < 0.5, "left", "right")
    one_sided = np.array([c.one_sided for c in cohort])
    running = running_speed(bodies.age) + 0.45 * normals["running"][:, 0]
    return Population(
        subject=np.array([f"sim_{i + 1:04d}" for i in subjects]),
        pathology=names,
        subtype=np.array(
            [_subtype(*pair) for pair in zip(cohort, uniform["pattern"], strict=True)]
        ),
        sex=np.where(bodies.male, "male", "female"),
        affected_side=np.where(one_sided, side, "none"),
        age=bodies.age,
        height_m=bodies.height_m,
        mass_kg=bodies.mass_kg,
        leg_length_m=bodies.leg_length_m,
        severity=severity,
        speed_m_s=_walkable(walking),
        run_speed_m_s=np.clip(running, 2.0, 5.0),
        ramp_grade_deg=np.where(uniform["ramp"] < 0.5, *RAMP_GRADES_DEG),
        normals=normals,
    )
