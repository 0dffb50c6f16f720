"""Logs: a JSON object a line on standard error, of chosen fields only. No text of a comment is among them."""

import logging
import sys
import time
import traceback
from typing import Any

from pydantic_core import to_json

LOGGER = logging.getLogger("moderation.service")


class _Lines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            line.update(where_failed(record.exc_info[1]))
        return to_json(line, inf_nan_mode="null").decode()


def set_up() -> None:
    """Send our log, and uvicorn's, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    for name, level in (("moderation.service", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def event(what: str, **fields: Any) -> None:
    """Log that something happened."""
    LOGGER.info(what, extra={"fields": fields})


def failure(what: str, error: BaseException, **fields: Any) -> None:
    """Log an error that nobody foresaw: its type and where it came from, not its message, which may hold a comment."""
    LOGGER.error(what, extra={"fields": {**where_failed(error), **fields}})


def where_failed(error: BaseException) -> dict[str, Any]:
    """Return the type of an error, and the places in the code that it came through."""
    places = [f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    return {"error": type(error).__name__, "at": places[-8:]}
