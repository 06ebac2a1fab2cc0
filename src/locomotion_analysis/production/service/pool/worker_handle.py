"""One worker process as the HTTP process sees it."""

import asyncio
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.service.jobs import Job, Reply
from locomotion_analysis.production.service.served import Description, Opener
from locomotion_analysis.production.service.settings import ServiceSettings
from locomotion_analysis.production.service.worker.process import NotOpened, run_worker

_PRELOADED = "locomotion_analysis.production.service.worker.preloaded"
_NAME = "locomotion worker"
_TO_END_S = 5.0
_TO_OPEN_S = 300.0


class WorkerLostError(Exception):
    """The process ended, or took too long and was ended."""


class WorkerHandle:
    """Starts a worker process and talks to it.

    Parameters
    ----------
    path : Path
        The bundle.
    opener : callable
        Opens it, inside the worker.
    settings : ServiceSettings
        The limits.
    """

    def __init__(self, path: Path, opener: Opener, settings: ServiceSettings) -> None:
        self._arguments = (path, opener, settings)
        self._answer_s = settings.answer_timeout_s
        self._process: BaseProcess | None = None
        # A thread of its own: waiting for the pipe must not hold up the event loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="worker")
        self.lost = asyncio.Event()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return None if self._process is None else self._process.pid

    async def start(self) -> Description:
        """Start the process and wait until it has its model.

        Raises
        ------
        BundleError
            If the model cannot be opened.
        WorkerLostError
            If the process ends before.
        """
        self.lost = asyncio.Event()
        context = process_context()
        self._connection, theirs = context.Pipe()
        self._process = context.Process(  # type: ignore[attr-defined]
            target=run_worker,
            args=(theirs, *self._arguments),
            daemon=True,
            name=_NAME,
        )
        try:
            await self._in_thread(self._process.start)
        except (EOFError, OSError) as error:  # the process they are copied from was ended
            raise WorkerLostError from error
        finally:
            theirs.close()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_watch, args=(self._process, loop, self.lost), daemon=True).start()
        opened = await self._in_thread(self._receive, _TO_OPEN_S)
        if isinstance(opened, NotOpened):
            raise BundleError(expected="a bundle that can be served", got=opened.message)
        described: Description = opened
        return described

    async def ask(self, jobs: list[Job]) -> list[Reply]:
        """Return the answers to some requests.

        Raises
        ------
        WorkerLostError
            If the process ends, or takes longer than the limit and is ended.
        """
        replies: list[Reply] = await self._in_thread(self._send_and_receive, jobs)
        return replies

    async def stop(self) -> None:
        """End the process: it sees that nobody speaks to it any more."""
        if self._process is not None:
            self._connection.close()
            await asyncio.to_thread(self._process.join, _TO_END_S)
            if self._process.is_alive():
                self._process.kill()
        self._thread.shutdown(wait=False)

    async def _in_thread(self, call: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    def _send_and_receive(self, jobs: list[Job]) -> Any:
        try:
            self._connection.send(jobs)
        except OSError as error:
            raise WorkerLostError from error
        return self._receive(self._answer_s)

    def _receive(self, seconds: float) -> Any:
        try:
            if self._connection.poll(seconds):
                return self._connection.recv()
        except (EOFError, OSError) as error:
            raise WorkerLostError from error
        if self._process is not None:
            self._process.kill()
        raise WorkerLostError


def process_context() -> BaseContext:
    """Return how processes are made: copies of one that has imported everything and done nothing.

    So that a worker is replaced in a fraction of a second, and the libraries' code is in memory
    once. Where there is no such way, each worker is a fresh interpreter.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOADED])
    return context


def begin_preloading() -> None:
    """Begin the imports of the process that workers are copied from, beside our own."""
    if process_context().get_start_method() == "forkserver":
        forkserver.ensure_running()


def end_workers() -> None:
    """End workers that were started but never served: they ignore SIGTERM, and Python waits."""
    for process in multiprocessing.active_children():
        if process.name == _NAME:
            process.kill()


def _watch(process: BaseProcess, loop: asyncio.AbstractEventLoop, lost: asyncio.Event) -> None:
    process.join()
    if not loop.is_closed():
        loop.call_soon_threadsafe(lost.set)
