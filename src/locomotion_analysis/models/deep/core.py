"""Ground of the room: scaled curves, what a file holds of them, batches, devices, the training loop."""

import copy
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
import skorch
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import GradientNormClipping
from torch import nn
from torch.utils.data import Dataset

from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.models.timeseries import CurveTransformer, checked_curves, with_gaps


def checked_device(device: str) -> str:
    """Return a device that is there.

    Parameters
    ----------
    device : str
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.

    Raises
    ------
    SchemaError
        If torch does not know it, or this machine does not have it.

    Examples
    --------
    >>> checked_device("cpu")
    'cpu'
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        asked = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise _refused(device, "no device that torch knows") from error
    present = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }
    if (asked.index or 0) >= present.get(asked.type, 0):
        raise _refused(device, f"{present.get(asked.type, 0)} devices {asked.type} on this machine")
    return device


def _refused(device: str, got: str) -> SchemaError:
    return SchemaError(
        expected='"auto", or a device of this machine such as "cpu"',
        got=f"{device!r}: {got}",
        where="device",
        fix='use device="auto", or install the torch that fits the GPU (https://pytorch.org)',
    )


Batch = tuple[dict[str, torch.Tensor], torch.Tensor]
Augmentation = Callable[[Batch, torch.Generator], Batch]


class CycleTensors(Dataset):  # type: ignore[misc]
    """Inputs by name and targets, sliced by position.

    Parameters
    ----------
    X : mapping of str to array or Tensor
        Arguments of the network's ``forward``; the first axis is the cycles.
    y : array or Tensor, optional
        Targets, first axis the cycles.
    """

    def __init__(self, X: Mapping[str, Any], y: Any = None, length: int | None = None) -> None:
        self.inputs = {name: torch.as_tensor(values) for name, values in X.items()}
        self.n_cycles = length or len(next(iter(self.inputs.values())))
        self.targets = torch.zeros(self.n_cycles) if y is None else torch.as_tensor(y)

    def __len__(self) -> int:
        return self.n_cycles

    def __getitem__(self, positions: Any) -> Batch:
        return {name: _rows(each, positions) for name, each in self.inputs.items()}, _rows(
            self.targets, positions
        )


class CycleLoader:
    """Batches in an order that depends on seed and epoch alone, so that a resumed run repeats it.

    Parameters
    ----------
    dataset : CycleTensors
        The cycles.
    batch_size : int
        Cycles a batch; the last may have fewer.
    shuffle : bool
        New order each epoch.
    weights : array of shape (n_cycles,), optional
        Chances of being drawn, with replacement, in place of a permutation.
    augmentation : callable, optional
        ``augmentation(batch, generator)`` returns the changed batch.
    seed : int
        Seed.
    """

    def __init__(
        self,
        dataset: CycleTensors,
        batch_size: int,
        shuffle: bool = False,
        weights: Any = None,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size if batch_size > 0 else len(dataset)
        self.shuffle = shuffle
        self.weights = None if weights is None else torch.as_tensor(weights, dtype=torch.float64)
        self.augmentation = augmentation
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self.dataset) / self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(epoch_seed(self.seed, self.epoch))
        n_cycles = len(self.dataset)
        if self.weights is not None:
            order = torch.multinomial(self.weights, n_cycles, replacement=True, generator=generator)
        elif self.shuffle:
            order = torch.randperm(n_cycles, generator=generator)
        else:
            order = torch.arange(n_cycles)
        for positions in order.split(self.batch_size):
            batch = self.dataset[positions]
            yield self.augmentation(batch, generator) if self.augmentation else batch


def _rows(tensor: torch.Tensor, positions: Any) -> torch.Tensor:
    if not isinstance(positions, torch.Tensor):
        return tensor[positions]
    return tensor.index_select(0, positions)  # copies whole cycles: twice as fast as indexing


def gpus_of(device: str) -> list[int]:
    """Return the GPUs whose random numbers a training on this device changes."""
    asked = torch.device(device)
    return [asked.index or 0] if asked.type == "cuda" else []


def epoch_seed(seed: int, epoch: int) -> int:
    """Return a seed of its own for each epoch of a run."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


_CYCLES_AT_ONCE = 512


