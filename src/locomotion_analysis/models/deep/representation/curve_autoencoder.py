"""Autoencoders of gait cycles as scikit-learn transformers."""

from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.deep.batchwise import outputs_of
from locomotion_analysis.models.deep.curve_scaler import ScaledCurves
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.known_curves import (
    known_targets,
    scaled_training_cycles,
)
from locomotion_analysis.models.deep.representation.autoencoder_network import (
    LOG_VARIANCE_RANGE,
    AutoencoderLoss,
    AutoencoderNetwork,
    Latent,
    divergence,
)
from locomotion_analysis.models.deep.representation.learned_state import (
    learned_state,
    restored_network,
    restored_scaler,
)
from locomotion_analysis.models.deep.scheduled_training import losses, trained
from locomotion_analysis.models.timeseries.preparation import CurveTransformer


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


class CurveAutoencoder(ClassNamePrefixFeaturesOutMixin, CurveTransformer):  # type: ignore[misc]
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

    def __init__(
        self,
        n_latent: int = 8,
        variational: bool = False,
        *,
        divergence_weight: float = 0.02,
        width: int = 32,
        max_epochs: int = 60,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.n_latent = n_latent
        self.variational = variational
        self.divergence_weight = divergence_weight
        self.width = width
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.device = device
        self.random_state = random_state

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
        net = trained(
            AutoencoderNetwork,
            scaled._asdict(),
            known_targets(scaled),
            n_epochs=self.max_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            seed=self.random_state,
            device=checked_device(self.device),
            criterion=AutoencoderLoss,
            criterion__divergence_weight=self.divergence_weight if self.variational else 0.0,
            **{f"module__{name}": value for name, value in self._sizes().items()},
        )
        self.network_, self.history_ = net.module_, losses(net)
        self._describe(scaled)
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return each cycle's coordinates, shape (n_cycles, n_latent)."""
        return self._encoded(self._scaled(X))[0]

    def inverse_transform(self, latent: ArrayLike) -> NDArray[np.float32]:
        """Return curves in the channels' units, shape (n_cycles, n_points, n_channels).

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
        """Return the share of the curves' variance that survives, 1 at best.

        Pooled over channels in spreads of the training, against each channel's mean in training
        over cycles and phases; gaps are left out.
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
        """Draw cycles the variational autoencoder thinks likely.

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

    def _state(self) -> FittedState:
        arrays = {
            "latent.mean": self.latent_mean_,
            "latent.std": self.latent_std_,
            "latent.divergence": self.latent_divergence_,
        }
        tensors = {name: torch.from_numpy(values) for name, values in arrays.items()}
        return learned_state(self.network_, self.scaler_, self.history_, tensors)

    def _restore(self, state: FittedState) -> None:
        self.scaler_, self.history_ = restored_scaler(state), list(state.facts["history"])
        arrays = [state.tensors[f"latent.{name}"].numpy() for name in ("mean", "std", "divergence")]
        self.latent_mean_, self.latent_std_, self.latent_divergence_ = arrays
        self.network_ = restored_network(AutoencoderNetwork(**self._sizes()), state, self.device)
        self._n_features_out = self.n_latent

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def _sizes(self) -> dict[str, Any]:
        return {
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

    def _describe(self, scaled: ScaledCurves) -> None:
        mean, log_variance = self._encoded(scaled)
        self.latent_mean_, self.latent_std_ = mean.mean(axis=0), mean.std(axis=0)
        nats = divergence(Latent(torch.from_numpy(mean), torch.from_numpy(log_variance)))
        told = nats.mean(dim=0).numpy()
        self.latent_divergence_ = told if self.variational else np.full_like(told, np.nan)
        self._n_features_out = self.n_latent

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
