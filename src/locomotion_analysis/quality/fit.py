"""How well curves fit the norm, for every circular shift and both signs."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Array = NDArray[np.float64]

WORST = 25.0
"""Squared distances are cut here, so that one strange channel does not outvote the others."""


def correlation(curves: Floats, mean: Floats) -> Array:
    """Pearson correlation over the cycle; NaN for a constant curve."""
    x = curves - curves.mean(axis=-1, keepdims=True)
    y = mean - mean.mean(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = (x * y).sum(axis=-1) / np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    return found


def shifted_distances(
    curves: Floats, mean: Floats, sd: Floats, offset_sd: Array
) -> tuple[Array, Array]:
    """Squared distance to the norm for every circular shift, as is and with the sign flipped.

    ``D(L) = mean_p[w(p) (x(p+L) - m(p) - d)^2] + min(W, 1/offset_sd^2) d^2`` with ``w = 1/sd^2``,
    ``W`` its mean and ``d`` the weighted mean difference: an offset, which laboratories differ
    by, costs less than a wrong shape. Sums over p are circular cross-correlations (FFT).

    Parameters
    ----------
    curves, mean, sd : ndarray, shape (..., 150)
        The last sample is the first of the next cycle and is left out.
    offset_sd : ndarray, shape (...)
        Usual size of an offset; 0 where an offset costs as much as any difference.

    Returns
    -------
    as_is, flipped : ndarray, shape (..., 149)
        At shift L the curve's sample L is taken as the start of the cycle.
    """
    x, m = (c[..., :-1].astype(np.float64) for c in (curves, mean))
    weight = 1.0 / sd[..., :-1].astype(np.float64) ** 2
    n, total = x.shape[-1], weight.sum(axis=-1, keepdims=True)
    squares = _correlate(x**2, weight) + (m**2 * weight).sum(axis=-1, keepdims=True)
    cross, sums = 2.0 * _correlate(x, m * weight), _correlate(x, weight)
    norm = (m * weight).sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore"):
        pardoned = np.maximum(total / n - 1.0 / np.square(offset_sd)[..., None], 0.0)
    as_is = (squares - cross) / n - pardoned * ((sums - norm) / total) ** 2
    flipped = (squares + cross) / n - pardoned * ((sums + norm) / total) ** 2
    return np.maximum(as_is, 0.0), np.maximum(flipped, 0.0)


def start_distances(
    curves: Floats, mean: Floats, sd: Floats, offset_sd: Array
) -> tuple[Array, Array]:
    """Return :func:`shifted_distances` at shift 0 alone, without any transform.

    Returns
    -------
    as_is, flipped : ndarray, shape (...)
    """
    weight = 1.0 / sd[..., :-1].astype(np.float64) ** 2
    total = weight.mean(axis=-1)
    with np.errstate(divide="ignore"):
        pardoned = np.maximum(total - 1.0 / np.square(offset_sd), 0.0)
    found = []
    for sign in (1.0, -1.0):
        off = sign * curves[..., :-1].astype(np.float64) - mean[..., :-1]
        offset = (off * weight).mean(axis=-1) / total
        found.append(np.maximum((off**2 * weight).mean(axis=-1) - pardoned * offset**2, 0.0))
    return found[0], found[1]


def _correlate(moving: Array, fixed: Array) -> Array:
    """Return ``sum_p moving(p + L) fixed(p)`` for every circular shift L."""
    spectrum = np.fft.rfft(moving) * np.conj(np.fft.rfft(fixed))
    found: Array = np.fft.irfft(spectrum, n=moving.shape[-1])
    return found
