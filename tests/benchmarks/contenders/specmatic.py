"""Specmatic: answers drawn from the contract's schemas."""

import copy
from typing import Any

from tests.benchmarks import npm
from tests.benchmarks.contender import Contender, Kind, Workshop

# It reports what it was used for; a benchmark leaves no traces.
CONFIG = "version: 2\ndisable_telemetry: true\n"


def program(workshop: Workshop) -> tuple[str, ...]:
    """The command of Specmatic's own jar, without the wrapper in Node that npm puts around it."""
    java = npm.program("java", "Debian: apt-get install default-jre-headless")
    return (java, "-jar", str(workshop.modules / "specmatic/specmatic.jar"))


def readable(openapi: dict[str, Any]) -> dict[str, Any]:
    """The contract without request examples: it takes each for half a stub and answers 400."""
    document = copy.deepcopy(openapi)
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                for media in operation.get("requestBody", {}).get("content", {}).values():
                    media.pop("examples", None)
    return document


def prepare(workshop: Workshop) -> Contender:
    """Specmatic's mock on the contract, console log off."""
    document = workshop.write("specmatic/openapi.json", readable(workshop.contract.openapi))
    document.with_name("specmatic.yaml").write_text(CONFIG, "ascii")
    options = ("mock", "--host", "127.0.0.1", "--port", "{port}", "--noConsoleLog")
    return Contender(
        name="Specmatic",
        kind=Kind.PEER,
        version=npm.version(workshop.modules, "specmatic"),
        answers="random by the contract",
        command=(*program(workshop), *options, "--hot-reload", "disabled", str(document)),
        poll=workshop.poll(),
        create=workshop.create,
    )
