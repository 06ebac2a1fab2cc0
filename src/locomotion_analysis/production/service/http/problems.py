"""Errors as bodies: of the V2 protocol one sentence, elsewhere its parts."""

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from locomotion_analysis.production.service.jobs import JSON, Reply
from locomotion_analysis.production.service.refusal import RefusedError, refusal

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
    v2 = request.url.path.startswith("/v2")
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
