"""A request that cannot be answered, and the body that says so."""

import json
from typing import Any

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.production.service.jobs import Reply

_MOST_DETAILS = 20


class RefusedError(LocomotionError, ValueError):
    """A request is refused.

    Parameters
    ----------
    status : int
        HTTP status.
    details : list of dict, optional
        Each place that is wrong.
    """

    def __init__(
        self,
        status: int,
        *,
        expected: str,
        got: str,
        where: str = "",
        fix: str = "",
        details: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(expected=expected, got=got, where=where, fix=fix)
        self.status = status
        self.details = details or []


def problem(error: LocomotionError, request_id: str) -> dict[str, Any]:
    """Return what is told of an error, as JSON."""
    details = error.details[:_MOST_DETAILS] if isinstance(error, RefusedError) else []
    return {
        "error": one_line(error),
        "expected": error.expected,
        "got": error.got,
        "where": error.where,
        "fix": error.fix,
        "details": details,
        "request_id": request_id,
    }


def one_line(error: LocomotionError) -> str:
    """Return an error as one sentence, as the V2 protocol wants it."""
    return "; ".join(part.strip() for part in str(error).splitlines())


def refusal(error: LocomotionError, request_id: str, *, v2: bool = False) -> Reply:
    """Return the answer to a request that is refused; 422 where the error names no status."""
    status = error.status if isinstance(error, RefusedError) else 422
    content = {"error": one_line(error)} if v2 else problem(error, request_id)
    return Reply(status, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
