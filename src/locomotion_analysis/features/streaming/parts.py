"""Cutting a source into parts of whole cycles: the unit of work, of retrying and of resuming."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis._version import __version__
from locomotion_analysis.features.streaming.batch import Recipe, plan_of
from locomotion_analysis.features.streaming.rows import Segment
from locomotion_analysis.features.streaming.source import SourceFile


@dataclass(frozen=True)
class Part:
    """Batches computed one after the other and written as one file.

    Attributes
    ----------
    batches : tuple of tuple of Segment
        The cycles of each batch, in the order of the output.
    """

    batches: tuple[tuple[Segment, ...], ...]

    @property
    def n_cycles(self) -> int:
        """Number of cycles."""
        return sum(s.stop - s.start for batch in self.batches for s in batch)

    def fingerprint(self, recipe: Recipe) -> str:
        """Return a name that only the same cycles of the same files, and features, have."""
        what = [[(*_identity(s.file), s.start, s.stop) for s in batch] for batch in self.batches]
        specs = [repr(spec) for spec in plan_of(recipe).specs]
        text = json.dumps([__version__, recipe.dataset, specs, what])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _identity(file: SourceFile) -> tuple[str, int, int]:
    return file.name, file.size, file.modified_ns


def cut(files: Sequence[SourceFile], batch_cycles: int, part_cycles: int) -> list[Part]:
    """Cut files into batches of cycles that each stand for themselves."""
    pieces = (
        [Segment(file, start, min(start + batch_cycles, file.n_cycles))]
        for file in files
        for start in range(0, file.n_cycles, batch_cycles)
    )
    return list(_packed(_merged(pieces, batch_cycles), part_cycles))


def cut_between_groups(
    files: Sequence[SourceFile],
    codes: Sequence[NDArray[np.uint64]],
    batch_cycles: int,
    part_cycles: int,
) -> list[Part]:
    """Cut files so that the cycles of one subject, task and task_id are in one batch.

    Parameters
    ----------
    files : sequence of SourceFile
    codes : sequence of ndarray
        For each file one number a cycle; cycles with equal numbers belong together.
    batch_cycles, part_cycles : int
        Most cycles of a batch, and about how many cycles a part has.

    Notes
    -----
    Groups come in the order in which they first appear; a group that is spread over the source
    is brought together.
    """
    groups: dict[int, list[Segment]] = {}
    for file, of_file in zip(files, codes, strict=True):
        edges = np.flatnonzero(np.diff(of_file)) + 1
        bounds = [0, *edges.tolist(), len(of_file)]
        for start, stop in itertools.pairwise(bounds):
            groups.setdefault(int(of_file[start]), []).append(Segment(file, start, stop))
    return list(_packed(_merged(groups.values(), batch_cycles), part_cycles))


def largest_group(codes: Sequence[NDArray[np.uint64]]) -> int:
    """Return the number of cycles of the largest group."""
    _, counts = np.unique(np.concatenate(codes), return_counts=True)
    return int(counts.max())


def _merged(
    groups: Iterable[Sequence[Segment]], batch_cycles: int
) -> Iterator[tuple[Segment, ...]]:
    """Put small groups together into batches, in order."""
    batch: list[Segment] = []
    size = 0
    for group in groups:
        own = sum(segment.stop - segment.start for segment in group)
        if batch and size + own > batch_cycles:
            yield _joined(batch)
            batch, size = [], 0
        batch.extend(group)
        size += own
    if batch:
        yield _joined(batch)


def _joined(segments: list[Segment]) -> tuple[Segment, ...]:
    """Join segments that follow each other in a file."""
    joined = segments[:1]
    for segment in segments[1:]:
        last = joined[-1]
        if segment.file is last.file and segment.start == last.stop:
            joined[-1] = Segment(last.file, last.start, segment.stop)
        else:
            joined.append(segment)
    return tuple(joined)


def _packed(batches: Iterable[tuple[Segment, ...]], part_cycles: int) -> Iterator[Part]:
    part: list[tuple[Segment, ...]] = []
    size = 0
    for batch in batches:
        own = sum(segment.stop - segment.start for segment in batch)
        if part and size + own > part_cycles:
            yield Part(tuple(part))
            part, size = [], 0
        part.append(batch)
        size += own
    if part:
        yield Part(tuple(part))
