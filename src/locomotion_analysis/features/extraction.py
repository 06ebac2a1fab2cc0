"""Features of more cycles than memory holds: read, computed and written part by part.

A run cuts the source into parts of whole cycles, computes each (in this process, in worker processes
or on a Dask cluster) into a file of its own, and joins the files. What is finished survives a crash.
"""

import json
import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.parts import history_to_json
from locomotion_analysis.errors import (
    DuplicateCycleError,
    FileReadError,
    LocomotionError,
    LocomotionWarning,
    MissingExtraError,
    SchemaError,
)
from locomotion_analysis.features.spec import (
    DEFAULT_AGGREGATIONS,
    FeatureSpec,
    LeftOut,
    left_out_by_reason,
    left_out_message,
)
from locomotion_analysis.features.streaming import (
    Bad,
    Failure,
    Notes,
    Recipe,
    Segment,
    SourceFile,
    Task,
    batch_cycles_within,
    close_reader,
    codes_of,
    cut,
    cut_between_groups,
    largest_group,
    look_at,
    part_cycles,
    plan_of,
    read_batch,
    read_part,
    run_task,
)
from locomotion_analysis.features.table import FEATURE_GROUPS, checked_groups
from locomotion_analysis.files import atomic_path, locked, remove_leftovers
from locomotion_analysis.processes import end_with_parent
from locomotion_analysis.progress import Progress
from locomotion_analysis.standard import KEY

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["extract_features"]

# Where the parts of a run are computed: in this process or in worker processes

Done = Iterator[tuple[Task, Failure | None]]
"""Tasks as they end, each with the reason if it could not be computed."""

_ATTEMPTS = 3


def run_here(tasks: Sequence[Task]) -> Done:
    """Compute one part after the other, the next batch being read meanwhile."""
    with ThreadPoolExecutor(1) as thread:
        ahead = _Ahead(thread, tasks)
        for task in tasks:
            yield task, run_task(task, ahead.read)
        thread.submit(close_reader).result()


class _Ahead:
    """Reads batches in their order, one ahead of the batch asked for."""

    def __init__(self, thread: ThreadPoolExecutor, tasks: Sequence[Task]) -> None:
        self._thread = thread
        self._order = [(batch, task.recipe) for task in tasks for batch in task.part.batches]
        self._place = {id(batch): place for place, (batch, _) in enumerate(self._order)}
        self._waiting: dict[int, Future[LocomotionData]] = {}

    def read(self, batch: Sequence[Segment], recipe: Recipe) -> LocomotionData:
        """Return a batch and start reading the one after it."""
        place = self._place[id(batch)]
        future = self._waiting.pop(place, None) or self._thread.submit(read_batch, batch, recipe)
        self._waiting.clear()
        data = future.result()
        if place + 1 < len(self._order):
            self._waiting[place + 1] = self._thread.submit(read_batch, *self._order[place + 1])
        return data


def run_in_processes(tasks: Sequence[Task], workers: int) -> Done:
    """Compute parts in new processes; when one dies, the parts not finished are tried again.

    Raises
    ------
    LocomotionError
        If processes die three times in a row without finishing a part.
    """
    left = list(tasks)
    deaths = 0
    while left:
        before = len(left)
        pool = ProcessPoolExecutor(
            workers,
            mp_context=get_context("spawn"),
            initializer=_limit_threads,
            initargs=(threads_each(workers),),
        )
        try:
            futures = {pool.submit(run_task, task): task for task in left}
            for future in as_completed(futures):
                task, failure = futures[future], future.result()
                left.remove(task)
                yield task, failure
        except BrokenProcessPool:
            done = [task for task in left if Path(task.path).exists()]
            yield from ((task, None) for task in done)
            left = [task for task in left if task not in done]
            deaths = deaths + 1 if len(left) == before else 0
            if deaths == _ATTEMPTS:
                files = {s.file.path for batch in left[0].part.batches for s in batch}
                raise FileReadError(
                    expected="worker processes that live until a part is done",
                    got=f"{_ATTEMPTS} deaths in a row without a finished part",
                    where=", ".join(sorted(files)),
                    fix="give each worker less to hold (--memory) or use fewer workers; finished "
                    "parts are kept",
                ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def threads_each(workers: int) -> int:
    """Return how many threads each of some workers on this machine may use."""
    return max(1, (os.cpu_count() or 1) // workers)


def _limit_threads(threads: int) -> None:
    """Let this process compute and decode with a few threads, as it is not alone."""
    end_with_parent()
    import pyarrow as pa

    pa.set_cpu_count(threads)
    try:
        import numba
    except ImportError:
        return
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))


