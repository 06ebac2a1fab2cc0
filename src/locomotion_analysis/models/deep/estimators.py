"""Networks that answer about a gait cycle: a class, a quantity, or several of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.metrics import r2_score
from skorch.callbacks import Callback
from torch import nn

from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.models.deep.base import (
    AnswersWithClasses,
    AnswersWithQuantity,
    probabilities,
)
from locomotion_analysis.models.deep.core import Learned, StopTraining, gpus_of
from locomotion_analysis.models.deep.networks import MultiTaskNetwork
from locomotion_analysis.models.deep.training import DeepEstimator, Targets
from locomotion_analysis.models.prediction_schema import known_quantity
from locomotion_analysis.selection import quantile_strata, subject_codes
from locomotion_analysis.selection.splitters import MAX_BINS


@dataclass(eq=False, repr=False)
class DeepClassifier(AnswersWithClasses, DeepEstimator):
    """Classifies whole curves with a network of the named architecture.

    Subjects are set aside to stop the training when they no longer gain; the network of the best
    epoch is kept. Curves with gaps count as not measured, and the network is told which.

    Parameters
    ----------
    architecture : str
        ``lstm``, ``gru``, ``cnn``, ``spectrogram``, ``wavelet``, ``gramian``, ``recurrence``,
        ``transformer``, or ``two_leg``, which needs `channels` of both legs; ``auto``: ``two_leg`` where it can be, else ``cnn``.
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
        :func:`~locomotion_analysis.models.deep.default_augmentation`.
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

    _: KW_ONLY
    label_smoothing: float = 0.05

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
        return self._fit(X, self._targets(y, groups), groups)

    def _targets(self, y: Any, groups: Any) -> Targets:  # noqa: ARG002 - one signature for all
        codes = self._codes(y)
        return Targets(
            encoded=codes,
            strata=codes,
            loss=nn.CrossEntropyLoss,
            loss_settings={"label_smoothing": self.label_smoothing},
            scores=_class_scores,
            labels=codes,
        )


