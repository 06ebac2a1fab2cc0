"""Autoencoders: a cycle as a few numbers, and back."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import nn

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.deep.base import CurveModel
from locomotion_analysis.models.deep.core import (
    CurveScaler,
    KnownPointsLoss,
    Learned,
    ScaledCurves,
    known_targets,
    outputs_of,
    scaled_training_cycles,
)
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


class LatentTraversal(NamedTuple):
    """Curves along one latent coordinate, the others at their mean.

    Attributes
    ----------
    deviations : ndarray, shape (n_steps,)
        Where on the coordinate, in standard deviations of the training cycles from their mean.
    curves : ndarray of float32, shape (n_steps, n_points, n_channels)
        In the channels' units.
    """

    deviations: NDArray[np.float64]
    curves: NDArray[np.float32]


@dataclass(eq=False, repr=False)
class CurveAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, CurveModel):  # type: ignore[misc]
    """Cycles as a few numbers, and back: a convolutional autoencoder, plain or variational.

    What :class:`~locomotion_analysis.models.unsupervised.CurvePCA` does with straight lines it
    does with bent ones. The variational kind keeps its coordinates near independent standard
    normals, so that each can be moved on its own and new cycles be drawn; it rebuilds less
    exactly. Curves that were not measured are left out of the loss and rebuilt from the others.

    Parameters
    ----------
    n_latent : int
        Coordinates.
    variational : bool
        Which kind.
    divergence_weight : float
        Weight of the divergence from a standard normal, a mean over the coordinates, against
        the mean square error of curves in spreads of their channel; variational only.
    width : int
        Features at each step of the network.
    max_epochs, batch_size : int
        Length of the training; there is no early stopping.
    learning_rate : float
        At its highest; it rises and falls once.
    device : str
        ``"auto"`` for a GPU where there is one, or a name torch knows.
    random_state : int
        Seed.

    Attributes
    ----------
    scaler_ : CurveScaler
        Mean and spread of each channel.
    latent_mean_, latent_std_ : ndarray of float32, shape (n_latent,)
        Of the training cycles' coordinates.
    latent_divergence_ : ndarray of float32, shape (n_latent,)
        Mean divergence of each coordinate from N(0, 1) in nats; variational only, else NaN.
        What a coordinate tells of a cycle: near 0 it is unused.
    history_ : list of float
        Training loss of each epoch.

    Examples
    --------
    >>> phase = np.linspace(0, 2 * np.pi, 150)
    >>> size = np.random.default_rng(0).uniform(0.5, 1.5, (32, 1))
    >>> curves = (size * np.sin(phase))[:, :, None]
    >>> autoencoder = CurveAutoencoder(n_latent=1, width=8, max_epochs=2).fit(curves)
    >>> autoencoder.transform(curves).shape, autoencoder.inverse_transform([[0.0]]).shape
    ((32, 1), (1, 150, 1))
    """

    _learned: ClassVar[Learned] = {
        "scaler_": CurveScaler,
        "latent_mean_": np.asarray,
        "latent_std_": np.asarray,
        "latent_divergence_": np.asarray,
    }

    n_latent: int = 8
    variational: bool = False
    _: KW_ONLY
    divergence_weight: float = 0.02
    width: int = 32
    max_epochs: int = 60
    learning_rate: float = 3e-3

    def fit(self, X: ArrayLike, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : None
            Not used.

        Raises
        ------
        SchemaError
            If there is one cycle only, nothing was measured, or `n_latent` is below 1.
        """
        if self.n_latent < 1:
            raise SchemaError(expected="1 latent or more", got=str(self.n_latent), where="n_latent")
        self.scaler_, scaled = scaled_training_cycles(X)
        self._train(
            scaled._asdict(),
            known_targets(scaled),
            self.max_epochs,
            criterion=AutoencoderLoss,
            criterion__divergence_weight=self.divergence_weight if self.variational else 0.0,
        )
        mean, log_variance = self._encoded(scaled)
        self.latent_mean_, self.latent_std_ = mean.mean(axis=0), mean.std(axis=0)
        nats = divergence(Latent(torch.from_numpy(mean), torch.from_numpy(log_variance)))
        told = nats.mean(dim=0).numpy()
        self.latent_divergence_ = told if self.variational else np.full_like(told, np.nan)
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the latent coordinates of cycles.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_latent)
        """
        return self._encoded(self._scaled(X))[0]

    def inverse_transform(self, latent: ArrayLike) -> NDArray[np.float32]:
        """Return the curves that latent coordinates stand for.

        Parameters
        ----------
        latent : array-like, shape (n_cycles, n_latent)

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_points, n_channels)
            In the channels' units.

        Raises
        ------
        CycleShapeError
            If `latent` is not of shape (n_cycles, n_latent).
        """
        check_is_fitted(self)
        found = np.asarray(latent, dtype=np.float32)
        if found.ndim != 2 or found.shape[1] != self.n_latent:
            raise CycleShapeError(
                expected=f"coordinates of shape (n_cycles, {self.n_latent})",
                got=f"shape {found.shape}",
                where="latent",
            )
        curves = outputs_of(self.network_.decoder, found)
        return self.scaler_.inverse_transform(curves)

    def score(self, X: ArrayLike, y: Any = None) -> float:  # noqa: ARG002 - scikit-learn's signature
        """Return the share of the curves' variance that is reconstructed, 1 at best.

        Pooled over channels in standard deviations of the training, against each channel's mean in
        training over cycles and phases; gaps are left out.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)
        y : None
            Ignored, for scikit-learn.

        Returns
        -------
        float
        """
        scaled = self._scaled(X)
        rebuilt = outputs_of(self.network_.decoder, self._encoded(scaled)[0])
        known = np.broadcast_to(scaled.measured[:, None], rebuilt.shape)
        error = ((rebuilt - scaled.curves)[known] ** 2).mean(dtype=np.float64)
        return float(1 - error / (scaled.curves[known] ** 2).mean(dtype=np.float64))

    def traverse(
        self, latent: int, deviations: ArrayLike = (-2.0, -1.0, 0.0, 1.0, 2.0)
    ) -> LatentTraversal:
        """Return the curves along one coordinate.

        Parameters
        ----------
        latent : int
            Which, from 0.
        deviations : array_like, shape (n_steps,)
            Where, in standard deviations of the training cycles.

        Raises
        ------
        SchemaError
            If there is no such coordinate.
        """
        check_is_fitted(self)
        if not 0 <= latent < self.n_latent:
            raise SchemaError(
                expected=f"a coordinate from 0 to {self.n_latent - 1}", got=f"{latent}"
            )
        steps = np.asarray(deviations, dtype=np.float64)
        places = np.tile(self.latent_mean_, (len(steps), 1))
        places[:, latent] += steps * self.latent_std_[latent]
        return LatentTraversal(steps, self.inverse_transform(places))

    def latent_order(self) -> NDArray[np.intp]:
        """Return the coordinates by how far they move the curves, the farthest first.

        Measured from one standard deviation below to one above, in spreads of the channels.
        """
        moved = [
            np.ptp(self.traverse(k, (-1.0, 1.0)).curves / self.scaler_.scale_, axis=0)
            for k in range(self.n_latent)
        ]
        return np.argsort([-(change**2).mean() for change in moved], kind="stable")

    def sample(self, n_cycles: int, random_state: int = 0) -> NDArray[np.float32]:
        """Draw cycles from the variational autoencoder.

        Parameters
        ----------
        n_cycles : int
        random_state : int
            Seed.

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_points, n_channels)
            In the channels' units.

        Raises
        ------
        SchemaError
            Of a plain autoencoder, whose coordinates have no distribution to draw from.
        """
        if not self.variational:
            raise SchemaError(
                expected="a variational autoencoder",
                got="a plain one, whose coordinates have no distribution",
                fix="CurveAutoencoder(variational=True)",
            )
        rng = np.random.default_rng(random_state)
        return self.inverse_transform(rng.standard_normal((n_cycles, self.n_latent)))

    @property
    def _n_features_out(self) -> int:
        return len(self.latent_mean_)

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        return AutoencoderNetwork, {
            "n_channels": len(self.scaler_.mean_),
            "n_points": self.scaler_.n_points_,
            "n_latent": self.n_latent,
            "variational": self.variational,
            "width": self.width,
        }

    def _scaled(self, X: ArrayLike) -> ScaledCurves:
        check_is_fitted(self)
        return self.scaler_.transform(X)

    def _encoded(self, scaled: ScaledCurves) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return mean and logarithm of the variance of each coordinate."""
        mean, log_variance = np.split(outputs_of(self.network_.encoder, *scaled), 2, axis=1)
        return mean, log_variance.clip(*LOG_VARIANCE_RANGE)
