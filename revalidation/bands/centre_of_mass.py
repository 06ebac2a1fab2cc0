"""Check 14: the vertical forces of both legs lift the centre of mass as people's do."""

from functools import partial

import numpy as np
from scipy.integrate import cumulative_trapezoid

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import N_PHASES, STANDARD_GRAVITY_M_S2
from revalidation.choice import LEVEL, SIDES, Array, Choice, Speeds, choose, cycle_mean
from revalidation.figure import Band, NotInDataError

_SLOW: Speeds = (0.6, 0.8)
_WINTER_SLOW: Speeds = (0.9, 1.1)
_USUAL: Speeds = (1.2, 1.4)
_FAST: Speeds = (1.5, 1.65)


def excursion(data: LocomotionData, speed_m_s: Speeds) -> float:
    """Return the vertical excursion of the centre of mass, cm, mean over trials.

    The forces, less their mean over the cycle, integrated twice. The mean velocity is zero, so
    that the cycle ends at the height it began at.
    """
    walks = choose(data, LEVEL, speed_m_s=speed_m_s)
    height = 100.0 * np.ptp(centre_of_mass_height(walks), axis=1)
    return _mean(walks, height)


def rise_of_excursion(data: LocomotionData) -> float:
    """Return by how much the excursion grows from slow to fast walking, cm."""
    return excursion(data, _FAST) - excursion(data, _SLOW)


def harmonic(data: LocomotionData, order: int, speed_m_s: Speeds | None = None) -> float:
    """Return the amplitude of a harmonic of the summed force, BW, mean over trials.

    Parameters
    ----------
    data : LocomotionData
    order : int
        1 is once a stride, 2 once a step.
    speed_m_s : tuple of float, optional
    """
    walks = choose(data, LEVEL, speed_m_s=speed_m_s)
    spectrum = np.fft.rfft(_both_legs(walks)[:, :-1], axis=1)
    return _mean(walks, 2.0 * np.abs(spectrum[:, order]) / (N_PHASES - 1))


def centre_of_mass_height(walks: Choice) -> Array:
    """Return the height of the centre of mass over the cycle, m, (n_cycles, 150)."""
    force = _both_legs(walks)
    seconds = walks.column("cycle_duration_s")[:, None] / (N_PHASES - 1)
    acceleration = STANDARD_GRAVITY_M_S2 * (force - cycle_mean(force)[:, None])
    velocity = seconds * cumulative_trapezoid(acceleration, axis=1, initial=0)
    velocity -= cycle_mean(velocity)[:, None]
    return np.asarray(seconds * cumulative_trapezoid(velocity, axis=1, initial=0))


def _both_legs(walks: Choice) -> Array:
    own, other = (walks.curves(f"grf_vertical_{side}_BW") for side in SIDES)
    return np.asarray(own + other)


def _mean(walks: Choice, values: Array) -> float:
    if not np.isfinite(values).any():
        raise NotInDataError(f"no cycle with both legs' vertical force in {walks.what}")
    return float(np.nanmean(walks.by_trial(values)))


_ORENDURFF = "Orendurff 2004"
_WINTER = "Winter 1991, forces integrated here; SD of Orendurff 2004"
_PEAKS = "Schwartz 2008 and Winter 1991, recomputed"

BANDS = (
    *(
        Band("14", f"excursion, {name}", low, high, "cm", source, partial(excursion, speed_m_s=v))
        for name, v, low, high, source in (
            ("0.7 m/s", _SLOW, 2.2, 3.2, _ORENDURFF),
            ("1.0 m/s", _WINTER_SLOW, 2.6, 3.8, _WINTER),
            ("1.3 m/s", _USUAL, 3.0, 4.6, _WINTER),
            ("1.6 m/s", _FAST, 3.9, 5.7, _ORENDURFF),
        )
    ),
    Band("14", "excursion, 1.6 minus 0.7 m/s", 1.2, 3.0, "cm", _ORENDURFF, rise_of_excursion),
    *(
        Band(
            "14",
            f"summed force, once a step, {name}",
            low,
            high,
            "BW",
            _PEAKS,
            partial(harmonic, order=2, speed_m_s=v),
        )
        for name, v, low, high in (
            ("1.0 m/s", _WINTER_SLOW, 0.11, 0.18),
            ("1.3 m/s", _USUAL, 0.17, 0.30),
            ("1.6 m/s", _FAST, 0.26, 0.50),
        )
    ),
    Band(
        "14",
        "summed force, once a stride",
        0.0,
        0.02,
        "BW",
        "symmetry of healthy legs",
        partial(harmonic, order=1),
    ),
)
