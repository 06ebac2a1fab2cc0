"""Requests that wait for a worker, and how a worker takes them."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from locomotion_analysis.production.service.jobs import Job, Reply

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
        if len(self._line) >= self.most and job.kind != "golden":
            raise FullError
        ticket = Ticket(job, asyncio.get_running_loop().create_future())
        async with self._came:
            # Whether the service is ready is asked by machines that give up soon.
            (self._line.appendleft if job.kind == "golden" else self._line.append)(ticket)
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
