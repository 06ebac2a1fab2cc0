"""Changes of training cycles that leave a gait cycle a gait cycle."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.core import Augmentation, Batch, CurveScaler, ScaledCurves
from locomotion_analysis.models.deep.legs import (
    leg_channels,
    sample_at,
    seen_from_other_leg,
    unpaired_channels,
)
from locomotion_analysis.standard.channels import is_channel


class TrainingCycles(NamedTuple):
    """The cycles a network is trained on, those for early stopping left out.

    Attributes
    ----------
    scaled : ScaledCurves
        Scaled curves and what was measured of them.
    scaler : CurveScaler
        What scaled them.
    groups : array_like of shape (n_cycles,), optional
        Subject of each cycle.
    channels : sequence of str, optional
        Names of the channels, in order.
    """

    scaled: ScaledCurves
    scaler: CurveScaler
    groups: Any = None
    channels: Any = None


class GaitAugmentation(BaseEstimator):  # type: ignore[misc]
    """Base: parameters as of a scikit-learn estimator, measured values from ``fit``.

    Called as ``augmentation(batch, generator)`` it changes ``curves`` and ``measured`` of a
    batch and leaves other inputs and the targets alone. All chance comes from the generator.
    """

    def fit(self, cycles: TrainingCycles) -> Self:  # noqa: ARG002 - most have nothing to measure
        """Measure on training cycles what the change needs."""
        return self

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the changed batch; the one given stays as it is."""
        inputs, targets = batch
        curves, measured = self.changed(inputs["curves"], inputs["measured"], generator)
        return {**inputs, "curves": curves, "measured": measured}, targets

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return changed curves and mask.

        Parameters
        ----------
        curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
            Scaled curves, 0 where not measured.
        measured : Tensor of bool, shape (n_cycles, n_channels)
            Which curves were measured.
        generator : torch.Generator
            Where all chance comes from.
        """
        raise NotImplementedError


_JITTER_HARMONICS = 3
_STEEPEST = 0.9  # below 1 time never runs backwards


class PhaseJitter(GaitAugmentation):
    """Lets the events within a cycle come a little earlier or later, all channels together.

    Time is displaced by three sines of random height that are zero at both contacts, so 0 and
    100 % stay what they mean. Both sides and all channels move together: the joints stay in step.

    Parameters
    ----------
    sd_percent : float
        Standard deviation of the displacement in mid-cycle, percent of the cycle. A person's
        toe-off varies by 1 to 2 % of the cycle from stride to stride.

    Examples
    --------
    >>> curves = torch.linspace(0, 1, 150).reshape(1, 150, 1)
    >>> generator = torch.Generator().manual_seed(0)
    >>> moved, _ = PhaseJitter().changed(curves, torch.ones(1, 1, dtype=torch.bool), generator)
    >>> moved[0, [0, -1], 0].tolist(), bool((moved.diff(dim=1) > 0).all())
    ([0.0, 1.0], True)
    """

    def __init__(self, sd_percent: float = 1.5) -> None:
        self.sd_percent = sd_percent

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return curves with their events displaced; the mask stays."""
        n_cycles, n_points, _ = curves.shape
        order = torch.arange(1, _JITTER_HARMONICS + 1)
        phase = torch.linspace(0, 1, n_points)
        # Mid-cycle sees the first and the third sine.
        heights = torch.randn(n_cycles, _JITTER_HARMONICS, generator=generator) / order
        heights *= self.sd_percent / 100 / math.hypot(1, 1 / 3)
        slope = math.pi * (heights.abs() * order).sum(dim=1, keepdim=True)
        heights *= (_STEEPEST / slope).clamp(max=1)
        displaced = phase + heights @ torch.sin(math.pi * order[:, None] * phase)
        points = (displaced * (n_points - 1)).clamp(0, n_points - 1)
        return sample_at(curves, points), measured


_WARP_HARMONICS = 2