# Computing the parts of a run on a Dask cluster, of this machine or of many

_RETRIES = 2
"""How often a part is tried again after an error nobody foresaw (a network, a full disk)."""

_PATIENCE = "10s"
"""How long to wait for a scheduler."""


def run_on_dask(tasks: Sequence[Task], workers: int, scheduler: str | None) -> Done:
    """Compute parts with Dask; a part whose worker dies is computed by another.

    Parameters
    ----------
    tasks : sequence of Task
        The parts. Workers read the source and write the parts themselves: all machines must
        see both folders under the same paths.
    workers : int
        Worker processes of the cluster made here; not used with a `scheduler`.
    scheduler : str or None
        Address such as ``tcp://10.0.0.5:8786``; None for a cluster on this machine.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    """
    with _client(workers, scheduler) as client:
        from distributed import as_completed

        futures = {
            client.submit(
                run_task,
                task,
                key=f"locomotion-features-{Path(task.path).stem}",
                retries=_RETRIES,
                pure=False,
            ): task
            for task in tasks
        }
        for future in as_completed(futures):
            task = futures[future]
            failure = future.result()
            if failure is None and not Path(task.path).exists():
                raise FileReadError(
                    expected="a part written by a worker",
                    got="nothing at that path on this machine",
                    where=task.path,
                    fix="give the source and --out as paths on a disk that all machines share",
                )
            yield task, failure


@contextmanager
def _client(workers: int, scheduler: str | None) -> "Iterator[Client]":
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingExtraError(
            expected="Dask, for engine='dask'",
            got="no package distributed",
            fix="pip install 'locomotion-analysis[cluster]'",
        ) from error
    if scheduler is not None:
        try:
            connected = Client(scheduler, timeout=_PATIENCE)
        except (OSError, ValueError) as error:
            raise FileReadError(
                expected="a Dask scheduler that answers",
                got=str(error).splitlines()[0],
                where=scheduler,
                fix="start one with `dask scheduler`, or leave the address out",
            ) from error
        with connected as client:
            yield client
        return
    cluster = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=None,
        host="127.0.0.1",
        env={"NUMBA_NUM_THREADS": str(threads_each(workers))},
    )
    with cluster, Client(cluster) as client:
        yield client


# Putting finished parts together into one Parquet file, with bounded memory

_HISTORY_KEY = b"locomotion_analysis.history"
_FEATURES_KEY = b"locomotion_analysis.features"


class Survey:
    """One look at all parts before they are joined.

    Attributes
    ----------
    known : ndarray of bool
        For each feature, whether any cycle has a value.
    notes : Notes
        Notes of all parts.
    step_type : pyarrow.DataType
        One type for the column step that holds all parts' values.
    """

    def __init__(self, paths: Sequence[Path], n_features: int) -> None:
        self.known: NDArray[np.bool_] = np.zeros(n_features, dtype=bool)
        hashes, notes, types = [], [], set()
        for path in paths:
            table, noted = read_part(path)
            notes.append(noted)
            types.add(table.schema.field("step").type)
            hashes.append(_key_hashes(table))
            for index in np.flatnonzero(~self.known):
                column = table.column(len(KEY) + int(index))
                self.known[index] = not all(np.isnan(c).all() for c in column.chunks)
        self.notes = Notes.joined(notes)
        numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in types)
        mixed = pa.float64() if numbers else pa.string()
        self.step_type = types.pop() if len(types) == 1 else mixed
        _refuse_duplicates(np.concatenate(hashes), paths)


def write_joined(
    out: Path,
    paths: Sequence[Path],
    specs: Sequence[FeatureSpec],
    survey: Survey,
    history: Sequence[HistoryEntry],
) -> None:
    """Write the parts one after the other, without features that have no value at all.

    The file takes its place when whole.
    """
    kept = [spec for spec, known in zip(specs, survey.known, strict=True) if known]
    names = [*KEY, *(spec.name for spec in kept)]
    with atomic_path(out) as temporary:
        schema = _schema(names, survey.step_type, kept, history)
        with pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            use_dictionary=list(KEY),
            use_byte_stream_split=names[len(KEY) :],
            write_page_checksum=True,
        ) as writer:
            for table in _tables(paths):
                writer.write_table(table.select(names).cast(schema))


def _tables(paths: Sequence[Path]) -> Iterator[pa.Table]:
    for path in paths:
        table, _ = read_part(path)
        yield table