def _class_scores(outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
    score = balanced_accuracy(targets.numpy(), outputs.argmax(dim=1).numpy())
    return {"balanced_accuracy": score}


@dataclass(eq=False, repr=False)
class DeepRegressor(AnswersWithQuantity, DeepEstimator):
    """Predicts a quantity (age, speed) from whole curves.

    Parameters are those of :class:`DeepClassifier`, without ``label_smoothing``. The loss is the
    mean square in spreads of the target; validation subjects cover its range.

    Attributes
    ----------
    target_mean_, target_std_ : float
        Of the training, in the target's unit.
    history_ : DataFrame
        As of :class:`DeepClassifier`, with ``valid_mae`` in the target's unit.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(24, 150, 2)).cumsum(axis=1)
    >>> age, subjects = np.repeat(np.arange(20.0, 28.0), 3), np.repeat(np.arange(8), 3)
    >>> DeepRegressor("cnn", max_epochs=1).fit(X, age, subjects).predict(X).shape
    (24,)
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : array_like, shape (n_cycles,)
            The quantity, in any unit.
        groups : array_like, shape (n_cycles,), optional
            Subject of each cycle; without, there is no early stopping.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves, settings and device do not fit.
        TargetError
            If the target is incomplete, no number, or does not vary.
        FileReadError
            If `checkpoint` is damaged, or of another training.
        """
        return self._fit(X, self._targets(y, groups), groups)

    def _targets(self, y: Any, groups: Any) -> Targets:
        values = self._in_spreads(y)
        return Targets(
            encoded=values,
            strata=_bins(known_quantity(y), groups),
            loss=nn.MSELoss,
            scores=self._scores,
        )

    def _scores(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
        return {"mae": float((outputs - targets).abs().mean()) * self.target_std_}


def _bins(values: NDArray[np.float64], groups: Any) -> NDArray[np.intp]:
    """Return bins of the subjects' means, of four subjects or more: one of each can be spared."""
    if groups is None or len(groups) != len(values):
        return np.zeros(len(values), np.intp)
    n_subjects = len(subject_codes(groups)[1])
    return quantile_strata(values, groups, max(1, min(MAX_BINS, n_subjects // 4)))


@dataclass(frozen=True)
class Answer:
    """One target of several.

    Attributes
    ----------
    name : str
        Column.
    classes : tuple or None
        Sorted; None of a quantity.
    mean, std : float
        Of a quantity in training, in its unit.
    """

    name: str
    classes: tuple[str | int | bool, ...] | None
    mean: float = 0.0
    std: float = 1.0

    @property
    def n_outputs(self) -> int:
        """Columns of the network's output."""
        return 1 if self.classes is None else len(self.classes)

    @property
    def labels(self) -> NDArray[Any]:
        """The classes as an array."""
        return np.asarray(self.classes)

    def encoded(self, values: "pd.Series[Any]") -> NDArray[np.float32]:
        """Return class numbers, or the quantity in spreads; NaN where it is missing."""
        if self.classes is None:
            known = values.to_numpy(dtype=np.float64, na_value=np.nan)
            return ((known - self.mean) / self.std).astype(np.float32)
        codes = pd.Index(self.classes).get_indexer(pd.Index(values))
        return np.where(values.isna(), np.nan, codes).astype(np.float32)

    def predicted(self, outputs: NDArray[np.float32]) -> NDArray[Any]:
        """Return the most probable class of each row, or the quantity in its unit."""
        if self.classes is None:
            return outputs[:, 0].astype(np.float64) * self.std + self.mean
        return np.asarray(self.labels[outputs.argmax(axis=1)])

    def score(self, true: Any, predicted: Any) -> float:
        """Return balanced accuracy, or R² of a quantity, over the rows that have a target."""
        known = pd.Series(true).notna().to_numpy()
        if not known.any():
            return float("nan")
        rows = np.asarray(true)[known], np.asarray(predicted)[known]
        return float(r2_score(*rows)) if self.classes is None else balanced_accuracy(*rows)


def balanced_accuracy(true: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the mean recall of the classes that occur.

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 1]), np.array([0, 1, 1]))
    0.75
    """
    return float(np.mean([np.mean(predicted[true == label] == label) for label in np.unique(true)]))


def answers_of(y: Any) -> tuple[Answer, ...]:
    """Describe the targets of a training.

    Raises
    ------
    SchemaError
        If `y` is no DataFrame with columns of different names.
    TargetError
        If a column has one value or none, or infinite ones.
    """
    if not isinstance(y, pd.DataFrame) or y.shape[1] == 0 or not y.columns.is_unique:
        raise SchemaError(
            expected="a DataFrame with a column of its own name for each target",
            got=type(y).__name__,
            where="y",
            fix='for example data.cycles[["task", "pathology", "speed_m_s"]]',
        )
    return tuple(_answer(str(name), values) for name, values in y.items())


def answers_from(written: Sequence[Mapping[str, Any]]) -> tuple[Answer, ...]:
    """Return the answers that a file holds."""
    return tuple(
        Answer(**{**each, "classes": None if each["classes"] is None else tuple(each["classes"])})
        for each in written
    )


def encoded(y: pd.DataFrame, answers: tuple[Answer, ...]) -> NDArray[np.float32]:
    """Return the targets as :class:`MultiTaskLoss` takes them, shape (n_cycles, n_targets)."""
    columns = zip(answers, y.items(), strict=True)
    return np.stack([answer.encoded(values) for answer, (_, values) in columns], axis=1)


def _answer(name: str, values: "pd.Series[Any]") -> Answer:
    known = values.dropna()
    if known.nunique() < 2:
        raise TargetError(
            expected="a target that varies",
            got=f"{known.nunique()} different values in {len(values)} rows",
            where=f"column {name}",
            fix="leave the column out, or select more cycles",
        )
    if not pd.api.types.is_float_dtype(values):
        return Answer(name, tuple(np.unique(np.asarray(known.to_list())).tolist()))
    numbers = known.to_numpy(dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise TargetError(
            expected="finite numbers or NaN", got="infinite ones", where=f"column {name}"
        )
    return Answer(name, None, float(numbers.mean()), float(numbers.std()))


class MultiTaskLoss(nn.Module):  # type: ignore[misc]
    """Mean over the answers of cross-entropy (classes) or mean square (a quantity in spreads).

    Parameters
    ----------
    sizes : sequence of int
        Outputs of each answer; 1 of a quantity.
    label_smoothing : float
        Share of each label given to the other classes.

    Examples
    --------
    >>> loss = MultiTaskLoss([2, 1], label_smoothing=0.0)
    >>> float(loss(torch.tensor([[0.0, 0.0, 3.0]]), torch.tensor([[torch.nan, 1.0]])))
    4.0
    """

    def __init__(self, sizes: list[int], label_smoothing: float) -> None:
        super().__init__()
        self.sizes, self.label_smoothing = list(sizes), label_smoothing

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss over the targets that are not NaN; 0 where all are."""
        losses = []
        for columns, target in zip(outputs.split(self.sizes, dim=1), targets.T, strict=True):
            known = ~torch.isnan(target)
            if known.any():
                losses.append(
                    nn.functional.mse_loss(columns[known, 0], target[known])
                    if columns.shape[1] == 1
                    else nn.functional.cross_entropy(
                        columns[known], target[known].long(), label_smoothing=self.label_smoothing
                    )
                )
        return torch.stack(losses).mean() if losses else outputs.sum() * 0


@dataclass(eq=False, repr=False)
class DeepMultiTask(DeepEstimator):
    """Predicts several targets at once: task, pathology and speed from one encoder.

    Parameters are those of :class:`DeepClassifier`. A target may be missing (NaN, None) in some
    cycles: a laboratory that did not note the speed still teaches the pathology. Losses of the
    answers count alike: cross-entropy of classes, mean square of quantities in spreads.

    Attributes
    ----------
    answers_ : tuple of Answer
        Name, classes (None of a quantity), mean and spread of each target.
    classes_ : dict of str to ndarray
        Of each target that has classes, sorted.
    history_ : DataFrame
        As of :class:`DeepClassifier`, with ``valid_<target>``: balanced accuracy, or mean absolute
        error in the target's unit.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(24, 150, 2)).cumsum(axis=1)
    >>> subjects = np.repeat(np.arange(8), 3)
    >>> y = pd.DataFrame({"pathology": np.repeat(["healthy", "stroke"], 12),
    ...                   "speed_m_s": np.random.default_rng(1).uniform(1, 2, 24)})
    >>> model = DeepMultiTask("cnn", max_epochs=1, network_options={"width": 8}).fit(X, y, subjects)
    >>> model.predict(X).columns.tolist(), list(model.predict_proba(X))
    (['pathology', 'speed_m_s'], ['pathology'])
    """

    _learned: ClassVar[Learned] = {"answers_": answers_from}

    _: KW_ONLY
    label_smoothing: float = 0.05

    def fit(self, X: ArrayLike, y: pd.DataFrame, groups: ArrayLike | None = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : DataFrame, shape (n_cycles, n_targets)
            Columns of floating-point numbers are quantities, all others classes.
        groups : array_like, shape (n_cycles,), optional
            Subject of each cycle; without, there is no early stopping.

        Raises
        ------
        CycleShapeError, SchemaError
            If curves, settings and device do not fit, or `y` is no DataFrame.
        TargetError
            If a target does not vary.
        FileReadError
            If `checkpoint` is damaged, or of another training.
        """
        return self._fit(X, self._targets(y, groups), groups)

    def predict(self, X: ArrayLike) -> pd.DataFrame:
        """Return the predictions of all targets.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)

        Returns
        -------
        DataFrame, shape (n_cycles, n_targets)
            The most probable class, or the number.
        """
        outputs = self._columns(X)
        return pd.DataFrame(
            {each.name: each.predicted(outputs[each.name]) for each in self.answers_}
        )

    def predict_proba(self, X: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)

        Returns
        -------
        dict of str to ndarray
            By target of classes: shape (n_cycles, n_classes), in the order of ``classes_``.
        """
        outputs = self._columns(X)
        return {name: probabilities(outputs[name]) for name in self.classes_}

    def score(self, X: ArrayLike, y: pd.DataFrame) -> float:
        """Return the mean score over the targets.

        Parameters
        ----------
        X : array-like, shape (n_cycles, n_points, n_channels)
        y : DataFrame, shape (n_cycles, n_targets)

        Returns
        -------
        float
            Balanced accuracy of classes, R² of numbers, averaged.
        """
        predicted = self.predict(X)
        return float(
            np.mean([each.score(y[each.name], predicted[each.name]) for each in self.answers_])
        )

    def _columns(self, X: ArrayLike) -> dict[str, NDArray[np.float32]]:
        outputs = self._outputs(X)
        ends = np.cumsum([each.n_outputs for each in self.answers_])
        names = [each.name for each in self.answers_]
        return dict(zip(names, np.split(outputs, ends[:-1], axis=1), strict=True))

    def _targets(self, y: Any, groups: Any) -> Targets:  # noqa: ARG002 - one signature for all
        self.answers_ = answers_of(y)
        values = encoded(y, self.answers_)
        of_classes = [number for number, each in enumerate(self.answers_) if each.classes]
        first = values[:, of_classes[0]] if of_classes else np.zeros(len(values))
        strata = np.nan_to_num(first, nan=-1).astype(np.intp)
        return Targets(
            encoded=values,
            strata=strata,
            loss=MultiTaskLoss,
            loss_settings={
                "sizes": list(self._n_outputs().values()),
                "label_smoothing": self.label_smoothing,
            },
            scores=self._scores,
            labels=strata if of_classes else None,
        )

    @property
    def classes_(self) -> dict[str, NDArray[Any]]:
        """Classes of each target that has them."""
        return {each.name: each.labels for each in self.answers_ if each.classes}

    def _scores(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float]:
        columns = outputs.split(list(self._n_outputs().values()), dim=1)
        scores = {}
        for each, column, target in zip(self.answers_, columns, targets.T, strict=True):
            known = ~torch.isnan(target)
            if not known.any():
                scores[each.name] = float("nan")
            elif each.classes is None:
                scores[each.name] = (
                    float((column[known, 0] - target[known]).abs().mean()) * each.std
                )
            else:
                codes = target[known].numpy(), column[known].argmax(dim=1).numpy()
                scores[each.name] = balanced_accuracy(*codes)
        return scores

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        encoder, arguments = super()._network()
        return MultiTaskNetwork, {"encoder": encoder, **arguments}

    def _n_outputs(self) -> dict[str, int]:
        return {each.name: each.n_outputs for each in self.answers_}


_SMOOTHING = 0.9
_DIVERGED = 4.0


@dataclass(frozen=True, eq=False)
class LearningRateSweep:
    """Losses at rising learning rates.

    Attributes
    ----------
    rates : ndarray, shape (n_steps,)
        Learning rate of each batch.
    losses : ndarray, shape (n_steps,)
        Training loss, a moving average over batches.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def suggested(self) -> float:
        """A rate to train with: a third of the one at which the loss was lowest.

        Beyond that one the training diverges; the third keeps clear of it.
        """
        return float(self.rates[np.argmin(self.losses)] / 3)


def sweep_learning_rate(
    estimator: DeepEstimator,
    X: ArrayLike,
    y: Any,
    groups: ArrayLike | None = None,
    *,
    lowest: float = 1e-5,
    highest: float = 1.0,
    n_steps: int = 100,
) -> LearningRateSweep:
    """Train a copy of an estimator while the learning rate rises, and record the loss.

    The range test of Smith (2017, https://arxiv.org/abs/1506.01186), with a rate that grows by the
    same factor each batch. It ends early where the loss is four times its lowest.

    Parameters
    ----------
    estimator : DeepClassifier, DeepRegressor or DeepMultiTask
        Left as it is.
    X, y, groups
        As for its ``fit``; subjects that would be set aside for validation are left out.
    lowest, highest : float
        Learning rates to begin and to end with.
    n_steps : int
        Batches.

    Returns
    -------
    LearningRateSweep
        ``rates``, ``losses`` and the ``suggested`` rate.

    Raises
    ------
    SchemaError
        If the rates do not rise from above 0, or there are fewer than 10 steps.

    Examples
    --------
    >>> from locomotion_analysis.models.deep import DeepClassifier
    >>> X = np.random.default_rng(0).normal(size=(24, 150, 2)).cumsum(axis=1)
    >>> model = DeepClassifier("gru", validation_share=None)
    >>> sweep = sweep_learning_rate(model, X, np.repeat(["healthy", "stroke"], 12), n_steps=20)
    >>> bool(1e-5 / 3 <= sweep.suggested <= 1)
    True
    """
    if not 0 < lowest < highest or n_steps < 10:
        raise SchemaError(
            expected="0 < lowest < highest, and 10 steps or more",
            got=f"lowest={lowest}, highest={highest}, n_steps={n_steps}",
        )
    trial = clone(estimator)
    targets = trial._targets(y, groups)  # noqa: SLF001 - of the same room
    cycles = trial._cycles(X, targets, groups)  # noqa: SLF001
    sweep = _Sweep(np.geomspace(lowest, highest, n_steps))
    net = trial._untrained(cycles, targets, [("sweep", sweep)], validated=False)  # noqa: SLF001
    train = cycles.split.train
    with torch.random.fork_rng(gpus_of(net.device)):
        net.initialize()
        net.partial_fit(cycles.inputs(train), targets.encoded[train], epochs=n_steps)
    return LearningRateSweep(sweep.rates[: len(sweep.losses_)], np.array(sweep.losses_))


class _Sweep(Callback):  # type: ignore[misc]
    def __init__(self, rates: NDArray[np.float64]) -> None:
        self.rates = rates

    def initialize(self) -> "_Sweep":
        self.losses_: list[float] = []
        self.average_ = 0.0
        return self

    def on_batch_begin(self, net: Any, **_: Any) -> None:
        for group in net.optimizer_.param_groups:
            group["lr"] = float(self.rates[len(self.losses_)])

    def on_batch_end(self, net: Any, loss: Any = None, **_: Any) -> None:  # noqa: ARG002 - skorch's
        found = float(loss.detach())
        self.average_ = _SMOOTHING * self.average_ + (1 - _SMOOTHING) * found
        # The average begins at 0: divided by the weight it has gathered, as in Adam.
        smoothed = self.average_ / (1 - _SMOOTHING ** (len(self.losses_) + 1))
        if not math.isfinite(smoothed) or (
            self.losses_ and smoothed > _DIVERGED * min(self.losses_)
        ):
            raise StopTraining
        self.losses_.append(smoothed)
        if len(self.losses_) == len(self.rates):
            raise StopTraining
