"""The layer that turns curves into images of power by frequency along the cycle."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from locomotion_analysis.models.deep.networks.time_frequency import gabor_filters

_SMALLEST = 1e-3


class TimeFrequencyImage(nn.Module):  # type: ignore[misc]
    """Amplitude of each frequency along the cycle; nothing in it is learned.

    Amplitudes are compressed as ``log(1 + a / 0.1)``, since those of gait fall off by a thousand
    from the first harmonic to the fifteenth. The first row, frequency 0, is the smoothed curve
    with its sign: an amplitude does not tell flexion from extension.

    Parameters
    ----------
    n_points : int
        Points of a curve.
    stride : int
        Points from one column of the image to the next.
    frequencies, deviations : ndarray, shape (n_rows,)
        Of :func:`gabor_filters`; the first frequency is 0.
    """

    filters: torch.Tensor

    def __init__(
        self,
        n_points: int,
        stride: int,
        frequencies: NDArray[np.floating],
        deviations: NDArray[np.floating],
    ) -> None:
        super().__init__()
        filters = gabor_filters(n_points, frequencies, deviations)[:, ::stride]
        parts = np.stack([filters.real, filters.imag])
        self.shape = parts.shape[:3]
        flat = torch.from_numpy(np.ascontiguousarray(parts.reshape(-1, n_points).T))
        self.register_buffer("filters", flat, persistent=False)

    def forward(self, curves: torch.Tensor) -> torch.Tensor:
        """Return images: (n_cycles, n_points, n_channels) -> (n_cycles, n_channels, rows, steps)."""
        waves = (curves.transpose(1, 2) @ self.filters).unflatten(-1, self.shape)
        real, imaginary = waves.unbind(2)
        # The root of zero has no slope.
        amplitude = 2 * (real**2 + imaginary**2 + _SMALLEST**2).sqrt()
        return torch.cat([real[:, :, :1], torch.log1p(10 * amplitude[:, :, 1:])], dim=2)
