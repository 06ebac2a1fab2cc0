"""Fourier and sine series: the language in which templates and their changes are added up."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
N_HARMONICS = 20
N_COEFFICIENTS = 2 * N_HARMONICS + 1
N_SINES = 24


def fourier_basis(phase: Array) -> Array:
    """Evaluate ``1, cos, sin, cos 2, sin 2, ...`` of the cycle.

    Parameters
    ----------
    phase : ndarray
        Fraction of the cycle, any shape.

    Returns
    -------
    ndarray
        Shape ``phase.shape + (41,)``.
    """
    basis = np.empty((*phase.shape, N_COEFFICIENTS))
    basis[..., 0] = 1.0
    turn = np.exp(2j * np.pi * phase)
    power = turn.copy()
    for order in range(1, N_HARMONICS + 1):
        basis[..., 2 * order - 1] = power.real
        basis[..., 2 * order] = power.imag
        power *= turn
    return basis


def sine_basis(stance: Array) -> Array:
    """Evaluate the sine series of stance; zero before contact and after toe-off.

    Parameters
    ----------
    stance : ndarray
        Fraction of stance: 0 at contact, 1 at toe-off.

    Returns
    -------
    ndarray
        Shape ``stance.shape + (24,)``.
    """
    inside = np.where((stance >= 0) & (stance <= 1), stance, 0.0)
    basis = np.empty((*stance.shape, N_SINES))
    turn = np.exp(1j * np.pi * inside)
    power = turn.copy()
    for order in range(N_SINES):
        basis[..., order] = power.imag
        power *= turn
    return basis


def cycle_bump(centre: float, width: float) -> Array:
    """Fourier coefficients of a periodic Gaussian bump of height 1.

    Parameters
    ----------
    centre, width : float
        Centre and standard deviation in percent of the cycle; 100 is the same everywhere.
    """
    order = np.arange(1, N_HARMONICS + 1)
    sigma, mean = width / 100, centre / 100
    size = 2 * sigma * np.sqrt(2 * np.pi) * np.exp(-0.5 * (2 * np.pi * order * sigma) ** 2)
    angle = 2 * np.pi * order * mean
    pairs = np.stack([size * np.cos(angle), size * np.sin(angle)], axis=1)
    bump: Array = np.concatenate([[sigma * np.sqrt(2 * np.pi)], pairs.ravel()])
    # A wide bump overlaps with those of the cycles before and after.
    overlap = np.exp(-0.5 * (np.arange(-9, 10) / sigma) ** 2).sum()
    bump /= max(overlap, 1.0)
    return bump


def mirrored_bump(centre: float, width: float) -> Array:
    """Return the Fourier coefficients of a bump in a movement and its mirror image.

    Parameters
    ----------
    centre, width : float
        Percent of the movement, which is the first half of the period.
    """
    bump = cycle_bump(centre / 2, width / 2)
    bump[2::2] = 0.0
    bump *= 2.0
    height = float((bump @ fourier_basis(np.array([centre / 200])).T)[0])
    bump /= max(1.0, height)
    return bump


def mirrored_basis(phase: Array) -> Array:
    """Evaluate the Fourier series of a movement and its mirror image: it starts and ends at rest.

    Parameters
    ----------
    phase : ndarray
        Fraction of the movement, any shape.

    Returns
    -------
    ndarray
        Shape ``phase.shape + (41,)``; the sines are zero.
    """
    basis = fourier_basis(0.5 * phase)
    basis[..., 2::2] = 0.0
    return basis


def cosine_basis(phase: Array) -> Array:
    """Evaluate ``1, cos, cos 2, ...`` of half a turn, shape ``phase.shape + (24,)``."""
    basis: Array = np.cos(np.pi * phase[..., None] * np.arange(N_SINES))
    return basis


def stance_bump(centre: float, width: float) -> Array:
    """Sine coefficients of a Gaussian bump over stance (centre and width in percent of stance)."""
    grid = np.linspace(0, 1, 201)
    bump = np.exp(-0.5 * ((grid - centre / 100) / (width / 100)) ** 2)
    order = np.arange(1, N_SINES + 1)
    kernel = np.sin(np.pi * grid[:, None] * order)
    coefficients: Array = 2 * (bump @ kernel) / (len(grid) - 1)
    return coefficients
