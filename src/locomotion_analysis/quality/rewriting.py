"""Writing a changed copy of a dataset, batch by batch."""

import os
from collections.abc import Iterable, Iterator

import pyarrow as pa

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.cycle_layout import write_cycle_columns
from locomotion_analysis.data.files import write_parquet
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.files import atomic_path
from locomotion_analysis.progress import Progress
from locomotion_analysis.quality.codes import CHECKS
from locomotion_analysis.quality.prescription import Diagnosis
from locomotion_analysis.quality.result import QualityResult
from locomotion_analysis.quality.sources import Source, batches
from locomotion_analysis.quality.treatment import apply, treatment_entries

CLEAN_STAGE, TREAT_STAGE = "writing clean cycles", "treating cycles"

Path = str | os.PathLike[str]


def write_clean(
    result: QualityResult,
    source: Source,
    path: Path,
    batch_cycles: int = 4096,
    progress: Progress | None = None,
) -> int:
    """Write the cycles without findings of severity error; the history says which fell out.

    Parameters
    ----------
    result : QualityResult
        Of the same source.
    source : LocomotionData or path-like
        What was validated.
    path : path-like
        Parquet file to write, whole or not at all.
    batch_cycles : int
        Cycles in memory at a time.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    int
        Number of cycles written.

    Raises
    ------
    SchemaError
        If the result is of another source, was stopped early, or no cycle is left.
    """
    if result.stopped:
        raise SchemaError(
            expected="a source that could be read to its end",
            got=result.stopped.splitlines()[0],
            fix="correct the file first",
        )
    n_clean = int((~result.error_cycles).sum())
    if not n_clean:
        raise SchemaError(
            expected="at least one cycle without an error",
            got=f"{result.n_cycles} cycles with errors",
            fix="look at the findings; `locomotion doctor` may explain them",
        )
    history = _history(source) if result.ok else (*_history(source), _dropped(result))
    write_batches(path, _clean(result, source, batch_cycles, progress), history)
    return n_clean


def _clean(
    result: QualityResult, source: Source, batch_cycles: int, progress: Progress | None
) -> Iterator[LocomotionData]:
    start = 0
    for data in batches(source, batch_cycles):
        keep = ~result.error_cycles[start : start + len(data)]
        if len(keep) != len(data):
            break
        start += len(data)
        if keep.any():
            yield data if keep.all() else data.take(keep.nonzero()[0])
        if progress:
            progress(CLEAN_STAGE, start, result.n_cycles)
    if start != result.n_cycles:
        raise SchemaError(
            expected=f"the {result.n_cycles} cycles that were validated",
            got=f"another number of cycles ({start} or more)",
            fix="validate this source again",
        )


def _dropped(result: QualityResult) -> HistoryEntry:
    codes = result.by_code().query("severity == 'error'")
    reasons = ", ".join(
        f"{row.code} {CHECKS[str(row.code)].title} ({row.findings})" for row in codes.itertuples()
    )
    return HistoryEntry("dropped", f"cycles with errors: {reasons}", int(result.error_cycles.sum()))


def treat_file(
    source: Source,
    diagnosis: Diagnosis,
    path: Path,
    batch_cycles: int = 4096,
    progress: Progress | None = None,
) -> None:
    """Write a dataset with the prescriptions carried out, batch by batch.

    Parameters
    ----------
    source : LocomotionData or path-like
    diagnosis : Diagnosis
        Of this source.
    path : path-like
        Parquet file to write, whole or not at all.
    batch_cycles : int
        Cycles in memory at a time.
    progress : callable, optional
        ``progress(stage, done, total)``.
    """

    def treated() -> Iterator[LocomotionData]:
        done = 0
        for data in batches(source, batch_cycles):
            yield apply(data, diagnosis)
            done += len(data)
            if progress:
                progress(TREAT_STAGE, done, diagnosis.n_cycles)

    write_batches(path, treated(), (*_history(source), *treatment_entries(diagnosis)))


def write_batches(
    path: Path, parts: Iterable[LocomotionData], history: Iterable[HistoryEntry]
) -> None:
    """Write parts with the same channels and columns as one Parquet file of the cycle layout.

    Raises
    ------
    SchemaError
        If the parts differ in channels or columns.
    """
    rest = iter(parts)
    first = next(rest)
    columns = list(first.cycles.columns)

    def tables() -> Iterator[pa.Table]:
        yield _table(first, columns)
        for part in rest:
            if part.channels != first.channels or set(part.cycles.columns) != set(columns):
                raise SchemaError(
                    expected="files with the same channels and columns",
                    got="files that differ",
                    fix="write them as one file first: LocomotionData.from_parquet(folder)"
                    ".to_parquet(file)",
                )
            yield _table(part, columns)

    with atomic_path(path) as temporary:
        write_parquet(temporary, tables(), tuple(history), list(first.channels))


def _history(source: Source) -> tuple[HistoryEntry, ...]:
    """History of the source; of a file, as its first cycle tells it."""
    if isinstance(source, LocomotionData):
        return source.history
    return next(batches(source, 1)).history


def _table(data: LocomotionData, columns: list[str]) -> pa.Table:
    return pa.table(write_cycle_columns(data.cycles[columns], data.block, data.channels))
