"""What goes to stderr: faults of the mock's own, and a line a request where that is asked for."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

JSON = "json"
NONE = "none"

_log = logging.getLogger("mockserver")

Write = Callable[[str], object]


def start(form: str) -> None:
    """Let the mock's own log go to stderr, in the form of the setting `log_format`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AsJson() if form == JSON else logging.Formatter("%(message)s"))
    _log.handlers[:] = [handler]
    _log.propagate = False


def complain(text: str) -> None:
    """Tell whoever runs the server."""
    _log.warning(text)


def now() -> str:
    """Return real time as the log writes it."""
    return f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def to_json(row: dict[str, Any]) -> str:
    """Return a line of the log, without its end."""
    return orjson.dumps(row).decode()


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        row = {
            "time": now(),
            "level": record.levelname.lower(),
            "event": "message",
            "message": record.getMessage(),
        }
        if record.exc_info:
            row["exception"] = self.formatException(record.exc_info)
        return to_json(row)
