"""What happens beside the training loop: learning rate, best epoch, checkpoint, log, progress bar."""

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from skorch.callbacks import Callback, LRScheduler

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.extras import require
from locomotion_analysis.files import write_all
from locomotion_analysis.models.deep.core import StopTraining, tensors_of
from locomotion_analysis.models.deep.state_file import read_tensors, write_tensors

_WARM_UP = 0.1
_LAST = 0.01


class WarmUpAndCosine(Callback):  # type: ignore[misc]
    """Raises the learning rate over a tenth of the batches, then lets it fall along a cosine.

    It is computed from the number of the batch alone, so a training that was interrupted goes on
    where it was. Cosine as Loshchilov and Hutter (2017, https://arxiv.org/abs/1608.03983), without
    restarts.

    Parameters
    ----------
    n_batches : int
        Batches of the whole training.
    """

    def __init__(self, n_batches: int) -> None:
        self.n_batches = n_batches

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Begin at the epoch that the history has come to."""
        self.next_ = sum(epoch["train_batch_count"] for epoch in net.history)

    def on_batch_begin(self, net: Any, training: bool = False, **_: Any) -> None:
        """Set the learning rate of the next batch."""
        if not training:
            return
        rate = net.lr * share_of_rate(self.next_ / self.n_batches)
        for group in net.optimizer_.param_groups:
            group["lr"] = rate
        self.next_ += 1

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Record the learning rate the epoch ended with."""
        net.history.record("learning_rate", net.optimizer_.param_groups[0]["lr"])


def one_cycle(highest: float, n_batches: int) -> LRScheduler:
    """Return the schedule under which the learning rate rises and falls once in a training.

    That of Smith and Topin (2018, https://arxiv.org/abs/1708.07120), for trainings of a fixed
    length that are never interrupted; the momentum falls and rises against it.

    Parameters
    ----------
    highest : float
        Learning rate at its highest.
    n_batches : int
        Batches of the whole training.
    """
    return LRScheduler(
        policy=torch.optim.lr_scheduler.OneCycleLR,
        max_lr=highest,
        total_steps=n_batches,
        step_every="batch",
    )


def share_of_rate(done: float) -> float:
    """Return the learning rate as a share of its highest.

    Parameters
    ----------
    done : float
        Share of the training that is over, 0 to 1.

    Examples
    --------
    >>> [round(share_of_rate(done), 3) for done in (0.0, 0.1, 0.55, 1.0)]
    [0.01, 1.0, 0.505, 0.01]
    """
    if done < _WARM_UP:
        return _LAST + (1 - _LAST) * done / _WARM_UP
    fallen = (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP))) / 2
    return _LAST + (1 - _LAST) * fallen


Scores = Callable[[torch.Tensor, torch.Tensor], dict[str, float]]


class ValidationScores(Callback):  # type: ignore[misc]
    """Records scores of the validation cycles, as ``valid_<name>``.

    Parameters
    ----------
    scores : callable
        ``scores(outputs, targets)`` returns them by name.
    """

    def __init__(self, scores: Scores) -> None:
        self.scores = scores

    def on_epoch_begin(self, net: Any, **_: Any) -> None:  # noqa: ARG002 - skorch's signature
        """Forget the epoch before."""
        self.seen_: list[tuple[torch.Tensor, torch.Tensor]] = []

    def on_batch_end(
        self,
        net: Any,  # noqa: ARG002 - skorch's signature
        batch: Any = None,
        training: bool = False,
        y_pred: Any = None,
        **_: Any,
    ) -> None:
        """Keep what the network answered."""
        if not training:
            self.seen_.append((y_pred.detach().cpu(), batch[1]))

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Record the scores."""
        if self.seen_:
            outputs, targets = (torch.cat(part) for part in zip(*self.seen_, strict=True))
            for name, value in self.scores(outputs, targets).items():
                net.history.record(f"valid_{name}", value)


class BestEpoch(Callback):  # type: ignore[misc]
    """Keeps the weights of the epoch with the lowest validation loss and ends with them.

    Attributes
    ----------
    weights_ : dict of str to Tensor
        The network's state at the best epoch.
    """

    def initialize(self) -> "BestEpoch":
        """Forget an earlier training."""
        self.weights_: dict[str, torch.Tensor] = {}
        return self

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Keep the weights of a better epoch; stop after too many others."""
        losses = net.history[:, "valid_loss"]
        best = losses.index(min(losses))
        if best == len(losses) - 1:
            state = net.module_.state_dict()
            self.weights_ = {name: value.detach().clone() for name, value in state.items()}

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Return to the best epoch."""
        if self.weights_:
            net.module_.load_state_dict(self.weights_)


class Patience(Callback):  # type: ignore[misc]
    """Ends the training after epochs without a lower validation loss.

    Apart from :class:`BestEpoch` because it must come last: what raises here, no later callback
    sees.

    Parameters
    ----------
    patience : int
        Epochs.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Stop where the best epoch is too long ago."""
        self._check(net)

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Stop at once where an interrupted training had come to its end."""
        if len(net.history):
            self._check(net)

    def _check(self, net: Any) -> None:
        losses = net.history[:, "valid_loss"]
        if len(losses) - 1 - losses.index(min(losses)) >= self.patience:
            raise StopTraining


