"""Logs on stderr: the mock's own errors, and an access log if the settings ask for one."""

import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter_ns
from typing import Any

import orjson

from mockserver.http.application import Application
from mockserver.http.context import CONTEXT_KEY, Receive, RequestContext, Scope, Send

JSON = "json"
NONE = "none"

_log = logging.getLogger("mockserver")

Write = Callable[[str], object]


def start(form: str) -> None:
    """Send the mock's own log to stderr, in the form of the setting `log_format`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AsJson() if form == JSON else logging.Formatter("%(message)s"))
    _log.handlers[:] = [handler]
    _log.propagate = False


def log_error(text: str) -> None:
    """Log a warning for the operator of the server."""
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


_MAX_PATH_LENGTH = 2048


def write_to_stderr(line: str) -> None:
    """Write a line at once, so that workers' lines do not mix."""
    os.write(2, f"{line}\n".encode())


class AccessLog:
    """The application with an access log. `form` is `text` or `json`."""

    def __init__(self, app: Application, form: str, write: Write = write_to_stderr) -> None:
        self._app = app
        self._text = to_json if form == JSON else _as_text
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_at = perf_counter_ns()
        status = size = 0

        async def counted(message: dict[str, Any]) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            context: RequestContext | None = scope.get(CONTEXT_KEY)
            if context is not None:
                took = (perf_counter_ns() - started_at) / 1_000_000
                self._write(self._text(self._row(context, status, size, took)))

    def _row(self, context: RequestContext, status: int, size: int, took: float) -> dict[str, Any]:
        rejection = context.rejection
        return {
            "time": now(),
            "level": "info",
            "event": "refused" if rejection else "request",
            "pid": os.getpid(),
            "sandbox": context.sandbox.id if context.sandbox else None,
            "method": context.method,
            "path": context.redacted_path[:_MAX_PATH_LENGTH],
            "operation": context.operation_id,
            "caller": context.identity.role if context.identity else None,
            "status": status or None,
            "bytes": size,
            "ms": round(took, 3),
            "faults": [fault.kind for fault in context.faults],
            **({"reason": rejection.message} if rejection else {}),
        }


def _as_text(row: dict[str, Any]) -> str:
    words = [row["time"], row.get("sandbox") or "-", row["method"] or "-", row["path"] or "-"]
    words += [str(row["status"] or "-"), row.get("operation") or row.get("reason") or "-"]
    words += [f"{row['ms']} ms", *row["faults"]]
    # Control characters in a path must not start a new line.
    return " ".join(words).encode("unicode_escape").decode()
