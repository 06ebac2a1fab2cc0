"""What the forces under both feet agree on: they carry the body and lift it as walking does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.simulation.base import Array, sine_basis
from locomotion_analysis.simulation.people import Population
from locomotion_analysis.simulation.strides import MeanStride
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2


def cycle_mean(curve: Array) -> Array:
    """Mean over the cycle (trapezium rule on the phase grid), keeping the last axis."""
    inner = curve[..., 1:-1].sum(axis=-1, keepdims=True)
    ends = 0.5 * (curve[..., :1] + curve[..., -1:])
    mean: Array = (inner + ends) / (curve.shape[-1] - 1)
    return mean


def carry_body_weight(vertical: Array, contact: Array) -> Array:
    """Scale the vertical forces of both legs so that over each step they carry one body weight.

    From one heel strike to the next the body gains no vertical velocity, so both legs' mean
    vertical force is the weight, however unevenly they share it and however long a step takes.
    What lacks is added by one factor for both legs, largest in the middle of the step.

    Parameters
    ----------
    vertical : ndarray, shape (..., 2, n_phases)
        Both legs' force on one clock, BW.
    contact : ndarray, shape (...)
        When the other foot lands, a fraction of the cycle.
    """
    lifted = np.maximum(vertical, 0.0)
    total = lifted.sum(axis=-2)
    last = total.shape[-1] - 1
    step, first = _steps(contact, last + 1)
    contact = contact[..., None]
    swell = np.sin(np.pi * step) ** 2
    carried = np.concatenate(
        [np.zeros_like(contact), np.cumsum(0.5 * (total[..., 1:] + total[..., :-1]), axis=-1)],
        axis=-1,
    )
    low = (contact * last).astype(np.intp)
    part = contact * last - low
    before, after = (np.take_along_axis(carried, low + i, axis=-1) for i in range(2))
    until = (before + part * (after - before)) / last
    lacks = np.concatenate(
        [contact - until, (1 - contact) - (carried[..., -1:] / last - until)], -1
    )
    swollen = total * swell / last
    gains = np.stack([(swollen * first).sum(-1), (swollen * ~first).sum(-1)], axis=-1)
    factor = 1 + swell * np.where(first, *np.split(lacks / gains, 2, axis=-1))
    lifted *= factor[..., None, :]
    scaled: Array = lifted / cycle_mean(lifted).sum(axis=-2, keepdims=True)  # what sampling leaves
    return scaled


def balance_fore_aft(anterior: Array, vertical: Array) -> Array:
    """Tilt the forces of both legs by one angle, so that together they neither speed up nor brake.

    Parameters
    ----------
    anterior : ndarray, shape (..., 2, n_phases)
        Both legs' force, forward positive, BW.
    vertical : ndarray, shape (..., 2, n_phases)
        Their vertical force, BW.
    """
    gained = cycle_mean(anterior).sum(axis=-2, keepdims=True)
    carried = cycle_mean(vertical).sum(axis=-2, keepdims=True)
    balanced: Array = anterior - gained / carried * vertical
    return balanced


# How walking lifts the body

GROUND = ("level_walking", "incline_walking", "decline_walking")
"""Tasks in which the body is lifted by :func:`vertical_excursion`."""

_EXCURSION_SD = 0.19
_STEP_PART = 0.80
"""Of the excursion, at the frequency of steps; the rest is finer."""

_N_GRID = 128
_N_HARMONICS = 6
_SMOOTHNESS = 0.001
_ONE_LEG = (0.18, 0.85)
"""Part of stance, from peak to peak, in which one leg carries the body."""

_LIGHTEST_BW, _HEAVIEST = 0.2, 3.0


def vertical_excursion(v: Array, leg_length_m: Array) -> Array:
    """How far walking lifts and lowers the centre of mass, m: ``L (0.007 + 0.0785 v*)``.

    2.3 cm at 0.7 m/s to 4.4 cm at 1.6 m/s for a leg of 0.9 m; within the SD of Orendurff et al. 2004
    (J Rehabil Res Dev 41:829: 2.7 +- 0.5 cm at 0.7 m/s, 4.8 +- 0.9 cm at 1.6 m/s).
    """
    excursion: Array = leg_length_m * (0.007 + 0.0785 * v)
    return excursion


@dataclass(frozen=True)
class StepForce:
    """Vertical force of both feet together over a step, BW: the body's weight and acceleration.

    ``1 + Re sum_k size_k exp(2 pi i k (step - middle))``.

    Attributes
    ----------
    middle : ndarray, shape (n_subjects,)
        Middle of double support, a fraction of the step.
    size : ndarray of complex, shape (n_subjects, 6)
    """

    middle: Array
    size: NDArray[np.complex128]

    @classmethod
    def of(cls, vertical: Array, people: Population, mean: MeanStride) -> "StepForce":
        """Find the force that lifts the body by :func:`vertical_excursion`.

        It repeats with every step, since legs that load unevenly still lift the body alike. Its
        part at the frequency of steps follows from the excursion; its finer parts are those that
        come closest, in single support, to the force of the leg that stands.

        Parameters
        ----------
        vertical : ndarray, shape (n_subjects, 2, 24)
            Sine coefficients of the left and the right leg's force.
        people : Population
        mean : MeanStride
        """
        toe_off = mean.toe_off_percent / 100
        contact = mean.contact_percent / 100
        grid = np.arange(_N_GRID) / _N_GRID
        later = np.stack([np.zeros_like(contact), contact], axis=1)
        phase = (grid - later[..., None]) % 1.0
        stance = phase / toe_off[..., None]
        legs = sine_basis(stance) @ vertical[..., None]
        total = np.maximum(legs[..., 0], 0.0).sum(axis=1)
        either_step = 0.5 * (total + np.roll(total, _N_GRID // 2, axis=1))
        lift = vertical_excursion(mean.v, people.leg_length_m)
        lift = lift * np.exp(_EXCURSION_SD * people.trait("bounce"))
        rate = 4 * np.pi / mean.duration_s
        main = 0.5 * _STEP_PART * lift * rate**2 / STANDARD_GRAVITY_M_S2
        middle = toe_off.mean(axis=1) - 0.5
        order = np.arange(1, _N_HARMONICS + 1)
        turn = np.exp(2j * np.pi * (2 * grid - middle[:, None])[..., None] * order)
        rest = either_step - 1 - main[:, None] * turn[..., 0].real
        finer = np.concatenate([turn[..., 1:].real, -turn[..., 1:].imag], axis=-1)
        low, high = _ONE_LEG
        single = np.logical_or(*np.moveaxis((stance > low) & (stance < high), 1, 0))[..., None]
        weighted = np.swapaxes(finer * single, 1, 2) / single.sum(axis=1, keepdims=True)
        smooth = np.diag(np.tile(order[1:] ** 2, 2) * _SMOOTHNESS)
        found = np.linalg.solve(weighted @ finer + smooth, weighted @ rest[..., None])[..., 0]
        real, imaginary = np.split(found, 2, axis=1)
        return cls(middle, np.concatenate([main[:, None], real + 1j * imaginary], axis=1))

    def lift(self, vertical: Array, contact: Array) -> Array:
        """Change the forces of both feet by one factor at a time, so that together they are this.

        Parameters
        ----------
        vertical : ndarray, shape (n_subjects, n_cycles, 2, n_phases)
        contact : ndarray, shape (n_subjects, n_cycles)
            When the other foot lands, a fraction of the cycle.
        """
        step, _ = _steps(contact, vertical.shape[-1])
        turn = np.exp(2j * np.pi * (step - self.middle[:, None, None]))
        wanted, power = np.ones_like(step), turn.copy()
        for size in self.size.T[..., None, None]:
            wanted += size.real * power.real - size.imag * power.imag
            power *= turn
        lifted = np.maximum(vertical, 0.0)
        factor = wanted / np.maximum(lifted.sum(axis=2), _LIGHTEST_BW)
        lifted *= np.minimum(factor, _HEAVIEST)[:, :, None]
        return lifted


def _steps(contact: Array, n_phases: int) -> tuple[Array, NDArray[np.bool_]]:
    """Fraction of the step at each sample of the cycles, and whether it is their first step."""
    phase, contact = np.linspace(0, 1, n_phases), contact[..., None]
    first = phase < contact
    step = np.where(first, phase / contact, (phase - contact) / (1 - contact))
    return step, first


# Shares of body height and foot length after Winter; where the pressure starts and ends on the
# sole, and how far it strays sideways, are of the published order of magnitude.
_FOOT_PER_HEIGHT, _ANKLE_PER_HEIGHT = 0.152, 0.039
_HEEL_BEHIND_ANKLE = 0.25
_FIRST_CONTACT, _LAST_CONTACT = -0.20, 0.65
_UNCERTAIN_BW = 0.05
_OUTWARD_M, _INWARD_M = 0.010, 0.015


def centre_of_pressure(
    ankle_moment: Array, vertical: Array, anterior: Array, stance: Array, height_m: Array
) -> tuple[Array, Array]:
    """Where on the sole the ground pushes: forward of the heel and outward of its midline, m.

    Forward, from the quasi-static balance about the ankle,
    ``x = (-M / g - h F_anterior) / F_vertical`` with the ankle's height ``h``; where the force is
    small, it goes from the heel to the toes with stance. Kept on the sole. 0 in swing, as force
    plates report.

    Parameters
    ----------
    ankle_moment : ndarray, shape (..., n_phases)
        Internal, dorsiflexor positive, Nm/kg.
    vertical, anterior : ndarray, shape (..., n_phases)
        Forces, BW.
    stance : ndarray, shape (..., n_phases)
        Fraction of stance; above 1 in swing.
    height_m : ndarray, broadcastable
        Body height.

    Returns
    -------
    anterior, lateral : ndarray
        m.
    """
    foot = _FOOT_PER_HEIGHT * height_m
    loaded = stance <= 1.0
    usual = (_FIRST_CONTACT + (_LAST_CONTACT - _FIRST_CONTACT) * np.minimum(stance, 1.0)) * foot
    turning = -ankle_moment / STANDARD_GRAVITY_M_S2 - _ANKLE_PER_HEIGHT * height_m * anterior
    forward = (turning + _UNCERTAIN_BW * usual) / (vertical + _UNCERTAIN_BW)
    from_heel = np.clip(forward + _HEEL_BEHIND_ANKLE * foot, 0.0, foot)
    outward = _OUTWARD_M * np.sin(np.pi * stance) - _INWARD_M * stance**4
    return np.where(loaded, from_heel, 0.0), np.where(loaded, outward, 0.0)
