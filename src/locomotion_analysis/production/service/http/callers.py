"""Who may ask, and how often."""

import math
from collections.abc import Awaitable, Callable

from fastapi import Depends
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException
from starlette.requests import Request

from locomotion_analysis.production.service.keys import KeyFile
from locomotion_analysis.production.service.rate_limit import RateLimit
from locomotion_analysis.production.service.settings import ServiceSettings

HEADER = "X-API-Key"
_scheme = APIKeyHeader(name=HEADER, auto_error=False, description="locomotion keys add FILE NAME")

Check = Callable[..., Awaitable[None]]


def caller_check(settings: ServiceSettings) -> Check:
    """Return the dependency that lets a request through, before its body is read."""
    limit = RateLimit(settings.requests_per_minute)
    keys = KeyFile(settings.keys) if settings.keys else None

    def count(caller: str) -> None:
        seconds = limit.wait_s(caller)
        if seconds:
            raise HTTPException(429, "too many requests", {"Retry-After": str(math.ceil(seconds))})

    async def open_to_all(request: Request) -> None:
        count(request.client.host if request.client else "")

    async def with_key(request: Request, key: str | None = Depends(_scheme)) -> None:
        name = keys.name_of(key) if keys is not None and key else None
        if name is None:
            # Guesses are counted as well, by address.
            count(f" {request.client.host if request.client else ''}")
            raise HTTPException(401, "no key, or none that is known", {"WWW-Authenticate": HEADER})
        request.scope["key_name"] = name
        count(name)

    return open_to_all if keys is None else with_key
