"""The application: routes and what stands around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware

from locomotion_analysis._version import __version__
from locomotion_analysis.production.service.http import v1, v2
from locomotion_analysis.production.service.http.access_log import AccessLog
from locomotion_analysis.production.service.http.asking import Asking
from locomotion_analysis.production.service.http.body_limit import BodyLimit
from locomotion_analysis.production.service.http.callers import HEADER, caller_check
from locomotion_analysis.production.service.http.health import health_routes
from locomotion_analysis.production.service.http.metrics import Metrics
from locomotion_analysis.production.service.http.page import page_routes
from locomotion_analysis.production.service.http.problems import handle_problems
from locomotion_analysis.production.service.live_model import LiveModel
from locomotion_analysis.production.service.settings import ServiceSettings

_SCHEMAS = "#/components/schemas/{model}"


def create_app(live: LiveModel, settings: ServiceSettings) -> FastAPI:
    """Return the application; the model's workers end with it.

    Parameters
    ----------
    live : LiveModel
        The model, started.
    settings : ServiceSettings
        The limits.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await live.stop()

    # The pages of /docs load scripts from other sites: only the description itself is given.
    app = FastAPI(
        title="locomotion-analysis", version=__version__, lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    metrics = Metrics(live)
    asking, check = Asking(live, settings, metrics), caller_check(settings)
    for routes in (
        page_routes(),
        health_routes(live, settings, metrics),
        v1.v1_routes(asking, check),
        v2.v2_routes(asking, check),
    ):
        app.include_router(routes)
    handle_problems(app)
    app.add_middleware(
        BodyLimit, most_bytes=settings.max_body_bytes, seconds=settings.body_timeout_s
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=[HEADER, "Content-Type"],
        )
    app.add_middleware(AccessLog, metrics=metrics)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description, with the bodies that workers read."""
    if app.openapi_schema is None:
        content = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = content.setdefault("components", {}).setdefault("schemas", {})
        models: tuple[type[BaseModel], ...] = (*v1.COMPONENTS, *v2.COMPONENTS)
        for model in models:
            described = model.model_json_schema(ref_template=_SCHEMAS)
            schemas.update(described.pop("$defs", {}))
            schemas[model.__name__] = described
        app.openapi_schema = content
    return app.openapi_schema
