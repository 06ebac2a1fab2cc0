"""One augmentation after another, and the choice for a network that was given none."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import clone

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.augmentation.phase_jitter import PhaseJitter
from locomotion_analysis.models.deep.augmentation.side_swap import SideSwap
from locomotion_analysis.models.deep.augmentation.stride_noise import StrideNoise
from locomotion_analysis.models.deep.augmentation.training_cycles import (
    GaitAugmentation,
    TrainingCycles,
)
from locomotion_analysis.models.deep.batches import Augmentation
from locomotion_analysis.models.deep.legs import unpaired_channels
from locomotion_analysis.standard.channel import is_channel


class AugmentationChain(GaitAugmentation):
    """Applies augmentations one after another.

    Parameters
    ----------
    steps : sequence of GaitAugmentation
        In the order they are applied.

    Examples
    --------
    >>> AugmentationChain([PhaseJitter(sd_percent=1.0), StrideNoise()])
    AugmentationChain(steps=[PhaseJitter(sd_percent=1.0), StrideNoise()])
    """

    def __init__(self, steps: Sequence[GaitAugmentation]) -> None:
        self.steps = steps

    def fit(self, cycles: TrainingCycles) -> Self:
        """Let each step measure what it needs on the training cycles."""
        for step in self.steps:
            step.fit(cycles)
        return self

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what the last step returns."""
        for step in self.steps:
            curves, measured = step.changed(curves, measured, generator)
        return curves, measured


def default_augmentation(
    channels: Sequence[str] | None = None, groups: Any = None
) -> AugmentationChain:
    """Return the augmentations that these cycles allow, not yet fitted.

    Magnitude warp is none of them: warping each channel alone makes the legs unlike, which is
    what tells many pathologies from health.

    Parameters
    ----------
    channels : sequence of str, optional
        Names of the channels. Side swap is left out without names, and where a leg's channel
        lacks its other side.
    groups : array_like of shape (n_cycles,), optional
        Subject of each cycle. Stride noise is left out without, and where none has two cycles.

    Returns
    -------
    AugmentationChain
        Its representation says what is in it.

    Examples
    --------
    >>> default_augmentation(["knee_flexion_angle_ipsi_rad"])
    AugmentationChain(steps=[PhaseJitter()])
    """
    steps: list[GaitAugmentation] = [PhaseJitter()]
    if channels is not None and all(map(is_channel, channels)) and not unpaired_channels(channels):
        steps.insert(0, SideSwap())
    if groups is not None and np.unique(np.asarray(groups), return_counts=True)[1].max() > 1:
        steps.append(StrideNoise())
    return AugmentationChain(steps)


def fitted_augmentation(augmentation: Any, cycles: TrainingCycles) -> Augmentation | None:
    """Return an estimator's ``augmentation`` ready for training.

    Parameters
    ----------
    augmentation : bool, None, GaitAugmentation or callable
        True: :func:`default_augmentation`. None or False: none. A :class:`GaitAugmentation` is
        copied and fitted; any other callable ``(batch, generator) -> batch`` is used as it is.
    cycles : TrainingCycles
        What to fit it on.

    Raises
    ------
    SchemaError
        If `augmentation` is something else.
    """
    if augmentation is None or augmentation is False:
        return None
    if augmentation is True:
        augmentation = default_augmentation(cycles.channels, cycles.groups)
    if isinstance(augmentation, GaitAugmentation):
        fitted: Augmentation = clone(augmentation).fit(cycles)
        return fitted
    if callable(augmentation):
        own: Augmentation = augmentation
        return own
    raise SchemaError(
        expected="True, None, an augmentation or a callable (batch, generator) -> batch",
        got=repr(augmentation),
        where="augmentation",
        fix="for several, use AugmentationChain([...])",
    )
