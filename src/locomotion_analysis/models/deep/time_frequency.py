"""Curves as images: power by frequency along the gait cycle."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

# Standard deviations of a Gaussian across which its weight is followed.
_REACH = 4.0


def gabor_filters(
    n_points: int, frequencies: NDArray[np.floating], deviations: NDArray[np.floating]
) -> NDArray[np.complex64]:
    """Return sine waves under a Gaussian window, one at each point of the cycle.

    Filter `f` at phase `p` is ``w(q - p) exp(2 pi i f (q - p))`` over the phases `q`, with
    ``w(x) = exp(-x^2 / (2 s^2)) / sum`` going round the cycle. One deviation for all frequencies
    makes a spectrogram (Gabor 1946), deviations of a number of waves make the Morlet wavelet
    transform (Torrence and Compo 1998). Where ``f > 0`` the window's answer to a constant is
    taken away, so that the mean of a curve does not leak upwards.

    Parameters
    ----------
    n_points : int
        Points from heel strike to heel strike, both included.
    frequencies : ndarray, shape (n_frequencies,)
        Cycles a stride.
    deviations : ndarray, shape (n_frequencies,)
        Standard deviation of the window, share of the cycle.

    Returns
    -------
    ndarray of complex64, shape (n_frequencies, n_points, n_points)
        ``filters[f, p] @ curve`` is the wave's complex size at point `p`. Twice its modulus is the
        amplitude of a wave that fits into the window twice or more.

    Examples
    --------
    >>> phase = np.linspace(0, 1, 150)
    >>> filters = gabor_filters(150, np.array([4.0]), np.array([0.2]))
    >>> amplitude = 2 * np.abs(filters[0] @ (7 * np.sin(2 * np.pi * 4 * phase)))
    >>> bool(np.allclose(amplitude, 7, atol=0.05))
    True
    """
    period = n_points - 1
    lags = np.arange(period) / period
    frequency, deviation = frequencies[:, None], deviations[:, None]
    window, wave = (
        np.zeros((len(frequencies), period)),
        np.zeros((len(frequencies), period), complex),
    )
    turns = int(np.ceil(_REACH * deviations.max())) + 1
    for turn in range(-turns, turns + 1):
        weight = np.exp(-0.5 * ((lags + turn) / deviation) ** 2)
        window += weight
        wave += weight * np.exp(-2j * np.pi * frequency * (lags + turn))
    total = window.sum(axis=1, keepdims=True)
    constant = np.where(frequency > 0, wave.sum(axis=1, keepdims=True) / total, 0)
    wave = (wave - constant * window) / total
    # Laid at every point; the last point is the first of the next cycle.
    points = np.arange(n_points)
    laid: NDArray[np.complex128] = wave[:, (points[None, :period] - points[:, None]) % period]
    # 0 % and 100 % are one instant: each gets half of its weight.
    ends = laid[:, :, :1] / 2
    return np.concatenate([ends, laid[:, :, 1:], ends], axis=2).astype(np.complex64)


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
    per_channel = 1

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
        self.n_rows = len(frequencies)
        flat = torch.from_numpy(np.ascontiguousarray(parts.reshape(-1, n_points).T))
        self.register_buffer("filters", flat, persistent=False)

    def forward(self, curves: torch.Tensor) -> torch.Tensor:
        """Return images: (n_cycles, n_points, n_channels) -> (n_cycles, n_channels, rows, steps)."""
        waves = (curves.transpose(1, 2) @ self.filters).unflatten(-1, self.shape)
        real, imaginary = waves.unbind(2)
        # The root of zero has no slope.
        amplitude = 2 * (real**2 + imaginary**2 + _SMALLEST**2).sqrt()
        return torch.cat([real[:, :, :1], torch.log1p(10 * amplitude[:, :, 1:])], dim=2)
