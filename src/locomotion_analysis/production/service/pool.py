"""The worker processes of the model that is served, and its replacement without a gap.

Requests wait in one line; whichever worker is free takes what waits. A worker that is lost is
replaced, a model that was replaced is served by new workers while the old ones finish.
"""

import asyncio
import itertools
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver, util
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from locomotion_analysis.errors import BundleError, LocomotionError
from locomotion_analysis.processes import limit_further_memory
from locomotion_analysis.production.service.contract import (
    Description,
    Job,
    Opener,
    RefusedError,
    Reply,
    ServiceSettings,
    Source,
    Stamp,
    log_as_json,
    refusal,
    stamp,
)

_logger = logging.getLogger(__name__)

# Requests that wait for a worker

MOST_TOGETHER = 64
MOST_BYTES_TOGETHER = 8 << 20
ATTEMPTS = 2


class FullError(Exception):
    """More requests wait than are allowed."""


@dataclass(eq=False)
class Ticket:
    """One request and the place its answer goes to."""

    job: Job
    answer: asyncio.Future[Reply]
    attempts: int = 0


@dataclass
class WaitingLine:
    """First come, first served; a free worker takes all that wait, up to a limit.

    That is the micro-batching: a lone request never waits for company, and under load requests
    gather by themselves while the workers are busy.

    Parameters
    ----------
    most : int
        Requests that may wait.
    """

    most: int
    _line: deque[Ticket] = field(default_factory=deque)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __len__(self) -> int:
        return len(self._line)

    async def add(self, job: Job) -> "asyncio.Future[Reply]":
        """Put a request at the end, and return where its answer will be.

        Raises
        ------
        FullError
            If too many wait already.
        """
        if len(self._line) >= self.most:
            raise FullError
        ticket = Ticket(job, asyncio.get_running_loop().create_future())
        async with self._came:
            self._line.append(ticket)
            self._came.notify_all()
        return ticket.answer

    async def take(self) -> list[Ticket]:
        """Wait for requests, and take those that are answered together."""
        async with self._came:
            while True:
                await self._came.wait_for(lambda: len(self._line) > 0)
                taken = self._taken()
                if taken:
                    return taken

    async def again(self, tickets: list[Ticket]) -> list[Ticket]:
        """Put requests of a lost worker back in front; return those that had their chances."""
        given_up = []
        async with self._came:
            for ticket in reversed(tickets):
                ticket.attempts += 1
                if ticket.attempts < ATTEMPTS:
                    self._line.appendleft(ticket)
                else:
                    given_up.append(ticket)
            self._came.notify_all()
        return given_up

    def _taken(self) -> list[Ticket]:
        taken: list[Ticket] = []
        n_bytes = 0
        while self._line and len(taken) < MOST_TOGETHER:
            first = self._line[0]
            if first.answer.done():  # the caller has gone
                self._line.popleft()
                continue
            n_bytes += len(first.job.body)
            # After a lost worker each goes alone: one of them may be what ended it.
            if taken and (n_bytes > MOST_BYTES_TOGETHER or first.attempts or taken[0].attempts):
                break
            taken.append(self._line.popleft())
        return taken


# One worker process

_PRELOADED = "locomotion_analysis.production.service.worker"
_WORKER_NAME = "locomotion worker"
_WORKER_BYTES, _COPIES, _BYTES_A_VALUE = 1 << 30, 8, 8
"""What a worker may take while it answers, on top of its model: many times what requests need."""
_TO_END_S = 5.0
_TO_OPEN_S = 300.0


@dataclass(frozen=True)
class NotOpened:
    """Why a worker has no model."""

    error: LocomotionError


