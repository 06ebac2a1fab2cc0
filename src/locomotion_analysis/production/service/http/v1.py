"""``/v1``: named cycles or features in, named answers out."""

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from locomotion_analysis.production.service.http.asking import Asking
from locomotion_analysis.production.service.http.callers import Check
from locomotion_analysis.production.service.http.problems import (
    PROBLEMS,
    json_response,
    problem_response,
)
from locomotion_analysis.production.service.jobs import JSON, Kind
from locomotion_analysis.production.service.predict_request import TABLES, PredictRequest


class Prediction(BaseModel):
    """The answer for one cycle or row; more columns may follow."""

    model_config = ConfigDict(extra="allow")

    prediction: str | float | int | bool
    probabilities: dict[str, float] | None = None
    warning: str | None = None


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
    warnings: list[str]
    quality: list[Finding]
    request_id: str


class CurvesAnswer(BaseModel):
    """Curves of the request beside the bands of healthy adults."""

    phase_percent: list[float]
    tasks: list[dict[str, Any]]


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/PredictRequest"}},
            **{name: {"schema": {"type": "string", "format": "binary"}} for name in TABLES},
        },
    }
}
COMPONENTS = (PredictRequest,)


def v1_routes(asking: Asking, check: Check) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(check)], tags=["predict"])

    async def ask(request: Request, kind: Kind, *, explain: bool = False) -> Response:
        media_type = request.headers.get("content-type", JSON).split(";")[0].strip().lower()
        if media_type not in (JSON, *TABLES):
            return problem_response(
                request, 415, f"a body as {', '.join((JSON, *TABLES))}", media_type[:100]
            )
        return await asking.ask(request, kind, media_type, explain=explain)

    @router.post(
        "/predict", responses={200: {"model": Predictions}, **PROBLEMS}, openapi_extra=BODY
    )
    async def predict(request: Request, explain: bool = False) -> Response:
        """Predict from cycles or features.

        Cycles that cannot be right are refused: NaN, a missing channel, another unit or sign than
        the training had. What is merely unusual is answered, and told in `quality`. With
        `explain` each answer names the joints and phases it hangs on; that takes longer.
        """
        return await ask(request, "predict", explain=explain)

    @router.post(
        "/curves", responses={200: {"model": CurvesAnswer}, **PROBLEMS}, openapi_extra=BODY
    )
    async def curves(request: Request) -> Response:
        """Return the curves of a request beside the bands of healthy adults."""
        return await ask(request, "curves")

    refused: dict[int | str, dict[str, Any]] = {each: PROBLEMS[each] for each in (401, 429)}

    @router.get("/model", responses={200: {"model": dict[str, Any]}, **refused})
    async def model() -> Response:
        """Tell what the model is: inputs with units and signs, scores, intended use, limits."""
        return json_response(asking.live.pool.model.told)

    return router
