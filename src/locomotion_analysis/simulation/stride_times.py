"""Stride times that remember: fractional noise with the scaling exponent of walking."""

import numpy as np
from scipy.signal import fftconvolve

from locomotion_analysis.simulation.random_streams import Array

MEMORY_STRIDES = 256


def long_range_noise(before: Array, each: Array, alpha: Array) -> Array:
    """Turn white noise into fractional noise of unit variance.

    ``x[t] = sum_k psi[k] e[t - k]`` with ``psi[k] = psi[k - 1] (k - 1 + d) / k`` and
    ``d = alpha - 0.5`` (Granger & Joyeux 1980, Hosking 1981), cut off after 256 strides. The
    past is given, so that more strides leave the earlier ones as they were.

    Parameters
    ----------
    before : ndarray, shape (n_subjects, 256)
        White noise before the first stride.
    each : ndarray, shape (n_subjects, n_cycles)
        White noise of the strides.
    alpha : ndarray, shape (n_subjects,)
        Scaling exponent as detrended fluctuation analysis finds it, between 0.5 and 1.

    Returns
    -------
    ndarray, shape (n_subjects, n_cycles)

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal((1, 512))
    >>> white = long_range_noise(noise[:, :256], noise[:, 256:], np.array([0.5]))
    >>> bool(np.allclose(white, noise[:, 256:]))
    True
    """
    order = np.arange(1, MEMORY_STRIDES + 1)
    ratio = (order - 1 + (alpha[:, None] - 0.5)) / order
    weights = np.concatenate([np.ones((len(alpha), 1)), np.cumprod(ratio, axis=1)], axis=1)
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    past = fftconvolve(np.concatenate([before, each], axis=1), weights, axes=1)
    noise: Array = past[:, before.shape[1] : before.shape[1] + each.shape[1]]
    return noise