class Checkpoint(Callback):  # type: ignore[misc]
    """Writes the state of a training after each epoch, and removes the file at the end.

    Order, dropout and augmentation depend on seed and epoch alone (:class:`GaitNet`), so weights,
    optimizer, best weights and history are all there is to keep: the training that goes on gives
    what one without interruption would have given, to the last bit on the same machine.

    Parameters
    ----------
    path : path-like
        File to write.
    settings : mapping
        What a training must share to go on from here, of what JSON can hold.
    kept : bool
        Keep the file at the end: the same training is then over at once.
    """

    def __init__(
        self, path: str | os.PathLike[str], settings: Mapping[str, Any], kept: bool = False
    ) -> None:
        self.path = path
        self.settings = settings
        self.kept = kept

    def resume(self, net: Any) -> None:
        """Bring an initialized net to where the file left off; no file: to the start.

        Raises
        ------
        FileReadError
            If the file is damaged, or of another training.
        """
        if not Path(self.path).exists():
            return
        tensors, facts = read_tensors(self.path, "checkpoint")
        self._check_same(facts["settings"])
        net.module_.load_state_dict(tensors_of(tensors, "module"))
        best = _best_epoch(net)
        if best is not None:
            device = next(net.module_.parameters()).device
            kept = tensors_of(tensors, "best")
            best.weights_ = {name: value.to(device) for name, value in kept.items()}
        optimizer: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors_of(tensors, "optimizer").items():
            number, _, quantity = name.partition(".")
            optimizer.setdefault(int(number), {})[quantity] = value
        net.optimizer_.load_state_dict({**net.optimizer_.state_dict(), "state": optimizer})
        for row in facts["history"]:
            net.history.new_epoch()
            for name, value in row.items():
                net.history.record(name, value)

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Write the state."""
        best = _best_epoch(net)
        state = {
            "module.": net.module_.state_dict(),
            "best.": {} if best is None else best.weights_,
            "optimizer.": {
                f"{number}.{name}": torch.as_tensor(value)
                for number, values in net.optimizer_.state_dict()["state"].items()
                for name, value in values.items()
            },
        }
        tensors = {
            f"{part}{name}": value for part, named in state.items() for name, value in named.items()
        }
        facts = {"settings": dict(self.settings), "history": epochs(net)}
        write_tensors(self.path, "checkpoint", tensors, facts)

    def on_train_end(self, net: Any, **_: Any) -> None:  # noqa: ARG002 - skorch's signature
        """Remove the file, unless it is to be kept: the training is over."""
        if not self.kept:
            Path(self.path).unlink(missing_ok=True)

    def _check_same(self, written: Mapping[str, Any]) -> None:
        own = json.loads(json.dumps(self.settings))
        other = [name for name in own if written.get(name) != own[name]]
        if other:
            shown = ", ".join(f"{name} {_short(written.get(name))}" for name in other[:3])
            raise FileReadError(
                expected="a checkpoint of this very training: "
                + ", ".join(f"{name} {_short(own[name])}" for name in other[:3]),
                got=shown,
                where=str(self.path),
                fix="set the estimator as it was, remove the file, or name another",
            )


def checkpoint_of(
    path: str | os.PathLike[str] | None, settings: Mapping[str, Any]
) -> Checkpoint | None:
    """Return the callback for an estimator's ``checkpoint``.

    Parameters
    ----------
    path : path-like or None
        A ``.safetensors`` file for one training, or a folder for several, as of the folds of a
        cross-validation: each has a file of its own there, which stays.
    settings : mapping
        See :class:`Checkpoint`.
    """
    if path is None:
        return None
    if Path(path).suffix == ".safetensors":
        return Checkpoint(path, settings)
    name = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    return Checkpoint(Path(path) / f"{name}.safetensors", settings, kept=True)


def epochs(net: Any) -> list[dict[str, Any]]:
    """Return the history of a net, one mapping an epoch, numbers only and no batches."""
    return [
        {name: value for name, value in row.items() if isinstance(value, (int, float))}
        for row in net.history
    ]


def fingerprint(*arrays: Any) -> str:
    """Return a hash of arrays: the same data, the same text."""
    digest = hashlib.sha256()
    for each in arrays:
        values = np.asarray(each)
        if values.dtype.kind in "OU":
            values = np.char.encode(values.astype(str), "utf-8")
        digest.update(f"{values.dtype} {values.shape} ".encode())
        digest.update(np.ascontiguousarray(values).data if values.size else b"")
    return digest.hexdigest()[:16]


def _best_epoch(net: Any) -> BestEpoch | None:
    found = [callback for _, callback in net.callbacks_ if isinstance(callback, BestEpoch)]
    return found[0] if found else None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


_NOT_SHOWN = ("_batch_count", "_best")


def epoch_table(net: Any) -> pd.DataFrame:
    """Return the history of a net: one row an epoch, its losses, scores and seconds."""
    table = pd.DataFrame(epochs(net))
    kept = [name for name in table if not str(name).endswith(_NOT_SHOWN)]
    return table[kept].rename(columns={"dur": "seconds"})


class CSVLog(Callback):  # type: ignore[misc]
    """Writes the table of epochs so far, whole, after each.

    Parameters
    ----------
    path : path-like
        File to write.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Write the file."""
        write_all({Path(self.path): epoch_table(net).to_csv(index=False)})


class TensorBoardLog(Callback):  # type: ignore[misc]
    """Writes event files that TensorBoard shows.

    Parameters
    ----------
    folder : path-like
        Where to write them.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = folder

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Open the file; what a killed training wrote after its last checkpoint is purged."""
        require("tensorboard", "tensorboard")
        from torch.utils.tensorboard import SummaryWriter

        self.writer_ = SummaryWriter(str(self.folder), purge_step=len(net.history) + 1)

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Add the numbers of the epoch."""
        row = epoch_table(net).iloc[-1]
        for name, value in row.items():
            if name != "epoch":
                self.writer_.add_scalar(name, value, int(row["epoch"]))

    def on_train_end(self, net: Any, **_: Any) -> None:  # noqa: ARG002 - skorch's signature
        """Close the file."""
        self.writer_.close()


