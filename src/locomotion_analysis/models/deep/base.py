"""What all estimators around a network have in common."""

import warnings
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Callback
from torch import nn

from locomotion_analysis.errors import LocomotionWarning, TargetError
from locomotion_analysis.models.deep.callbacks import one_cycle
from locomotion_analysis.models.deep.core import (
    FittedState,
    GaitNet,
    Learned,
    Learner,
    checked_device,
    gpus_of,
    labels_from,
)
from locomotion_analysis.models.prediction_schema import known_quantity
from locomotion_analysis.models.timeseries import CurveEstimator
from locomotion_analysis.selection.splitters import class_codes


@dataclass(eq=False, repr=False)
class CurveModel(Learner, CurveEstimator):
    """Base of the estimators around one network: parameters, training, what a file must hold.

    A subclass is a dataclass whose fields are its parameters. It names in ``_learned`` what it
    learned beside the network's weights, and defines :meth:`_network` from parameters and from
    what was learned, so that a file needs nothing else to make the network again.

    Attributes
    ----------
    network_ : torch.nn.Module
        The trained network.
    history_ : list of float or DataFrame
        Training loss of each epoch.
    """

    _takes_gaps: ClassVar[bool] = True
    _learned: ClassVar[Learned] = {"history_": list}

    _: KW_ONLY
    batch_size: int = 64
    learning_rate: float = 1e-3
    device: str = "auto"
    random_state: int = 0

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        """Return the network and all its arguments."""
        raise NotImplementedError

    def _schedule(self, n_batches: int) -> list[tuple[str, Callback]]:
        """Return what changes the learning rate over a training of so many batches."""
        return [("schedule", one_cycle(self.learning_rate, n_batches))]

    def _net(self, loop: type[GaitNet] = GaitNet, **settings: Any) -> GaitNet:
        """Return the training loop around the network, before its first epoch.

        Parameters
        ----------
        loop : type of GaitNet
            The loop.
        **settings
            Of the loop: ``criterion``, ``max_epochs``, ``callbacks``, ``iterator_train__*``, ...
        """
        network, arguments = self._network()
        return loop(
            network,
            lr=self.learning_rate,
            batch_size=self.batch_size,
            seed=self.random_state,
            device=checked_device(self.device),
            **{f"module__{name}": value for name, value in arguments.items()},
            **settings,
        )

    def _train(
        self, inputs: Mapping[str, Any], targets: Any, n_epochs: int, **settings: Any
    ) -> None:
        """Train the network for a fixed number of epochs.

        There is no early stopping: with a few subjects none can be spared for a validation.

        Parameters
        ----------
        inputs : mapping of str to array
            Arguments of the network's ``forward``; the first axis is the cycles.
        targets : array or Tensor, optional
            First axis the cycles; None where the loss needs none.
        n_epochs : int
            Passes over the cycles.
        **settings
            As for :meth:`_net`.
        """
        n_cycles = len(next(iter(inputs.values())))
        schedule = self._schedule(n_epochs * -(-n_cycles // self.batch_size))
        net = self._net(max_epochs=n_epochs, callbacks=schedule, **settings)
        # The caller's own random numbers stay as they were.
        with torch.random.fork_rng(gpus_of(net.device)):
            net.fit(dict(inputs), targets)
        self.network_: nn.Module = net.module_.eval()
        self.history_: Any = [float(loss) for loss in net.history[:, "train_loss"]]

    def _state(self) -> FittedState:
        tensors, facts = super()._state()
        weights = self.network_.state_dict()
        return FittedState(
            {**tensors, **{f"network.{name}": value for name, value in weights.items()}}, facts
        )

    def _restore(self, state: FittedState) -> None:
        super()._restore(state)
        network, arguments = self._network()
        module = network(**arguments)
        module.load_state_dict(dict(state.part("network").tensors))
        self.network_ = module.to(checked_device(self.device)).eval()

    def _outputs(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return what the network answers to each cycle."""
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")


class AnswersWithClasses(ClassifierMixin):  # type: ignore[misc]
    """Classes from the logits of a :class:`CurveModel`."""

    _learned: ClassVar[Learned] = {"classes_": labels_from}

    def _codes(self, y: Any) -> NDArray[np.int64]:
        """Keep the classes of a training, and return the number of each cycle's."""
        codes, self.classes_ = class_codes(y)
        return codes.astype(np.int64)

    def _n_outputs(self) -> int:
        return len(self.classes_)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_cycles, n_classes)."""
        return probabilities(self._outputs(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each cycle."""
        most = self._outputs(X).argmax(axis=1)
        return np.asarray(self.classes_[most])

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: Any = None) -> float:
        """Return the share of cycles told right.

        Warns
        -----
        LocomotionWarning
            If `y` has classes that were not trained on: their cycles count as wrong.
        """
        check_is_fitted(self)
        unseen = np.setdiff1d(np.asarray(y).astype(self.classes_.dtype.kind), self.classes_)
        if unseen.size:
            warnings.warn(
                f"Classes that were not trained on count as wrong: {', '.join(map(str, unseen))}.",
                LocomotionWarning,
                stacklevel=2,
            )
        return float(super().score(X, y, sample_weight))


class AnswersWithQuantity(RegressorMixin):  # type: ignore[misc]
    """A quantity in its unit from the output of a :class:`CurveModel`, which is in spreads."""

    _learned: ClassVar[Learned] = {"target_mean_": float, "target_std_": float}

    def _in_spreads(self, y: Any) -> NDArray[np.float32]:
        """Keep mean and spread of a training's quantity, and return it in them, (n_cycles, 1)."""
        values = known_quantity(y)
        if not len(values) or np.ptp(values) == 0:
            raise TargetError(
                expected="a quantity that varies",
                got=f"{values[0]:g} in all {len(values)} rows" if len(values) else "no rows",
                where="y",
            )
        self.target_mean_, self.target_std_ = float(values.mean()), float(values.std())
        scaled = (values - self.target_mean_) / self.target_std_
        return scaled.astype(np.float32)[:, None]

    def _n_outputs(self) -> int:
        return 1

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the quantity for each cycle, in the target's unit."""
        spreads: NDArray[np.float64] = self._outputs(X)[:, 0].astype(np.float64)
        return spreads * self.target_std_ + self.target_mean_


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the softmax of each row.

    Examples
    --------
    >>> probabilities(np.array([[0.0, np.log(3.0)]], np.float32)).round(3).tolist()
    [[0.25, 0.75]]
    """
    shares = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probability: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return probability
