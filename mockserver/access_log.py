"""A line for each request, without queries, bodies and secrets."""

import os
from time import perf_counter_ns
from typing import Any

from mockserver import redact
from mockserver.gate import Gate
from mockserver.logs import JSON, Write, now, to_json
from mockserver.visit import KEY, Receive, Scope, Send, Visit

_LONGEST_PATH = 2048


def write_to_stderr(line: str) -> None:
    """Write a line at once, so that workers' lines do not mix."""
    os.write(2, f"{line}\n".encode())


class Logged:
    """The application with a log. `form` is `text` or `json`."""

    def __init__(self, app: Gate, form: str, write: Write = write_to_stderr) -> None:
        self._app = app
        self._text = _as_json if form == JSON else _as_text
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter_ns()
        status = size = 0

        async def counted(message: dict[str, Any]) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            visit: Visit | None = scope.get(KEY)
            if visit is not None:
                took = (perf_counter_ns() - began) / 1_000_000
                self._write(self._text(self._row(visit, status, size, took)))

    def refuse(self, path: str, status: int, message: str) -> bytes:
        """Return the error body for what came to `path` and was no request."""
        row = {"time": now(), "level": "info", "event": "refused", "pid": os.getpid()}
        known = {"path": path[:_LONGEST_PATH], "status": status, "reason": message}
        self._write(self._text(row | known))
        return self._app.refuse(path, status, message)

    def _row(self, visit: Visit, status: int, size: int, took: float) -> dict[str, Any]:
        path = visit.path
        for secret, _ in visit.head.secrets:
            path = path.replace(secret, redact.REDACTED)
        return {
            "time": now(),
            "level": "info",
            "event": "request",
            "pid": os.getpid(),
            "sandbox": visit.sandbox.id if visit.sandbox else None,
            "method": visit.method,
            "path": path[:_LONGEST_PATH],
            "operation": visit.plan.operation.id if visit.plan else None,
            "caller": visit.identity.role if visit.identity else None,
            "status": status or None,
            "bytes": size,
            "ms": round(took, 3),
            "faults": [fault.kind for fault in visit.faults],
        }


def _as_json(row: dict[str, Any]) -> str:
    return to_json(row)


def _as_text(row: dict[str, Any]) -> str:
    words = [row["time"], row.get("sandbox") or "-", row.get("method", "-"), row["path"]]
    words += [str(row["status"] or "-"), row.get("operation") or row.get("reason") or "-"]
    if "ms" in row:
        words.append(f"{row['ms']} ms")
    words += row.get("faults", ())
    # Whatever a caller puts into a path, it stays one line.
    return " ".join(words).encode("unicode_escape").decode()
