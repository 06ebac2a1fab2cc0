"""Computing the parts of a run on a Dask cluster, of this machine or of many."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from locomotion_analysis.errors import FileReadError, MissingExtraError
from locomotion_analysis.features.streaming.engines import Done, threads_each
from locomotion_analysis.features.streaming.work import Task, run_task

if TYPE_CHECKING:
    from distributed import Client

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
            client.submit(run_task, task, key=_key(task), retries=_RETRIES, pure=False): task
            for task in tasks
        }
        for future in as_completed(futures):
            task = futures[future]
            failure = future.result()
            if failure is None:
                _refuse_unseen(task)
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
        with _connected(Client, scheduler) as client:
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


def _connected(client: "type[Client]", scheduler: str) -> "Client":
    try:
        return client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise FileReadError(
            expected="a Dask scheduler that answers",
            got=str(error).splitlines()[0],
            where=scheduler,
            fix="start one with `dask scheduler`, or leave the address out",
        ) from error


def _key(task: Task) -> str:
    return f"locomotion-features-{Path(task.path).stem}"


def _refuse_unseen(task: Task) -> None:
    if not Path(task.path).exists():
        raise FileReadError(
            expected="a part written by a worker",
            got="nothing at that path on this machine",
            where=task.path,
            fix="give the source and --out as paths on a disk that all machines share",
        )