def log_of(log: str | os.PathLike[str] | None) -> list[tuple[str, Callback]]:
    """Return the callback for an estimator's ``log``: a CSV file, or a folder for TensorBoard.

    Raises
    ------
    SchemaError
        If it is a file that does not end in ``.csv``.
    MissingExtraError
        If a folder is named and TensorBoard is not installed.
    """
    if log is None:
        return []
    if Path(log).suffix.lower() == ".csv":
        return [("log", CSVLog(log))]
    if Path(log).is_file():
        raise SchemaError(
            expected="a file that ends in .csv, or a folder for TensorBoard",
            got="a file of another kind",
            where=f"log={str(log)!r}",
        )
    require("tensorboard", "tensorboard")
    return [("log", TensorBoardLog(log))]


class ProgressBar(Callback):  # type: ignore[misc]
    """Shows on stderr how far a training is, with its losses and scores.

    Parameters
    ----------
    max_epochs : int
        Epochs at most.
    """

    def __init__(self, max_epochs: int) -> None:
        self.max_epochs = max_epochs

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Show the bar."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.table import Column

        self.bar_ = Progress(
            TextColumn("epoch"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", table_column=Column(overflow="ellipsis")),
            console=Console(stderr=True),
        )
        self.task_ = self.bar_.add_task("", total=self.max_epochs, completed=len(net.history))
        self.bar_.start()

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Show the epoch's metrics."""
        self.bar_.update(self.task_, advance=1, description=metrics_line(net))

    def on_train_end(self, net: Any, **_: Any) -> None:  # noqa: ARG002 - skorch's signature
        """Leave the last line."""
        self.bar_.stop()


def metrics_line(net: Any) -> str:
    """Return the metrics of the last epoch, and which was the best."""
    table = epoch_table(net)
    last = table.iloc[-1].to_dict()
    told = [
        f"{name} {value:.3g}"
        for name, value in last.items()
        if str(name).startswith(("train", "valid"))
    ]
    if "valid_loss" in table:
        best = table["valid_loss"].to_numpy().argmin()
        told.append(f"best {int(table['epoch'].iloc[best])}")
    return "  ".join(told)
