"""``/v2``: the Open Inference Protocol."""

from typing import Any

from fastapi import APIRouter, Depends, Header
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from locomotion_analysis._version import __version__
from locomotion_analysis.production.service.http.asking import Asking
from locomotion_analysis.production.service.http.callers import Check
from locomotion_analysis.production.service.http.health import is_ready
from locomotion_analysis.production.service.http.problems import (
    HEADER_LENGTH,
    V2_PROBLEMS,
    json_response,
)
from locomotion_analysis.production.service.jobs import JSON
from locomotion_analysis.production.service.open_inference import (
    OCTETS,
    InferRequest,
    input_metadata,
    output_metadata,
)

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/InferRequest"}},
            OCTETS: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
COMPONENTS = (InferRequest,)
_MODEL = "/models/{name}"
_VERSION = "/models/{name}/versions/{version}"


def v2_routes(asking: Asking, check: Check) -> APIRouter:
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
        ready = await is_ready(asking.live)
        return json_response({"name": name, "ready": ready}, 200 if ready else 503)

    @router.post(f"{_VERSION}/infer", openapi_extra=BODY, **guarded)
    @router.post(f"{_MODEL}/infer", openapi_extra=BODY, **guarded)
    async def infer(
        request: Request,
        name: str,
        version: str | None = None,
        header_bytes: int | None = Header(None, alias=HEADER_LENGTH, ge=0),
    ) -> Response:
        """Predict from a tensor of features."""
        refuse_other(name, version)
        return await asking.ask(request, "infer", header_bytes=header_bytes)

    return router
