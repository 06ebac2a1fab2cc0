"""What an augmentation learns from, and what all of them have in common."""

from typing import Any, NamedTuple, Self

import torch
from sklearn.base import BaseEstimator

from locomotion_analysis.models.deep.batches import Batch
from locomotion_analysis.models.deep.curve_scaler import CurveScaler, ScaledCurves


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
    """Base: parameters as of a scikit-learn estimator, measured values from :meth:`fit`.

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
