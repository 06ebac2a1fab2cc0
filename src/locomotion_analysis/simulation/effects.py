"""Apply the changes of each diagnosis to a subject's two legs."""

from dataclasses import dataclass

import numpy as np

from locomotion_analysis.simulation.pathologies import (
    PATHOLOGIES,
    Bump,
    Change,
    Leg,
    Pathology,
    Scaling,
)
from locomotion_analysis.simulation.population import Population
from locomotion_analysis.simulation.random_streams import Array
from locomotion_analysis.simulation.series import (
    N_COEFFICIENTS,
    N_SINES,
    cycle_bump,
    mirrored_bump,
    stance_bump,
)
from locomotion_analysis.simulation.templates import FORCE_CHANNELS, LEG_CHANNELS

EXPRESSION_SD = 0.25


@dataclass(frozen=True)
class Changes:
    """Changes of the template curves of the left and right leg.

    Attributes
    ----------
    legs : ndarray, shape (n_subjects, 2, 18, 41)
        Fourier coefficients to add.
    forces : ndarray, shape (n_subjects, 2, 3, 24)
        Sine coefficients to add.
    leg_gain : ndarray, shape (n_subjects, 2, 18)
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


def _strength(change: Change, number: int, name: str, people: Population) -> Array:
    """Severity times the subject's own expression of change `number`; (n_subjects, 2)."""
    expression = np.maximum(1 + EXPRESSION_SD * people.normals["effects"][:, number], 0.0)
    low, high = change.share
    shown = (people.pathology == name) & (people.pattern >= low) & (people.pattern < high)
    whole = people.severity * expression * shown
    strength: Array = whole[:, None] * _leg_share(change.leg, PATHOLOGIES[name], people)
    return strength


def pathology_changes(people: Population, *, rising: bool = False) -> Changes:
    """Add up what every subject's diagnosis changes; nothing for the healthy.

    Parameters
    ----------
    people : Population
        The subjects.
    rising : bool
        The changes of sit to stand instead of those of a stride.
    """
    shape = (len(people), 2)
    total = Changes(
        legs=np.zeros((*shape, len(LEG_CHANNELS), N_COEFFICIENTS)),
        forces=np.zeros((*shape, len(FORCE_CHANNELS), N_SINES)),
        leg_gain=np.ones((*shape, len(LEG_CHANNELS))),
        force_gain=np.ones((*shape, len(FORCE_CHANNELS))),
    )
    for name in np.unique(people.pathology):
        pathology = PATHOLOGIES[name]
        listed = pathology.rising if rising else pathology.changes
        first = len(pathology.changes) if rising else 0
        for number, change in enumerate(listed, start=first):
            _apply(total, change, _strength(change, number, name, people), rising=rising)
    return total


def _apply(total: Changes, change: Change, strength: Array, *, rising: bool) -> None:
    """Add one change, in place, to the running total."""
    is_force = change.channel in FORCE_CHANNELS
    index = (FORCE_CHANNELS if is_force else LEG_CHANNELS).index(change.channel)
    if isinstance(change, Scaling):
        gain = total.force_gain if is_force else total.leg_gain
        gain[:, :, index] *= np.maximum(1 + change.fraction * strength, 0.05)
    else:
        curves = total.forces if is_force else total.legs
        curves[:, :, index] += change.amplitude * strength[..., None] * _shape(change, rising)


def _shape(change: Bump, rising: bool) -> Array:
    if change.channel in FORCE_CHANNELS:
        return stance_bump(change.centre, change.width)
    return (mirrored_bump if rising else cycle_bump)(change.centre, change.width)
