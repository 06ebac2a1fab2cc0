"""Features of more cycles than memory holds: read, computed and written part by part."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.features.feature import left_out_message
from locomotion_analysis.features.plan import FEATURE_GROUPS
from locomotion_analysis.features.schema import DEFAULT_AGGREGATIONS
from locomotion_analysis.features.streaming.batch import Recipe, plan_of
from locomotion_analysis.features.streaming.engines import Done, run_here, run_in_processes
from locomotion_analysis.features.streaming.finish import Extraction, finish, parts_folder
from locomotion_analysis.features.streaming.memory import batch_cycles_within, part_cycles
from locomotion_analysis.features.streaming.parts import (
    Part,
    cut,
    cut_between_groups,
    largest_group,
)
from locomotion_analysis.features.streaming.source import Bad, SourceFile, codes_of, look_at
from locomotion_analysis.features.streaming.work import Task, read_part
from locomotion_analysis.features.table import checked_groups
from locomotion_analysis.progress import Progress

Engine = Literal["process", "dask"]

_ENGINES = ("process", "dask")
_STAGE = "cycles"


def extract_features(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    groups: Sequence[str] = FEATURE_GROUPS,
    aggregations: Sequence[str] = DEFAULT_AGGREGATIONS,
    memory: str | int = "1GB",
    engine: Engine = "process",
    workers: int = 1,
    scheduler: str | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Extraction:
    """Write the features of every cycle of a Parquet file or folder to one Parquet file.

    The source is read in batches of whole cycles. Finished parts are kept in ``<out>.parts``
    until the output is whole, so that a run that was killed goes on where it was when started
    again. All engines, and any number of workers, give the same file bit for bit.

    Parameters
    ----------
    source : path-like
        Parquet file, or folder of them, in the long or the cycle layout.
    out : path-like
        File to write; an older one is replaced when the new one is complete.
    groups : sequence of str
        Feature groups: kinematic, kinetic, temporal, spatial, derived, clinical.
    aggregations : sequence of str
        Statistics of every curve.
    memory : str or int
        What each process may hold: ``"1GB"``, ``"800MB"`` or a number of bytes.
    engine : {"process", "dask"}
        Processes of this machine, or a Dask cluster (extra ``cluster``).
    workers : int
        Processes; with one and engine ``"process"``, this one.
    scheduler : str, optional
        Address of a Dask scheduler; a cluster on this machine where None.
    skip_bad : bool
        Leave out files that cannot be read, and say which, rather than stop.
    progress : callable, optional
        Called with a stage, cycles done and cycles in all.

    Returns
    -------
    Extraction

    Raises
    ------
    FileReadError, SchemaError
        If a file cannot be read (and `skip_bad` is not set), the memory is too small for one
        batch, or nothing can be computed.
    DuplicateCycleError
        If two cycles share a key.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.simulation import simulate
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> simulate(n_subjects=3, n_cycles=2).to_parquet(folder / "walk.parquet")
    >>> done = extract_features(folder / "walk.parquet", folder / "x.parquet", groups=["temporal"])
    >>> done.n_cycles
    30
    """
    target = Path(out).absolute()
    _check_places(Path(source).absolute(), target)
    _check_engine(engine, workers, scheduler)
    wanted = tuple(checked_groups(groups))
    run = _Run(Path(source), target, wanted, tuple(aggregations), memory)
    files, bad = look_at(source)
    while True:
        _stop_or_skip(bad, files, skip_bad=skip_bad)
        tasks, recipe, failed = run.tasks(files)
        kept = [task for task in tasks if _is_finished(task)]
        if not failed:
            shown = _Shown(progress, tasks, kept)
            done = _start(tasks, kept, engine, workers, scheduler)
            failed = _compute(done, shown, skip_bad=skip_bad)
        if not failed:
            break
        bad.extend(failed)
        files = [file for file in files if file.path not in {entry.path for entry in failed}]
    return finish(target, tasks, recipe, files, bad, sum(t.part.n_cycles for t in kept))


@dataclass(frozen=True)
class _Run:
    """What a run was asked for."""

    source: Path
    out: Path
    groups: tuple[str, ...]
    aggregations: tuple[str, ...]
    memory: str | int

    @property
    def parts(self) -> Path:
        """Folder of the finished parts."""
        return parts_folder(self.out)

    def tasks(self, files: Sequence[SourceFile]) -> tuple[list[Task], Recipe, list[Bad]]:
        """Cut the files into parts; the same files and wishes give the same parts.

        Files whose subjects and tasks cannot be read come third, and then there are no parts.
        """
        recipe = self._recipe(files)
        rows_a_cycle = max(file.rows_a_cycle for file in files)
        if plan_of(recipe).across_cycles:
            codes, bad = codes_of(files, recipe.dataset)
            if bad:
                return [], recipe, bad
            size = batch_cycles_within(self.memory, recipe, rows_a_cycle, largest_group(codes))
            parts = cut_between_groups(files, codes, size, part_cycles(recipe, size))
        else:
            size = batch_cycles_within(self.memory, recipe, rows_a_cycle, 1)
            parts = cut(files, size, part_cycles(recipe, size))
        recipe = replace(recipe, batch_cycles=size)
        return [self._task(part, recipe) for part in parts], recipe, []

    def _recipe(self, files: Sequence[SourceFile]) -> Recipe:
        channels = dict.fromkeys(name for file in files for name in file.channels)
        columns = dict.fromkeys(name for file in files for name in file.columns)
        recipe = Recipe(
            tuple(channels), tuple(columns), self.groups, self.aggregations, self.source.stem
        )
        if not plan_of(recipe).specs:
            raise SchemaError(
                expected=f"data that gives features of {', '.join(self.groups)}",
                got=left_out_message(plan_of(recipe).left_out),
                where=str(self.source),
                fix=f"ask for other groups of {', '.join(FEATURE_GROUPS)}, or add channels",
            )
        return recipe

    def _task(self, part: Part, recipe: Recipe) -> Task:
        return Task(part, recipe, str(self.parts / f"{part.fingerprint(recipe)}.arrow"))


class _Shown:
    """Counts cycles for the caller's progress display."""

    def __init__(
        self, progress: Progress | None, tasks: Sequence[Task], kept: Sequence[Task]
    ) -> None:
        self._progress = progress
        self._total = sum(task.part.n_cycles for task in tasks)
        self._done = sum(task.part.n_cycles for task in kept)
        self.add(0)

    def add(self, n_cycles: int) -> None:
        self._done += n_cycles
        if self._progress is not None:
            self._progress(_STAGE, self._done, self._total)


