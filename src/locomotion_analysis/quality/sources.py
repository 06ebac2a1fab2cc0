"""Cycles from memory or from a file, in batches, with their number known beforehand."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import N_PHASES, PHASE_COLUMN, canonical_name

Source = LocomotionData | str | os.PathLike[str]


def batches(source: Source, batch_cycles: int) -> Iterator[LocomotionData]:
    """Yield the cycles of a dataset in memory, a Parquet file or a folder, some at a time."""
    if isinstance(source, LocomotionData):
        # One slice keeps views where it can: a dataset of one batch is not copied.
        if len(source) <= batch_cycles:
            yield source
            return
        for start in range(0, len(source), batch_cycles):
            yield source.take(range(start, min(start + batch_cycles, len(source))))
        return
    yield from LocomotionData.scan(source, batch_cycles)


def count_cycles(source: Source) -> int:
    """Return the number of cycles, for a progress bar; from the files' footers alone."""
    if isinstance(source, LocomotionData):
        return len(source)
    place = Path(source)
    files = sorted(place.glob("**/*.parquet")) if place.is_dir() else [place]
    return sum(_footer_cycles(file) for file in files if file.is_file())


def _footer_cycles(path: Path) -> int:
    try:
        schema, rows = pq.read_schema(path), pq.read_metadata(path).num_rows
    except (OSError, ValueError):  # the scan says what is wrong with the file
        return 0
    is_long = PHASE_COLUMN in {canonical_name(name) for name in schema.names}
    return int(rows) // (N_PHASES if is_long else 1)
