"""A network that tells classes of gait cycles apart."""

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from torch import nn

from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.models.deep.estimators.answers import balanced_accuracy
from locomotion_analysis.models.deep.estimators.base import SmoothedEstimator
from locomotion_analysis.models.deep.estimators.labels import (
    label_facts,
    labels_from,
    probabilities,
)
from locomotion_analysis.models.deep.estimators.training import Targets
from locomotion_analysis.selection.strata import class_codes


class DeepClassifier(ClassifierMixin, SmoothedEstimator):  # type: ignore[misc]
    """Tells classes apart from whole curves, with a network of the architecture named.

    Subjects are set aside to stop the training when they no longer gain; the network of the best
    epoch is kept. Curves with gaps count as not measured, and the network is told which.

    Parameters
    ----------
    architecture : str
        ``lstm``, ``gru``, ``cnn``, ``spectrogram``, ``wavelet``, ``transformer``, or ``two_leg``,
        which needs `channels` of both legs.
    channels : sequence of str, optional
        Names of the channels of `X`, in order. Side swap (of `augmentation`) and ``two_leg``
        need them.
    network_options : mapping, optional
        Further arguments of the network, for example ``{"width": 32, "depth": 2}``.
    max_epochs : int
        Passes over the cycles, at most.
    learning_rate : float
        At its highest; it rises over a tenth of the training and falls along a cosine.
    batch_size : int
        Cycles a batch.
    weight_decay : float
        Of AdamW.
    dropout : float, optional
        Share of features left out in training; the architecture's own default where None.
    label_smoothing : float
        Share of each label given to the other classes.
    augmentation : bool, None, GaitAugmentation or callable
        Changes of the training cycles: True for
        :func:`~locomotion_analysis.models.deep.augmentation.default_augmentation`.
    balance : {"subject", None}
        Draw every class equally often, and in it every subject; None: every cycle once an epoch.
    validation_share : float, optional
        Share of the subjects set aside, at most 0.5; None: none, and no early stopping.
    patience : int
        Epochs without a lower validation loss before the training stops.
    device : str
        ``"auto"``: a GPU where there is one, in mixed precision.
    compiled : bool
        Use ``torch.compile`` where it works. Compiling takes a minute or more, and compiled
        dropout draws other numbers from the same seed.
    random_state : int
        Seed of weights, order, dropout, augmentation and the subjects set aside.
    checkpoint : path-like, optional
        ``.safetensors`` file written after each epoch and removed at the end. A training that was
        killed goes on from it when ``fit`` is called again in the same way. A folder instead
        serves several trainings, as in a cross-validation, and keeps those that are over.
    log : path-like, optional
        Losses and scores of each epoch: a ``.csv`` file, or a folder for TensorBoard.
    progress : bool
        Show a bar with the metrics.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Sorted.
    network_ : torch.nn.Module
        ``network_(curves, measured)`` -> logits, shape (n_cycles, n_classes).
    scaler_ : CurveScaler
        Makes its inputs.
    history_ : DataFrame
        One row an epoch: ``train_loss``, ``valid_loss``, ``valid_balanced_accuracy``,
        ``learning_rate``, ``seconds``.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(24, 150, 2)).cumsum(axis=1)
    >>> y, subjects = np.repeat(["healthy", "stroke"], 12), np.repeat(np.arange(8), 3)
    >>> model = DeepClassifier("gru", max_epochs=2, validation_share=0.25).fit(X, y, subjects)
    >>> model.predict_proba(X).shape, model.classes_.tolist()
    ((24, 2), ['healthy', 'stroke'])
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : array_like, shape (n_cycles,)
            Classes.
        groups : array_like, shape (n_cycles,), optional
            Subject of each cycle; without, there is no early stopping.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves, settings and device do not fit.
        TargetError
            If a class is missing, or there is one only.
        FileReadError
            If `checkpoint` is damaged, or of another training.
        """
        self._fit(X, self._targets(y, groups), groups)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_cycles, n_classes)."""
        return probabilities(self._outputs(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each cycle."""
        return np.asarray(self.classes_[self._outputs(X).argmax(axis=1)])

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: Any = None) -> float:
        """Return the share of cycles told right.

        Warns
        -----
        LocomotionWarning
            If `y` has classes that were not trained on: their cycles count as wrong.
        """
        unseen = np.setdiff1d(np.asarray(y).astype(self.classes_.dtype.kind), self.classes_)
        if unseen.size:
            warnings.warn(
                f"Classes that were not trained on count as wrong: {', '.join(map(str, unseen))}.",
                LocomotionWarning,
                stacklevel=2,
            )
        return float(super().score(X, y, sample_weight))

    def _targets(self, y: Any, groups: Any) -> Targets:  # noqa: ARG002 - one signature for all
        codes, self.classes_ = class_codes(y)
        return Targets(
            values=codes.astype(np.int64),
            n_outputs=len(self.classes_),
            strata=codes,
            loss=nn.CrossEntropyLoss,
            loss_settings={"label_smoothing": self.label_smoothing},
            scores=_scores,
            labels=codes,
        )

    def _n_outputs(self) -> int:
        return len(self.classes_)

    def _answer_facts(self) -> dict[str, Any]:
        return label_facts(self.classes_)

    def _restore_answer(self, facts: Mapping[str, Any]) -> None:
        self.classes_ = labels_from(facts)


def _scores(outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
    score = balanced_accuracy(targets.numpy(), outputs.argmax(dim=1).numpy())
    return {"balanced_accuracy": score}