def run_worker(
    connection: Connection, path: Path, opener: Opener, settings: ServiceSettings
) -> None:
    """Open the model, say what it is, and answer what comes through the connection."""
    # Signals are for the process that speaks HTTP: it lets its workers finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log_as_json()
    # Everything heavy is imported in the worker alone.
    from threadpoolctl import threadpool_limits

    from locomotion_analysis.production.service.worker import Answering

    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the service is gone
        try:
            served = opener(path)
            served.check_golden()
            answering = Answering(served, settings)
        except LocomotionError as error:
            connection.send(NotOpened(error))
            return
        connection.send(answering.model)
        with threadpool_limits(1):
            limit_further_memory(_WORKER_BYTES + _COPIES * _BYTES_A_VALUE * settings.max_values)
            while True:
                jobs = connection.recv()
                connection.send(answering.answer(jobs))


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
        self._doing: Future[Any] | None = None
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
            name=_WORKER_NAME,
        )
        try:
            await self._in_thread(self._process.start)
        except (EOFError, OSError) as error:  # the process they are copied from was ended
            raise WorkerLostError from error
        finally:
            theirs.close()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_watch, args=(self._process, loop, self.lost), daemon=True).start()
        opened = await self._within(_TO_OPEN_S, self._receive)
        if isinstance(opened, NotOpened):
            why = opened.error
            raise BundleError(expected=why.expected, got=why.got, where=why.where, fix=why.fix)
        described: Description = opened
        return described

    async def ask(self, jobs: list[Job]) -> list[Reply]:
        """Return the answers to some requests.

        Raises
        ------
        WorkerLostError
            If the process ends, or takes longer than the limit and is ended.
        """
        replies: list[Reply] = await self._within(self._answer_s, self._send_and_receive, jobs)
        return replies

    async def stop(self) -> None:
        """End the process: it sees that nobody speaks to it any more."""
        if self._doing is not None and not self._doing.done():  # nobody waits for that answer
            self._kill()
        await self._in_thread(self._end)
        self._thread.shutdown(wait=False)

    def _end(self) -> None:
        if self._process is None:
            return
        self._connection.close()
        if self.pid is not None:  # else it could not be started
            self._process.join(_TO_END_S)
            self._kill()

    def _kill(self) -> None:
        if self._process is not None and self.is_alive:
            self._process.kill()

    async def _within(self, seconds: float, call: Any, *arguments: Any) -> Any:
        """Call in the thread; the process is ended when that takes too long, in either direction."""
        ending = asyncio.get_running_loop().call_later(seconds, self._kill)
        try:
            return await self._in_thread(call, *arguments)
        finally:
            ending.cancel()

    async def _in_thread(self, call: Any, *arguments: Any) -> Any:
        self._doing = self._thread.submit(call, *arguments)
        return await asyncio.wrap_future(self._doing)

    def _send_and_receive(self, jobs: list[Job]) -> Any:
        try:
            self._connection.send(jobs)
        except OSError as error:
            raise WorkerLostError from error
        return self._receive()

    def _receive(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, OSError) as error:
            raise WorkerLostError from error


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
        if process.name == _WORKER_NAME:
            process.kill()


def _watch(process: BaseProcess, loop: asyncio.AbstractEventLoop, lost: asyncio.Event) -> None:
    process.join()
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(lost.set)


# All workers of one model

_LONGEST_PAUSE_S = 30.0


