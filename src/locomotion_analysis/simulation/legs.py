"""Evaluate the curves of both legs on the ipsilateral clock."""

from dataclasses import dataclass

import numpy as np

from locomotion_analysis.simulation.effects import Changes, pathology_changes
from locomotion_analysis.simulation.population import Population
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.series import (
    cosine_basis,
    fourier_basis,
    mirrored_basis,
    sine_basis,
)
from locomotion_analysis.simulation.spatiotemporal import Strides
from locomotion_analysis.simulation.templates import FORCE_CHANNELS, LEG_CHANNELS, RISE, template
from locomotion_analysis.simulation.variability import stride_deviations, subject_deviations
from locomotion_analysis.standard import PHASE_PERCENT

TIMING_SD = 0.010
SESSION_SHARE = 0.25
"""Differences between sessions, as a share of those between people (McGinley et al. 2009)."""

_IS_ANGLE = np.array([name.endswith("_angle") for name in LEG_CHANNELS])
_IS_MIDLINE = np.array([name.startswith(("pelvis", "trunk")) for name in LEG_CHANNELS])


@dataclass(frozen=True)
class SubjectLegs:
    """What does not change from stride to stride: deviations and diagnosis of both legs.

    Attributes
    ----------
    legs, forces : ndarray, shapes (n_subjects, 2, 18, 41) and (n_subjects, 2, 3, 24)
        Coefficients to add to the template; left leg first.
    walking, rising : Changes
        The diagnosis, in strides and in sit to stand.
    """

    legs: Array
    forces: Array
    walking: Changes
    rising: Changes


@dataclass(frozen=True)
class LegCurves:
    """Curves of both legs, ipsilateral leg first.

    Attributes
    ----------
    legs : ndarray, shape (n_subjects, n_cycles, 2, 18, n_phases)
        Degrees and Nm/kg; order of `LEG_CHANNELS`.
    forces : ndarray, shape (n_subjects, n_cycles, 2, 3, n_phases)
        Body weights; order of `FORCE_CHANNELS`.
    stance : ndarray, shape (n_subjects, n_cycles, 2, n_phases)
        Fraction of stance; above 1 in swing.
    """

    legs: Array
    forces: Array
    stance: Array


def subject_legs(people: Population, another_day: Array | None = None) -> SubjectLegs:
    """Gather the deviations and pathology of each subject.

    Parameters
    ----------
    people : Population
    another_day : ndarray, shape (n_subjects, 3 * 171 or more), optional
        Standard normals of what differs in another session: markers and the day's form.
    """
    legs, forces = subject_deviations(people.normals["deviations"])
    if another_day is not None:
        more_legs, more_forces = subject_deviations(another_day)
        legs, forces = legs + SESSION_SHARE * more_legs, forces + SESSION_SHARE * more_forces
    walking, rising = pathology_changes(people), pathology_changes(people, rising=True)
    return SubjectLegs(legs, forces, walking, rising)


def _by_stride(per_leg: Array, strides: Strides) -> Array:
    """Reorder (n_subjects, left/right, ...) into (n_subjects, n_cycles, ipsi/contra, ...)."""
    order = np.stack([strides.leg, 1 - strides.leg], axis=-1)
    reordered: Array = per_leg[:, order]
    return reordered


def _healthy(task: str, strides: Strides) -> Array:
    """Template of one leg; each leg holds half of every midline curve."""
    found = template(task, strides.v, strides.grade_deg, LEG_CHANNELS)
    return np.where(_IS_MIDLINE[:, None], 0.5 * found, found)


def _scaled(coefficients: Array, gain: Array) -> Array:
    """Multiply curves by `gain`, leaving the mean of angles alone."""
    factor = np.repeat(gain[..., None], coefficients.shape[-1], axis=-1)
    factor[..., _IS_ANGLE, 0] = 1.0
    scaled: Array = coefficients * factor
    return scaled


def leg_phase(task: str, strides: Strides) -> Array:
    """Fraction of each leg's own cycle, shape (n_subjects, n_cycles, 2, n_phases)."""
    ipsi = np.broadcast_to(PHASE_PERCENT / 100, (*strides.v.shape, len(PHASE_PERCENT)))
    if task == RISE:
        return np.stack([ipsi, ipsi], axis=-2)
    contra = ipsi - strides.contact_percent[..., None] / 100
    phase: Array = np.stack([ipsi, contra], axis=-2) % 1.0
    return phase


def template_phase(phase: Array, strides: Strides, people: Population) -> Array:
    """Warp each leg's clock so that its toe-off meets the template's.

    ``phase + b sin(2 pi phase) + d sin(pi phase)^2``: smooth, periodic and increasing; `b` is the
    subject's own timing and `d` follows from the toe-offs, if the foot leaves the ground.
    """
    own = strides.toe_off_percent[..., None] / 100
    target = strides.template_toe_off_percent[..., None, None] / 100
    timing = TIMING_SD * people.trait("timing")[:, None, None, None]
    late = target - own - timing * np.sin(2 * np.pi * own)
    shift = np.where(own < 1, late / np.maximum(np.sin(np.pi * own) ** 2, 1e-9), 0.0)
    warped: Array = phase + timing * np.sin(2 * np.pi * phase) + shift * np.sin(np.pi * phase) ** 2
    return warped


def leg_curves(
    task: str, people: Population, own: SubjectLegs, strides: Strides, normals: Array
) -> LegCurves:
    """Curves of both legs.

    Parameters
    ----------
    task : str
        Task name.
    people, own, strides
        Subjects, their deviations, their strides.
    normals : ndarray
        Standard normals of the stride noise, see :func:`stride_deviations`.
    """
    size = np.exp(0.2 * people.trait("stride_noise"))
    size = size * (1 + (people.of_pathology("stride_noise") - 1) * people.severity)
    noise, force_noise = stride_deviations(normals, size)
    changes = own.rising if task == RISE else own.walking
    added = _by_stride(own.legs + changes.legs, strides) + noise
    joint = _scaled(_healthy(task, strides)[:, :, None], _by_stride(changes.leg_gain, strides))
    phase = leg_phase(task, strides)
    basis = (mirrored_basis if task == RISE else fourier_basis)(
        template_phase(phase, strides, people)
    )
    legs = (joint + added) @ np.swapaxes(basis, -1, -2)
    force = template(task, strides.v, strides.grade_deg, FORCE_CHANNELS)[:, :, None]
    force = force * _by_stride(changes.force_gain, strides)[..., None]
    more = _by_stride(own.forces + changes.forces, strides) + force_noise
    stance = phase / (strides.toe_off_percent[..., None] / 100)
    return LegCurves(legs, _forces(task, force, more, stance), stance)


def _forces(task: str, mean: Array, added: Array, stance: Array) -> Array:
    """Evaluate forces; those of sit to stand do not vanish at the ends, what is added does."""
    sines = np.swapaxes(sine_basis(stance), -1, -2)
    if task != RISE:
        forces: Array = (mean + added) @ sines
        return forces
    both: Array = mean @ np.swapaxes(cosine_basis(stance), -1, -2) + 0.5 * added @ sines
    return both
