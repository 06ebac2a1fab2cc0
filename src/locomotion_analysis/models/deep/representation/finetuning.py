"""Pretrained encoders put to a task: classifier and regressor for a few labelled subjects."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import nn

from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.models.deep.batchwise import outputs_of
from locomotion_analysis.models.deep.curve_scaler import CurveScaler, ScaledCurves
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.estimators.labels import (
    label_facts,
    labels_from,
    probabilities,
)
from locomotion_analysis.models.deep.estimators.saving import FittedState
from locomotion_analysis.models.deep.representation.channel_order import in_order
from locomotion_analysis.models.deep.representation.cycle_encoder import CycleEncoder
from locomotion_analysis.models.deep.representation.finetuned_network import FinetunedNetwork
from locomotion_analysis.models.deep.representation.learned_state import (
    learned_state,
    restored_network,
    restored_scaler,
)
from locomotion_analysis.models.deep.representation.linear_head import (
    Layer,
    logistic_head,
    ridge_head,
)
from locomotion_analysis.models.deep.scheduled_training import losses, trained
from locomotion_analysis.models.deep.subject_balance import balanced_weights


class _Finetuned(BaseEstimator):  # type: ignore[misc]
    """What fine-tuned classifier and regressor share; see :class:`FinetunedClassifier`."""

    _criterion: ClassVar[type[nn.Module]]

    def __init__(
        self,
        encoder: CycleEncoder,
        *,
        frozen: bool = False,
        start: Literal["pretrained", "random"] = "pretrained",
        channels: Sequence[str] | None = None,
        n_updates: int = 100,
        batch_size: int = 32,
        learning_rate: float = 5e-4,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.frozen = frozen
        self.start = start
        self.channels = channels
        self.n_updates = n_updates
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.device = device
        self.random_state = random_state

    def __sklearn_clone__(self) -> Self:
        # The encoder is what was learned elsewhere, not a parameter to be fitted again.
        return type(self)(**self.get_params(deep=False))

    def _fit(self, X: ArrayLike, target: NDArray[Any], n_outputs: int, groups: Any) -> Self:
        self._check_parameters()
        curves = in_order(X, self.channels, self.encoder.channels)
        self.scaler_ = (
            self.encoder.scaler_ if self.start == "pretrained" else CurveScaler().fit(curves)
        )
        scaled = self.scaler_.transform(curves)
        if len(scaled.curves) != len(target):
            raise SchemaError(
                expected=f"a target for each of {len(scaled.curves)} cycles", got=str(len(target))
            )
        weights = self._weights(target, groups)
        start = self._start(scaled, target, weights) if self.start == "pretrained" else None
        sizes = {**self.encoder.sizes(), "n_outputs": n_outputs, "start": start}
        if self.frozen:
            self.network_, self.history_ = FinetunedNetwork(**sizes), []
            self.network_.to(checked_device(self.device))
            return self
        n_batches = -(-len(target) // self.batch_size)
        net = trained(
            FinetunedNetwork,
            scaled._asdict(),
            target,
            n_epochs=max(1, round(self.n_updates / n_batches)),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            seed=self.random_state,
            device=checked_device(self.device),
            criterion=self._criterion,
            iterator_train__weights=weights,
            **{f"module__{name}": value for name, value in sizes.items()},
        )
        self.network_, self.history_ = net.module_, losses(net)
        return self

    def _start(
        self, scaled: ScaledCurves, target: NDArray[Any], weights: NDArray[np.float64]
    ) -> dict[str, torch.Tensor]:
        features = outputs_of(self.encoder.network_.encoder, *scaled)
        head = self._head(features, target, weights * len(weights))
        return {
            **self.encoder.encoder_state(),
            **{f"head.{name}": tensor for name, tensor in head.items()},
        }

    def _answers(self, X: ArrayLike) -> NDArray[np.float32]:
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

    def _answer_facts(self) -> dict[str, Any]:
        raise NotImplementedError

    def _restore_answer(self, facts: Mapping[str, Any]) -> int:
        """Set what :meth:`_answer_facts` returned, and return the number of outputs."""
        raise NotImplementedError

    def _state(self) -> FittedState:
        state = learned_state(self.network_, self.scaler_, self.history_)
        return FittedState(state.tensors, {**state.facts, "answer": self._answer_facts()})

    def _restore(self, state: FittedState) -> None:
        self.scaler_, self.history_ = restored_scaler(state), list(state.facts["history"])
        n_outputs = self._restore_answer(state.facts["answer"])
        network = FinetunedNetwork(**self.encoder.sizes(), n_outputs=n_outputs)
        self.network_ = restored_network(network, state, self.device)

    def _weights(self, target: NDArray[Any], groups: Any) -> NDArray[np.float64]:
        raise NotImplementedError

    def _head(
        self, features: NDArray[np.float32], target: NDArray[Any], weights: NDArray[np.float64]
    ) -> Layer:
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


class FinetunedClassifier(ClassifierMixin, _Finetuned):  # type: ignore[misc]
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

    _criterion = nn.CrossEntropyLoss

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
            If there is one class only.
        """
        self.classes_, target = np.unique(np.asarray(y), return_inverse=True)
        if len(self.classes_) < 2:
            raise TargetError(
                expected="two classes or more", got=", ".join(map(str, self.classes_)), where="y"
            )
        return self._fit(X, target, len(self.classes_), groups)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_cycles, n_classes)."""
        return probabilities(self._answers(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each cycle."""
        most = self._answers(X).argmax(axis=1)
        return np.asarray(self.classes_[most])

    def _answer_facts(self) -> dict[str, Any]:
        return label_facts(self.classes_)

    def _restore_answer(self, facts: Mapping[str, Any]) -> int:
        self.classes_ = labels_from(facts)
        return len(self.classes_)

    def _weights(self, target: NDArray[Any], groups: Any) -> NDArray[np.float64]:
        return balanced_weights(groups, target)

    def _head(
        self, features: NDArray[np.float32], target: NDArray[Any], weights: NDArray[np.float64]
    ) -> Layer:
        return logistic_head(features, target, weights)


class FinetunedRegressor(RegressorMixin, _Finetuned):  # type: ignore[misc]
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

    _criterion = nn.MSELoss

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit the head, and unless frozen train all weights; arguments as of the classifier.

        Raises
        ------
        TargetError
            If the target does not vary, or is not finite.
        """
        values = np.asarray(y, dtype=np.float64)
        if not np.isfinite(values).all() or np.ptp(values) == 0:
            raise TargetError(
                expected="finite numbers that differ",
                got=f"{np.unique(values).size} different, {(~np.isfinite(values)).sum()} not finite",
                where="y",
            )
        self.target_mean_, self.target_std_ = float(values.mean()), float(values.std())
        target = ((values - self.target_mean_) / self.target_std_).astype(np.float32)
        return self._fit(X, target[:, None], 1, groups)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the number of each cycle, in the target's unit."""
        values = self._answers(X)[:, 0].astype(np.float64)
        return values * self.target_std_ + self.target_mean_

    def _answer_facts(self) -> dict[str, Any]:
        return {"mean": self.target_mean_, "std": self.target_std_}

    def _restore_answer(self, facts: Mapping[str, Any]) -> int:
        self.target_mean_, self.target_std_ = float(facts["mean"]), float(facts["std"])
        return 1

    def _weights(self, target: NDArray[Any], groups: Any) -> NDArray[np.float64]:
        return balanced_weights(np.arange(len(target)) if groups is None else groups)

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
    """Put a pretrained encoder to a task.

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
