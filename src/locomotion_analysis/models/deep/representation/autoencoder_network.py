"""Networks that squeeze a cycle into a few numbers and unfold it again."""

from typing import NamedTuple

import torch
from torch import nn

from locomotion_analysis.models.deep.known_curves import KnownPointsLoss
from locomotion_analysis.models.deep.networks import ConvolutionalNetwork

# Beyond it exp() would leave nothing but noise, or no noise at all.
LOG_VARIANCE_RANGE = (-10.0, 10.0)
_COARSEST = 8


class Latent(NamedTuple):
    """Where a cycle lies among the others.

    Attributes
    ----------
    mean : Tensor, shape (n_cycles, n_latent)
        Its coordinates.
    log_variance : Tensor, shape (n_cycles, n_latent)
        How sure the network is of each; of no meaning in a plain autoencoder.
    """

    mean: torch.Tensor
    log_variance: torch.Tensor


class Rebuilt(NamedTuple):
    """What came out of an autoencoder, and the latent it came from."""

    curves: torch.Tensor
    latent: Latent


class AutoencoderNetwork(nn.Module):  # type: ignore[misc]
    """Residual convolutions round the cycle down to a latent, and convolutions up again.

    Parameters
    ----------
    n_channels, n_points : int
        Size of a cycle.
    n_latent : int
        Numbers a cycle is squeezed into.
    variational : bool
        Draw the latent around its mean in training.
    width : int
        Features at each step.

    Examples
    --------
    >>> network = AutoencoderNetwork(3, 150, n_latent=4, variational=True)
    >>> network(torch.zeros(8, 150, 3), torch.ones(8, 3, dtype=torch.bool)).curves.shape
    torch.Size([8, 150, 3])
    """

    def __init__(
        self, n_channels: int, n_points: int, n_latent: int, variational: bool, width: int = 64
    ) -> None:
        super().__init__()
        self.variational = variational
        self.encoder = ConvolutionalNetwork(
            n_channels, n_points, n_outputs=2 * n_latent, width=width, dropout=0.0
        )
        # Where a peak stands is lost in a mean over phase: the latent is read from all steps.
        self.encoder.pool = nn.Flatten()
        n_steps = len(self.encoder.step_phase)
        self.encoder.head = nn.Linear(width * n_steps, 2 * n_latent)
        self.decoder = CurveDecoder(n_channels, n_points, n_latent, width)

    def encode(self, curves: torch.Tensor, measured: torch.Tensor) -> Latent:
        """Return the latent of scaled curves of shape (n_cycles, n_points, n_channels)."""
        mean, log_variance = self.encoder(curves, measured).chunk(2, dim=1)
        return Latent(mean, log_variance.clamp(*LOG_VARIANCE_RANGE))

    def decode(self, latent: torch.Tensor) -> torch.Tensor:
        """Return scaled curves, shape (n_cycles, n_points, n_channels)."""
        curves: torch.Tensor = self.decoder(latent)
        return curves

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> Rebuilt:
        """Return the curves rebuilt from the latent."""
        latent = self.encode(curves, measured)
        drawn = latent.mean
        if self.variational and self.training:
            drawn = drawn + torch.randn_like(drawn) * (0.5 * latent.log_variance).exp()
        return Rebuilt(self.decode(drawn), latent)


class CurveDecoder(nn.Module):  # type: ignore[misc]
    """From a latent to curves: few coarse steps first, each doubled in number and smoothed.

    Parameters
    ----------
    n_channels, n_points, n_latent, width : int
        As for :class:`AutoencoderNetwork`.
    """

    def __init__(self, n_channels: int, n_points: int, n_latent: int, width: int) -> None:
        super().__init__()
        sizes = [-(-n_points // factor) for factor in (_COARSEST, 4, 2, 1)]
        self.coarse = nn.Sequential(
            nn.Linear(n_latent, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width * sizes[0]),
            nn.Unflatten(1, (width, sizes[0])),
        )
        self.finer = nn.Sequential(*(_Finer(width, size) for size in sizes[1:]))
        self.curves = nn.Conv1d(width, n_channels, 5, padding=2, padding_mode="replicate")

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """Return (n_cycles, n_points, n_channels) from (n_cycles, n_latent)."""
        curves: torch.Tensor = self.curves(self.finer(self.coarse(latent)))
        return curves.transpose(1, 2)


class _Finer(nn.Module):  # type: ignore[misc]
    """More steps by linear interpolation, then a convolution."""

    def __init__(self, width: int, n_steps: int) -> None:
        super().__init__()
        self.n_steps = n_steps
        # Not round the cycle: rising from a chair ends elsewhere than it began.
        self.smooth = nn.Conv1d(width, width, 5, padding=2, padding_mode="replicate")

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        wider = nn.functional.interpolate(steps, self.n_steps, mode="linear", align_corners=True)
        return nn.functional.gelu(self.smooth(wider))


class AutoencoderLoss(nn.Module):  # type: ignore[misc]
    r"""Mean square over the measured points, and the latent's divergence from a standard normal.

    .. math:: \overline{(x-\hat x)^2} + \frac{\beta}{2 K}
        \sum_{k=1}^{K} (\mu_k^2 + \sigma_k^2 - 1 - \ln \sigma_k^2)

    with `K` latents: the objective of Kingma and Welling (2014, https://arxiv.org/abs/1312.6114)
    divided by constants, with the weight of Higgins et al. (2017, beta-VAE).

    Parameters
    ----------
    divergence_weight : float
        :math:`\beta`; 0 makes a plain autoencoder.
    """

    def __init__(self, divergence_weight: float) -> None:
        super().__init__()
        self.divergence_weight = divergence_weight
        self.error = KnownPointsLoss()

    def forward(self, rebuilt: Rebuilt, target: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar; `target` is NaN where nothing was measured."""
        error: torch.Tensor = self.error(rebuilt.curves, target)
        if not self.divergence_weight:
            return error
        return error + self.divergence_weight * divergence(rebuilt.latent).mean()


def divergence(latent: Latent) -> torch.Tensor:
    """Return the Kullback-Leibler divergence from N(0, 1) in nats, (n_cycles, n_latent)."""
    return 0.5 * (latent.mean**2 + latent.log_variance.exp() - 1 - latent.log_variance)