def _schema(
    names: Sequence[str],
    step: pa.DataType,
    specs: Sequence[FeatureSpec],
    history: Sequence[HistoryEntry],
) -> pa.Schema:
    """Return the schema of the output; pandas reads it with the cycle key as its index."""
    types = {**dict.fromkeys(KEY, pa.string()), "step": step}
    fields = [pa.field(name, types.get(name, pa.float32())) for name in names]
    empty = pa.schema(fields).empty_table().to_pandas().set_index(list(KEY))
    described = pa.Schema.from_pandas(empty, preserve_index=True).metadata
    catalogue = json.dumps([asdict(spec) for spec in specs])
    return pa.schema(
        fields,
        metadata={
            **described,
            _HISTORY_KEY: history_to_json(history).encode(),
            _FEATURES_KEY: catalogue.encode(),
        },
    )


def _key_hashes(table: pa.Table) -> NDArray[np.uint64]:
    frame: pd.DataFrame = table.select(list(KEY)).to_pandas()
    # Steps may be numbers in one part and text in another.
    frame = frame.assign(step=frame["step"].astype(str))
    hashes: NDArray[np.uint64] = np.asarray(
        pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64
    )
    return hashes


def _refuse_duplicates(hashes: NDArray[np.uint64], paths: Sequence[Path]) -> None:
    distinct, counts = np.unique(hashes, return_counts=True)
    if len(distinct) == len(hashes):
        return
    twice = distinct[counts > 1]
    for table in _tables(paths):
        found = np.flatnonzero(np.isin(_key_hashes(table), twice))
        if len(found):
            row = table.select(list(KEY)).slice(int(found[0]), 1).to_pylist()[0]
            raise DuplicateCycleError(
                expected="every gait cycle once",
                got=f"{len(hashes) - len(distinct)} cycle(s) whose key occurs twice",
                where=", ".join(f"{name}={value}" for name, value in row.items()),
                fix="number the steps of a subject and task differently, or remove the copies",
            )


# The end of a run: the parts joined into one file, and the account of what was done


@dataclass(frozen=True)
class Extraction:
    """A finished run.

    Attributes
    ----------
    path : Path
        The Parquet file of features, one row a cycle.
    n_cycles : int
        Its rows.
    specs : tuple of FeatureSpec
        One for each feature column, in order.
    left_out : tuple of LeftOut
        What was asked for and is not among the columns.
    skipped : tuple of (str, str)
        Files left out as they cannot be read, with the reason.
    kept_cycles : int
        Cycles of parts that an earlier, unfinished run had computed.
    history : tuple of HistoryEntry
        What was read, assumed, skipped; also in the file.
    """

    path: Path
    n_cycles: int
    specs: tuple[FeatureSpec, ...]
    left_out: tuple[LeftOut, ...]
    skipped: tuple[tuple[str, str], ...]
    kept_cycles: int
    history: tuple[HistoryEntry, ...]


def parts_folder(out: Path) -> Path:
    """Return the folder in which a run that writes `out` keeps its finished parts."""
    return out.with_name(f"{out.name}.parts")


def finish(
    out: Path,
    tasks: Sequence[Task],
    recipe: Recipe,
    files: Sequence[SourceFile],
    bad: Sequence[Bad],
    kept_cycles: int,
) -> Extraction:
    """Join the parts, remove them, and say what was skipped and assumed."""
    plan = plan_of(recipe)
    paths = [Path(task.path) for task in tasks]
    survey = Survey(paths, len(plan.specs))
    skipped = tuple((entry.path, str(entry.error)) for entry in bad)
    empty = [
        LeftOut(spec.name, "its inputs are never known for the same cycle")
        for spec, known in zip(plan.specs, survey.known, strict=True)
        if not known
    ]
    left_out = (*plan.left_out, *empty)
    notes = survey.notes
    history = (
        *dict.fromkeys(entry for file in files for entry in file.history),
        *(
            HistoryEntry("assumed", f"end of stance from: {source}", count)
            for source, count in sorted(notes.stance.items())
        ),
        *(
            HistoryEntry("dropped", f"{name} not above zero: treated as unknown", count)
            for name, count in sorted(notes.impossible.items())
        ),
        *(HistoryEntry("noted", text) for text in notes.warnings),
        *(HistoryEntry("skipped", f"{path}: {why}") for path, why in skipped),
        *(
            HistoryEntry("left out", f"{', '.join(names)}: {reason}", len(names))
            for reason, names in left_out_by_reason(left_out).items()
        ),
    )
    write_joined(out, paths, plan.specs, survey, history)
    _remove_parts(parts_folder(out))
    for text in (*notes.warnings, *(f"left out: {path}: {why}" for path, why in skipped)):
        warnings.warn(text, LocomotionWarning, stacklevel=3)
    specs = [spec for spec, known in zip(plan.specs, survey.known, strict=True) if known]
    return Extraction(
        out,
        sum(task.part.n_cycles for task in tasks),
        tuple(specs),
        left_out,
        skipped,
        kept_cycles,
        history,
    )


