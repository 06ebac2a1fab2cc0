"""From curves and targets to a trained network, with all that a training has beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from skorch.callbacks import Callback
from skorch.helper import predefined_split
from torch import nn

from locomotion_analysis._version import __version__
from locomotion_analysis.models.deep.augmentation import TrainingCycles, fitted_augmentation
from locomotion_analysis.models.deep.batches import CycleTensors
from locomotion_analysis.models.deep.checkpoints import (
    Checkpoint,
    checkpoint_of,
    fingerprint,
)
from locomotion_analysis.models.deep.compilation import compile_in_place
from locomotion_analysis.models.deep.curve_scaler import CurveScaler, ScaledCurves
from locomotion_analysis.models.deep.device import checked_device
from locomotion_analysis.models.deep.early_stopping import BestEpoch, Patience
from locomotion_analysis.models.deep.estimators.checks import check_settings, training_curves
from locomotion_analysis.models.deep.estimators.parameters import settings_of
from locomotion_analysis.models.deep.logs import log_of
from locomotion_analysis.models.deep.net import GaitNet
from locomotion_analysis.models.deep.progress import ProgressBar
from locomotion_analysis.models.deep.schedule import WarmUpAndCosine
from locomotion_analysis.models.deep.subject_balance import balanced_weights
from locomotion_analysis.models.deep.validation import ValidationSplit, validation_split
from locomotion_analysis.models.deep.validation_scores import Scores, ValidationScores
from locomotion_analysis.selection.subjects import check_lengths

Callbacks = list[tuple[str, Callback]]


@dataclass(frozen=True)
class Targets:
    """What a network shall answer, and how an answer is judged.

    Attributes
    ----------
    values : ndarray, shape (n_cycles,) or (n_cycles, n_answers)
        As the loss takes them.
    n_outputs : int or mapping of str to int
        As the network takes it.
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

    values: NDArray[Any]
    n_outputs: Any
    strata: NDArray[np.intp]
    loss: type[nn.Module]
    scores: Scores
    loss_settings: Mapping[str, Any] = field(default_factory=dict)
    labels: NDArray[np.intp] | None = None


class Cycles(NamedTuple):
    """Cycles of a training: scaled, and which of them are for validation."""

    scaler: CurveScaler
    scaled: ScaledCurves
    split: ValidationSplit
    groups: Any


def training_cycles(estimator: Any, X: Any, targets: Targets, groups: Any) -> Cycles:
    """Check, split and scale the cycles; the scaler sees those trained on alone.

    Raises
    ------
    CycleShapeError, SchemaError
        If settings, curves and groups do not fit.
    """
    check_settings(estimator)
    curves = training_curves(X, estimator.channels)
    check_lengths(X=curves, y=targets.values, groups=groups)
    split = validation_split(
        targets.strata, groups, estimator.validation_share, estimator.random_state
    )
    scaler = CurveScaler().fit(curves[split.train])
    subjects = None if groups is None else np.asarray(groups)
    return Cycles(scaler, scaler.transform(curves), split, subjects)


def untrained_net(
    estimator: Any, cycles: Cycles, targets: Targets, callbacks: Callbacks, validated: bool = True
) -> GaitNet:
    """Return the net of an estimator, before its first epoch.

    Parameters
    ----------
    estimator : DeepEstimator
        Its settings.
    cycles : Cycles
        The cycles.
    targets : Targets
        What to learn.
    callbacks : list of (str, Callback)
        In order.
    validated : bool
        Whether the subjects set aside are asked after each epoch.
    """
    n_points, n_channels = cycles.scaled.curves.shape[1:]
    network, settings = estimator._network()  # noqa: SLF001 - of the same room
    settings = {
        "n_channels": n_channels,
        "n_points": n_points,
        "n_outputs": targets.n_outputs,
        **settings,
    }
    held = cycles.split.validation
    validation = CycleTensors(inputs_of(cycles, held), targets.values[held])
    return GaitNet(
        network,
        criterion=targets.loss,
        seed=estimator.random_state,
        device=checked_device(estimator.device),
        max_epochs=estimator.max_epochs,
        lr=estimator.learning_rate,
        batch_size=estimator.batch_size,
        train_split=predefined_split(validation) if validated and len(held) else None,
        callbacks=callbacks,
        optimizer__weight_decay=estimator.weight_decay,
        iterator_train__weights=_weights(estimator, cycles, targets),
        iterator_train__augmentation=_augmentation(estimator, cycles),
        **{f"module__{name}": value for name, value in settings.items()},
        **{f"criterion__{name}": value for name, value in targets.loss_settings.items()},
    )


