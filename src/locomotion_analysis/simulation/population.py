"""Subjects: who they are, how fast they walk, how ill they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from locomotion_analysis.simulation.pathology import PATHOLOGIES, Pathology
from locomotion_analysis.simulation.random_streams import Array, trait_normals

GRAVITY_M_S2 = 9.81
LEG_LENGTH_PER_HEIGHT = 0.53
RAMP_GRADES_DEG = (5.0, 10.0)
N_EFFECTS = 32
N_DEVIATIONS = 180

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
    "pattern": 1,
    "ramp": 1,
    "tempo": 1,
    "foot_placement": 1,
    "effects": N_EFFECTS,
    "deviations": N_DEVIATIONS,
}
# New traits go to the end: whatever stands before keeps its random numbers.
N_TRAITS = sum(_TRAITS.values())


@dataclass(frozen=True)
class Population:
    """Traits of simulated subjects, one entry a subject.

    Attributes
    ----------
    subject : ndarray of str
        Names, ``sim_0001`` and so on.
    pathology, sex, affected_side : ndarray of str
        Diagnosis; female or male; left, right, or none for the healthy.
    age, height_m, mass_kg, leg_length_m : ndarray of float
        Years, m, kg, m.
    severity : ndarray of float
        0 (healthy) to 1.
    speed_m_s : ndarray of float
        Preferred speed on level ground.
    ramp_grade_deg : ndarray of float
        Slope of the ramp this subject walked on, as a positive number.
    normals : dict of str to ndarray
        The standard normals not used up yet: strides, effects and deviations draw on them.
    """

    subject: NDArray[np.str_]
    pathology: NDArray[np.str_]
    sex: NDArray[np.str_]
    affected_side: NDArray[np.str_]
    age: Array
    height_m: Array
    mass_kg: Array
    leg_length_m: Array
    severity: Array
    speed_m_s: Array
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

    @property
    def affected_leg(self) -> NDArray[np.intp]:
        """Index of the more affected leg, 0 left and 1 right; 0 for the healthy."""
        return np.where(self.affected_side == "right", 1, 0)


def _named_normals(seed: int, subjects: range) -> dict[str, Array]:
    draws = trait_normals(seed, subjects, N_TRAITS)
    stops = np.cumsum(list(_TRAITS.values()))[:-1]
    return dict(zip(_TRAITS, np.split(draws, stops, axis=1), strict=True))


def _severity(cohort: list[Pathology], uniform: Array) -> Array:
    alpha, beta = np.array([c.severity for c in cohort]).T
    ill = alpha > 0
    drawn = betaincinv(np.where(ill, alpha, 1.0), np.where(ill, beta, 1.0), uniform)
    severity: Array = np.where(ill, drawn, 0.0)
    return severity


def preferred_speed(age: Array, male: NDArray[np.bool_]) -> Array:
    """Mean preferred speed of healthy adults, m/s.

    1.40 (men) or 1.38 (women) up to 60 years, then 0.012 m/s less a year: a line through the
    GAITRite norms and Hollman et al. 2011 (Gait Posture 34:111).
    """
    return np.where(male, 1.40, 1.38) - 0.012 * np.maximum(age - 60.0, 0.0)


def _body(normals: dict[str, Array], age: Array, male: NDArray[np.bool_]) -> dict[str, Array]:
    height = np.where(male, 1.76, 1.62) + 0.07 * np.clip(normals["height"][:, 0], -2.5, 2.5)
    median_bmi = np.interp(age, [30.0, 60.0], [26.0, 28.0])
    bmi = np.clip(median_bmi * 1.17 ** normals["bmi"][:, 0], 17.0, 45.0)
    return {
        "height_m": height,
        "mass_kg": bmi * height**2,
        "leg_length_m": LEG_LENGTH_PER_HEIGHT * height,
    }


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
    normals = _named_normals(seed, subjects)
    uniform = {name: ndtr(normals[name][:, 0]) for name in ("sex", "side", "severity", "ramp")}
    age_mean, age_sd = np.array([c.age for c in cohort]).T
    age = np.clip(np.round(age_mean + age_sd * normals["age"][:, 0]), 22.0, 88.0)
    male = uniform["sex"] >= np.array([c.female for c in cohort])
    severity = _severity(cohort, uniform["severity"])
    loss = np.array([c.speed_loss_m_s for c in cohort]) * severity
    speed = preferred_speed(age, male) + 0.18 * normals["speed"][:, 0] - loss
    side = np.where(uniform["side"] < 0.5, "left", "right")
    return Population(
        subject=np.array([f"sim_{i + 1:04d}" for i in subjects]),
        pathology=names,
        sex=np.where(male, "male", "female"),
        affected_side=np.where(severity > 0, side, "none"),
        age=age,
        severity=severity,
        speed_m_s=np.clip(speed, 0.25, 1.95),
        ramp_grade_deg=np.where(uniform["ramp"] < 0.5, *RAMP_GRADES_DEG),
        normals=normals,
        **_body(normals, age, male),
    )
