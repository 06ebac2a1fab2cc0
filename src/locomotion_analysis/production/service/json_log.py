"""The service's log: one JSON object a line."""

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = "locomotion_analysis.production.service"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON, without a traceback: it may quote what was sent."""
        content = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        return json.dumps(content, ensure_ascii=False)


def log_as_json() -> None:
    """Write the log to stderr, one JSON object a line: requests, and warnings of the package."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    levels = {"locomotion_analysis": logging.WARNING, LOGGER: logging.INFO}
    for name, level in {**levels, "uvicorn.error": logging.INFO}.items():
        logger = logging.getLogger(name)
        logger.handlers[:] = [] if name == LOGGER else [handler]
        logger.setLevel(level)
        logger.propagate = name == LOGGER
