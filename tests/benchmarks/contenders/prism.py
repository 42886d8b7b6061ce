"""Prism: answers from the contract's examples."""

from tests.benchmarks import npm
from tests.benchmarks.contender import Contender, Kind, Workshop

_PACKAGE = "@stoplight/prism-cli"


def prepare(workshop: Workshop) -> Contender:
    """Prism on the contract as it stands, request validation on (its default), log quiet."""
    node = npm.program("node", "Debian: apt-get install nodejs")
    program = workshop.modules / _PACKAGE / "dist/index.js"
    document = workshop.write("prism/openapi.json", workshop.contract.openapi)
    options = ("mock", str(document), "--host", "127.0.0.1", "--port", "{port}")
    return Contender(
        name="Prism",
        kind=Kind.PEER,
        version=npm.version(workshop.modules, _PACKAGE),
        answers="the contract's example",
        command=(node, str(program), *options, "--verboseLevel", "error"),
        poll=workshop.poll(),
        create=workshop.create,
    )