def _start(
    tasks: Sequence[Task],
    kept: Sequence[Task],
    engine: Engine,
    workers: int,
    scheduler: str | None,
) -> Done:
    finished = {task.path for task in kept}
    left = [task for task in tasks if task.path not in finished]
    if not left:
        return iter(())
    if engine == "dask":
        from locomotion_analysis.features.streaming.cluster import run_on_dask

        return run_on_dask(left, workers, scheduler)
    return run_here(left) if workers == 1 else run_in_processes(left, workers)


def _compute(done: Done, shown: _Shown, *, skip_bad: bool) -> list[Bad]:
    """Wait for all parts; return the files that turned out to be bad."""
    failed: dict[str, LocomotionError] = {}
    for task, failure in done:
        if failure is None:
            shown.add(task.part.n_cycles)
        elif not failure.file:
            raise failure.error()
        elif skip_bad:
            failed.setdefault(failure.file, failure.error())
        else:
            raise _with_way_out(failure.error())
    return [Bad(path, error) for path, error in failed.items()]


def _stop_or_skip(bad: Sequence[Bad], files: Sequence[SourceFile], *, skip_bad: bool) -> None:
    if bad and (not skip_bad or not files):
        raise _with_way_out(bad[0].error)


def _with_way_out(error: LocomotionError) -> LocomotionError:
    error.fix = f"{error.fix}, or leave the file out on purpose (skip_bad=True, --skip-bad)"
    return error


def _is_finished(task: Task) -> bool:
    try:
        table, _ = read_part(Path(task.path))
    except (OSError, pa.ArrowInvalid):
        return False
    return len(table) == task.part.n_cycles


def _check_places(source: Path, out: Path) -> None:
    if out == source or (source.is_dir() and out.is_relative_to(source)):
        raise SchemaError(
            expected="a file to write outside the source",
            got=str(out),
            where="out",
            fix="a features file inside the source would be read as cycles in the next run",
        )
    if out.is_dir():
        raise SchemaError(
            expected="the name of a file to write", got="a folder", where=str(out), fix="add a name"
        )


def _check_engine(engine: str, workers: int, scheduler: str | None) -> None:
    if engine not in _ENGINES or workers < 1 or (scheduler and engine != "dask"):
        raise SchemaError(
            expected="engine 'process' or 'dask' with at least one worker, "
            "and a scheduler's address with 'dask' only",
            got=f"engine={engine!r}, workers={workers}, scheduler={scheduler!r}",
            where="extract_features",
        )
