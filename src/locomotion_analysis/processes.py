"""Worker processes: they end with the program that started them, and fill no machine's memory."""

import contextlib
import multiprocessing
import os
import threading
import time
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 1.0


@cache
def end_with_parent() -> None:
    """End this worker process as soon as the one that started it is gone, however it ended.

    A killed parent tells its workers nothing: they would finish their task, on all cores, for
    nobody. Call it inside the worker; in a main process it does nothing. On Windows, where an
    orphan keeps its parent's number, it has no effect.

    Examples
    --------
    >>> end_with_parent()
    """
    if multiprocessing.current_process().name != "MainProcess":
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


@contextlib.contextmanager
def workers_replaced_silently() -> Iterator[None]:
    """Let joblib replace worker processes that have grown by more than 300 MB, unsaid.

    It warns of it in a thread of its own. Where warnings are errors that thread would end, and
    whoever waits for the work would wait forever.

    Examples
    --------
    >>> from joblib import Parallel, delayed
    >>> with workers_replaced_silently():
    ...     Parallel(n_jobs=2)(delayed(abs)(number) for number in (-1, 2))
    [1, 2]
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        yield


def limit_further_memory(n_bytes: int) -> None:
    """Let this process take so much more address space, and raise ``MemoryError`` beyond.

    What is counted is address space: libraries map more of it than they use, so that the limit is
    set on top of what the process has when everything is loaded and used once. It has an effect
    on Linux alone.

    Parameters
    ----------
    n_bytes : int
        Bytes on top of what the process has mapped now.
    """
    held = Path("/proc/self/statm")
    if held.exists():
        import resource

        now = int(held.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set from outside
            resource.setrlimit(resource.RLIMIT_AS, (now + n_bytes, hard))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)
