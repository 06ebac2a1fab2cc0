"""Evaluate the curves of both legs on the ipsilateral clock."""

from dataclasses import dataclass

import numpy as np

from locomotion_analysis.simulation.effects import Changes, pathology_changes
from locomotion_analysis.simulation.population import Population
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.series import fourier_basis, sine_basis
from locomotion_analysis.simulation.spatiotemporal import Strides
from locomotion_analysis.simulation.templates import FORCE_CHANNELS, LEG_CHANNELS, template
from locomotion_analysis.simulation.variability import stride_deviations, subject_deviations
from locomotion_analysis.standard import PHASE_PERCENT

TIMING_SD = 0.010
_IS_ANGLE = np.array([name.endswith("_angle") for name in LEG_CHANNELS])
_IS_PELVIS = np.array([name.startswith("pelvis") for name in LEG_CHANNELS])


@dataclass(frozen=True)
class SubjectLegs:
    """What does not change from stride to stride: deviations and diagnosis of both legs.

    Attributes
    ----------
    legs, forces : ndarray, shapes (n_subjects, 2, 10, 41) and (n_subjects, 2, 3, 24)
        Coefficients to add to the template; left leg first.
    changes : Changes
        The diagnosis.
    """

    legs: Array
    forces: Array
    changes: Changes


def subject_legs(people: Population) -> SubjectLegs:
    """Gather the deviations and pathology of each subject."""
    legs, forces = subject_deviations(people)
    changes = pathology_changes(people)
    return SubjectLegs(legs + changes.legs, forces + changes.forces, changes)


def _by_stride(per_leg: Array, strides: Strides) -> Array:
    """Reorder (n_subjects, left/right, ...) into (n_subjects, n_cycles, ipsi/contra, ...)."""
    order = np.stack([strides.leg, 1 - strides.leg], axis=-1)
    reordered: Array = per_leg[:, order]
    return reordered


def _healthy(task: str, strides: Strides) -> Array:
    """Template of one leg; each leg holds half of every pelvis curve."""
    found = template(task, strides.v, strides.grade_deg, LEG_CHANNELS)
    return np.where(_IS_PELVIS[:, None], 0.5 * found, found)


def _scaled(coefficients: Array, gain: Array) -> Array:
    """Multiply curves by `gain`, leaving the mean of angles alone."""
    factor = np.repeat(gain[..., None], coefficients.shape[-1], axis=-1)
    factor[..., _IS_ANGLE, 0] = 1.0
    scaled: Array = coefficients * factor
    return scaled


def leg_phase(strides: Strides) -> Array:
    """Fraction of each leg's own cycle, shape (n_subjects, n_cycles, 2, n_phases)."""
    ipsi = np.broadcast_to(PHASE_PERCENT / 100, (*strides.v.shape, len(PHASE_PERCENT)))
    contra = ipsi - strides.contact_percent[..., None] / 100
    phase: Array = np.stack([ipsi, contra], axis=-2) % 1.0
    return phase


def template_phase(phase: Array, strides: Strides, people: Population) -> Array:
    """Warp each leg's clock so that its toe-off meets the template's.

    ``phase + b sin(2 pi phase) + d sin(pi phase)^2``: smooth, periodic and increasing; `b` is the
    subject's own timing and `d` follows from the toe-offs.
    """
    own = strides.toe_off_percent[..., None] / 100
    target = strides.template_toe_off_percent[..., None, None] / 100
    timing = TIMING_SD * people.trait("timing")[:, None, None, None]
    shift = (target - own - timing * np.sin(2 * np.pi * own)) / np.sin(np.pi * own) ** 2
    warped: Array = phase + timing * np.sin(2 * np.pi * phase) + shift * np.sin(np.pi * phase) ** 2
    return warped


def leg_curves(
    task: str, people: Population, own: SubjectLegs, strides: Strides, normals: Array
) -> tuple[Array, Array]:
    """Curves of both legs.

    Parameters
    ----------
    task : str
        Task name.
    people, own, strides
        Subjects, their deviations, their strides.
    normals : ndarray
        Standard normals of the stride noise, see :func:`stride_deviations`.

    Returns
    -------
    legs : ndarray, shape (n_subjects, n_cycles, 2, 10, n_phases)
        Degrees and Nm/kg, ipsilateral leg first; order of `LEG_CHANNELS`.
    forces : ndarray, shape (n_subjects, n_cycles, 2, 3, n_phases)
        Body weights; order of `FORCE_CHANNELS`.
    """
    noise, force_noise = stride_deviations(normals, np.exp(0.2 * people.trait("stride_noise")))
    mean = _scaled(_healthy(task, strides)[:, :, None], _by_stride(own.changes.leg_gain, strides))
    joint = mean + _by_stride(own.legs, strides) + noise
    phase = leg_phase(strides)
    basis = fourier_basis(template_phase(phase, strides, people))
    legs = joint @ np.swapaxes(basis, -1, -2)
    force = template(task, strides.v, strides.grade_deg, FORCE_CHANNELS)[:, :, None]
    force = force * _by_stride(own.changes.force_gain, strides)[..., None]
    force = force + _by_stride(own.forces, strides) + force_noise
    stance = phase / (strides.toe_off_percent[..., None] / 100)
    return legs, force @ np.swapaxes(sine_basis(stance), -1, -2)
