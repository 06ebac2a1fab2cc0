"""Convolutional networks on time-frequency images of the curves."""

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from locomotion_analysis.models.deep.networks.curve_network import CurveNetwork
from locomotion_analysis.models.deep.networks.phase_encoding import (
    N_PHASE_FEATURES,
    phase_encoding,
)
from locomotion_analysis.models.deep.networks.time_frequency_image import TimeFrequencyImage

_SPECTROGRAM_FREQUENCIES = np.arange(0, 13, dtype=float)
# One window for all: 95 % of its weight within a third of the cycle.
_SPECTROGRAM_DEVIATIONS = np.full(13, 0.08)
# Three to the octave, from one cycle a stride to 16; after the smoothed curve in the first row.
_WAVELET_FREQUENCIES = np.append(0.0, 2.0 ** (np.arange(13) / 3))
# Morlet's wave number, the customary 6: about two waves under the window.
_WAVE_NUMBER = 6.0


class ImageNetwork(CurveNetwork):
    """2-D convolutions over frequency and phase; one image a channel of the gait curves.

    Parameters
    ----------
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    width : int
        Features at each step.
    depth : int
        Convolutions after the first; each halves the frequencies.
    dropout : float
        Share of features left out in training.

    Examples
    --------
    >>> network = SpectrogramNetwork(n_channels=3, n_points=150, n_outputs=2)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).shape
    torch.Size([8, 2])
    """

    stride = 6
    phase: torch.Tensor
    frequencies: ClassVar[NDArray[np.floating]]
    deviations: ClassVar[NDArray[np.floating]]

    def __init__(
        self,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        width: int = 32,
        depth: int = 3,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(n_channels, n_points, n_outputs, width, dropout)
        self.image = TimeFrequencyImage(n_points, self.stride, self.frequencies, self.deviations)
        self.mix = nn.Conv2d(n_channels, width, 1, bias=False)
        # What stands in for the image of a channel that was not measured, already mixed.
        self.known = nn.Linear(n_channels, width * len(self.frequencies))
        encoding = phase_encoding(n_points, N_PHASE_FEATURES)[:: self.stride]
        self.register_buffer("phase", encoding, persistent=False)
        self.place = nn.Linear(N_PHASE_FEATURES, width, bias=False)
        self.layers = nn.Sequential(*(_halving(width, dropout) for _ in range(depth)))

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return features along the cycle, shape (n_cycles, n_steps, width)."""
        known = self.known(measured.to(curves.dtype)).unflatten(1, (self.width, -1))
        images = self.image(curves * measured[:, None])
        place = self.place(self.phase).T[None, :, None]
        encoded: torch.Tensor = self.layers(self.mix(images) + known[..., None] + place)
        return encoded.mean(dim=2).transpose(1, 2)


class SpectrogramNetwork(ImageNetwork):
    """CNN on spectrograms: 0 to 12 cycles a stride through one window of a third of the cycle."""

    frequencies, deviations = _SPECTROGRAM_FREQUENCIES, _SPECTROGRAM_DEVIATIONS


class WaveletNetwork(ImageNetwork):
    """CNN on Morlet wavelet images: 1 to 16 cycles a stride, three rows an octave."""

    frequencies = _WAVELET_FREQUENCIES
    deviations = _WAVE_NUMBER / (2 * np.pi * np.append(16.0, _WAVELET_FREQUENCIES[1:]))


def _halving(width: int, dropout: float) -> nn.Sequential:
    """Return a convolution, round the cycle, that keeps the steps and halves the frequencies."""
    return nn.Sequential(
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Dropout2d(dropout),
        nn.CircularPad2d((1, 1, 0, 0)),
        nn.Conv2d(width, width, 3, stride=(2, 1), padding=(1, 0), bias=False),
    )
