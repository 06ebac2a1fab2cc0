"""What is known of a subject besides gait: performance tests and falls."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from locomotion_analysis.simulation.population import Population
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.spatiotemporal import (
    rise_duration,
    stride_length_cv,
    usual_toe_off,
)

FALL_AGE = 65.0
_WALKED_IN_TUG_M = 6.0
_REST_BETWEEN_RISES = 0.22
"""Sitting down and pausing, as a share of the time to stand up and sit down."""

# Rate of falls at the reference gait, so that 38 % fall in the follow-up of 20 months, and the
# natural logarithms of the rate ratios of Verghese et al. 2009 (J Gerontol A 64:896).
_FALLS_AT_REFERENCE = -np.log(1 - 0.38)
# Their ratio of swing is left out: it says of the same toe-off what double support says.
_REFERENCE = {"speed_m_s": 1.10, "double_support": 21.2, "length_cv": 3.1}
_LOG_RATE = {"speed_m_s": -0.67, "double_support": 0.153, "length_cv": 0.073}


def five_sit_to_stand_s(people: Population) -> Array:
    """Time to stand up from a chair five times, s.

    Five times rising, sitting down and pausing; about 11.4, 12.6 and 14.8 s in the seventh,
    eighth and ninth decade (Bohannon 2006, Percept Mot Skills 103:215).
    """
    once = rise_duration(people) * (1 + _REST_BETWEEN_RISES)
    slower = np.exp(0.005 * np.maximum(people.age - 60.0, 0.0))
    noise = np.exp(0.07 * people.trait("endurance"))
    seconds: Array = 4.35 * once * slower * noise
    return seconds


def timed_up_and_go_s(people: Population) -> Array:
    """Time to rise, walk 3 m, turn, walk back, turn and sit down, s.

    Six metres at 90 % of the preferred speed, rising, and turns that take longer the slower
    and older one is; 8.1, 9.2 and 11.3 s in the seventh to ninth decade (Bohannon 2006, J Geriatr
    Phys Ther 29:64).
    """
    walking = _WALKED_IN_TUG_M / (0.90 * people.speed_m_s)
    stiffer = np.exp(0.02 * np.maximum(people.age - 60.0, 0.0))
    turning = 1.1 * stiffer * (1.3 / people.speed_m_s) ** 0.5
    noise = np.exp(0.06 * people.trait("turning"))
    seconds: Array = (walking + 0.8 * rise_duration(people) + turning) * noise
    return seconds


def six_minute_walk_m(people: Population) -> Array:
    """Distance walked in six minutes, m.

    Six minutes at 115 % of the preferred speed, less for the heavy (Enright & Sherrill 1998,
    Am J Respir Crit Care Med 158:1384, whose equations fall with age and mass as this does),
    and at most a brisk 2.1 m/s.
    """
    heavy = 0.008 * np.maximum(people.bmi - 25.0, 0.0)
    brisk = 1.15 - 0.10 * people.severity + 0.05 * people.trait("endurance")
    speed = np.minimum(people.speed_m_s * brisk * np.exp(-heavy), 2.1)
    metres: Array = 360.0 * speed
    return metres


def fall_rate(people: Population) -> Array:
    """Falls expected in a follow-up of 20 months: log-linear in gait (Verghese et al. 2009).

    Rate ratios: 1.069 for each 10 cm/s of speed lost, 1.165 for each percent of double support
    gained, 1.076 for each percent of stride-length variation.
    """
    toe_off = usual_toe_off(people)
    measured = {
        "speed_m_s": people.speed_m_s,
        "double_support": 2 * toe_off - 100.0,
        "length_cv": 100.0 * stride_length_cv(people),
    }
    log_rate = sum(_LOG_RATE[name] * (value - _REFERENCE[name]) for name, value in measured.items())
    rate: Array = _FALLS_AT_REFERENCE * np.exp(log_rate)
    return rate


def fell(people: Population) -> "pd.arrays.BooleanArray":
    """Whether each subject fell in the follow-up; missing below 65 years."""
    chance = 1 - np.exp(-fall_rate(people))
    drawn = ndtr(people.trait("fall")) < chance
    return pd.arrays.BooleanArray(drawn, mask=people.age < FALL_AGE)


def outcomes(people: Population) -> dict[str, object]:
    """Return the columns of one value a subject: tests (s, s, m) and falls."""
    return {
        "tug_s": timed_up_and_go_s(people),
        "five_sit_to_stand_s": five_sit_to_stand_s(people),
        "six_minute_walk_m": six_minute_walk_m(people),
        "faller": fell(people),
    }
