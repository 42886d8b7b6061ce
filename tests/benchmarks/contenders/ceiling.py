"""The ceiling: the same bytes from a bare Starlette on the server program that the mock uses."""

import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.contender import Contender, Kind, Workshop

_ROOT = Path(__file__).parents[3]


def prepare(workshop: Workshop) -> Contender:
    """Starlette with two routes and one ready answer: no state, no check, no journal."""
    body = workshop.folder.resolve() / "ceiling.body"
    body.write_text(workshop.job_text, "utf-8")
    return Contender(
        name="Starlette",
        kind=Kind.CEILING,
        version=version("starlette"),
        answers="one ready answer",
        command=(sys.executable, "-m", "tests.benchmarks.bare", str(body), "{port}"),
        poll=workshop.poll(),
        create=workshop.create,
        environment={"PYTHONPATH": str(_ROOT)},
    )
