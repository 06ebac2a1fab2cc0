"""The web application: the page at ``/``, ``/v1``, ``/v2``, health, metrics, and who may ask."""

import asyncio
import math
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query
from fastapi.openapi.utils import get_openapi
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from locomotion_analysis._version import __version__
from locomotion_analysis.production.service.contract import (
    JSON,
    OCTETS,
    TABLES,
    InferRequest,
    Job,
    Kind,
    PredictRequest,
    ServiceSettings,
    input_metadata,
    output_metadata,
)
from locomotion_analysis.production.service.keys import KeyFile, RateLimit
from locomotion_analysis.production.service.middleware import (
    HEADER_LENGTH,
    MEDIA_TYPE,
    PROBLEMS,
    V2_PROBLEMS,
    AccessLog,
    BodyLimit,
    Metrics,
    OwnPages,
    handle_problems,
    json_response,
    problem_response,
    response,
)
from locomotion_analysis.production.service.pool import FullError, LiveModel, Pool

# From an HTTP request to a worker and back


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
        subject: str | None = None,
        file: str = "",
    ) -> Response:
        """Return the answer to a request."""
        body, request_id = await request.body(), request.scope["request_id"]
        token = secrets.token_hex(16)
        job = Job(kind, body, media_type, header_bytes, request_id, explain, token, subject, file)
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


# Who may ask, and how often


HEADER = "X-API-Key"
_scheme = APIKeyHeader(name=HEADER, auto_error=False, description="locomotion keys add FILE NAME")

Check = Callable[..., Awaitable[None]]


def count_request(limit: RateLimit, caller: str) -> None:
    """Count a request, or say how long the caller must wait.

    Raises
    ------
    HTTPException
        429.
    """
    seconds = limit.wait_s(caller)
    if seconds:
        raise HTTPException(429, "too many requests", {"Retry-After": str(math.ceil(seconds))})


def caller_check(settings: ServiceSettings) -> Check:
    """Return the dependency that lets a request through, before its body is read."""
    limit = RateLimit(settings.requests_per_minute)
    keys = KeyFile(settings.keys) if settings.keys else None

    async def open_to_all(request: Request) -> None:
        count_request(limit, request.client.host if request.client else "")

    async def with_key(request: Request, key: str | None = Depends(_scheme)) -> None:
        name = keys.name_of(key) if keys is not None and key else None
        if name is None:
            # Guesses are counted as well, by address.
            count_request(limit, f" {request.client.host if request.client else ''}")
            raise HTTPException(401, "no key, or none that is known", {"WWW-Authenticate": HEADER})
        request.scope["key_name"] = name
        count_request(limit, name)

    return open_to_all if keys is None else with_key


# Whether the service lives, is ready, and what it is busy with


_READY_S = 10.0
_READY_HOLDS_S = 1.0
_READY_PER_MINUTE = 600


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
    behind: bool


class Readiness:
    """Whether a worker gives the expected answer to a golden example.

    Anyone may ask without a key: one question at a time goes to the workers, in the line with
    all others, and its answer holds for a moment.

    Parameters
    ----------
    live : LiveModel
    """

    def __init__(self, live: LiveModel) -> None:
        self._live = live
        self._of: Pool | None = None
        self._found = False
        self._until = -math.inf
        self._asking: asyncio.Task[bool] | None = None

    async def now(self) -> bool:
        """Return the last answer, or ask again."""
        if self._live.draining:
            return False
        if self._of is self._live.pool and asyncio.get_running_loop().time() < self._until:
            return self._found
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(self._live.pool))
        return await asyncio.shield(self._asking)

    async def _ask(self, pool: Pool) -> bool:
        try:
            reply = await asyncio.wait_for(pool.ask(Job("golden")), _READY_S)
            self._found = reply.status == 200
        except (TimeoutError, FullError):
            self._found = False
        self._of, self._until = pool, asyncio.get_running_loop().time() + _READY_HOLDS_S
        return self._found


def health_routes(
    live: LiveModel, settings: ServiceSettings, metrics: Metrics, readiness: Readiness
) -> APIRouter:
    """Return the routes: they need no key, so that machines can ask."""
    router = APIRouter(tags=["health"])
    limit = RateLimit(_READY_PER_MINUTE)

    async def within_limit(request: Request) -> None:
        count_request(limit, request.client.host if request.client else "")

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

    @router.get(
        "/v2/health/ready",
        responses={200: {"model": Ready}, 503: {"model": Ready}, 429: V2_PROBLEMS[429]},
        dependencies=[Depends(within_limit)],
    )
    async def ready() -> Response:
        """Run a golden example, and tell whether its answer came out; kept for a second."""
        found = await readiness.now()
        content = Ready(
            ready=found,
            model=live.pool.model.name,
            version=live.pool.model.version,
            waiting=live.pool.waiting,
            last_failed_swap=bool(live.last_failure),
            behind=live.is_behind,
        )
        return json_response(content.model_dump(), 200 if found else 503)

    @router.get("/metrics", response_class=Response)
    async def metrics_text() -> Response:
        """Tell the metrics to Prometheus."""
        return Response(metrics.text(), media_type=MEDIA_TYPE)

    return router