def trained_net(estimator: Any, cycles: Cycles, targets: Targets) -> GaitNet:
    """Train a net to its best epoch; go on from a checkpoint where there is one."""
    train = cycles.split.train
    inputs, values = inputs_of(cycles, train), targets.values[train]
    checkpoint = _checkpoint(estimator, cycles, targets)
    net = untrained_net(
        estimator, cycles, targets, _callbacks(estimator, cycles, targets, checkpoint)
    )
    with torch.random.fork_rng(gpus_of(net.device)):
        net.initialize()
        if estimator.compiled:
            first = CycleTensors(inputs)[: estimator.batch_size][0]
            compile_in_place(net.module_, {k: v.to(net.device) for k, v in first.items()})
        if checkpoint is not None:
            checkpoint.resume(net)
        net.partial_fit(inputs, values, epochs=estimator.max_epochs - len(net.history))
    net.module_.eval()
    return net


def inputs_of(cycles: Cycles, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """Return the arguments of a network's ``forward`` for some cycles."""
    return {name: values[rows] for name, values in cycles.scaled._asdict().items()}


def _callbacks(
    estimator: Any, cycles: Cycles, targets: Targets, checkpoint: Checkpoint | None
) -> Callbacks:
    n_batches = -(-len(cycles.split.train) // estimator.batch_size)
    callbacks: Callbacks = [("schedule", WarmUpAndCosine(estimator.max_epochs * n_batches))]
    stopping = len(cycles.split.validation) > 0
    if stopping:
        callbacks += [("scores", ValidationScores(targets.scores)), ("best", BestEpoch())]
    callbacks += log_of(estimator.log)
    if estimator.progress:
        callbacks.append(("progress", ProgressBar(estimator.max_epochs)))
    if checkpoint is not None:
        callbacks.append(("checkpoint", checkpoint))
    return [*callbacks, ("patience", Patience(estimator.patience))] if stopping else callbacks


def _checkpoint(estimator: Any, cycles: Cycles, targets: Targets) -> Checkpoint | None:
    if estimator.checkpoint is None:
        return None
    groups = "none" if cycles.groups is None else cycles.groups
    settings = {
        "estimator": type(estimator).__name__,
        **settings_of(estimator),
        "data": fingerprint(*cycles.scaled, *cycles.split, targets.values, groups),
        "version": __version__,
    }
    return checkpoint_of(estimator.checkpoint, settings)


def _weights(estimator: Any, cycles: Cycles, targets: Targets) -> NDArray[np.float64] | None:
    if estimator.balance is None:
        return None
    train = cycles.split.train
    labels = None if targets.labels is None else targets.labels[train]
    groups = None if cycles.groups is None else cycles.groups[train]
    return None if groups is None and labels is None else balanced_weights(groups, labels)


def _augmentation(estimator: Any, cycles: Cycles) -> Any:
    train = cycles.split.train
    scaled = ScaledCurves(cycles.scaled.curves[train], cycles.scaled.measured[train])
    groups = None if cycles.groups is None else cycles.groups[train]
    seen = TrainingCycles(scaled, cycles.scaler, groups, estimator.channels)
    return fitted_augmentation(estimator.augmentation, seen)


def gpus_of(device: str) -> list[int]:
    """Return the GPUs whose random numbers a training on this device changes."""
    asked = torch.device(device)
    return [asked.index or 0] if asked.type == "cuda" else []
