"""Worker processes that do not outlive the program that started them."""

import multiprocessing
import os
import threading
import time
from functools import cache

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


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)
