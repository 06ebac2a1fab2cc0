"""From an HTTP request to a worker and back."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from locomotion_analysis.production.service.http.metrics import Metrics
from locomotion_analysis.production.service.http.problems import problem_response, response
from locomotion_analysis.production.service.jobs import JSON, Job, Kind
from locomotion_analysis.production.service.live_model import LiveModel
from locomotion_analysis.production.service.pool import FullError
from locomotion_analysis.production.service.settings import ServiceSettings

_GRACE_S = 5.0


class Asking:
    """Sends requests to the workers of the model that is served at that moment.

    Parameters
    ----------
    live : LiveModel
    settings : ServiceSettings
    metrics : Metrics
    """

    def __init__(self, live: LiveModel, settings: ServiceSettings, metrics: Metrics) -> None:
        self.live = live
        self.metrics = metrics
        # A worker that hangs is ended first, and its requests get another one.
        self._seconds = 2 * settings.answer_timeout_s + _GRACE_S

    async def ask(
        self,
        request: Request,
        kind: Kind,
        media_type: str = JSON,
        header_bytes: int | None = None,
        *,
        explain: bool = False,
    ) -> Response:
        """Return the answer to a request."""
        body, request_id = await request.body(), request.scope["request_id"]
        job = Job(kind, body, media_type, header_bytes, request_id, explain)
        pool = self.live.pool
        request.scope["version"] = pool.model.version
        try:
            reply = await asyncio.wait_for(pool.ask(job), self._seconds)
        except FullError:
            wait = {"Retry-After": "1"}
            return problem_response(request, 503, "a free worker", "too many requests wait", wait)
        except TimeoutError:
            return problem_response(request, 504, f"an answer in {self._seconds:g} s", "none")
        if reply.rows:
            request.scope["rows"] = reply.rows
            if kind != "curves":
                self.metrics.rows.labels(pool.model.version).inc(reply.rows)
        return response(reply)
