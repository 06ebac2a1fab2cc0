"""Apply the changes of each diagnosis to a subject's two legs."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from locomotion_analysis.simulation.pathology import PATHOLOGIES, Bump, Leg, Pathology, Scaling
from locomotion_analysis.simulation.population import Population
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.series import (
    N_COEFFICIENTS,
    N_SINES,
    cycle_bump,
    stance_bump,
)
from locomotion_analysis.simulation.templates import FORCE_CHANNELS, LEG_CHANNELS

EXPRESSION_SD = 0.25


@dataclass(frozen=True)
class Changes:
    """Changes of the template curves of the left and right leg.

    Attributes
    ----------
    legs : ndarray, shape (n_subjects, 2, 10, 41)
        Fourier coefficients to add.
    forces : ndarray, shape (n_subjects, 2, 3, 24)
        Sine coefficients to add.
    leg_gain : ndarray, shape (n_subjects, 2, 10)
        Factor of the leg curves: of the whole moment, of an angle's variation about its mean.
    force_gain : ndarray, shape (n_subjects, 2, 3)
        Factor of the forces.
    """

    legs: Array
    forces: Array
    leg_gain: Array
    force_gain: Array


def _leg_share(leg: Leg, pathology: Pathology, people: Population) -> Array:
    """How much of a change the left and right leg show, shape (n_subjects, 2)."""
    affected, other = {
        "affected": (1.0, 0.0),
        "other": (0.0, 1.0),
        "both": (1.0, pathology.other_leg),
    }[leg]
    is_affected = people.affected_leg[:, None] == np.arange(2)
    share: Array = np.where(is_affected, affected, other)
    return share


def _strength(
    change: Bump | Scaling, number: int, name: str, people: Population, pattern: Array
) -> Array:
    """Severity times the subject's own expression of change `number`; (n_subjects, 2)."""
    expression = np.maximum(1 + EXPRESSION_SD * people.normals["effects"][:, number], 0.0)
    shown = (people.pathology == name).astype(float)
    if isinstance(change, Bump):
        shown = shown * ((pattern >= change.share[0]) & (pattern < change.share[1]))
    whole = people.severity * expression * shown
    strength: Array = whole[:, None] * _leg_share(change.leg, PATHOLOGIES[name], people)
    return strength


def pathology_changes(people: Population) -> Changes:
    """Add up what every subject's diagnosis changes; nothing for the healthy."""
    shape = (len(people), 2)
    changes = Changes(
        legs=np.zeros((*shape, len(LEG_CHANNELS), N_COEFFICIENTS)),
        forces=np.zeros((*shape, len(FORCE_CHANNELS), N_SINES)),
        leg_gain=np.ones((*shape, len(LEG_CHANNELS))),
        force_gain=np.ones((*shape, len(FORCE_CHANNELS))),
    )
    pattern = ndtr(people.trait("pattern"))
    for name in np.unique(people.pathology):
        pathology = PATHOLOGIES[name]
        listed: list[Bump | Scaling] = [*pathology.bumps, *pathology.scalings]
        for number, change in enumerate(listed):
            _apply(changes, change, _strength(change, number, name, people, pattern))
    return changes


def _apply(changes: Changes, change: Bump | Scaling, strength: Array) -> None:
    """Add one change, in place, to the running total."""
    is_force = change.channel in FORCE_CHANNELS
    index = (FORCE_CHANNELS if is_force else LEG_CHANNELS).index(change.channel)
    if isinstance(change, Scaling):
        gain = changes.force_gain if is_force else changes.leg_gain
        gain[:, :, index] *= 1 + change.fraction * strength
    else:
        curves = changes.forces if is_force else changes.legs
        shape = (stance_bump if is_force else cycle_bump)(change.centre, change.width)
        curves[:, :, index] += change.amplitude * strength[..., None] * shape
