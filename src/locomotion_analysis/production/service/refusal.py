"""A request that cannot be answered, and the body that says so."""

import json
import logging
from typing import Any

from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.production.service.jobs import Reply

_MOST_DETAILS = 20
_logger = logging.getLogger(__name__)


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


def refusal(error: Exception, request_id: str, *, v2: bool = False) -> Reply:
    """Return the answer to a request that ended in an error.

    Errors that are a ``ValueError`` speak of what was sent: 422, or the status that a
    :class:`RefusedError` names. All others are the service's own: 500 without a word of where,
    and a line in the log.
    """
    if not (isinstance(error, LocomotionError) and isinstance(error, ValueError)):
        # What went wrong in the arithmetic may hold values of a person: kind and place are enough.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        at = f" in {place.tb_frame.f_code.co_qualname}:{place.tb_lineno}" if place else ""
        told = f": {_one_line(error)}" if isinstance(error, LocomotionError) else ""
        _logger.error("request failed: %s%s%s", type(error).__name__, at, told)
        error = RefusedError(500, expected="an answer", got="an error inside the service")
    content: dict[str, Any] = {"error": _one_line(error)}
    if not v2:
        content |= {name: getattr(error, name) for name in ("expected", "got", "where", "fix")}
        content["details"] = getattr(error, "details", [])[:_MOST_DETAILS]
        content["request_id"] = request_id
    status = error.status if isinstance(error, RefusedError) else 422
    return Reply(status, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


def _one_line(error: LocomotionError) -> str:
    """Return an error as one sentence, as the V2 protocol and the log want it."""
    return "; ".join(part.strip() for part in str(error).splitlines())
