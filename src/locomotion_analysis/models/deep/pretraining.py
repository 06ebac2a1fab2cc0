"""Encoders pretrained without labels on cycles with hidden parts, and put to a task."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted
from torch import nn

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError, did_you_mean
from locomotion_analysis.models.deep.base import AnswersWithClasses, AnswersWithQuantity, CurveModel
from locomotion_analysis.models.deep.core import (
    Batch,
    CurveScaler,
    KnownPointsLoss,
    Learned,
    ScaledCurves,
    balanced_weights,
    checked_device,
    known_targets,
    outputs_of,
    scaled_training_cycles,
)
from locomotion_analysis.models.deep.networks import NETWORKS, PhaseMean
from locomotion_analysis.models.timeseries import checked_curves

LONGEST_SPAN = 0.5
SHORTEST_SPAN = 0.1


def hide_parts(batch: Batch, generator: torch.Generator) -> Batch:
    """Hide a span of phases and some channels of each cycle, and ask for nothing but these.

    Of each cycle a span of 10 to 50 % is hidden in all channels at once (a hidden angle could be
    read off its own velocity), going on at 0 % where it passes 100 %; and a share of its channels,
    anything from none to all but one, as if a laboratory had not measured them.

    Parameters
    ----------
    batch : tuple of (dict, Tensor)
        ``curves`` (n_cycles, n_points, n_channels), ``measured`` (n_cycles, n_channels); the
        target is the scaled curves, NaN where not known.
    generator : torch.Generator
        Where all chance comes from.

    Returns
    -------
    tuple of (dict, Tensor)
        ``measured`` without the hidden channels, and ``hidden`` (n_cycles, n_points), True in the
        span; the target is NaN wherever the network can see.
    """
    inputs, target = batch
    n_cycles, n_points = target.shape[:2]
    length, start = torch.rand((2, n_cycles, 1), generator=generator)
    length = SHORTEST_SPAN + (LONGEST_SPAN - SHORTEST_SPAN) * length
    phase = torch.arange(n_points) / n_points
    hidden = (phase - start) % 1.0 < length
    measured = inputs["measured"]
    kept_share = torch.rand((n_cycles, 1), generator=generator)
    chance = torch.rand(measured.shape, generator=generator).masked_fill(~measured, 2.0)
    kept = chance < kept_share
    # One is always left: of nothing, nothing can be told.
    kept.scatter_(1, chance.argmin(dim=1, keepdim=True), value=True)
    measured = kept & measured
    seen = measured[:, None, :] & ~hidden[:, :, None]
    return (
        {"curves": inputs["curves"], "measured": measured, "hidden": hidden},
        target.masked_fill(seen, torch.nan),
    )


def in_order(
    X: ArrayLike, channels: Sequence[str] | None, wanted: Sequence[str] | None
) -> NDArray[np.float32]:
    """Return curves with the wanted channels in their order, NaN where `X` has none.

    Parameters
    ----------
    X : array_like, shape (n_cycles, n_points, n_channels)
        Curves.
    channels : sequence of str or None
        Names of the channels of `X`; None if they are the wanted ones, in order.
    wanted : sequence of str or None
        Names of the channels of the encoder, if it knows them.

    Raises
    ------
    CycleShapeError
        If `channels` are not as many as the channels of `X`.
    SchemaError
        If the encoder does not know its channels' names, or shares none of them.

    Warns
    -----
    LocomotionWarning
        If channels of `X` are left out because the encoder never saw them.

    Examples
    --------
    >>> in_order(np.ones((1, 150, 1)), ["knee"], ["hip", "knee"])[0, 0].tolist()
    [nan, 1.0]
    """
    curves = checked_curves(X, gaps=True)
    if channels is None or (wanted is not None and list(channels) == list(wanted)):
        return curves
    n_channels = curves.shape[2]
    if len(channels) != n_channels or len(set(channels)) != n_channels:
        raise CycleShapeError(
            expected=f"names of {n_channels} channels, each once",
            got=", ".join(channels),
            where="channels",
        )
    if wanted is None:
        raise SchemaError(
            expected="an encoder that knows the names of its channels",
            got="one pretrained on an array without names",
            fix="pretrain(..., channels=[...])",
        )
    if not set(channels) & set(wanted):
        raise SchemaError(
            expected=f"at least one of the encoder's channels: {', '.join(wanted)}",
            got=", ".join(channels),
            where="channels",
        )
    place = {name: number for number, name in enumerate(wanted)}
    known = [number for number, name in enumerate(channels) if name in place]
    unknown = [name for name in channels if name not in place]
    if unknown:
        warnings.warn(
            f"left out, for the encoder was pretrained without them: {', '.join(unknown)}",
            LocomotionWarning,
            stacklevel=3,
        )
    ordered = np.full((*curves.shape[:2], len(place)), np.nan, np.float32)
    ordered[:, :, [place[channels[number]] for number in known]] = curves[:, :, known]
    return ordered


class MaskedCycleNetwork(nn.Module):  # type: ignore[misc]
    """Rebuilds cycles of which a span of phases was hidden.

    Parameters
    ----------
    architecture : str
        Of the encoder; a name in ``NETWORKS``.
    n_channels, n_points : int
        Size of a cycle.
    **options
        Size of the encoder, for example ``width``.

    Examples
    --------
    >>> network = MaskedCycleNetwork("cnn", 3, 150)
    >>> seen = torch.ones(8, 3, dtype=torch.bool)
    >>> network(torch.zeros(8, 150, 3), seen, torch.zeros(8, 150, dtype=torch.bool)).shape
    torch.Size([8, 150, 3])
    """

    def __init__(self, architecture: str, n_channels: int, n_points: int, **options: Any) -> None:
        super().__init__()
        self.encoder = NETWORKS[architecture](n_channels, n_points, n_outputs=1, **options)
        # An attention over phases, and a head, have nothing to learn here: features are means.
        self.encoder.pool, self.encoder.head = PhaseMean(), nn.Identity()
        width = self.encoder.width
        self.stand_in = nn.Parameter(torch.zeros(n_channels))
        self.smooth = nn.Conv1d(width, width, 5, padding=2)
        self.curves = nn.Conv1d(width, n_channels, 5, padding=2)

    def forward(
        self, curves: torch.Tensor, measured: torch.Tensor, hidden: torch.Tensor
    ) -> torch.Tensor:
        """Return scaled curves, shape (n_cycles, n_points, n_channels).

        Parameters
        ----------
        curves : Tensor of float32, shape (n_cycles, n_points, n_channels)
            Scaled curves.
        measured : Tensor of bool, shape (n_cycles, n_channels)
            Which the network may see.
        hidden : Tensor of bool, shape (n_cycles, n_points)
            Phases it may not see.
        """
        shown = torch.where(hidden[:, :, None], self.stand_in, curves)
        shown = shown * measured[:, None, :]
        steps = self.encoder.encode(shown, measured).transpose(1, 2)
        wider = nn.functional.interpolate(
            nn.functional.gelu(self.smooth(steps)),
            curves.shape[1],
            mode="linear",
            align_corners=True,
        )
        rebuilt: torch.Tensor = self.curves(wider)
        return rebuilt.transpose(1, 2)


@dataclass(eq=False, repr=False)
class CycleEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, CurveModel):  # type: ignore[misc]
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

    _learned: ClassVar[Learned] = {"scaler_": CurveScaler}

    architecture: str = "cnn"
    channels: Sequence[str] | None = None
    _: KW_ONLY
    network_options: Mapping[str, Any] | None = None
    max_epochs: int = 40
    learning_rate: float = 2e-3

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
                fix=did_you_mean(self.architecture, NETWORKS),
            )
        self.scaler_, scaled = scaled_training_cycles(X)
        n_channels = scaled.curves.shape[2]
        if self.channels is not None and len(self.channels) != n_channels:
            raise CycleShapeError(
                expected=f"names of {n_channels} channels",
                got=f"{len(self.channels)}",
                where="channels",
            )
        self._train(
            scaled._asdict(),
            known_targets(scaled),
            self.max_epochs,
            criterion=KnownPointsLoss,
            iterator_train__augmentation=hide_parts,
        )
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

    @property
    def _n_features_out(self) -> int:
        width: int = self.network_.encoder.width
        return width

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        return MaskedCycleNetwork, self.sizes()


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


Tensors = Mapping[str, torch.Tensor]


class FinetunedNetwork(nn.Module):  # type: ignore[misc]
    """An encoder, the mean over phases, and a linear head.

    Parameters
    ----------
    architecture : str
        A name in ``NETWORKS``.
    n_channels, n_points, n_outputs : int
        Size of the inputs and of the answer.
    start : mapping of str to Tensor, optional
        Tensors of a pretrained encoder and of a head fitted on it. Batch normalisation then keeps
        the statistics of the pretraining: a handful of cycles has no statistics of its own.
    **options
        Size of the encoder.
    """

    def __init__(
        self,
        architecture: str,
        n_channels: int,
        n_points: int,
        n_outputs: int,
        start: Tensors | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.network = NETWORKS[architecture](n_channels, n_points, n_outputs, **options)
        # An attention over phases would begin untrained: pretraining does not use it.
        self.network.pool = PhaseMean()
        self.network.head = nn.Linear(self.network.width, n_outputs)
        self.pretrained = start is not None
        if start is not None:
            self.network.load_state_dict(dict(start))

    def train(self, mode: bool = True) -> "FinetunedNetwork":
        """Set training or evaluation."""
        super().train(mode)
        if self.pretrained:
            for module in self.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001 - torch has no public name for all kinds
                    module.eval()
        return self

    def forward(self, curves: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """Return logits or values, shape (n_cycles, n_outputs)."""
        answer: torch.Tensor = self.network(curves, measured)
        return answer


Floats = NDArray[np.floating[Any]]
Layer = dict[str, torch.Tensor]

# Features in standard deviations, a few people: more trust than this makes the head follow them.
_LOGISTIC_TRUST = 0.1
_RIDGE_PENALTY = 10.0
_MAX_STEPS = 1000


def logistic_head(features: Floats, labels: NDArray[np.intp], weights: Floats) -> Layer:
    """Return the layer whose softmax is a logistic regression on standardised features.

    Parameters
    ----------
    features : ndarray, shape (n_cycles, width)
        Of the encoder.
    labels : ndarray of int, shape (n_cycles,)
        Classes, 0 to n_classes - 1; each occurs.
    weights : ndarray, shape (n_cycles,)
        How much each cycle counts; the mean is 1.

    Returns
    -------
    dict of str to Tensor
        ``weight`` (n_classes, width) and ``bias`` (n_classes,).
    """
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=_LOGISTIC_TRUST, max_iter=_MAX_STEPS)
    model.fit(scaler.transform(features), labels, sample_weight=weights)
    slope, offset = model.coef_, model.intercept_
    if len(slope) == 1:
        # Two classes: half of the difference to either side.
        slope, offset = np.vstack([-slope, slope]) / 2, np.append(-offset, offset) / 2
    return _torch_layer(scaler, slope, offset)


def ridge_head(features: Floats, values: Floats, weights: Floats) -> Layer:
    """Return the layer of a ridge regression; `values` are standardised, (n_cycles, 1)."""
    scaler = StandardScaler().fit(features)
    model = Ridge(alpha=_RIDGE_PENALTY).fit(
        scaler.transform(features), values, sample_weight=weights
    )
    return _torch_layer(scaler, np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_))


def _torch_layer(scaler: StandardScaler, slope: Floats, offset: Floats) -> Layer:
    weight = slope / scaler.scale_
    bias = offset - weight @ scaler.mean_
    return {
        "weight": torch.from_numpy(weight.astype(np.float32)),
        "bias": torch.from_numpy(bias.astype(np.float32)),
    }


@dataclass(eq=False, repr=False)
class _Finetuned(CurveModel):
    """What fine-tuned classifier and regressor share; see :class:`FinetunedClassifier`."""

    _learned: ClassVar[Learned] = {"scaler_": CurveScaler}

    encoder: CycleEncoder
    _: KW_ONLY
    frozen: bool = False
    start: Literal["pretrained", "random"] = "pretrained"
    channels: Sequence[str] | None = None
    n_updates: int = 100
    batch_size: int = 32
    learning_rate: float = 5e-4

    def _n_outputs(self) -> int:
        """Return the number of the network's outputs."""
        raise NotImplementedError

    def _head(
        self, features: NDArray[np.float32], target: NDArray[Any], weights: NDArray[np.float64]
    ) -> Layer:
        """Return the head fitted on the pretrained encoder's features."""
        raise NotImplementedError

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        return FinetunedNetwork, {**self.encoder.sizes(), "n_outputs": self._n_outputs()}

    def __sklearn_clone__(self) -> Self:
        # The encoder is what was learned elsewhere, not a parameter to be fitted again.
        return type(self)(**self.get_params(deep=False))

    def _fit(
        self,
        X: ArrayLike,
        target: NDArray[Any],
        weights: NDArray[np.float64],
        criterion: type[nn.Module],
    ) -> Self:
        curves = in_order(X, self.channels, self.encoder.channels)
        pretrained = self.start == "pretrained"
        self.scaler_ = self.encoder.scaler_ if pretrained else CurveScaler().fit(curves)
        scaled = self.scaler_.transform(curves)
        if len(scaled.curves) != len(target):
            raise SchemaError(
                expected=f"a target for each of {len(scaled.curves)} cycles", got=str(len(target))
            )
        start = None
        if pretrained:
            features = outputs_of(self.encoder.network_.encoder, *scaled)
            head = self._head(features, target, weights * len(weights))
            start = self.encoder.encoder_state()
            start |= {f"head.{name}": tensor for name, tensor in head.items()}
        if self.frozen:
            network, arguments = self._network()
            module = network(**arguments, start=start)
            self.network_, self.history_ = module.to(checked_device(self.device)), []
            return self
        n_batches = -(-len(target) // self.batch_size)
        self._train(
            scaled._asdict(),
            target,
            max(1, round(self.n_updates / n_batches)),
            criterion=criterion,
            iterator_train__weights=weights,
            module__start=start,
        )
        return self

    def _outputs(self, X: ArrayLike) -> NDArray[np.float32]:
        check_is_fitted(self)
        scaled = self.scaler_.transform(in_order(X, self.channels, self.encoder.channels))
        return outputs_of(self.network_, *scaled)

    def _check_parameters(self) -> None:
        if not isinstance(self.encoder, CycleEncoder):
            raise SchemaError(
                expected="a CycleEncoder", got=type(self.encoder).__name__, where="encoder"
            )
        check_is_fitted(self.encoder)
        if self.start not in ("pretrained", "random"):
            raise SchemaError(
                expected="'pretrained' or 'random'", got=repr(self.start), where="start"
            )
        if self.frozen and self.start == "random":
            raise SchemaError(
                expected="a pretrained encoder where it is frozen", got="start='random'"
            )


@dataclass(eq=False, repr=False)
class FinetunedClassifier(AnswersWithClasses, _Finetuned):
    """A pretrained encoder with a new head, for a class of each cycle.

    First a logistic regression on the frozen encoder's features becomes the head; unless `frozen`,
    all weights are then trained on from there (Kumar et al. 2022,
    https://arxiv.org/abs/2202.10054). Classes, and in them subjects, count alike. There is no early
    stopping: of five subjects none can be spared for it.

    Parameters
    ----------
    encoder : CycleEncoder
        Fitted; it is not changed, and a clone of this estimator shares it.
    frozen : bool
        Train the head alone.
    start : {"pretrained", "random"}
        ``"random"`` forgets the pretraining: the same network from scratch, scaled by its own
        training cycles. For comparison.
    channels : sequence of str, optional
        Names of the channels of `X`, if other than the encoder's: missing ones count as not
        measured, unknown ones are left out with a warning.
    n_updates, batch_size : int
        Steps of the training, and cycles each.
    learning_rate : float
        At its highest; it rises and falls once.
    device : str
        ``"auto"`` for a GPU where there is one, or a name torch knows.
    random_state : int
        Seed.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Sorted.
    history_ : list of float
        Training loss of each epoch; empty where frozen.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(size=(16, 150, 1)).cumsum(axis=1)
    >>> encoder = CycleEncoder(max_epochs=1, network_options={"width": 8}).fit(curves)
    >>> model = FinetunedClassifier(encoder, frozen=True).fit(curves, ["a", "b"] * 8)
    >>> model.predict_proba(curves).shape
    (16, 2)
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit the head, and unless frozen train all weights.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : array_like, shape (n_cycles,)
            Classes.
        groups : array_like, shape (n_cycles,), optional
            Subjects, to count alike; without, cycles do.

        Raises
        ------
        TargetError
            If a class is missing, or there is one only.
        """
        self._check_parameters()
        target = self._codes(y)
        weights = balanced_weights(groups, target)
        return self._fit(X, target, weights, nn.CrossEntropyLoss)

    def _head(
        self, features: NDArray[np.float32], target: NDArray[Any], weights: NDArray[np.float64]
    ) -> Layer:
        return logistic_head(features, target, weights)


@dataclass(eq=False, repr=False)
class FinetunedRegressor(AnswersWithQuantity, _Finetuned):
    """A pretrained encoder with a new head, for a number of each cycle.

    As :class:`FinetunedClassifier`, with a ridge regression for the first head.

    Attributes
    ----------
    target_mean_, target_std_ : float
        Of the training, in the target's unit; predictions are turned back by them.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(size=(16, 150, 1)).cumsum(axis=1)
    >>> encoder = CycleEncoder(max_epochs=1, network_options={"width": 8}).fit(curves)
    >>> FinetunedRegressor(encoder, frozen=True).fit(curves, np.arange(16)).predict(curves).shape
    (16,)
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit the head, and unless frozen train all weights; arguments as of the classifier.

        Raises
        ------
        TargetError
            If the target does not vary, or is not finite.
        """
        self._check_parameters()
        target = self._in_spreads(y)
        weights = balanced_weights(np.arange(len(target)) if groups is None else groups)
        return self._fit(X, target, weights, nn.MSELoss)

    def _head(
        self, features: NDArray[np.float32], target: NDArray[Any], weights: NDArray[np.float64]
    ) -> Layer:
        return ridge_head(features, target, weights)


def finetune(
    encoder: CycleEncoder,
    X: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    **settings: Any,
) -> FinetunedClassifier | FinetunedRegressor:
    """Fine-tune a pretrained encoder to a target.

    Parameters
    ----------
    encoder : CycleEncoder
        From :func:`pretrain`.
    X : array_like, shape (n_cycles, n_points, n_channels)
        Curves, NaN where not measured.
    y : array_like, shape (n_cycles,)
        Floating-point numbers for a regression, anything else for classes.
    groups : array_like, shape (n_cycles,), optional
        Subjects, to count alike.
    **settings
        Of :class:`FinetunedClassifier`: ``frozen``, ``channels``, ``n_updates``, ...

    Returns
    -------
    FinetunedClassifier or FinetunedRegressor
        Fitted.
    """
    regression = np.asarray(y).dtype.kind == "f"
    estimator = FinetunedRegressor if regression else FinetunedClassifier
    return estimator(encoder, **settings).fit(X, y, groups)