# The web page at ``/``, and that of the interface at ``/docs``


_FILES = {
    "": ("production/service/templates/page.html", "text/html"),
    "docs": ("production/service/templates/docs.html", "text/html"),
    "page.js": ("production/service/templates/page.js", "text/javascript"),
    "docs.js": ("production/service/templates/docs.js", "text/javascript"),
    "page.css": ("production/service/templates/page.css", "text/css"),
    # The style of every page of this library: telephone, dark mode and paper.
    "report.css": ("reporting/templates/page.css", "text/css"),
}


def page_routes() -> APIRouter:
    """Return the routes: the page holds nothing of the model, and asks for a key itself."""
    router = APIRouter(include_in_schema=False)

    def add(path: str, name: str, media_type: str) -> None:
        content = files("locomotion_analysis").joinpath(name).read_bytes()

        @router.get(f"/{path}")
        async def page_file() -> Response:
            return Response(content, media_type=f"{media_type}; charset=utf-8")

    for path, (name, media_type) in _FILES.items():
        add(path, name, media_type)
    return router


# ``/v1``: named cycles or features in, named answers out


class Prediction(BaseModel):
    """The answer for one cycle or row; more columns may follow."""

    model_config = ConfigDict(extra="allow")

    prediction: str | float | int | bool
    probabilities: dict[str, float] | None = None
    warning: str | None = None


class Person(BaseModel):
    """The answer for one person, from all cycles; more columns may follow."""

    model_config = ConfigDict(extra="allow")

    subject: str | int | float
    cycles: int
    prediction: str | float | int | bool
    votes: dict[str, int] | None = None
    probabilities: dict[str, float] | None = None


class Finding(BaseModel):
    """What a quality check says of a cycle."""

    cycle: int
    channel: str
    severity: str
    finding: str


class Predictions(BaseModel):
    """The answer to a request."""

    model: str
    version: str
    target: str | None
    unit: str | None
    predictions: list[Prediction]
    people: list[Person]
    simulated: bool
    warnings: list[str]
    history: list[str]
    quality: list[Finding]
    request_id: str


class CurvesAnswer(BaseModel):
    """Curves of the request beside the bands of healthy adults."""

    phase_percent: list[float]
    tasks: list[dict[str, Any]]


V1_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/PredictRequest"}},
            **{
                name: {"schema": {"type": "string", "format": "binary"}}
                for name in (*TABLES, OCTETS)
            },
        },
    }
}
V1_COMPONENTS = (PredictRequest,)
_BODIES = (JSON, *TABLES, OCTETS)
FileName = Annotated[
    str, Query(max_length=300, description="Name of a laboratory's file: subject and trial.")
]


