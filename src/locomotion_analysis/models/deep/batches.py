"""Batches of cycles for training: sliced out of whole tensors, in an order fixed by the epoch."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

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
        for positions in self._order(generator).split(self.batch_size):
            batch = self.dataset[positions]
            yield self.augmentation(batch, generator) if self.augmentation else batch

    def _order(self, generator: torch.Generator) -> torch.Tensor:
        n_cycles = len(self.dataset)
        if self.weights is not None:
            return torch.multinomial(self.weights, n_cycles, replacement=True, generator=generator)
        return (
            torch.randperm(n_cycles, generator=generator)
            if self.shuffle
            else torch.arange(n_cycles)
        )


def _rows(tensor: torch.Tensor, positions: Any) -> torch.Tensor:
    if not isinstance(positions, torch.Tensor):
        return tensor[positions]
    return tensor.index_select(0, positions)  # copies whole cycles: twice as fast as indexing


def epoch_seed(seed: int, epoch: int) -> int:
    """Return a seed of its own for each epoch of a run."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
