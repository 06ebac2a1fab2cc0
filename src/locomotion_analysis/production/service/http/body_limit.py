"""Bodies that are too large or too slow are refused before they fill the memory."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from locomotion_analysis.production.service.http.problems import problem_response


class BodyLimit:
    """Reads the body of a request, up to a size and within a time, and hands it on whole.

    Parameters
    ----------
    app : ASGI application
    most_bytes : int
        Largest body.
    seconds : float
        For the whole body to arrive.
    """

    def __init__(self, app: ASGIApp, most_bytes: int, seconds: float) -> None:
        self._app = app
        self._most = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > self._most:
            await self._refuse(request, send, 413, f"{announced[:20]} bytes")
            return
        received = _Received(receive, self._most)
        try:
            # The key is looked at only when the body asks to be read: see `ask`.
            await self._app(scope, received.within(self._seconds), send)
        except _TooLargeError:
            await self._refuse(request, send, 413, "more")
        except TimeoutError:
            await self._refuse(request, send, 408, f"not all of it in {self._seconds:g} s")

    async def _refuse(self, request: Request, send: Send, status: int, got: str) -> None:
        expected = f"a body of at most {self._most} bytes" if status == 413 else "the whole body"
        close = {"Connection": "close"}
        refused = problem_response(request, status, expected, got, close, where="body")
        await refused(request.scope, request.receive, send)


class _TooLargeError(Exception):
    """More bytes than allowed."""


class _Received:
    """Counts what arrives."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._bytes = 0
        self._whole = False

    def within(self, seconds: float) -> Receive:
        """Return a `receive` that gives up when the body is not there in time."""
        until: float | None = None

        async def receive() -> Message:
            nonlocal until
            if self._whole:
                return await self._receive()
            loop = asyncio.get_running_loop()
            until = loop.time() + seconds if until is None else until
            message: dict[str, Any] = dict(
                await asyncio.wait_for(self._receive(), max(until - loop.time(), 0.001))
            )
            self._bytes += len(message.get("body", b""))
            if self._bytes > self._most:
                raise _TooLargeError
            self._whole = not message.get("more_body", False)
            return message

        return receive
