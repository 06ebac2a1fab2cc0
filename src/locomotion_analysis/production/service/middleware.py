"""What stands around every request: limits of time and size, errors, the log, the metrics."""

import asyncio
import ipaddress
import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from locomotion_analysis.production.service.contract import JSON, RefusedError, Reply, refusal
from locomotion_analysis.production.service.pool import LiveModel

# Connections that send nothing, or a head without end, are closed


HEAD_TIMEOUT_S = 20.0


class GuardedConnection(H11Protocol):
    """An HTTP connection on which the head of a request must arrive within a time.

    uvicorn limits how long a connection may idle between requests, but neither how long the
    first request may take to begin nor how slowly its head may drip in.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take what came, and wait on unless a request has begun."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self, *_: Any) -> None:
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


# Counts and times for Prometheus


MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one service, without labels that name a person.

    Parameters
    ----------
    live : LiveModel
        What is counted.
    """

    def __init__(self, live: LiveModel) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "locomotion_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "locomotion_request_seconds",
            "From the request's head to the end of its answer",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.rows = Counter(
            "locomotion_predicted_rows", "Rows predicted", ["version"], registry=self._registry
        )
        shown: dict[str, tuple[str, Callable[[], float]]] = {
            "locomotion_waiting_requests": (
                "Requests no worker took yet",
                lambda: live.pool.waiting,
            ),
            "locomotion_workers_alive": ("Worker processes that run", lambda: live.pool.alive),
            "locomotion_workers_replaced": (
                "Workers of the current model that were lost and replaced",
                lambda: live.pool.replaced,
            ),
            "locomotion_requests_per_batch": (
                "Requests predicted together, on average, with the current model",
                lambda: live.pool.batched / max(live.pool.batches, 1),
            ),
            "locomotion_model_swaps": ("Times the model was replaced", lambda: live.swaps),
            "locomotion_model_swaps_failed": (
                "Times a new model could not be used",
                lambda: live.failed_swaps,
            ),
            "locomotion_model_behind": (
                "1 while a new model could not be used and the old one answers",
                lambda: float(live.is_behind),
            ),
            "locomotion_model_since_seconds": (
                "When the current model came (Unix time)",
                lambda: live.since,
            ),
        }
        for name, (told, value) in shown.items():
            Gauge(name, told, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self._registry)


# Errors as bodies: of the V2 protocol one sentence, elsewhere its parts


HEADER_LENGTH = "Inference-Header-Content-Length"


class Detail(BaseModel):
    """One place that is wrong."""

    where: str
    problem: str


class Problem(BaseModel):
    """Why a request was refused."""

    error: str
    expected: str
    got: str
    where: str
    fix: str
    details: list[Detail]
    request_id: str


class V2Problem(BaseModel):
    """Why a request was refused, as the V2 protocol says it."""

    error: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": told}
    for status, told in {
        400: "The body is not what it says it is",
        401: "No key, or none that is known",
        408: "The body did not arrive in time",
        413: "Too much",
        415: "A kind of body the service does not read",
        422: "Something in the body is wrong; it is named",
        429: "Too many requests of this key",
        503: "Too many requests wait, or no model is ready",
        504: "No answer in time",
    }.items()
}
V2_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {**told, "model": V2Problem}
    for status, told in {**PROBLEMS, 404: {"description": "No such model or version"}}.items()
}


def response(reply: Reply) -> Response:
    """Return a worker's answer as an HTTP response."""
    sent = Response(reply.body, reply.status, media_type=reply.media_type)
    if reply.header_bytes is not None:
        sent.headers[HEADER_LENGTH] = str(reply.header_bytes)
    return sent


def problem_response(
    request: Request,
    status: int,
    expected: str,
    got: str,
    headers: dict[str, str] | None = None,
    where: str = "",
) -> Response:
    """Return a refusal in the form the path's protocol wants."""
    sent = error_response(request, RefusedError(status, expected=expected, got=got, where=where))
    sent.headers.update(headers or {})
    return sent


def error_response(request: Request, error: Exception) -> Response:
    """Return the answer to a request that ended in an error, in the form its protocol wants."""
    v2 = request.scope["path"].startswith("/v2")  # its address may be none, with a wrong Host
    return response(refusal(error, request.scope.get("request_id", ""), v2=v2))


def handle_problems(app: FastAPI) -> None:
    """Give every error of routing and of parameters the same form."""

    async def http_error(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        told = str(error.detail) if isinstance(error, HTTPException) else ""
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        expected = "a request that /openapi.json describes"
        if status == HTTPStatus.UNAUTHORIZED:
            expected = f"an API key of this service (header {headers['WWW-Authenticate']})"
        return problem_response(request, status, expected, told, headers)

    async def invalid(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        place = ", ".join(str(part) for part in found[0]["loc"]) if found else ""
        told = str(found[0]["msg"]) if found else ""
        return problem_response(
            request, 422, "a request that /openapi.json describes", told, where=place
        )

    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)


def json_response(content: Any, status: int = 200) -> Response:
    """Return JSON that must not hold NaN."""
    return Response(json.dumps(content, allow_nan=False), status, media_type=JSON)


# One line of JSON a request, a request id, and no error that gets out unanswered


_logger = logging.getLogger(__name__)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'",
}


class AccessLog:
    """Logs and counts each request; neither address nor content is written down.

    Parameters
    ----------
    app : ASGI application
    metrics : Metrics
        Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        asked = request.headers.get("x-request-id", "")
        scope["request_id"] = asked if _REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)
        start = time.perf_counter()
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = scope["request_id"]
                headers.update(_SECURITY)
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:
            if status:
                raise  # half an answer is out: the connection must break
            await error_response(request, error)(scope, receive, send_on)
        finally:
            self._note(scope, status, time.perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # The path as it is declared: what was asked for may hold anything.
        route = getattr(scope.get("route"), "path", "unknown")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        _logger.info(
            "request",
            extra={
                "facts": {
                    "request_id": scope["request_id"],
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1e3, 2),
                    "key": scope.get("key_name"),
                    "rows": scope.get("rows", 0),
                    "version": scope.get("version"),
                }
            },
        )


# Without keys, whoever can speak to the service may ask it: only this machine's own programs shall


class OwnPages:
    """Refuses what pages of other sites send to a service without keys.

    Such a service listens on loopback, where every page that a person of this machine looks at
    can reach it: by its address, or by a name of the page's own that was turned to 127.0.0.1.

    Parameters
    ----------
    app : ASGI application
    origins : tuple of str
        Pages of other sites that may call.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            request = Request(scope)
            host, origin = request.headers.get("host", ""), request.headers.get("origin")
            if not _is_loopback(host):
                expected = "a request by the name localhost or an address of loopback"
                refused = problem_response(request, 421, expected, host[:100], where="Host")
            elif origin is not None and origin not in (f"http://{host}", *self._origins):
                expected = "a page of this service, or of an allowed --cors-origin"
                refused = problem_response(request, 403, expected, origin[:100], where="Origin")
            else:
                refused = None
            if refused is not None:
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


# Bodies that are too large or too slow are refused before they fill the memory


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
