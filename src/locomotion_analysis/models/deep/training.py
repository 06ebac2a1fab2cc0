"""From curves and targets to a trained network, with subjects set aside to know when to stop."""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Callback
from skorch.helper import predefined_split
from torch import nn

from locomotion_analysis._version import __version__
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.deep.augmentation import (
    GaitAugmentation,
    TrainingCycles,
    fitted_augmentation,
)
from locomotion_analysis.models.deep.base import CurveModel
from locomotion_analysis.models.deep.callbacks import (
    BestEpoch,
    Checkpoint,
    Patience,
    ProgressBar,
    Scores,
    ValidationScores,
    WarmUpAndCosine,
    checkpoint_of,
    epoch_table,
    fingerprint,
    log_of,
)
from locomotion_analysis.models.deep.core import (
    Batch,
    CurveScaler,
    CycleTensors,
    GaitNet,
    Learned,
    ScaledCurves,
    balanced_weights,
    compile_in_place,
    gpus_of,
    outputs_of,
)
from locomotion_analysis.models.deep.networks import AUTO, architecture, network_settings
from locomotion_analysis.models.deep.state_file import settings_of
from locomotion_analysis.models.timeseries import checked_curves, with_gaps
from locomotion_analysis.selection.splitters import check_lengths, subject_codes


@dataclass(frozen=True)
class Targets:
    """What a network shall answer, and how an answer is judged.

    Attributes
    ----------
    encoded : ndarray, shape (n_cycles,) or (n_cycles, n_answers)
        As the loss takes them.
    strata : ndarray of int, shape (n_cycles,)
        Labels that validation subjects are chosen in proportion to.
    loss : type of torch.nn.Module
        The loss.
    scores : callable
        ``scores(outputs, targets)``, for the validation.
    loss_settings : mapping
        Arguments of the loss.
    labels : ndarray of int, shape (n_cycles,), optional
        Classes that shall be drawn equally often.
    """

    encoded: NDArray[Any]
    strata: NDArray[np.intp]
    loss: type[nn.Module]
    scores: Scores
    loss_settings: Mapping[str, Any] = field(default_factory=dict)
    labels: NDArray[np.intp] | None = None


class ValidationSplit(NamedTuple):
    """Row positions: cycles trained on, and cycles of other subjects; none of these, if empty."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]


class Cycles(NamedTuple):
    """Cycles of a training: scaled, and which of them are for validation."""

    scaled: ScaledCurves
    split: ValidationSplit
    groups: Any

    def inputs(self, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        """Return the arguments of a network's ``forward`` for some cycles."""
        return {name: values[rows] for name, values in self.scaled._asdict().items()}


Augment = bool | None | GaitAugmentation | Callable[[Batch, torch.Generator], Batch]


