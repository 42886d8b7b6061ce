"""A tiny vendor: one job that is created, polled and deleted, and a server that plays it."""

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.checks import CheckKind, RegisteredCheck, failed, passed
from conformance.drivers import directed
from conformance.target import Credential, Target
from specs import Contract, Requirement, Statement
from specs.lifecycle import read_lifecycle
from specs.requirements import Check, Requirements

TOKEN = "tiny-token-of-a-test"
ERROR = {"description": "No.", "content": {"application/json": {"schema": {"type": "object"}}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
JOB = {
    "description": "A job.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "state": {"type": "string"}},
            }
        }
    },
}
OPENAPI: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Tiny", "version": "1"},
    "x-vendor": "tiny",
    "security": [{"bearer": []}],
    "paths": {
        "/jobs": {
            "post": {
                "operationId": "createJob",
                "x-source": "documented",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["size"],
                                "properties": {"size": {"type": "integer", "minimum": 1}},
                            },
                            "examples": {"three": {"value": {"size": 3}}},
                        }
                    },
                },
                "responses": {"202": JOB, "400": ERROR, "401": ERROR, "415": ERROR},
            },
        },
        "/jobs/{id}": {
            "parameters": [ID],
            "get": {
                "operationId": "getJob",
                "x-source": "documented",
                "responses": {"200": JOB, "401": ERROR, "404": ERROR},
            },
            "delete": {
                "operationId": "deleteJob",
                "x-source": "documented",
                "responses": {"204": {"description": "Gone."}, "401": ERROR, "404": ERROR},
            },
        },
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {},
    },
}
LIFECYCLE: dict[str, Any] = {
    "vendor": "tiny",
    "title": "Tiny job",
    "job": "job",
    "initial": "NEW",
    "states": {
        "NEW": {"meaning": "New.", "source": "documented", "wire": "new"},
        "OLD": {
            "meaning": "Old.",
            "source": "documented",
            "wire": "old",
            "final": True,
        },
    },
    "edges": [{"from": "NEW", "to": "OLD", "by": "time", "source": "documented"}],
    "timeline": [{"state": "NEW", "lasts": "PT5S"}, {"state": "OLD"}],
    "actions": {
        "create": {"operation": "createJob", "enters": "NEW"},
        "poll": {"operation": "getJob"},
    },
    "locations": {
        "createJob": {"id": "/id", "status": "/state"},
        "getJob": {"id": "/id", "status": "/state"},
    },
}


def row(id_: str, check: str | None = None, **more: Any) -> Requirement:
    """Return a requirement; `check` has no arguments unless `arguments` gives them."""
    arguments = more.pop("arguments", {})
    return Requirement(
        id=id_,
        text=more.pop("text", f"The rule {id_} holds."),
        statements=more.pop("statements", ("TY-S01",)),
        implied=None,
        source=more.pop("source", "documented"),
        level=more.pop("level", "must"),
        operation=more.pop("operation", None),
        elements=(),
        check=Check(check, arguments) if check else None,
        not_tested=more.pop("not_tested", None),
        **more,
    )


def contract(*requirements: Requirement) -> Contract:
    """Return the tiny contract with these requirements."""
    return Contract(
        vendor="tiny",
        profile="documented",
        openapi=OPENAPI,
        lifecycle=read_lifecycle(LIFECYCLE, "documented"),
        load_requirements=lambda: Requirements(
            {"TY-S01": Statement("TY-S01", "000", "A tiny statement with `code`.", "Tiny page")},
            requirements,
            {},
        ),
    )


def target(url: str, **more: Any) -> Target:
    """Return a target with a credential for the primary role, writes allowed."""
    credentials = {"primary": Credential("primary", "$TINY_TOKEN", TOKEN)}
    return Target("tiny", url, **{"writes": True, "credentials": credentials, **more})


def no_server_error(case: Any) -> Any:
    """A check for tests."""
    if case.exchange.status >= 500:
        return failed(f"answered {case.exchange.status}", case.exchange)
    return passed()


CHECKS: Mapping[str, RegisteredCheck] = {
    "no_server_error": RegisteredCheck("no_server_error", CheckKind.EXCHANGE, no_server_error),
}

Handler = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Any]]


class TinyServer:
    """Plays the tiny vendor in memory; `twist` may answer in its place (None: it does not)."""

    def __init__(self, twist: Handler | None = None) -> None:
        self.jobs: dict[str, dict[str, str]] = {}
        self.log: list[tuple[str, str]] = []
        self._twist = twist
        outer = self

        class Tell(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: else the client waits for the second

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                path = urlsplit(self.path).path
                outer.log.append((self.command, path))
                status, content = outer.answer(self.command, path, dict(self.headers), body)
                data = b"" if content is None else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Tell)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any]:
        twisted = self._twist(method, path, headers, body) if self._twist else None
        if twisted is not None:
            return twisted
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "who?"}
        if (method, path) == ("POST", "/jobs"):
            is_json = headers.get("Content-Type") == "application/json"
            return self._create(body) if is_json else (415, {"message": "JSON?"})
        return self._about(method, path.removeprefix("/jobs/"))

    def _create(self, body: bytes) -> tuple[int, Any]:
        try:
            size = json.loads(body)["size"]
        except (ValueError, TypeError, LookupError, RecursionError):
            return 400, {"message": "size?"}
        if type(size) is not int or size < 1:
            return 400, {"message": "size?"}
        id_ = f"job-{len(self.jobs) + 1}"
        self.jobs[id_] = {"id": id_, "state": "new"}
        return 202, self.jobs[id_]

    def _about(self, method: str, id_: str) -> tuple[int, Any]:
        if id_ not in self.jobs:
            return 404, {"message": "no such job"}
        if method == "DELETE":
            del self.jobs[id_]
            return 204, None
        return 200, self.jobs[id_]

    def __enter__(self) -> "TinyServer":
        import threading

        loop = self._server.serve_forever
        threading.Thread(target=loop, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def send_valid_requests_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes long: the negative driver sends valid and unauthorised requests."""
    for name in ("_send_parameters", "_send_raw_bodies", "_send_other_methods", "_bodies"):
        monkeypatch.setattr(directed, name, lambda *_: iter(()))
