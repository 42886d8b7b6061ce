"""WireMock: two static stubs."""

from typing import Any

from tests.benchmarks import npm
from tests.benchmarks.contender import BEARER, JSON, Contender, Kind, Workshop


def prepare(workshop: Workshop) -> Contender:
    """WireMock with one stub an operation; request log and journal off, which suits it best."""
    java = npm.program("java", "Debian: apt-get install default-jre-headless")
    version = npm.version(workshop.modules, "wiremock")
    jar = workshop.modules / f"wiremock/build/wiremock-standalone-{version}.jar"
    stubs = [
        _stub("GET", "/data/reports/[^/]+/jobs/[^/]+", 200, workshop.job_text),
        _stub("POST", "/data/reports/[^/]+/jobs", 202, workshop.job_text),
    ]
    file = workshop.write("wiremock/mappings/jobs.json", {"mappings": stubs})
    options = ("--root-dir", str(file.parent.parent), "--bind-address", "127.0.0.1")
    quiet = ("--disable-banner", "--disable-request-logging", "--no-request-journal")
    return Contender(
        name="WireMock",
        kind=Kind.PEER,
        version=version,
        answers="static stub",
        command=(java, "-jar", str(jar), *options, *quiet, "--port", "{port}"),
        poll=workshop.poll(),
        create=workshop.create,
    )


def _stub(method: str, path: str, status: int, body: str) -> dict[str, Any]:
    credential = {name: {"equalTo": value} for name, value in BEARER.items()}
    return {
        "request": {"method": method, "urlPathPattern": path, "headers": credential},
        "response": {"status": status, "headers": JSON, "body": body},
    }