@dataclass(eq=False, repr=False)
class DeepEstimator(CurveModel):
    """Base of the estimators trained to their best epoch; see :class:`DeepClassifier`.

    Subclasses define `_targets`, which keeps what is needed to answer in terms of `y`, and
    `_n_outputs`.
    """

    _learned: ClassVar[Learned] = {"scaler_": CurveScaler, "history_": pd.DataFrame}

    architecture: str = AUTO
    _: KW_ONLY
    channels: Sequence[str] | None = None
    network_options: Mapping[str, Any] | None = None
    max_epochs: int = 60
    weight_decay: float = 1e-2
    dropout: float | None = None
    augmentation: Augment = None
    balance: Literal["subject"] | None = "subject"
    validation_share: float | None = 0.2
    patience: int = 10
    compiled: bool = False
    checkpoint: str | os.PathLike[str] | None = None
    log: str | os.PathLike[str] | None = None
    progress: bool = False

    def _targets(self, y: Any, groups: Any) -> Targets:
        """Return what to learn from `y`, and keep what is needed to answer in its terms."""
        raise NotImplementedError

    def _n_outputs(self) -> Any:
        """Return the network's ``n_outputs``."""
        raise NotImplementedError

    def _network(self) -> tuple[type[nn.Module], dict[str, Any]]:
        network = architecture(self.architecture, self.channels)
        settings = network_settings(network, self.dropout, self.channels, self.network_options)
        size = {
            "n_channels": len(self.scaler_.mean_),
            "n_points": self.scaler_.n_points_,
            "n_outputs": self._n_outputs(),
        }
        return network, {**size, **settings}

    def _outputs(self, X: ArrayLike) -> NDArray[np.float32]:
        check_is_fitted(self)
        trained = (self.scaler_.n_points_, len(self.scaler_.mean_))
        curves = checked_curves(X, trained, gaps=True)
        scaled = self.scaler_.transform(curves)
        tell_of_gaps(curves, scaled.measured)
        return outputs_of(self.network_, *scaled)

    def _fit(self, X: ArrayLike, targets: Targets, groups: Any) -> Self:
        """Train the network to its best epoch; go on from a checkpoint where there is one."""
        cycles = self._cycles(X, targets, groups)
        train = cycles.split.train
        inputs, values = cycles.inputs(train), targets.encoded[train]
        checkpoint = None
        if self.checkpoint is not None:
            subjects = "none" if cycles.groups is None else cycles.groups
            settings = {
                "estimator": type(self).__name__,
                **settings_of(self),
                "data": fingerprint(*cycles.scaled, *cycles.split, targets.encoded, subjects),
                "version": __version__,
            }
            checkpoint = checkpoint_of(self.checkpoint, settings)
        net = self._untrained(cycles, targets, self._callbacks(cycles, targets, checkpoint))
        with torch.random.fork_rng(gpus_of(net.device)):
            net.initialize()
            if self.compiled:
                first = CycleTensors(inputs)[: self.batch_size][0]
                compile_in_place(net.module_, {k: v.to(net.device) for k, v in first.items()})
            if checkpoint is not None:
                checkpoint.resume(net)
            net.partial_fit(inputs, values, epochs=self.max_epochs - len(net.history))
        self.network_ = net.module_.eval()
        self.history_ = epoch_table(net)
        return self

    def _cycles(self, X: Any, targets: Targets, groups: Any) -> Cycles:
        """Check, split and scale the cycles; the scaler sees those trained on alone."""
        check_settings(self)
        curves = training_curves(X, self.channels)
        check_lengths(X=curves, y=targets.encoded, groups=groups)
        split = validation_split(targets.strata, groups, self.validation_share, self.random_state)
        self.scaler_ = CurveScaler().fit(curves[split.train])
        subjects = None if groups is None else np.asarray(groups)
        return Cycles(self.scaler_.transform(curves), split, subjects)

    def _untrained(
        self,
        cycles: Cycles,
        targets: Targets,
        callbacks: list[tuple[str, Callback]],
        validated: bool = True,
    ) -> GaitNet:
        """Return the net before its first epoch; `validated` by the subjects set aside."""
        train, held = cycles.split
        labels = None if targets.labels is None else targets.labels[train]
        groups = None if cycles.groups is None else cycles.groups[train]
        known = groups is not None or labels is not None
        weights = balanced_weights(groups, labels) if self.balance and known else None
        scaled = ScaledCurves(**cycles.inputs(train))
        seen = TrainingCycles(scaled, self.scaler_, groups, self.channels)
        validation = CycleTensors(cycles.inputs(held), targets.encoded[held])
        return self._net(
            criterion=targets.loss,
            max_epochs=self.max_epochs,
            train_split=predefined_split(validation) if validated and len(held) else None,
            callbacks=callbacks,
            optimizer__weight_decay=self.weight_decay,
            iterator_train__weights=weights,
            iterator_train__augmentation=fitted_augmentation(self.augmentation, seen),
            **{f"criterion__{name}": value for name, value in targets.loss_settings.items()},
        )

    def _schedule(self, n_batches: int) -> list[tuple[str, Callback]]:
        return [("schedule", WarmUpAndCosine(n_batches))]

    def _callbacks(
        self, cycles: Cycles, targets: Targets, checkpoint: Checkpoint | None
    ) -> list[tuple[str, Callback]]:
        n_batches = self.max_epochs * -(-len(cycles.split.train) // self.batch_size)
        callbacks = self._schedule(n_batches)
        stopping = len(cycles.split.validation) > 0
        if stopping:
            callbacks += [("scores", ValidationScores(targets.scores)), ("best", BestEpoch())]
        callbacks += log_of(self.log)
        if self.progress:
            callbacks.append(("progress", ProgressBar(self.max_epochs)))
        if checkpoint is not None:
            callbacks.append(("checkpoint", checkpoint))
        return [*callbacks, ("patience", Patience(self.patience))] if stopping else callbacks


def validation_split(
    labels: NDArray[np.intp], groups: Any, share: float | None, random_state: int
) -> ValidationSplit:
    """Set subjects aside, in proportion to the labels, none of which is lost to the training.

    Parameters
    ----------
    labels : ndarray of int, shape (n_cycles,)
        Class of each cycle, or bin of a quantity.
    groups : array_like of shape (n_cycles,) or None
        Subject of each cycle.
    share : float or None
        Share of the subjects, at least one; None for none.
    random_state : int
        Seed.

    Raises
    ------
    SchemaError
        If `share` is not above 0 and at most 0.5.

    Warns
    -----
    LocomotionWarning
        If subjects are unknown, or too few: there is then no early stopping.

    Examples
    --------
    >>> labels, subjects = np.array([0, 0, 1, 1, 0, 1]), ["A", "A", "B", "B", "C", "D"]
    >>> split = validation_split(labels, subjects, 0.5, 0)
    >>> sorted(np.array(subjects)[split.validation].tolist())
    ['B', 'B', 'C']
    """
    everything = np.arange(len(labels))
    none = ValidationSplit(everything, everything[:0])
    if share is None:
        return none
    if not 0 < share <= 0.5:
        raise SchemaError(
            expected="a share above 0 and at most 0.5, or None",
            got=repr(share),
            where="validation_share",
        )
    if groups is None:
        return _without(none, "the cycles' subjects are not known: pass groups to fit")
    codes, subjects = subject_codes(groups)
    held = np.isin(codes, _chosen_subjects(labels, codes, share, random_state))
    if not held.any():
        some = f"{len(subjects)} subject{'s' * (len(subjects) > 1)}"
        return _without(none, f"of {some} none can be spared to validate on")
    return ValidationSplit(np.flatnonzero(~held), np.flatnonzero(held))


def _without(none: ValidationSplit, reason: str) -> ValidationSplit:
    warnings.warn(
        f"No early stopping: {reason}. The training goes on for all its epochs.",
        LocomotionWarning,
        stacklevel=5,
    )
    return none


def _chosen_subjects(
    labels: NDArray[np.intp], codes: NDArray[np.intp], share: float, random_state: int
) -> list[int]:
    """Choose subjects one by one, each so that the labels come nearest to their proportions."""
    _, label = np.unique(labels, return_inverse=True)
    has = np.zeros((codes.max() + 1, label.max() + 1), dtype=np.int64)
    has[codes, label] = 1
    order = np.random.default_rng(random_state).permutation(len(has))
    trained, held = has.sum(axis=0), np.zeros(has.shape[1])
    wanted = share * trained
    chosen: list[int] = []
    for _ in range(max(1, round(share * len(has)))):
        spared = ((trained - has[order] >= 1) | (has[order] == 0)).all(axis=1)
        spared &= ~np.isin(order, chosen)
        if not spared.any():
            break
        distance = ((held + has[order] - wanted) ** 2 / wanted).sum(axis=1)
        best = order[np.argmin(np.where(spared, distance, np.inf))]
        chosen.append(int(best))
        trained, held = trained - has[best], held + has[best]
    return chosen


_SHOWN = 5
_WHOLE = ("max_epochs", "batch_size", "patience")


def check_settings(estimator: Any) -> None:
    """Refuse settings that no training can have.

    Raises
    ------
    SchemaError
        Naming the setting.
    """
    for name in _WHOLE:
        value = getattr(estimator, name)
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise SchemaError(expected="a whole number above 0", got=repr(value), where=name)
    if not estimator.learning_rate > 0:
        raise SchemaError(
            expected="a number above 0", got=repr(estimator.learning_rate), where="learning_rate"
        )
    if estimator.balance not in ("subject", None):
        raise SchemaError(
            expected="'subject' or None", got=repr(estimator.balance), where="balance"
        )


def training_curves(X: Any, channels: Sequence[str] | None) -> NDArray[np.float32]:
    """Return the curves of a training.

    Raises
    ------
    CycleShapeError, SchemaError
        If they are no curves, the names are not as many as the channels, or nothing was measured.

    Warns
    -----
    LocomotionWarning
        If a channel was measured in no cycle, or curves have gaps.
    """
    curves = checked_curves(X, gaps=True)
    if channels is not None and len(channels) != curves.shape[2]:
        raise SchemaError(
            expected=f"names of the {curves.shape[2]} channels",
            got=f"{len(channels)} names",
            where="channels",
            fix="pass the features given to prepare_sequential_features",
        )
    measured = ~with_gaps(curves)
    if not measured.any():
        raise SchemaError(
            expected="at least one curve without gaps", got="gaps in all of them", where="X"
        )
    never = np.flatnonzero(~measured.any(axis=0))
    if never.size:
        names = [str(at) if channels is None else channels[at] for at in never]
        rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        prefix = "channels at positions " if channels is None else ""
        _warn(
            f"Never measured in training: {prefix}{', '.join(names[:_SHOWN])}{rest}. The network "
            "learns nothing of them, and would not use them later."
        )
    tell_of_gaps(curves, measured)
    return curves


def tell_of_gaps(curves: NDArray[np.float32], measured: NDArray[np.bool_]) -> None:
    """Tell of curves that count as not measured although they have values.

    Parameters
    ----------
    curves : ndarray of float32, shape (n_cycles, n_points, n_channels)
        NaN where not measured.
    measured : ndarray of bool, shape (n_cycles, n_channels)
        Whether a curve has no gap.

    Warns
    -----
    LocomotionWarning
        If there are such, or cycles of which nothing was measured.
    """
    parts = int((~measured & ~np.isnan(curves).all(axis=1)).sum())
    if parts:
        _warn(f"{parts} curves have gaps and count as not measured.")
    empty = int((~measured).all(axis=1).sum())
    if empty:
        _warn(
            f"{empty} of {len(curves)} cycles have no curve without gaps: nothing is known of them."
        )


def _warn(message: str) -> None:
    warnings.warn(message, LocomotionWarning, stacklevel=5)
