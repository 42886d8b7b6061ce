"""The mock: state, authentication, both checks and the journal on, as it starts by default."""

import json
import sys
from pathlib import Path

from tests.benchmarks.contender import BEARER, JOBS, Contender, Kind, Workshop
from tests.benchmarks.errors import UnavailableError, UnhealthyError
from tests.benchmarks.request import Request
from tests.benchmarks.server import Server, running

NAME = "mockserver"
_PROGRAM = Path(sys.executable).with_name(NAME)
LIST = Request("GET", f"{JOBS}?per_page=200", BEARER)


def command(*options: str) -> tuple[str, ...]:
    """The command that serves the mock; raises UnavailableError where it is not installed."""
    if not _PROGRAM.exists():
        raise UnavailableError(f"{_PROGRAM} is missing (make setup)")
    return (str(_PROGRAM), "serve", "--port", "{port}", *options)


def prepare(workshop: Workshop) -> Contender:
    """The mock with its defaults; polled is a seeded job that stays in work for good."""
    with running(f"{NAME} probe", command(), workshop.folder) as server:
        server.first_answer(LIST)
        job = held_job(server)
    return Contender(
        name=NAME,
        kind=Kind.OURS,
        version="this tree",
        answers="state, both checks",
        command=command(),
        poll=workshop.poll(job),
        create=workshop.create,
    )


def held_job(server: Server) -> str:
    """The id of the seeded job that is in work; the seed makes it the same in every start."""
    jobs = json.loads(server.ask(LIST).body)["_embedded"]["jobs"]
    found = [str(job["id"]) for job in jobs if job["status"] == "PROCESSING"]
    if not found:
        raise UnhealthyError("no seeded job in PROCESSING to poll")
    return found[0]
