"""Where in the gait cycle a step stands, as numbers that join at heel strike."""

import torch

# Two harmonics beside the curves: enough to place a step, too few to describe a curve.
N_PHASE_FEATURES = 4


def phase_encoding(n_points: int, n_features: int) -> torch.Tensor:
    """Return sines and cosines of the phase and its harmonics.

    A gait cycle ends where the next begins, so the encoding must too: feature ``2 k`` is
    ``sin(2 pi (k + 1) p)`` and ``2 k + 1`` is ``cos(2 pi (k + 1) p)`` with the phase `p` from 0
    to 1. The encoding of Vaswani et al. (2017, https://arxiv.org/abs/1706.03762) has wavelengths
    that do not divide the cycle.

    Parameters
    ----------
    n_points : int
        Points from heel strike to heel strike, both included.
    n_features : int
        Columns wanted.

    Returns
    -------
    Tensor of float32, shape (n_points, n_features)

    Examples
    --------
    >>> encoding = phase_encoding(150, 4)
    >>> bool(torch.allclose(encoding[0], encoding[-1], atol=1e-5))
    True
    """
    harmonics = torch.arange(1, n_features // 2 + 2, dtype=torch.float64)
    angle = 2 * torch.pi * torch.linspace(0, 1, n_points, dtype=torch.float64)[:, None] * harmonics
    pairs = torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)
    return pairs[:, :n_features].float()
