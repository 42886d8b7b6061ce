"""Mockoon: two static routes."""

import uuid
from typing import Any

from tests.benchmarks import npm
from tests.benchmarks.contender import JSON, Contender, Kind, Workshop

_PACKAGE = "@mockoon/cli"
# The version of its file format that the environment is written in; it migrates by itself.
_FORMAT = 33


def prepare(workshop: Workshop) -> Contender:
    """Mockoon as it starts, with one static route an operation; its log goes to no file."""
    node = npm.program("node", "Debian: apt-get install nodejs")
    routes = [
        _route("get", "data/reports/:type/jobs/:id", 200, workshop.job_text),
        _route("post", "data/reports/:type/jobs", 202, workshop.job_text),
    ]
    file = workshop.write("mockoon/environment.json", _environment(routes))
    start = ("start", "--data", str(file), "--repair", "--disable-log-to-file")
    program = workshop.modules / _PACKAGE / "bin/run.js"
    return Contender(
        name="Mockoon",
        kind=Kind.PEER,
        version=npm.version(workshop.modules, _PACKAGE),
        answers="static route",
        command=(node, str(program), *start, "--port", "{port}"),
        poll=workshop.poll(),
        create=workshop.create,
    )


def _environment(routes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "uuid": _id("environment"),
        "lastMigration": _FORMAT,
        "name": "jobs",
        "port": 0,
        "hostname": "127.0.0.1",
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": route["uuid"]} for route in routes],
    }


def _route(method: str, endpoint: str, status: int, body: str) -> dict[str, Any]:
    answer = {
        "uuid": _id(f"{method} {endpoint} {status}"),
        "statusCode": status,
        "headers": [{"key": name, "value": value} for name, value in JSON.items()],
        "bodyType": "INLINE",
        "body": body,
        "disableTemplating": True,
        "default": True,
    }
    route = {"type": "http", "method": method, "endpoint": endpoint, "responses": [answer]}
    return {"uuid": _id(f"{method} {endpoint}"), **route}


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))
