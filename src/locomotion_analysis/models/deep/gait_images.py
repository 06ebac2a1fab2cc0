"""Curves as images: each phase of the cycle against each other phase."""

import torch
from torch import nn

_SMALLEST = 1e-6
_RECURS_WITHIN = 0.1
"""Share of the largest distance of two states within which one counts as the other come back."""
_SOFTNESS = 0.02
"""Of the edge between near and far, as a share of the same distance."""
_DELAY = 0.1
"""From one coordinate of a state to the next, share of the cycle."""


def aggregated(curves: torch.Tensor, stride: int) -> torch.Tensor:
    """Return the means of segments of `stride` points: (..., n_points) -> (..., n_steps).

    Piecewise aggregate approximation (Keogh and Pazzani 2000, PAKDD). A last
    segment that is cut short is the mean of what it has.
    """
    flat = curves.reshape(1, -1, curves.shape[-1])
    steps = nn.functional.avg_pool1d(flat, stride, ceil_mode=True)
    return steps.reshape(*curves.shape[:-1], -1)


def gramian_fields(curves: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return Gramian angular fields: summation and difference.

    Each curve is brought to -1 to 1 by its own smallest and largest value, ``x = cos(phi)``; the
    fields are ``cos(phi_i + phi_j)`` and ``sin(phi_i - phi_j)`` (Wang and Oates 2015,
    https://arxiv.org/abs/1506.00327, equations 1 to 7).

    Parameters
    ----------
    curves : Tensor, shape (..., n)

    Returns
    -------
    tuple of Tensor, each of shape (..., n, n)
        A curve that does not vary counts as 0 throughout.

    Examples
    --------
    >>> summation, difference = gramian_fields(torch.tensor([0.0, 1.0, 2.0]))
    >>> summation.diagonal().round(decimals=2).tolist(), difference[0].round(decimals=2).tolist()
    ([1.0, -1.0, 1.0], [0.0, 1.0, 0.0])
    """
    low, high = curves.amin(dim=-1, keepdim=True), curves.amax(dim=-1, keepdim=True)
    cosine = (2 * curves - high - low) / (high - low).clamp(min=_SMALLEST)
    # The root of zero has no slope.
    sine = (1 - cosine**2).clamp(min=_SMALLEST).sqrt()
    one, other = cosine[..., :, None], cosine[..., None, :]
    sine_of_one, sine_of_other = sine[..., :, None], sine[..., None, :]
    summation = one * other - sine_of_one * sine_of_other
    difference = sine_of_one * other - one * sine_of_other
    return summation, difference


def recurrence_plot(
    curves: torch.Tensor, delay: int, within: float = _RECURS_WITHIN, softness: float = _SOFTNESS
) -> torch.Tensor:
    """Return where the state of a curve comes back to where it was.

    A state is the value at a phase with the one `delay` points later, round the cycle; two are the
    same where their distance is below a share of the largest one of the cycle (Eckmann, Kamphorst
    and Ruelle 1987, doi 10.1209/0295-5075/4/9/004). Their step from 0 to 1 is a logistic curve here,
    so that explanations have a slope to follow.

    Parameters
    ----------
    curves : Tensor, shape (..., n)
    delay : int
        Points.
    within : float
        Share of the largest distance.
    softness : float
        Width of the logistic curve, as a share of the same; towards 0 it is Eckmann's step.

    Returns
    -------
    Tensor, shape (..., n, n)
        1 where phases `i` and `j` are in one state, 0 where they are far apart. A curve that does not
        vary is 1 throughout.

    Examples
    --------
    >>> wave = torch.sin(2 * torch.pi * torch.arange(8) / 4)  # twice the same wave
    >>> recurrence_plot(wave, delay=1)[0].round().tolist()
    [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    """
    states = torch.stack([curves, curves.roll(-delay, dims=-1)], dim=-1)
    squared = ((states[..., :, None, :] - states[..., None, :, :]) ** 2).sum(dim=-1)
    distance = squared.clamp(min=_SMALLEST**2).sqrt()
    share = distance / distance.amax(dim=(-2, -1), keepdim=True).clamp(min=_SMALLEST / softness)
    return torch.sigmoid((within - share) / softness)


class _CurveImage(nn.Module):  # type: ignore[misc]
    """What images of curves share: how finely they are drawn.

    Parameters
    ----------
    n_points : int
        Points of a curve.
    stride : int
        Points that are averaged to one row and one column.
    """

    def __init__(self, n_points: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.n_rows = -(-n_points // stride)


class GramianImage(_CurveImage):
    """Gramian angular fields of each curve, summation and difference, with the curve beside.

    The fields tell the shape of a curve and nothing of its level and range: the curve itself, the
    same in every column, tells those.

    Parameters
    ----------
    n_points : int
        Points of a curve.
    stride : int
        Points that are averaged to one row and one column.
    """

    per_channel = 3

    def forward(self, curves: torch.Tensor) -> torch.Tensor:
        """Return images: (n_cycles, n_points, n_channels) -> (n_cycles, 3 * n_channels, rows, steps)."""
        steps = aggregated(curves.transpose(1, 2), self.stride)
        images = (*gramian_fields(steps), _in_every_row(steps))
        return torch.cat(images, dim=1)


class RecurrenceImage(_CurveImage):
    """Recurrence plot of each curve, with the curve beside.

    Parameters
    ----------
    n_points : int
        Points of a curve.
    stride : int
        Points that are averaged to one row and one column.
    """

    per_channel = 2

    def forward(self, curves: torch.Tensor) -> torch.Tensor:
        """Return images: (n_cycles, n_points, n_channels) -> (n_cycles, 2 * n_channels, rows, steps)."""
        steps = aggregated(curves.transpose(1, 2), self.stride)
        delay = max(round(_DELAY * self.n_rows), 1)
        return torch.cat([recurrence_plot(steps, delay), _in_every_row(steps)], dim=1)


def _in_every_row(steps: torch.Tensor) -> torch.Tensor:
    return steps[..., None, :].expand(*steps.shape, steps.shape[-1])