def _remove_parts(folder: Path) -> None:
    """Remove the files this module writes."""
    remove_leftovers(folder)
    for path in folder.glob("*.arrow"):
        path.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder of parts; remove it at the end if nothing is left in it."""
    lock = folder / ".lock"
    holding = ExitStack()
    holding.enter_context(locked(lock, 0, required=False))
    try:
        yield
    finally:
        holding.close()
        with suppress(OSError):  # parts of a run that did not end, or a run that has begun
            lock.unlink()
            folder.rmdir()


# The run

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
    FileLockedError
        If another program writes the same output at this moment.
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
    _check(Path(source).absolute(), target, engine, workers, scheduler)
    run = ExtractionRun(
        Path(source), target, tuple(checked_groups(groups)), tuple(aggregations), memory
    )
    files, bad = look_at(source)
    with _alone(parts_folder(target)):
        while True:
            if bad and (not skip_bad or not files):
                raise _with_way_out(bad[0].error)
            tasks, recipe, failed = run.tasks(files)
            kept = [task for task in tasks if task.is_finished()]
            if not failed:
                finished = {task.path for task in kept}
                left = [task for task in tasks if task.path not in finished]
                if not left:
                    done: Done = iter(())
                elif engine == "dask":
                    done = run_on_dask(left, workers, scheduler)
                else:
                    done = run_here(left) if workers == 1 else run_in_processes(left, workers)
                failed = _compute(done, tasks, kept, progress, skip_bad=skip_bad)
            if not failed:
                break
            bad.extend(failed)
            files = [file for file in files if file.path not in {entry.path for entry in failed}]
        return finish(target, tasks, recipe, files, bad, sum(t.part.n_cycles for t in kept))


def _check(source: Path, out: Path, engine: str, workers: int, scheduler: str | None) -> None:
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
    if engine not in _ENGINES or workers < 1 or (scheduler and engine != "dask"):
        raise SchemaError(
            expected="engine 'process' or 'dask' with at least one worker, "
            "and a scheduler's address with 'dask' only",
            got=f"engine={engine!r}, workers={workers}, scheduler={scheduler!r}",
            where="extract_features",
        )


def _compute(
    done: Done,
    tasks: Sequence[Task],
    kept: Sequence[Task],
    progress: Progress | None,
    *,
    skip_bad: bool,
) -> list[Bad]:
    """Wait for all parts, telling how many cycles are done; return files that turn out bad."""
    total = sum(task.part.n_cycles for task in tasks)
    n_done = sum(task.part.n_cycles for task in kept)
    if progress is not None:
        progress(_STAGE, n_done, total)
    failed: dict[str, LocomotionError] = {}
    for task, failure in done:
        if failure is None:
            n_done += task.part.n_cycles
            if progress is not None:
                progress(_STAGE, n_done, total)
        elif not failure.file:
            raise failure.error()
        elif skip_bad:
            failed.setdefault(failure.file, failure.error())
        else:
            raise _with_way_out(failure.error())
    return [Bad(path, error) for path, error in failed.items()]


def _with_way_out(error: LocomotionError) -> LocomotionError:
    error.fix = f"{error.fix}, or leave the file out on purpose (skip_bad=True, --skip-bad)"
    return error


@dataclass(frozen=True)
class ExtractionRun:
    """What a run of :func:`extract_features` was asked for."""

    source: Path
    out: Path
    groups: tuple[str, ...]
    aggregations: tuple[str, ...]
    memory: str | int

    def tasks(self, files: Sequence[SourceFile]) -> tuple[list[Task], Recipe, list[Bad]]:
        """Cut the files into parts; the same files and wishes give the same parts.

        Files whose subjects and tasks cannot be read come third, and then there are no parts.
        """
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
        folder = parts_folder(self.out)
        paths = [str(folder / f"{part.fingerprint(recipe)}.arrow") for part in parts]
        tasks = [Task(part, recipe, path) for part, path in zip(parts, paths, strict=True)]
        return tasks, recipe, []
