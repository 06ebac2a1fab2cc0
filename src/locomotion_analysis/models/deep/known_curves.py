"""Curves to rebuild, of which some were not measured, and how far a network is off."""

from typing import Any

import torch
from torch import nn

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.deep.curve_scaler import CurveScaler, ScaledCurves


def scaled_training_cycles(X: Any) -> tuple[CurveScaler, ScaledCurves]:
    """Return a scaler fitted on curves, and the curves scaled by it.

    Raises
    ------
    SchemaError
        If there is one cycle only, or nothing was measured.
    """
    scaler = CurveScaler()
    scaled = scaler.fit_transform(X)
    if len(scaled.curves) < 2 or not scaled.measured.any():
        raise SchemaError(
            expected="two cycles or more, with a channel measured throughout",
            got=f"{len(scaled.curves)} cycles, {int(scaled.measured.sum())} curves without gaps",
            where="X",
        )
    return scaler, scaled


def known_targets(scaled: ScaledCurves) -> torch.Tensor:
    """Return scaled curves with NaN where nothing was measured: what a network shall rebuild."""
    curves, measured = torch.from_numpy(scaled.curves), torch.from_numpy(scaled.measured)
    return curves.masked_fill(~measured[:, None, :], torch.nan)


class KnownPointsLoss(nn.Module):  # type: ignore[misc]
    """Mean square of the difference over the points whose target is not NaN.

    Of a batch without any such point the loss is 0.

    Examples
    --------
    >>> target = torch.tensor([1.0, torch.nan])
    >>> float(KnownPointsLoss()(torch.tensor([3.0, 100.0]), target))
    4.0
    """

    def forward(self, curves: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar."""
        known = ~torch.isnan(target)
        # NaN * 0 is NaN, in the gradient too: the gaps are taken out before anything is computed.
        squares = (torch.where(known, curves - target.nan_to_num(), 0.0)) ** 2
        return squares.sum() / known.sum().clamp(min=1)
