"""A training on disk after each epoch, so that one that was killed goes on where it was."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.models.deep.early_stopping import BestEpoch
from locomotion_analysis.models.deep.tensor_file import read_tensors, write_tensors


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
        net.module_.load_state_dict(_part(tensors, "module."))
        best = _best_epoch(net)
        if best is not None:
            device = next(net.module_.parameters()).device
            kept = _part(tensors, "best.")
            best.weights_ = {name: value.to(device) for name, value in kept.items()}
        _load_optimizer(net.optimizer_, _part(tensors, "optimizer."))
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
            "optimizer.": _optimizer_tensors(net.optimizer_),
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


def _part(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
    }


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        number, _, quantity = name.partition(".")
        state.setdefault(int(number), {})[quantity] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
