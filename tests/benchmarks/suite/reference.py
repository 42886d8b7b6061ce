"""The reference app under judgement, as it is or with one planted defect."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import requests

import specs
from conformance.reference.app import create_app
from conformance.reference.defects import DEFECTS
from conformance.reference.serving import serve
from tests.benchmarks.contender import BEARER, JOBS

_VENDORS = {"td": "talkdesk", "c1": "clinicalone", "ec": "energycap"}
# So that a tool that cannot move the clock meets a finished job too, if only it waits a second.
_SPEED = 60.0


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
def serving(fault: Fault) -> Iterator[str]:
    """Yield the URL of the reference app, made anew, so that no tool meets what another left."""
    planted = [fault.defect] if fault.defect else []
    with serve(create_app(defects=planted, speed=_SPEED)) as url:
        yield url


def held(url: str) -> Mapping[str, str]:
    """Return the id of a Talkdesk job in each state, as the list tells."""
    response = requests.get(f"{url}{JOBS}?per_page=200", headers=BEARER, timeout=10)
    return {job["status"]: job["id"] for job in response.json()["_embedded"]["jobs"]}


def credentials(contract: specs.Contract) -> dict[str, tuple[str, str]]:
    """The header name and value of each security scheme that has the fixtures' main identity."""
    path = specs.fixtures() / contract.vendor / "identities.yaml"
    first = specs.read_yaml(path)["identities"][0]
    scheme = contract.openapi["components"]["securitySchemes"][first["scheme"]]
    if scheme["type"] == "apiKey":
        return {first["scheme"]: (scheme["name"], first["secret"])}
    return {first["scheme"]: ("Authorization", f"Bearer {first['secret']}")}