def outputs_of(module: torch.nn.Module, *inputs: NDArray[Any]) -> NDArray[np.float32]:
    """Return what a network answers, without dropout and gradients.

    Parameters
    ----------
    module : torch.nn.Module
        The network; set to evaluation.
    *inputs : ndarray
        Arguments of its ``forward``; the first axis of all is the cycles.

    Returns
    -------
    ndarray of float32, shape (n_cycles, ...)
    """
    module.eval()
    device = next(module.parameters()).device
    answers = []
    with torch.inference_mode():
        for start in range(0, len(inputs[0]), _CYCLES_AT_ONCE):
            part = [torch.as_tensor(each[start : start + _CYCLES_AT_ONCE]) for each in inputs]
            answers.append(module(*(tensor.to(device) for tensor in part)).float().cpu().numpy())
    return np.concatenate(answers)


class FittedState(NamedTuple):
    """What was learned, as a file can hold it.

    Attributes
    ----------
    tensors : mapping of str to Tensor
        Weights and other arrays.
    facts : mapping
        The rest, of what JSON can hold.
    """

    tensors: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any]

    def part(self, name: str) -> "FittedState":
        """Return the state of what is called `name` in this one."""
        return FittedState(tensors_of(self.tensors, name), self.facts.get(name, {}))