class Pool:
    """Worker processes that answer with one model.

    A worker that is lost is replaced, and the requests it had are asked again: a prediction
    changes nothing but the store, which knows a second try by its token.

    Parameters
    ----------
    path : Path
        The bundle; it must not change while the pool lives.
    opener : callable
        Opens it, inside the workers.
    settings : ServiceSettings
        The limits.
    """

    def __init__(self, path: Path, opener: Opener, settings: ServiceSettings) -> None:
        self.path = path
        self._workers = [WorkerHandle(path, opener, settings) for _ in range(settings.workers)]
        self._line = WaitingLine(settings.max_waiting)
        self._tasks: list[asyncio.Task[None]] = []
        self._open = 0
        self.replaced = 0
        self.batches = 0
        self.batched = 0
        self.model: Description

    async def start(self) -> None:
        """Start all workers and wait for them.

        Raises
        ------
        BundleError
            If the model cannot be opened.
        """
        starting = [asyncio.create_task(worker.start()) for worker in self._workers]
        try:
            self.model, *_ = await asyncio.gather(*starting)
        except BaseException as error:  # also when it is told to end meanwhile
            for task in starting:
                task.cancel()
            await self._stop_workers()
            if isinstance(error, WorkerLostError):
                raise BundleError(
                    expected="a worker that opens the bundle", got="its process ended", where=""
                ) from error
            raise
        self._tasks = [asyncio.create_task(self._run(worker)) for worker in self._workers]

    @property
    def waiting(self) -> int:
        """Requests no worker has taken yet."""
        return len(self._line)

    @property
    def alive(self) -> int:
        """Workers that run."""
        return sum(worker.is_alive for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """Numbers of the worker processes."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def ask(self, job: Job) -> Reply:
        """Return the answer to one request.

        Raises
        ------
        FullError
            If too many wait already.
        """
        self._open += 1
        try:
            return await (await self._line.add(job))
        finally:
            self._open -= 1

    async def close(self, seconds: float) -> None:
        """End the workers when all requests are answered, or after some seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._open and loop.time() < until:
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stop_workers()

    async def _stop_workers(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def _run(self, worker: WorkerHandle) -> None:
        """Let a worker answer for ever, and replace it whenever it is lost."""
        while True:
            await self._answer_until_lost(worker)
            self.replaced += 1
            _logger.warning("worker lost, replaced")
            pause = 0.0
            while True:
                try:
                    await worker.start()
                    break
                except Exception as error:  # noqa: BLE001 - the reason may pass, whatever it is
                    pause = min(_LONGEST_PAUSE_S, pause * 2 or 0.5)
                    _logger.error("worker does not start: %s", type(error).__name__)  # noqa: TRY400
                    await asyncio.sleep(pause)

    async def _answer_until_lost(self, worker: WorkerHandle) -> None:
        lost = asyncio.create_task(worker.lost.wait())
        try:
            while True:
                take = asyncio.create_task(self._line.take())
                try:
                    await asyncio.wait({take, lost}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not take.done():
                        take.cancel()
                if not take.done():
                    return
                tickets = take.result()
                try:
                    replies = await worker.ask([ticket.job for ticket in tickets])
                except WorkerLostError:
                    for ticket in await self._line.again(tickets):
                        error = RefusedError(
                            500,
                            expected="an answer",
                            got="the process that computed it ended, twice",
                        )
                        job = ticket.job
                        _settle(ticket, refusal(error, job.request_id, v2=job.kind == "infer"))
                    return
                self.batches += 1
                self.batched += len(tickets)
                for ticket, reply in zip(tickets, replies, strict=True):
                    _settle(ticket, reply)
        finally:
            lost.cancel()


def _settle(ticket: Ticket, reply: Reply) -> None:
    if not ticket.answer.done():
        ticket.answer.set_result(reply)


# The model that is served now

_RETRY_S = 1.0
_LONGEST_RETRY_S = 300.0


class LiveModel:
    """Keeps the workers of the current model, and changes them when the source changes.

    The new model's workers are started and tried on its golden examples beside the old ones;
    then all new requests go to them, and the old ones end when they have answered what they had.
    A model that cannot be opened, or fails its golden examples, changes nothing; it is tried
    again after pauses that grow, for the reason may pass (memory, a disk), and until then
    :attr:`is_behind`.

    Parameters
    ----------
    source : Source
        Where the model lies.
    opener : callable
        Opens it, inside the workers.
    settings : ServiceSettings
        The limits.
    """

    def __init__(self, source: Source, opener: Opener, settings: ServiceSettings) -> None:
        self._source, self._opener, self._settings = source, opener, settings
        self._folder = tempfile.TemporaryDirectory(
            prefix="locomotion-serve-", ignore_cleanup_errors=True
        )
        self._numbers = itertools.count()
        self._seen: Stamp | None = None
        self._failed: Stamp | None = None
        self._pause_s = 0.0
        self._again_at = 0.0
        self._retiring: set[asyncio.Task[None]] = set()
        self.pool: Pool
        self.swaps = 0
        self.failed_swaps = 0
        self.last_failure = ""
        self.draining = False
        self.since = time.time()

    @property
    def is_behind(self) -> bool:
        """Whether the source holds another model than the one that is served."""
        return self._failed is not None

    async def start(self) -> None:
        """Start the workers, and the watch over the source.

        Raises
        ------
        FileReadError, BundleError
            If the model cannot be opened.
        """
        try:
            self._seen = stamp(self._source)
            self.pool = await self._started()
        except BaseException:
            self._folder.cleanup()
            raise
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Answer what is under way, then end the workers."""
        self.draining = True
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        try:
            await asyncio.gather(self.pool.close(self._settings.drain_s), *self._retiring)
        finally:
            self._folder.cleanup()

    async def look(self) -> bool:
        """Replace the model if the source changed; return whether it was replaced."""
        seen: Stamp | None = None
        try:
            seen = await asyncio.to_thread(stamp, self._source)
            if seen == self._seen:
                if self._failed is not None:  # the source went back to what is served
                    self._failed, self.last_failure = None, ""
                return False
            if seen == self._failed and time.monotonic() < self._again_at:
                return False
            new = await self._started()
        except (LocomotionError, OSError) as error:
            self._note_failure(seen, error)
            return False
        old, self.pool = self.pool, new
        self.swaps += 1
        self.since = time.time()
        self._seen, self._failed, self.last_failure = seen, None, ""
        _logger.info("model replaced: version %s", new.model.version)
        retiring = asyncio.create_task(self._retired(old))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)
        return True

    def _note_failure(self, seen: Stamp | None, error: LocomotionError | OSError) -> None:
        if seen is None:  # nothing there to try: looked for at every turn, told once
            if str(error) == self.last_failure:
                return
            told = "model not replaced, the old one goes on: %s"
            _logger.error(told, type(error).__name__)
        else:
            again = seen == self._failed
            self._pause_s = min(_LONGEST_RETRY_S, 2 * self._pause_s) if again else _RETRY_S
            self._failed, self._again_at = seen, time.monotonic() + self._pause_s
            told = "model %s is not served, the old one goes on: %s; next try in %g s"
            _logger.error(told, Path(seen[0]).name, type(error).__name__, self._pause_s)
        self.failed_swaps += 1
        self.last_failure = str(error)

    async def _retired(self, old: Pool) -> None:
        await old.close(self._settings.drain_s)
        old.path.unlink(missing_ok=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.watch_s)
            await self.look()

    async def _started(self) -> Pool:
        # A copy, for a worker replaced later must open the same one as the others; and one for
        # each pool, which removes it: the model before may be served again while it still drains.
        copy = Path(self._folder.name) / f"{next(self._numbers)}.bundle"
        pool = Pool(copy, self._opener, self._settings)
        try:
            await asyncio.to_thread(shutil.copyfile, self._source.path(), copy)
            await pool.start()
        except BaseException as error:
            copy.unlink(missing_ok=True)
            if isinstance(error, BundleError):  # the workers know the copy, the caller the file
                error.got = error.got.replace(str(copy), str(self._source.path()))
                error.where = error.where.replace(str(copy), str(self._source.path()))
            raise
        return pool


def refuse_long_socket_path() -> None:
    """Raise where the path of a worker's socket would be longer than the system allows.

    The process that workers are copied from is spoken to through a socket in ``TMPDIR``, and
    such a path has some 104 bytes at most (``sun_path``); beyond that no worker ever starts.

    Raises
    ------
    LocomotionError
        Naming the folder.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    path = os.path.join(util.get_temp_dir(), "listener-12345678")  # noqa: PTH118 - as there
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)  # nothing listens there: too long is told before it is looked for
        except FileNotFoundError:
            return
        except OSError as error:
            folder = tempfile.gettempdir()
            raise LocomotionError(
                expected="a folder for temporary files with a path short enough for sockets in it",
                got=f"{len(os.fsencode(folder))} bytes ({error})",
                where=f"TMPDIR {folder}",
                fix="set TMPDIR to a shorter path, for example TMPDIR=/tmp",
            ) from error