def media_type_of(request: Request) -> str:
    """Return what a request says its body is; empty where it says nothing."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def v1_routes(asking: Asking, check: Check) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(check)], tags=["predict"])

    async def ask(
        request: Request,
        kind: Kind,
        *,
        explain: bool = False,
        subject: str | None = None,
        file: str = "",
    ) -> Response:
        media_type = media_type_of(request)
        if media_type not in _BODIES:
            return problem_response(
                request,
                415,
                f"a body as {', '.join(_BODIES)}",
                media_type[:100] or "no Content-Type",
            )
        return await asking.ask(
            request, kind, media_type, explain=explain, subject=subject, file=file
        )

    @router.post(
        "/predict", responses={200: {"model": Predictions}, **PROBLEMS}, openapi_extra=V1_BODY
    )
    async def predict(request: Request, explain: bool = False, file: FileName = "") -> Response:
        """Predict from cycles, features, or a laboratory's file.

        Cycles that cannot be right are refused: NaN, a missing channel, another unit or sign than
        the training had. What is merely unusual is answered, and told in `quality`. `people`
        holds one answer a person: majority vote, mean probability and prediction set. With
        `explain` each answer names the joints and phases it hangs on; that takes longer.

        A laboratory's file (C3D, TRC, OpenSim, ...) is sent as `application/octet-stream` with its
        name as `file`; it is converted as `locomotion convert` does, and `history` tells what was
        assumed, converted and left out.
        """
        return await ask(request, "predict", explain=explain, file=file)

    @router.post(
        "/curves", responses={200: {"model": CurvesAnswer}, **PROBLEMS}, openapi_extra=V1_BODY
    )
    async def curves(request: Request, subject: str | None = None, file: FileName = "") -> Response:
        """Return the curves of a request beside the bands of healthy adults.

        With `subject` those of one person.
        """
        return await ask(request, "curves", subject=subject, file=file)

    refused: dict[int | str, dict[str, Any]] = {each: PROBLEMS[each] for each in (401, 429)}

    @router.get("/model", responses={200: {"model": dict[str, Any]}, **refused})
    async def model() -> Response:
        """Tell what the model is: inputs with units and signs, scores, intended use, limits."""
        return json_response(asking.live.pool.model.told)

    return router


# ``/v2``: the Open Inference Protocol


V2_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/InferRequest"}},
            OCTETS: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
V2_COMPONENTS = (InferRequest,)
_MODEL = "/models/{name}"
_VERSION = "/models/{name}/versions/{version}"


def v2_routes(asking: Asking, check: Check, readiness: Readiness) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v2", responses=V2_PROBLEMS, tags=["v2"])
    guarded: dict[str, Any] = {"dependencies": [Depends(check)]}

    def refuse_other(name: str, version: str | None) -> None:
        model = asking.live.pool.model
        if name != model.name or version not in (None, "", model.version):
            raise HTTPException(404, f"only {model.name} version {model.version} is served")

    @router.get("")
    async def server() -> dict[str, Any]:
        """Tell what the server is."""
        return {
            "name": "locomotion-analysis",
            "version": __version__,
            "extensions": ["binary_tensor_data"],
        }

    @router.get(_VERSION, **guarded)
    @router.get(_MODEL, **guarded)
    async def model(name: str, version: str | None = None) -> dict[str, Any]:
        """Tell inputs and outputs of the model."""
        refuse_other(name, version)
        served = asking.live.pool.model
        return {
            "name": served.name,
            "versions": [served.version],
            "platform": "locomotion_bundle",
            "inputs": input_metadata(served),
            "outputs": output_metadata(served),
        }

    @router.get(f"{_VERSION}/ready", **guarded)
    @router.get(f"{_MODEL}/ready", **guarded)
    async def model_ready(name: str, version: str | None = None) -> Response:
        """Tell whether the model gives the answers it should."""
        refuse_other(name, version)
        ready = await readiness.now()
        return json_response({"name": name, "ready": ready}, 200 if ready else 503)

    @router.post(f"{_VERSION}/infer", openapi_extra=V2_BODY, **guarded)
    @router.post(f"{_MODEL}/infer", openapi_extra=V2_BODY, **guarded)
    async def infer(
        request: Request,
        name: str,
        version: str | None = None,
        header_bytes: int | None = Header(None, alias=HEADER_LENGTH, ge=0),
    ) -> Response:
        """Predict from a tensor of features."""
        refuse_other(name, version)
        # NVIDIA's client names no type; forms of other sites' pages name one of their own.
        media_type = media_type_of(request)
        if media_type not in ("", JSON, OCTETS):
            raise HTTPException(415, f"a body as {media_type[:100]}, not {JSON} or {OCTETS}")
        return await asking.ask(request, "infer", header_bytes=header_bytes)

    return router


# The application: routes and what stands around them


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

    # FastAPI's own pages load scripts from other sites; ours does not.
    app = FastAPI(
        title="locomotion-analysis", version=__version__, lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    metrics = Metrics(live)
    asking, check = Asking(live, settings, metrics), caller_check(settings)
    readiness = Readiness(live)
    for routes in (
        page_routes(),
        health_routes(live, settings, metrics, readiness),
        v1_routes(asking, check),
        v2_routes(asking, check, readiness),
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
    if settings.keys is None:
        app.add_middleware(OwnPages, origins=settings.cors_origins)
    app.add_middleware(AccessLog, metrics=metrics)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description, with the bodies that workers read."""
    if app.openapi_schema is None:
        content = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = content.setdefault("components", {}).setdefault("schemas", {})
        models: tuple[type[BaseModel], ...] = (*V1_COMPONENTS, *V2_COMPONENTS)
        for model in models:
            described = model.model_json_schema(ref_template=_SCHEMAS)
            schemas.update(described.pop("$defs", {}))
            schemas[model.__name__] = described
        app.openapi_schema = content
    return app.openapi_schema
