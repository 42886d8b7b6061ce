"""The reference app under judgement, as it is or with one planted defect."""

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import specs
from conformance.reference.defects import DEFECTS
from tests.benchmarks.contender import BEARER, JOBS
from tests.benchmarks.request import Request
from tests.benchmarks.server import Server, running

_ROOT = Path(__file__).parents[3]
_HEALTH = Request("GET", "/_mock/health")
_HELD = Request("GET", f"{JOBS}?per_page=200", BEARER)
_VENDORS = {"td": "talkdesk", "c1": "clinicalone", "ec": "energycap"}
# So that a tool that cannot move the clock meets a finished job too, if only it waits a second.
_SPEED = "60"


@dataclass(frozen=True, slots=True)
class Fault:
    """One run of every tool: a vendor, and the defect planted in it (None: it is healthy)."""

    vendor: str
    defect: str | None

    def __str__(self) -> str:
        return self.defect or f"{self.vendor}, healthy"


def draw(count: int, seed: int) -> list[Fault]:
    """Draw so many defects, from the vendors in turn; the same ones for the same seed."""
    chance = random.Random(seed)
    piles: dict[str, list[str]] = {vendor: [] for vendor in _VENDORS.values()}
    for defect in DEFECTS:
        piles[_VENDORS[defect.partition("-")[0]]].append(defect)
    for pile in piles.values():
        chance.shuffle(pile)
    rows = [
        Fault(vendor, pile[turn])
        for turn in range(max(map(len, piles.values())))
        for vendor, pile in piles.items()
        if turn < len(pile)
    ]
    return rows[:count]


def healthy(faults: Sequence[Fault]) -> list[Fault]:
    """The vendors of `faults` without any defect."""
    return [Fault(vendor, None) for vendor in dict.fromkeys(fault.vendor for fault in faults)]


@contextmanager
def serving(fault: Fault, folder: Path) -> Iterator[Server]:
    """The reference app, started anew, so that no tool meets what another has left."""
    options = ("--port", "{port}", "--speed", _SPEED)
    planted = ("--defect", fault.defect) if fault.defect else ()
    command = (sys.executable, "-m", "conformance.reference", *options, *planted)
    with running("reference", command, folder, PYTHONPATH=str(_ROOT)) as server:
        server.first_answer(_HEALTH)
        yield server


def held(server: Server) -> Mapping[str, str]:
    """The id of a Talkdesk job in each state, as the list tells."""
    jobs = json.loads(server.ask(_HELD).body)["_embedded"]["jobs"]
    return {str(job["status"]): str(job["id"]) for job in jobs}


def credentials(contract: specs.Contract) -> dict[str, tuple[str, str]]:
    """The header name and value of each security scheme that has the fixtures' main identity."""
    path = specs.fixtures() / contract.vendor / "identities.yaml"
    first = specs.read_yaml(path)["identities"][0]
    scheme = contract.openapi["components"]["securitySchemes"][first["scheme"]]
    if scheme["type"] == "apiKey":
        return {first["scheme"]: (scheme["name"], first["secret"])}
    return {first["scheme"]: ("Authorization", f"Bearer {first['secret']}")}
