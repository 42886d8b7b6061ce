"""Vendors of the user's own whose wire is of another kind than those of the package."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml

from conformance.evaluation import Result
from conformance.http.adapter import WsgiAdapter
from conformance.http.limits import SkippingClock
from conformance.runner import create_runner
from conformance.settings import Effort, Settings

HOST = "http://127.0.0.1:8080"
Answer = tuple[int, Any, dict[str, str]]
SECRET = "mock-acme-user"
JSON = "application/json"
STATES = {
    "RUNNING": {"wire": "running"},
    "DONE": {"wire": "done", "final": True, "file": True},
}
BASE: dict[str, Any] = {
    "edges": [{"from": "RUNNING", "to": "DONE", "by": "time"}],
    "timeline": [{"state": "RUNNING", "lasts": "PT2S"}, {"state": "DONE"}],
}


def operation(name: str, path: str, *answers: tuple[int, dict[str, Any]], **more: Any) -> Any:
    """An operation with a parameter for each name in its path."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names
    ]
    responses = {str(status): {"description": "An answer.", **row} for status, row in answers}
    return {
        "operationId": name,
        "parameters": parameters + more.pop("query", []),
        "responses": responses,
        **more,
    }


def body(**members: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": members, "required": list(members)}
    return {"content": {JSON: {"schema": schema}}}


def write(folder: Path, scheme: dict[str, Any], paths: Any, lifecycle: Any) -> Path:
    home = folder / "acme"
    home.mkdir()
    openapi = {
        "openapi": "3.0.3",
        "info": {"title": "Acme", "version": "1"},
        "security": [{"key": []}],
        "paths": paths,
        "components": {"securitySchemes": {"key": scheme}},
    }
    (home / "openapi.yaml").write_text(yaml.safe_dump(openapi, sort_keys=False))
    (home / "lifecycle.yaml").write_text(yaml.safe_dump(lifecycle, sort_keys=False))
    return folder


class App:
    """A WSGI application: checks the credential, and hands method, path and query on."""

    def __init__(
        self, allowed: Callable[[dict[str, str], dict[str, str]], bool], answer: Any
    ) -> None:
        self.allowed, self.answer = allowed, answer

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = {k[5:].lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        status, content, more = 401, None, {}
        if self.allowed(headers, query):
            path = environ["PATH_INFO"].split("/")[1:]
            status, content, more = self.answer(environ["REQUEST_METHOD"], path, query)
        text = b"" if content is None else json.dumps(content).encode()
        media = [("Content-Type", JSON)] if text else []
        start_response(f"{status} X", [*media, *more.items(), ("Content-Length", str(len(text)))])
        return [text]


class Jobs:
    """Jobs that are done after two seconds, by id."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now, self.born, self.made = now, dict[str, float](), 0

    def new(self) -> str:
        self.made += 1
        id_ = f"j{self.made:06d}"
        self.born[id_] = self.now()
        return id_

    def done(self, id_: str) -> bool:
        return self.now() - self.born[id_] >= 2


def judge(folder: Path, clock: SkippingClock, app: Any, *only: str) -> Result:
    settings = Settings(effort=Effort.QUICK, only=frozenset(only))
    runner = create_runner("acme", HOST, settings=settings, environment={}, vendors=[folder])
    runner.clock = clock
    runner.adapter = lambda url, hosts: WsgiAdapter(app, url, *hosts)
    return runner.run()


def verdicts(result: Result) -> dict[str, str]:
    return {
        row.requirement.id.removeprefix("ACME-AUTO-"): row.verdict for row in result.requirements
    }


def by_status(folder: Path, clock: SkippingClock, *, lost: bool = False) -> tuple[Path, App]:
    """202 with a Location; the poll is 202, then redirects to the file; Basic; no list."""
    location = {"headers": {"Location": {"required": True, "schema": {"type": "string"}}}}
    paths = {
        "/jobs": {"post": operation("make", "/jobs", (202, location), (401, {}))},
        "/jobs/{id}": {
            "get": operation("look", "/jobs/{id}", (202, {}), (303, location), (401, {}), (404, {}))
        },
        "/results/{id}": {
            "get": operation(
                "load", "/results/{id}", (200, body(rows={"type": "integer"})), (404, {})
            )
        },
    }
    lifecycle = BASE | {
        "states": STATES,
        "actions": {
            "create": {"operation": "make", "enters": "RUNNING"},
            "poll": {"operation": "look", "answers": {"RUNNING": 202, "DONE": 303}},
            "fetch": {"operation": "load", "allowed": ["DONE"]},
        },
        "locations": {"make": {"id": {"header": "Location"}}},
    }
    jobs = Jobs(clock.now)

    def answer(method: str, path: list[str], _query: Any) -> Answer:
        if (method, path) == ("POST", ["jobs"]):
            return 202, None, {"Location": f"/jobs/{jobs.new()}"}
        if method != "GET" or len(path) != 2 or path[1] not in jobs.born:
            return 404, None, {}
        done = jobs.done(path[1])
        if path[0] == "jobs":
            place = f"/results/{path[1]}{'x' * lost}"
            return (303, None, {"Location": place}) if done else (202, None, {})
        return (200, {"rows": 1}, {}) if done else (404, None, {})

    wanted = "Basic " + base64.b64encode(f"{SECRET}:{SECRET}".encode()).decode()
    folder = write(folder, {"type": "http", "scheme": "basic"}, paths, lifecycle)
    return folder, App(lambda headers, _: headers.get("authorization") == wanted, answer)


def by_boolean(
    folder: Path, clock: SkippingClock, *, back: bool = False, late: bool = False
) -> tuple[Path, App]:
    """The state is a boolean, and has a status; the key is in the query; no list, no file."""
    job = body(key={"type": "string"}, finished={"type": "boolean"})
    paths = {
        "/jobs": {"post": operation("make", "/jobs", (200, job), (401, {}))},
        "/jobs/{id}": {
            "get": operation("look", "/jobs/{id}", (200, job), (202, job), (401, {}), (404, {}))
        },
    }
    lifecycle = BASE | {
        "states": {"RUNNING": {"wire": False}, "DONE": {"wire": True, "final": True}},
        "actions": {
            "create": {"operation": "make", "enters": "RUNNING"},
            "poll": {"operation": "look", "answers": {"RUNNING": 202, "DONE": 200}},
        },
        "locations": {name: {"id": "/key", "status": "/finished"} for name in ("make", "look")},
    }
    jobs, polls = Jobs(clock.now), [0]

    def answer(method: str, path: list[str], _query: Any) -> Answer:
        if (method, path) == ("POST", ["jobs"]):
            return 200, {"key": jobs.new(), "finished": False}, {}
        if method != "GET" or path[0] != "jobs" or len(path) != 2 or path[1] not in jobs.born:
            return 404, None, {}
        polls[0] += 1
        done = jobs.done(path[1]) and not (back and polls[0] % 3 == 0)
        return 200 if done and not late else 202, {"key": path[1], "finished": done}, {}

    scheme = {"type": "apiKey", "in": "query", "name": "key"}
    folder = write(folder, scheme, paths, lifecycle)
    return folder, App(lambda _, query: query.get("key") == SECRET, answer)


def in_project(
    folder: Path, clock: SkippingClock, *, skips: bool = False, listless: bool = False
) -> tuple[Path, App]:
    """Jobs of a project, a key in a cookie, numbers as states, pages by links with an offset."""
    job = {"id": {"type": "string"}, "state": {"type": "integer"}}
    page = {"jobs": {"type": "array", "items": {"type": "object", "properties": job}}}
    links = body(**page)
    links["content"][JSON]["schema"]["properties"]["next"] = {"type": "string", "format": "uri"}
    number = {"type": "integer", "minimum": 0}
    query = [{"name": name, "in": "query", "schema": number} for name in ("limit", "offset")]
    base = "/projects/{project}/jobs"
    paths = {
        base: {
            "post": operation("make", base, (201, body(**job)), (401, {})),
            "get": operation("all", base, (200, links), (401, {}), query=query),
        },
        base + "/{id}": {
            "get": operation("look", base + "/{id}", (200, body(**job)), (401, {}), (404, {})),
            "delete": operation("drop", base + "/{id}", (204, {}), (401, {}), (404, {})),
        },
    }
    place = {"id": "/id", "status": "/state"}
    lifecycle = BASE | {
        "states": {
            "RUNNING": {"wire": 1},
            "DONE": {"wire": 2},
            "DROPPED": {"wire": 3, "final": True},
        },
        "edges": [*BASE["edges"], *({"from": s, "to": "DROPPED", "by": "delete"} for s in STATES)],
        "actions": {
            "create": {"operation": "make", "enters": "RUNNING"},
            "poll": {"operation": "look"},
            "list": {"operation": "all"},
            "delete": {"operation": "drop", "allowed": [*STATES], "enters": "DROPPED"},
        },
        "locations": {"make": place, "look": place, "all": {**place, "items": "/jobs"}},
    }
    jobs = Jobs(clock.now)

    def shown(id_: str) -> dict[str, Any]:
        return {"id": id_, "state": 1 + jobs.done(id_)}

    def answer(method: str, path: list[str], query: dict[str, str]) -> Answer:
        id_ = path[3] if len(path) == 4 else ""
        if (method, path[2:]) == ("POST", ["jobs"]):
            return 201, shown(jobs.new()), {}
        if (method, path[2:]) == ("GET", ["jobs"]) and not listless:
            if not all(value.isdigit() for value in query.values()):
                return 400, None, {}
            size, start = int(query.get("limit", 20)), int(query.get("offset", 0))
            ids = [*jobs.born][start : start + size]
            more = {
                "next": f"{HOST}{'/'.join(['', *path])}?limit={size}&offset={start + size + skips}"
            }
            return (
                200,
                {"jobs": [*map(shown, ids)]} | (more if start + size < len(jobs.born) else {}),
                {},
            )
        if id_ not in jobs.born:
            return 404, None, {}
        if method == "DELETE":
            del jobs.born[id_]
            return 204, None, {}
        return 200, shown(id_), {}

    scheme = {"type": "apiKey", "in": "cookie", "name": "session"}
    folder = write(folder, scheme, paths, lifecycle)
    return folder, App(lambda headers, _: headers.get("cookie") == f"session={SECRET}", answer)


KINDS: dict[str, Any] = {"by_status": by_status, "by_boolean": by_boolean, "in_project": in_project}
# What each kind must have judged, beside statuses, bodies and credentials.
JUDGED = {
    "by_status": {
        "UNIQUE-make",
        "READ-look",
        "EDGE-look",
        "RESULT-look",
        "FILE-load",
        "NOFILE-load",
    },
    "by_boolean": {
        "UNIQUE-make",
        "READ-look",
        "EDGE-look",
        "FINAL-look",
        "STATE-look",
        "ID-look",
        "ANSWER-look",
    },
    "in_project": {
        "UNIQUE-make",
        "VALID-all",
        "PAGES-all",
        "LISTED-all",
        "EFFECT-drop",
        "STATE-all",
        "UNKNOWN-look",
    },
}
CREDENTIALS = {"NOAUTH-look", "BADAUTH-look", "NOAUTH-make", "BADAUTH-make"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_correct_server_of_another_kind_passes(kind: str, tmp_path: Path) -> None:
    clock = SkippingClock()
    result = judge(*_with_clock(KINDS[kind], tmp_path, clock))
    assert not {row.requirement.id: row.reason for row in result.problems}
    passed = {id_ for id_, verdict in verdicts(result).items() if verdict == "PASS"}
    assert not (JUDGED[kind] | CREDENTIALS) - passed
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("kind", "bug", "row"),
    [
        ("by_status", "lost", "RESULT-look"),
        ("by_boolean", "back", "FINAL-look"),
        ("by_boolean", "late", "ANSWER-look"),
        ("in_project", "listless", "VALID-all"),
        ("in_project", "skips", "PAGES-all"),
    ],
)
def test_its_bug_is_found(kind: str, bug: str, row: str, tmp_path: Path) -> None:
    clock = SkippingClock()
    made = _with_clock(KINDS[kind], tmp_path, clock, **{bug: True})
    assert verdicts(judge(*made, f"ACME-AUTO-{row}")) == {row: "FAIL"}


def _with_clock(
    kind: Any, folder: Path, clock: SkippingClock, **bugs: bool
) -> tuple[Path, SkippingClock, App]:
    home, app = kind(folder, clock, **bugs)
    return home, clock, app


def test_own_rows_replace_generated_ones_and_switch_them_off(tmp_path: Path) -> None:
    clock = SkippingClock()
    folder, clock, app = _with_clock(by_boolean, tmp_path, clock)
    rows = {
        "requirements": [
            {"id": "ACME-1", "text": "No id comes twice.", "check": {"name": "unique_ids"}},
        ],
        "switched_off": {"ACME-AUTO-NOAUTH-make": "the gateway in front of it asks for the key"},
    }
    (folder / "acme" / "requirements.yaml").write_text(yaml.safe_dump(rows))
    result = judge(folder, clock, app)
    found = {row.requirement.id: row for row in result.requirements}
    assert found["ACME-1"].verdict == "PASS"
    assert "ACME-AUTO-UNIQUE-make" not in found
    assert found["ACME-AUTO-NOAUTH-make"].verdict == "SKIP"
    assert found["ACME-AUTO-NOAUTH-make"].reason.endswith(
        "the gateway in front of it asks for the key"
    )