def tensors_of(tensors: Mapping[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin with ``part.``, without that beginning."""
    return {
        name.removeprefix(f"{part}."): value
        for name, value in tensors.items()
        if name.startswith(f"{part}.")
    }


Learned = Mapping[str, Any]


class Learner:
    """Base of what learns from cycles: it declares what it learned, so that a file can hold it.

    ``_learned`` names the fitted attributes of a class beside those of its bases, each with what
    makes it from what the file held: the class of another learner, or a function of an array or
    of data as JSON holds them.
    """

    _learned: ClassVar[Learned] = {}

    @classmethod
    def _all_learned(cls) -> Learned:
        """Return what is learned, by all bases and the class."""
        declared: dict[str, Any] = {}
        for each in reversed(cls.__mro__):
            declared |= vars(each).get("_learned", {})
        return declared

    def _state(self) -> FittedState:
        tensors: dict[str, torch.Tensor] = {}
        facts: dict[str, Any] = {}
        for name in self._all_learned():
            value = getattr(self, name)
            if isinstance(value, Learner):
                inner = value._state()  # noqa: SLF001 - a learner as this one
                tensors |= {f"{name}.{key}": each for key, each in inner.tensors.items()}
                facts[name] = dict(inner.facts)
            elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
                tensors[name] = torch.from_numpy(value)
            else:
                facts[name] = _plain(value)
        return FittedState(tensors, facts)

    def _restore(self, state: FittedState) -> None:
        for name, made in self._all_learned().items():
            if isinstance(made, type) and issubclass(made, Learner):
                value = made.__new__(made)  # all it has is what it learned
                value._restore(state.part(name))  # noqa: SLF001 - a learner as this one
            elif name in state.tensors:
                value = made(state.tensors[name].numpy())
            else:
                value = made(state.facts[name])
            setattr(self, name, value)


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, np.ndarray):
        return {"values": value.tolist(), "dtype": value.dtype.str}
    if isinstance(value, pd.DataFrame):
        return value.to_dict("records")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def labels_from(facts: Mapping[str, Any]) -> NDArray[Any]:
    """Return labels that a file holds, of the type they had.

    Examples
    --------
    >>> labels_from({"values": ["healthy", "stroke"], "dtype": "<U7"}).tolist()
    ['healthy', 'stroke']
    """
    return np.asarray(facts["values"], dtype=np.dtype(facts["dtype"]))


class ScaledCurves(NamedTuple):
    """Curves and which of them were measured.

    Attributes
    ----------
    curves : ndarray of float32, shape (n_cycles, n_points, n_channels)
        In spreads of the channel; 0 throughout a curve that was not fully measured.
    measured : ndarray of bool, shape (n_cycles, n_channels)
        Whether the curve was measured throughout.
    """

    curves: NDArray[np.float32]
    measured: NDArray[np.bool_]


class CurveScaler(Learner, CurveTransformer):
    """Divides each channel by its spread over measured training curves, after their mean.

    A curve with a gap counts as not measured: networks see it through the mask alone, so a
    laboratory without force plates does not look like one that measured zeros.

    Attributes
    ----------
    mean_, scale_ : ndarray of float32, shape (n_channels,)
        In the channels' units. A channel that does not vary, or was never measured, has scale 1.
    n_points_ : int
        Points a cycle.

    Examples
    --------
    >>> curves = np.random.default_rng(0).normal(30, 5, (20, 150, 2))
    >>> curves[3:, :, 1] = np.nan
    >>> scaled = CurveScaler().fit_transform(curves)
    >>> float(scaled.curves[..., 0].std().round(3)), scaled.measured.sum(axis=0).tolist()
    (1.0, [20, 3])
    """

    _takes_gaps: ClassVar[bool] = True
    _learned: ClassVar[Learned] = {"n_points_": int, "mean_": np.asarray, "scale_": np.asarray}

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn mean and spread of each channel.

        Parameters
        ----------
        X : array_like, shape (n_cycles, n_points, n_channels)
            Curves, NaN where not measured.
        y : None
            Not used.
        """
        curves = checked_curves(X, gaps=True)
        _, self.n_points_, n_channels = curves.shape
        measured = ~with_gaps(curves)
        self.mean_ = np.zeros(n_channels, np.float32)
        self.scale_ = np.ones(n_channels, np.float32)
        for channel in range(n_channels):
            values = curves[measured[:, channel], :, channel].astype(np.float64)
            if values.size:
                self.mean_[channel] = values.mean()
                spread, resolution = values.std(), np.finfo(np.float32).eps * np.abs(values).max()
                self.scale_[channel] = spread if spread > 10 * resolution else 1.0
        return self

    def transform(self, X: Any) -> ScaledCurves:
        """Return the scaled curves with what was measured of them."""
        check_is_fitted(self)
        curves = checked_curves(X, (self.n_points_, len(self.mean_)), gaps=True)
        measured = ~with_gaps(curves)
        scaled = np.where(measured[:, None], (curves - self.mean_) / self.scale_, np.float32(0))
        return ScaledCurves(scaled.astype(np.float32, copy=False), measured)

    def inverse_transform(self, curves: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return scaled curves in the channels' units."""
        check_is_fitted(self)
        return (np.asarray(curves) * self.scale_ + self.mean_).astype(np.float32)


def scaled_training_cycles(X: Any) -> tuple[CurveScaler, ScaledCurves]:
    """Return a scaler fitted on curves, and the curves scaled by it.

    Raises
    ------
    SchemaError
        If there is one cycle only, or nothing was measured.
    """
    scaler = CurveScaler()
    scaled = scaler.fit_transform(X)
    if len(scaled.curves) < 2 or not scaled.measured.any():
        raise SchemaError(
            expected="two cycles or more, with a channel measured throughout",
            got=f"{len(scaled.curves)} cycles, {int(scaled.measured.sum())} curves without gaps",
            where="X",
        )
    return scaler, scaled


def known_targets(scaled: ScaledCurves) -> torch.Tensor:
    """Return scaled curves with NaN where nothing was measured: what a network shall rebuild."""
    curves, measured = torch.from_numpy(scaled.curves), torch.from_numpy(scaled.measured)
    return curves.masked_fill(~measured[:, None, :], torch.nan)


class KnownPointsLoss(nn.Module):  # type: ignore[misc]
    """Mean square of the difference over the points whose target is not NaN.

    Of a batch without any such point the loss is 0.

    Examples
    --------
    >>> target = torch.tensor([1.0, torch.nan])
    >>> float(KnownPointsLoss()(torch.tensor([3.0, 100.0]), target))
    4.0
    """

    def forward(self, curves: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar."""
        known = ~torch.isnan(target)
        # NaN * 0 is NaN, in the gradient too: the gaps are taken out before anything is computed.
        squares = (torch.where(known, curves - target.nan_to_num(), 0.0)) ** 2
        return squares.sum() / known.sum().clamp(min=1)


def balanced_weights(groups: Any = None, labels: Any = None) -> NDArray[np.float64]:
    """Return each cycle's chance of being drawn.

    Every class is drawn equally often, in it every subject, and of them every cycle. A subject
    with a hundred cycles counts no more than one with five.

    Parameters
    ----------
    groups : array_like of shape (n_cycles,), optional
        Subject of each cycle; without, every cycle counts as a subject.
    labels : array_like of shape (n_cycles,), optional
        Class of each cycle; without, there is one.

    Returns
    -------
    ndarray of float64, shape (n_cycles,)
        Adds up to 1; for ``CycleLoader(weights=...)``.

    Raises
    ------
    TypeError
        If neither is given.

    Examples
    --------
    >>> balanced_weights(["A", "A", "A", "B"]).round(3).tolist()
    [0.167, 0.167, 0.167, 0.5]
    >>> balanced_weights(["A", "B", "C"], ["healthy", "healthy", "stroke"]).tolist()
    [0.25, 0.25, 0.5]
    """
    if groups is None and labels is None:
        raise TypeError("groups or labels are needed")
    n_cycles = len(groups if groups is not None else labels)
    label = np.zeros(n_cycles, int) if labels is None else pd.factorize(np.asarray(labels))[0]
    subject = np.arange(n_cycles) if groups is None else pd.factorize(np.asarray(groups))[0]
    pair = label.astype(np.int64) * (subject.max() + 1) + subject
    _, first, position = np.unique(pair, return_index=True, return_inverse=True)
    cycles_of_pair = np.bincount(position)
    subjects_of_label = np.bincount(label[first])
    weights: NDArray[np.float64] = 1.0 / (
        len(subjects_of_label) * subjects_of_label[label] * cycles_of_pair[position]
    )
    return weights


MAX_GRADIENT_NORM = 1.0


class StopTraining(Exception):  # noqa: N818 - a signal of a callback, no error
    """Raised by a callback to end a training as if it had run all its epochs."""


class GaitNet(skorch.NeuralNet):  # type: ignore[misc]
    """skorch's loop on cycles. Inputs are a mapping of the arguments of ``module.forward``.

    Every epoch begins from a seed of its own, made of ``seed`` and the epoch's number: a run that
    was killed and goes on from a checkpoint repeats what it would have done.

    Parameters
    ----------
    module : type of torch.nn.Module
        The network; its arguments as ``module__*``.
    criterion : type of torch.nn.Module
        The loss; its arguments as ``criterion__*``.
    seed : int
        Of the weights, the order of cycles, dropout and augmentation.
    **kwargs
        As for :class:`skorch.NeuralNet`.
    """

    def __init__(
        self, module: Any, *args: Any, criterion: Any, seed: int = 0, **kwargs: Any
    ) -> None:
        self.seed = seed
        kwargs = {
            "optimizer": torch.optim.AdamW,
            "dataset": CycleTensors,
            "iterator_train": CycleLoader,
            "iterator_valid": CycleLoader,
            "iterator_train__shuffle": True,
            "iterator_train__seed": seed,
            "train_split": None,
            "verbose": 0,
            **kwargs,
        }
        super().__init__(module, *args, criterion=criterion, **kwargs)

    @property
    def _default_callbacks(self) -> list[tuple[str, Any]]:
        clipping = GradientNormClipping(gradient_clip_value=MAX_GRADIENT_NORM)
        return [*super()._default_callbacks, ("clip", clipping)]

    def initialize(self) -> "GaitNet":
        """Make the network from the seed."""
        torch.manual_seed(self.seed)
        super().initialize()
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any = None,
        classes: Any = None,  # noqa: ARG002 - skorch's signature
        **fit_params: Any,
    ) -> "GaitNet":
        """Train; unlike skorch's, Ctrl-C ends the program and not only the training."""
        if not self.initialized_:
            self.initialize()
        with suppress(StopTraining):
            self.notify("on_train_begin", X=X, y=y)
            self.fit_loop(X, y, **fit_params)
        self.notify("on_train_end", X=X, y=y)
        return self

    def infer(self, x: Any, **fit_params: Any) -> torch.Tensor:
        """Return the network's answer, on a GPU computed in mixed precision."""
        if torch.device(self.device).type != "cuda" or not torch.cuda.is_bf16_supported():
            answer: torch.Tensor = super().infer(x, **fit_params)
            return answer
        # bfloat16 has the range of float32: no loss scaling is needed.
        with torch.autocast("cuda", torch.bfloat16):
            return super().infer(x, **fit_params).float()

    def run_single_epoch(self, iterator: Any, training: bool, *args: Any, **kwargs: Any) -> None:
        """Run one pass, seeded by its number."""
        if training:
            epoch = len(self.history) - 1
            torch.manual_seed(epoch_seed(self.seed, epoch))
            iterator.set_epoch(epoch)
        super().run_single_epoch(iterator, training, *args, **kwargs)


def compile_in_place(module: torch.nn.Module, inputs: Mapping[str, torch.Tensor]) -> None:
    """Compile a network's ``forward`` and the gradient of it; its weights and class stay.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    inputs : mapping of str to Tensor
        A batch, on the network's device. The first call compiles: a copy is asked, so that one
        that does not compile here is known before the training.

    Warns
    -----
    LocomotionWarning
        If it does not compile (no C++ compiler, a Python too new): it then runs as it is.
    """
    trial = copy.deepcopy(module)
    try:
        trial.compile()
        trial(**inputs).sum().backward()
    except Exception as error:  # noqa: BLE001 - compilers fail in ways of their own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        warnings.warn(
            f"torch.compile does not work here ({reason}); the network runs uncompiled.",
            LocomotionWarning,
            stacklevel=2,
        )
    else:
        module.compile()
