"""Reading curves between their points."""

import torch


def sample_at(curves: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Return curves at other points of each cycle, linear between the two neighbours.

    Parameters
    ----------
    curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
        Curves.
    points : Tensor of float32, shape (n_cycles, n_wanted)
        Where to read them, from 0 to ``n_points - 1``.

    Returns
    -------
    Tensor of float32, shape (n_cycles, n_wanted, n_channels)

    Examples
    --------
    >>> curves = torch.tensor([[[0.0], [2.0], [6.0]]])
    >>> sample_at(curves, torch.tensor([[0.5, 2.0, 1.5]])).flatten().tolist()
    [1.0, 6.0, 4.0]
    """
    n_cycles, n_points, n_channels = curves.shape
    below = points.floor().clamp(0, n_points - 2).long()
    rows = (torch.arange(n_cycles, device=curves.device)[:, None] * n_points + below).flatten()
    flat = curves.reshape(-1, n_channels)  # whole rows are gathered: faster than single values
    between = (points - below).reshape(-1, 1)
    sampled = torch.lerp(flat[rows], flat[rows + 1], between)
    return sampled.reshape(n_cycles, -1, n_channels)
