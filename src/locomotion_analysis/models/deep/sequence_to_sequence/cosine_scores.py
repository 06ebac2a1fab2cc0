"""A cycle's curves as a few cosine scores: smooth, and a fifth of the numbers."""

import numpy as np
from numpy.typing import NDArray

N_COSINES = 31


def cosine_basis(n_points: int, n_cosines: int = N_COSINES) -> NDArray[np.float32]:
    """Return orthonormal cosines over the cycle, columns of rising frequency.

    Column `k` has `k` half waves over the cycle (discrete cosine transform II), so that 31 of
    them reach 15 cycles a stride, above which gait curves hold next to nothing. Cosines of half
    waves, unlike sines and cosines of whole ones, also fit a movement that ends elsewhere than
    it began.

    Parameters
    ----------
    n_points : int
        Points a cycle.
    n_cosines : int
        Columns; no more than `n_points` are made.

    Returns
    -------
    ndarray of float32, shape (n_points, min(n_cosines, n_points))

    Examples
    --------
    >>> basis = cosine_basis(150)
    >>> bool(np.allclose(basis.T @ basis, np.eye(31), atol=1e-5))
    True
    """
    middle = (np.arange(n_points) + 0.5) / n_points
    waves = np.cos(np.pi * np.outer(middle, np.arange(min(n_cosines, n_points))))
    basis: NDArray[np.float32] = (waves / np.linalg.norm(waves, axis=0)).astype(np.float32)
    return basis
