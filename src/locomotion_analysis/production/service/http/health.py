"""Whether the service lives, is ready, and what it is busy with."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from locomotion_analysis.production.service.http.metrics import MEDIA_TYPE, Metrics
from locomotion_analysis.production.service.http.problems import json_response
from locomotion_analysis.production.service.jobs import Job
from locomotion_analysis.production.service.live_model import LiveModel
from locomotion_analysis.production.service.settings import ServiceSettings

_READY_S = 10.0


class Live(BaseModel):
    """Whether the service lives."""

    live: bool
    workers: int
    workers_alive: int
    workers_replaced: int


class Ready(BaseModel):
    """Whether the service answers as it should."""

    ready: bool
    model: str
    version: str
    waiting: int
    last_failed_swap: bool


async def is_ready(live: LiveModel) -> bool:
    """Return whether a worker gives the expected answers to the golden examples, now."""
    if live.draining:
        return False
    try:
        reply = await asyncio.wait_for(live.pool.ask(Job("golden")), _READY_S)
    except TimeoutError:
        return False
    return reply.status == 200


def health_routes(live: LiveModel, settings: ServiceSettings, metrics: Metrics) -> APIRouter:
    """Return the routes: they need no key, so that machines can ask."""
    router = APIRouter(tags=["health"])

    @router.get("/v2/health/live", responses={200: {"model": Live}, 503: {"model": Live}})
    async def is_live() -> Response:
        """Tell whether a worker lives. A dead one is replaced by itself."""
        pool = live.pool
        content = Live(
            live=pool.alive > 0,
            workers=settings.workers,
            workers_alive=pool.alive,
            workers_replaced=pool.replaced,
        )
        return json_response(content.model_dump(), 200 if content.live else 503)

    @router.get("/v2/health/ready", responses={200: {"model": Ready}, 503: {"model": Ready}})
    async def ready() -> Response:
        """Run the golden examples, and tell whether their answers came out."""
        found = await is_ready(live)
        content = Ready(
            ready=found,
            model=live.pool.model.name,
            version=live.pool.model.version,
            waiting=live.pool.waiting,
            last_failed_swap=bool(live.last_failure),
        )
        return json_response(content.model_dump(), 200 if found else 503)

    @router.get("/metrics", response_class=Response)
    async def metrics_text() -> Response:
        """Tell the metrics to Prometheus."""
        return Response(metrics.text(), media_type=MEDIA_TYPE)

    return router
