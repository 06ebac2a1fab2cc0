"""An encoder of gait cycles, pretrained without labels on cycles with hidden parts."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.deep.batchwise import outputs_of
from locomotion_analysis.models.deep.curve_scaler import ScaledCurves
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.known_curves import (
    KnownPointsLoss,
    known_targets,
    scaled_training_cycles,
)
from locomotion_analysis.models.deep.networks import NETWORKS
from locomotion_analysis.models.deep.representation.channel_order import in_order
from locomotion_analysis.models.deep.representation.hidden_parts import hide_parts
from locomotion_analysis.models.deep.representation.learned_state import (
    learned_state,
    restored_network,
    restored_scaler,
)
from locomotion_analysis.models.deep.representation.masked_network import MaskedCycleNetwork
from locomotion_analysis.models.deep.scheduled_training import losses, trained
from locomotion_analysis.models.timeseries.preparation import CurveTransformer


class CycleEncoder(ClassNamePrefixFeaturesOutMixin, CurveTransformer):  # type: ignore[misc]
    """Learns what gait cycles look like by rebuilding hidden phases and channels of them.

    No labels are needed. Masked modelling as of He et al. (2022, https://arxiv.org/abs/2111.06377);
    whole channels are hidden too, so that the encoder can later read a laboratory that measured
    fewer of them. Fine-tune it with :func:`finetune`, or use it as a transformer.

    Parameters
    ----------
    architecture : str
        A name in ``NETWORKS``.
    channels : sequence of str, optional
        Names of the channels of `X`, in order: data with other channels can then be matched.
    network_options : dict, optional
        Size of the network, for example ``{"width": 32}``.
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
        Mean and spread of each channel in the pretraining.
    history_ : list of float
        Training loss of each epoch: mean square error at hidden points, in spreads squared.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(size=(16, 150, 2)).cumsum(axis=1)
    >>> encoder = CycleEncoder(max_epochs=1, network_options={"width": 8}).fit(curves)
    >>> encoder.transform(curves).shape
    (16, 8)
    """

    def __init__(
        self,
        architecture: str = "cnn",
        channels: Sequence[str] | None = None,
        *,
        network_options: Mapping[str, Any] | None = None,
        max_epochs: int = 40,
        batch_size: int = 64,
        learning_rate: float = 2e-3,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.architecture = architecture
        self.channels = channels
        self.network_options = network_options
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Pretrain the encoder.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : None
            Not used.

        Raises
        ------
        SchemaError
            If the architecture is unknown, there is one cycle only, or the channels' names are
            not as many as the channels.
        """
        if self.architecture not in NETWORKS:
            raise SchemaError(
                expected=f"one of {', '.join(NETWORKS)}",
                got=repr(self.architecture),
                where="architecture",
            )
        self.scaler_, scaled = scaled_training_cycles(X)
        n_channels = scaled.curves.shape[2]
        if self.channels is not None and len(self.channels) != n_channels:
            raise CycleShapeError(
                expected=f"names of {n_channels} channels",
                got=f"{len(self.channels)}",
                where="channels",
            )
        net = trained(
            MaskedCycleNetwork,
            scaled._asdict(),
            known_targets(scaled),
            n_epochs=self.max_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            seed=self.random_state,
            device=checked_device(self.device),
            criterion=KnownPointsLoss,
            iterator_train__augmentation=hide_parts,
            **{f"module__{name}": value for name, value in self.sizes().items()},
        )
        self.network_, self.history_ = net.module_, losses(net)
        self._n_features_out = self.network_.encoder.width
        return self

    def transform(self, X: ArrayLike, channels: Sequence[str] | None = None) -> NDArray[np.float32]:
        """Return features of each cycle, means over its phases, shape (n_cycles, width).

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        channels : sequence of str, optional
            Names of the channels of `X`; those of the pretraining where not given.
        """
        scaled = self.scaled(X, channels)
        return outputs_of(self.network_.encoder, *scaled)

    def rebuild(
        self,
        X: ArrayLike,
        hidden: ArrayLike | None = None,
        channels: Sequence[str] | None = None,
    ) -> NDArray[np.float32]:
        """Return cycles as the network believes they were.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        hidden : array_like of bool, shape (n_points,) or (n_cycles, n_points), optional
            Phases the network shall not see.
        channels : sequence of str, optional
            Names of the channels of `X`.

        Returns
        -------
        ndarray of float32, shape (n_cycles, n_points, n_channels of the pretraining)
            In the channels' units, for channels not measured too. Nothing was ever asked of the
            network about what it sees: read the hidden parts.
        """
        scaled = self.scaled(X, channels)
        span = (
            np.zeros(scaled.curves.shape[1], bool) if hidden is None else np.asarray(hidden, bool)
        )
        spans = np.broadcast_to(span, scaled.curves.shape[:2]).copy()
        curves = outputs_of(self.network_, *scaled, spans)
        return self.scaler_.inverse_transform(curves)

    def scaled(self, X: ArrayLike, channels: Sequence[str] | None = None) -> ScaledCurves:
        """Return curves as the encoder takes them, its channels in its order."""
        check_is_fitted(self)
        return self.scaler_.transform(in_order(X, channels, self.channels))

    def encoder_state(self) -> dict[str, torch.Tensor]:
        """Return a copy of the encoder's trained tensors, by name."""
        check_is_fitted(self)
        state = self.network_.encoder.state_dict()
        return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}

    def sizes(self) -> dict[str, Any]:
        """Return what a network of the same architecture and size is made with."""
        return {
            "architecture": self.architecture,
            "n_channels": len(self.scaler_.mean_),
            "n_points": self.scaler_.n_points_,
            "dropout": 0.0,
            **(self.network_options or {}),
        }

    def _state(self) -> FittedState:
        return learned_state(self.network_, self.scaler_, self.history_)

    def _restore(self, state: FittedState) -> None:
        self.scaler_, self.history_ = restored_scaler(state), list(state.facts["history"])
        self.network_ = restored_network(MaskedCycleNetwork(**self.sizes()), state, self.device)
        self._n_features_out = self.network_.encoder.width

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def pretrain(
    data: LocomotionData | ArrayLike,
    architecture: str = "cnn",
    channels: Sequence[str] | None = None,
    **settings: Any,
) -> CycleEncoder:
    """Pretrain an encoder on cycles without labels.

    Parameters
    ----------
    data : LocomotionData or array_like of shape (n_cycles, n_points, n_channels)
        The cycles; NaN where not measured.
    architecture : str
        A name in ``NETWORKS``.
    channels : sequence of str, optional
        Channels of `data` to learn from, all where not given; of an array the names of its own.
    **settings
        Of :class:`CycleEncoder`.

    Returns
    -------
    CycleEncoder
        Fitted.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=4, n_cycles=2, tasks=["level_walking"])
    >>> angles = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
    >>> encoder = pretrain(data, "cnn", angles, max_epochs=1, network_options={"width": 8})
    >>> encoder.channels
    ['hip_flexion_angle_ipsi_rad', 'knee_flexion_angle_ipsi_rad']
    """
    if isinstance(data, LocomotionData):
        channels = list(channels or data.channels)
        data = data.array(channels)
    named = None if channels is None else list(channels)
    return CycleEncoder(architecture, named, **settings).fit(data)
