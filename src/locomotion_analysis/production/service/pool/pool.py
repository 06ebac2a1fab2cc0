"""The workers of one model: started, asked, replaced when lost, ended when done."""

import asyncio
import logging
from pathlib import Path

from locomotion_analysis.errors import BundleError
from locomotion_analysis.production.service.jobs import Job, Reply
from locomotion_analysis.production.service.pool.waiting import Ticket, WaitingLine
from locomotion_analysis.production.service.pool.worker_handle import WorkerHandle, WorkerLostError
from locomotion_analysis.production.service.refusal import RefusedError, refusal
from locomotion_analysis.production.service.served import Description, Opener
from locomotion_analysis.production.service.settings import ServiceSettings

_logger = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 30.0


class Pool:
    """Worker processes that answer with one model.

    A worker that is lost is replaced, and the requests it had are asked again: a prediction
    changes nothing, so that asking twice is safe.

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
        started = await asyncio.gather(
            *(worker.start() for worker in self._workers), return_exceptions=True
        )
        failed = next((each for each in started if isinstance(each, BaseException)), None)
        if failed is not None:
            await asyncio.gather(*(worker.stop() for worker in self._workers))
            if isinstance(failed, WorkerLostError):
                raise BundleError(
                    expected="a worker that opens the bundle", got="its process ended", where=""
                ) from failed
            raise failed
        self.model = next(each for each in started if isinstance(each, Description))
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
                except (WorkerLostError, BundleError, OSError) as error:
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
                if not await self._answered(worker, take.result()):
                    return
        finally:
            lost.cancel()

    async def _answered(self, worker: WorkerHandle, tickets: list[Ticket]) -> bool:
        try:
            replies = await worker.ask([ticket.job for ticket in tickets])
        except WorkerLostError:
            for ticket in await self._line.again(tickets):
                error = RefusedError(
                    500, expected="an answer", got="the process that computed it ended, twice"
                )
                job = ticket.job
                _settle(ticket, refusal(error, job.request_id, v2=job.kind == "infer"))
            return False
        self.batches += 1
        self.batched += len(tickets)
        for ticket, reply in zip(tickets, replies, strict=True):
            _settle(ticket, reply)
        return True


def _settle(ticket: Ticket, reply: Reply) -> None:
    if not ticket.answer.done():
        ticket.answer.set_result(reply)
