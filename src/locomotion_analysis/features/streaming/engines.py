"""Where the parts of a run are computed: in this process or in worker processes."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, LocomotionError
from locomotion_analysis.features.streaming.batch import Recipe, read_batch
from locomotion_analysis.features.streaming.rows import Segment, close_reader
from locomotion_analysis.features.streaming.work import Failure, Task, run_task
from locomotion_analysis.processes import end_with_parent

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
        try:
            for task, failure in _one_pool(left, workers):
                left.remove(task)
                yield task, failure
        except BrokenProcessPool:
            done = [task for task in left if Path(task.path).exists()]
            yield from ((task, None) for task in done)
            left = [task for task in left if task not in done]
            deaths = deaths + 1 if len(left) == before else 0
            if deaths == _ATTEMPTS:
                raise _dying(left[0]) from None


def _one_pool(tasks: Sequence[Task], workers: int) -> Done:
    pool = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_limit_threads,
        initargs=(threads_each(workers),),
    )
    try:
        futures = {pool.submit(run_task, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], future.result()
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


def _dying(task: Task) -> LocomotionError:
    names = ", ".join(sorted({s.file.path for batch in task.part.batches for s in batch}))
    return FileReadError(
        expected="worker processes that live until a part is done",
        got=f"{_ATTEMPTS} deaths in a row without a finished part",
        where=names,
        fix="give each worker less to hold (--memory) or use fewer workers; finished parts are kept",
    )
