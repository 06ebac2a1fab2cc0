"""Age, sex and size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from locomotion_analysis.simulation.pathologies import Pathology
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2

LEG_LENGTH_PER_HEIGHT = 0.53
_ADULT_AGE = 18.0
# Median height and body mass index of children, after the growth charts of the US CDC (2000).
_CHILD_AGES = (6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0)
_BOY_HEIGHT_M = (1.15, 1.28, 1.385, 1.49, 1.64, 1.735, 1.76)
_GIRL_HEIGHT_M = (1.15, 1.275, 1.38, 1.51, 1.60, 1.62, 1.62)
_CHILD_BMI = (15.4, 15.9, 16.6, 17.8, 19.2, 20.6, 21.7)


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
