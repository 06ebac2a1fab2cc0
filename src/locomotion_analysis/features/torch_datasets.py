"""The two kinds of PyTorch dataset. Importing this module needs PyTorch."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from locomotion_analysis.features.sequences import batches_of, epoch_order
from locomotion_analysis.features.torch_data import LabelledSequences


class Sequences(NamedTuple):
    """One cycle, or a batch of them (with a first axis more).

    Attributes
    ----------
    curves : Tensor of float32, shape (length, n_channels)
        In the units of the channels; points that were not measured are 0.
    target : Tensor of int64 or float32, shape ()
        Position in ``dataset.classes``, or the quantity.
    measured : Tensor of bool, shape (n_channels,)
        Whether the curve was measured throughout.
    """

    curves: torch.Tensor
    target: torch.Tensor
    measured: torch.Tensor


class _Described:
    """What both kinds of dataset tell about their cycles."""

    def __init__(self, sequences: LabelledSequences) -> None:
        self.sequences = sequences

    @property
    def channels(self) -> tuple[str, ...]:
        """Names along the last axis of the curves."""
        return self.sequences.channels

    @property
    def classes(self) -> NDArray[Any] | None:
        """The labels, by code; None where the target is a quantity."""
        return self.sequences.classes

    @property
    def groups(self) -> NDArray[Any]:
        """The subject of each cycle."""
        return self.sequences.groups

    @property
    def target(self) -> NDArray[Any]:
        """The encoded target of each cycle."""
        return self.sequences.target


class SequenceDataset(_Described, Dataset):  # type: ignore[misc]
    """Gait cycles by position (see :func:`~locomotion_analysis.features.to_torch_dataset`)."""

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, index: int | ArrayLike) -> Sequences:
        """Return one cycle, or the cycles of several positions as one batch."""
        positions = np.asarray(index)
        if positions.ndim:
            return _tensors(self.sequences, positions)
        if not -len(self) <= positions < len(self):
            raise IndexError(f"cycle {positions} of {len(self)}")
        return Sequences(*(part[0] for part in _tensors(self.sequences, positions[None])))

    def __getitems__(self, indices: Sequence[int]) -> list[Sequences]:
        """Return the cycles of a batch, fetched together; PyTorch's DataLoader calls this."""
        batch = _tensors(self.sequences, np.asarray(indices))
        return [Sequences(*parts) for parts in zip(*batch, strict=True)]

    def subject_split(self, *parts: NDArray[np.intp]) -> "list[SequenceDataset]":
        """Return one dataset a part, refusing parts that share a subject.

        Parameters
        ----------
        *parts : ndarray of int
            Positions in this dataset, as the splitters of ``locomotion_analysis.selection``
            give them for ``dataset.target`` and ``dataset.groups``.

        Raises
        ------
        SplitLeakError
            If a subject has cycles in two parts.
        """
        return [SequenceDataset(part) for part in self.sequences.subject_parts(parts)]


class SequenceStream(_Described, IterableDataset):  # type: ignore[misc]
    """Batches of gait cycles (see :func:`~locomotion_analysis.features.stream_torch_dataset`).

    Pass it to ``DataLoader(stream, batch_size=None, num_workers=...)``: it makes the batches
    itself. They are the same, in the same order, for any number of workers.

    Parameters
    ----------
    sequences : LabelledSequences
        The cycles.
    batch_size : int
        Cycles a batch; the last of an epoch may have fewer.
    seed : int or None
        Of the shuffling; None gives the cycles in their own order.
    """

    def __init__(self, sequences: LabelledSequences, batch_size: int, seed: int | None) -> None:
        super().__init__(sequences)
        self.batch_size = batch_size
        self.seed = seed
        # Shared memory: workers that outlive an epoch see the next one's number.
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass; without this every pass has the same order."""
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(range(0, len(self.sequences), self.batch_size))

    def __iter__(self) -> Iterator[Sequences]:
        worker = get_worker_info()
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        order = np.arange(len(self.sequences))
        if self.seed is not None:
            order = epoch_order(len(self.sequences), self.seed, int(self._epoch))
        for positions in batches_of(order, self.batch_size)[first::step]:
            yield _tensors(self.sequences, positions)

    def subject_split(self, *parts: NDArray[np.intp]) -> "list[SequenceStream]":
        """Return one stream a part (see :meth:`SequenceDataset.subject_split`)."""
        return [
            SequenceStream(part, self.batch_size, self.seed)
            for part in self.sequences.subject_parts(parts)
        ]


def _tensors(sequences: LabelledSequences, positions: NDArray[np.intp]) -> Sequences:
    return Sequences(*map(torch.from_numpy, sequences.fetch(positions)))
