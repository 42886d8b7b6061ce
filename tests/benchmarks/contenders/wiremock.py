"""WireMock: two static stubs."""

from dataclasses import replace
from typing import Any

from tests.benchmarks import npm
from tests.benchmarks.contender import BEARER, JSON, Contender, Kind, Workshop
from tests.benchmarks.request import Request

BARE = "WireMock bare"
_FORGET = Request("DELETE", "/__admin/requests")


def prepare(workshop: Workshop) -> Contender:
    """WireMock as it starts: one stub an operation, and its journal, as the mock has one.

    The journal has no bound, so it is emptied before each turn; a run would end out of memory.
    """
    return replace(_made(workshop), tidy=_FORGET)


def prepare_bare(workshop: Workshop) -> Contender:
    """WireMock without its journal: what it can do when it keeps nothing."""
    made = _made(workshop)
    command = (*made.command, "--no-request-journal", "--disable-request-logging")
    return replace(made, name=BARE, kind=Kind.BARE, answers="stub, no journal", command=command)


def _made(workshop: Workshop) -> Contender:
    java = npm.program("java", "Debian: apt-get install default-jre-headless")
    version = npm.version(workshop.modules, "wiremock")
    jar = workshop.modules / f"wiremock/build/wiremock-standalone-{version}.jar"
    stubs = [
        _stub("GET", "/data/reports/[^/]+/jobs/[^/]+", 200, workshop.job_text),
        _stub("POST", "/data/reports/[^/]+/jobs", 202, workshop.job_text),
    ]
    file = workshop.write("wiremock/mappings/jobs.json", {"mappings": stubs})
    options = ("--root-dir", str(file.parent.parent), "--bind-address", "127.0.0.1")
    return Contender(
        name="WireMock",
        kind=Kind.PEER,
        version=version,
        answers="static stub",
        command=(java, "-jar", str(jar), *options, "--disable-banner", "--port", "{port}"),
        poll=workshop.poll(),
        create=workshop.create,
    )


def _stub(method: str, path: str, status: int, body: str) -> dict[str, Any]:
    credential = {name: {"equalTo": value} for name, value in BEARER.items()}
    return {
        "request": {"method": method, "urlPathPattern": path, "headers": credential},
        "response": {"status": status, "headers": JSON, "body": body},
    }
