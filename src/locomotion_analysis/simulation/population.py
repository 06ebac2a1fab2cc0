"""Subjects: who they are, how fast they walk, how ill they are."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from locomotion_analysis.simulation.bodies import (
    Bodies,
    draw_bodies,
    preferred_speed,
    running_speed,
)
from locomotion_analysis.simulation.pathologies import PATHOLOGIES, Pathology
from locomotion_analysis.simulation.random_streams import Array, trait_normals
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

RAMP_GRADES_DEG = (5.0, 10.0)
N_EFFECTS = 40
N_DEVIATIONS = 520
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
    normals = _named_normals(seed, subjects)
    uniform = {name: ndtr(normals[name][:, 0]) for name in ("side", "severity", "pattern", "ramp")}
    bodies = draw_bodies(cohort, normals)
    severity = _severity(cohort, uniform["severity"])
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
        speed_m_s=_walkable(_speed(bodies, cohort, severity, normals)),
        run_speed_m_s=np.clip(running, 2.0, 5.0),
        ramp_grade_deg=np.where(uniform["ramp"] < 0.5, *RAMP_GRADES_DEG),
        normals=normals,
    )


def _speed(
    bodies: Bodies, cohort: list[Pathology], severity: Array, normals: dict[str, Array]
) -> Array:
    loss = np.array([c.speed_loss_m_s for c in cohort]) * severity
    speed: Array = preferred_speed(bodies) + SPEED_SD_M_S * normals["speed"][:, 0] - loss
    return speed