class MagnitudeWarp(GaitAugmentation):
    """Stretches each curve about its channel's mean by a factor that changes slowly and cyclically.

    The factor is one plus a random constant and two random harmonics, so it is the same at both
    contacts. Each channel has its own: what binds channels, such as power = moment × velocity,
    holds no longer exactly.

    Parameters
    ----------
    sd : float
        Standard deviation of the factor at any one phase.

    Examples
    --------
    >>> curves, measured = torch.ones(1000, 150, 1), torch.ones(1000, 1, dtype=torch.bool)
    >>> warped, _ = MagnitudeWarp(sd=0.1).changed(curves, measured, torch.Generator().manual_seed(0))
    >>> round(float(warped.std()), 2), bool((warped[:, 0] - warped[:, -1]).abs().max() < 1e-5)
    (0.1, True)
    """

    def __init__(self, sd: float = 0.1) -> None:
        self.sd = sd

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return warped curves; the mask stays."""
        n_cycles, n_points, n_channels = curves.shape
        turns = 2 * math.pi * torch.linspace(0, 1, n_points)
        waves = [torch.ones(n_points)]
        for harmonic in range(1, _WARP_HARMONICS + 1):
            waves += [torch.cos(harmonic * turns), torch.sin(harmonic * turns)]
        heights = torch.randn(n_cycles, n_channels, len(waves), generator=generator)
        by_point = torch.stack(waves, dim=1).expand(n_cycles, -1, -1)
        factor = torch.bmm(by_point, heights.transpose(1, 2))  # laid out as the curves are
        # cos² + sin² = 1: each harmonic adds as much variance as the constant.
        factor *= self.sd / math.sqrt(1 + _WARP_HARMONICS)
        return factor.add_(1).mul_(curves), measured


class SideSwap(GaitAugmentation):
    """Turns some cycles into the cycle of the other leg.

    Ipsilateral and contralateral channels are exchanged, trunk and pelvis channels outside the
    sagittal plane change sign, and the cycle starts at the other foot's contact, which is found in
    the curves: half a cycle later in even walking, another time where one leg steps shorter.

    The target stays: leave it out where the target depends on the leg (which side is affected).

    Parameters
    ----------
    chance : float
        Share of the cycles that is swapped.

    Attributes
    ----------
    legs_ : LegChannels
        Which channels pair.
    gain_, offset_ : Tensor of float32, shape (n_channels,)
        Turn the partner's scaled values into each channel's.
    """

    def __init__(self, chance: float = 0.5) -> None:
        self.chance = chance

    def fit(self, cycles: TrainingCycles) -> Self:
        """Pair the channels by name.

        Raises
        ------
        SchemaError
            If the channels have no names, or a leg's channel lacks its other side.
        """
        n_channels = cycles.scaled.curves.shape[2]
        self.legs_ = leg_channels(cycles.channels, n_channels, "channels of SideSwap")
        mean, scale = cycles.scaler.mean_, cycles.scaler.scale_
        sign, partner = np.array(self.legs_.sign), self.legs_.partner
        self.gain_ = torch.as_tensor(sign * scale[partner] / scale, dtype=torch.float32)
        self.offset_ = torch.as_tensor((sign * mean[partner] - mean) / scale, dtype=torch.float32)
        return self

    def changed(
        self, curves: torch.Tensor, measured: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return curves and mask, some of them of the other leg."""
        chosen = torch.rand(len(curves), generator=generator) < self.chance
        rows = chosen.nonzero().flatten()
        if not len(rows):
            return curves, measured
        picked = curves.index_select(0, rows), measured.index_select(0, rows)
        swapped, known = self.swapped(*picked)
        return curves.index_copy(0, rows, swapped), measured.index_copy(0, rows, known)

    def swapped(
        self, curves: torch.Tensor, measured: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all cycles as cycles of the other leg."""
        return seen_from_other_leg(curves, measured, self.legs_, self.gain_, self.offset_)


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
        n_known = np.maximum(known.sum(axis=0), 1)
        self.sd_ = np.sqrt((differences**2).sum(axis=0) / n_known).astype(np.float32)
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
        flat = scaled.curves[seen].reshape(len(seen), -1)
        squares = (flat**2).sum(axis=1)
        distance = squares[:, None] + squares - 2 * flat @ flat.T
        np.fill_diagonal(distance, np.inf)
        first.append(seen)
        second.append(seen[distance.argmin(axis=1)])
    one, other = np.concatenate(first), np.concatenate(second)
    known: NDArray[np.bool_] = scaled.measured[one] & scaled.measured[other]
    differences = (scaled.curves[one] - scaled.curves[other]) * known[:, None] / np.float32(2**0.5)
    return differences.astype(np.float32, copy=False), known


def _unknown(got: str, fix: str) -> SchemaError:
    return SchemaError(
        expected="two cycles or more of a subject, to measure what strides differ by",
        got=got,
        where="StrideNoise",
        fix=fix,
    )


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
