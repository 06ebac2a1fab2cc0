"""Cycles and features as one row a person, which is what is compared."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData

PHASES = tuple(range(0, 150, 10))
"""Samples of a curve that are compared and stored."""


@dataclass(frozen=True)
class People:
    """Some people, each by the means of their cycles.

    Attributes
    ----------
    features : DataFrame, shape (n_people, n_features)
        Indexed by subject.
    curves : ndarray, shape (n_people_with_curves, n_phases, n_channels)
        Mean curves; NaN where a channel was not measured.
    channels : tuple of str
        Names of the channels.
    n_cycles : int
        Cycles (rows) they are means of.
    """

    features: pd.DataFrame
    curves: NDArray[np.float64]
    channels: tuple[str, ...]
    n_cycles: int


def people_of(
    features: pd.DataFrame,
    curves: NDArray[np.floating],
    curve_subjects: NDArray[np.object_],
    channels: tuple[str, ...],
) -> People:
    """Return the means of each person.

    Parameters
    ----------
    features : DataFrame, shape (n_rows, n_features)
        Indexed by subject.
    curves : ndarray, shape (n_cycles, n_phases, n_channels)
    curve_subjects : ndarray, shape (n_cycles,)
        Subject of each cycle.
    channels : tuple of str
    """
    means = features.groupby(level="subject").mean()
    shape = curves.shape[1:]
    flat = pd.DataFrame(np.asarray(curves, dtype=float).reshape(len(curves), shape[0] * shape[1]))
    by_person = flat.groupby(np.asarray(curve_subjects, dtype=object)).mean().to_numpy()
    return People(means, by_person.reshape(len(by_person), *shape), channels, len(features))


def sampled_curves(data: LocomotionData) -> NDArray[np.float32]:
    """Return the samples of all curves that are compared, shape (n_cycles, 15, n_channels)."""
    return np.ascontiguousarray(data.block[:, :, list(PHASES)].transpose(1, 2, 0))
