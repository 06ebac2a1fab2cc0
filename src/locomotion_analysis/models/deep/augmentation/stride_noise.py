"""Another stride of the same person."""

from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.augmentation.training_cycles import (
    GaitAugmentation,
    TrainingCycles,
)
from locomotion_analysis.models.deep.curve_scaler import ScaledCurves

_N_KEPT = 64
_MOST_PER_SUBJECT = 100


class StrideNoise(GaitAugmentation):
    """Adds what a person's strides differ by, measured on the training cycles.

    The noise is a random mix of measured differences between strides: smooth along the cycle,
    joints together, and at each phase and channel of the measured standard deviation.

    Parameters
    ----------
    multiple : float
        Times the measured standard deviation.

    Attributes
    ----------
    sd_ : ndarray of float32, shape (n_points, n_channels)
        Standard deviation between strides of a person, in scaled units; 0 where unknown.
    differences_ : Tensor of float32, shape (n_kept, n_points, n_channels)
        Differences the noise is mixed from.
    """

    def __init__(self, multiple: float = 1.0) -> None:
        self.multiple = multiple

    def fit(self, cycles: TrainingCycles) -> Self:
        """Measure what strides of a person differ by.

        Raises
        ------
        SchemaError
            If the subjects are unknown, or none has two cycles.
        """
        if cycles.groups is None:
            raise _unknown("groups=None", "pass groups= to fit, or leave StrideNoise out")
        differences, known = stride_differences(cycles.scaled, cycles.groups)
        if not len(differences):
            raise _unknown("one cycle of each subject", "leave StrideNoise out")
        self.sd_ = _spread(differences, known)
        kept = np.linspace(0, len(differences) - 1, min(len(differences), _N_KEPT)).astype(int)
        chosen = differences[kept]
        of_chosen = np.sqrt((chosen**2).mean(axis=0))
        ratio = np.divide(self.sd_, of_chosen, out=np.zeros_like(self.sd_), where=of_chosen > 0)
        self.differences_ = torch.as_tensor(chosen * ratio / np.float32(np.sqrt(len(kept))))
        return self

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return curves with noise where they were measured; the mask stays."""
        mix = torch.randn(len(curves), len(self.differences_), generator=generator)
        noise = (self.multiple * mix @ self.differences_.flatten(1)).reshape(curves.shape)
        if not measured.all():
            noise *= measured[:, None]
        return noise.add_(curves), measured


def stride_differences(
    scaled: ScaledCurves, groups: Any
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return how each cycle differs from the most similar other cycle of its subject.

    The most similar one is a stride of the same task and leg where there is one, so that no
    label of the task is needed. Of many such strides the closest is taken, which makes the
    spread a little small.

    Parameters
    ----------
    scaled : ScaledCurves
        Cycles.
    groups : array_like of shape (n_cycles,)
        Subject of each; 100 cycles of a subject are looked at, spread evenly.

    Returns
    -------
    differences : ndarray of float32, shape (n_differences, n_points, n_channels)
        Divided by √2, for a single stride's deviation; 0 where one of the two was not measured.
    known : ndarray of bool, shape (n_differences, n_channels)
        Whether both were measured.
    """
    first, second = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
    subjects = np.unique(np.asarray(groups), return_inverse=True)[1]
    for own in np.split(np.argsort(subjects, kind="stable"), np.cumsum(np.bincount(subjects))[:-1]):
        if len(own) < 2:
            continue
        seen = own[np.linspace(0, len(own) - 1, min(len(own), _MOST_PER_SUBJECT)).astype(int)]
        first.append(seen)
        second.append(seen[_most_similar(scaled.curves[seen].reshape(len(seen), -1))])
    one, other = np.concatenate(first), np.concatenate(second)
    known: NDArray[np.bool_] = scaled.measured[one] & scaled.measured[other]
    differences = (scaled.curves[one] - scaled.curves[other]) * known[:, None] / np.float32(2**0.5)
    return differences.astype(np.float32, copy=False), known


def _most_similar(curves: NDArray[np.float32]) -> NDArray[np.intp]:
    squares = (curves**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * curves @ curves.T
    np.fill_diagonal(distance, np.inf)
    closest: NDArray[np.intp] = distance.argmin(axis=1)
    return closest


def _spread(differences: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    spread: NDArray[np.float32] = np.sqrt(
        (differences**2).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    ).astype(np.float32)
    return spread


def _unknown(got: str, fix: str) -> SchemaError:
    return SchemaError(
        expected="two cycles or more of a subject, to measure what strides differ by",
        got=got,
        where="StrideNoise",
        fix=fix,
    )
