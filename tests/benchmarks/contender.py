"""One server in the comparison: how it is started and what it is asked."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import specs
from tests.benchmarks import npm
from tests.benchmarks.request import Request

BEARER = {"Authorization": "Bearer mock-talkdesk-writer"}
JSON = {"Content-Type": "application/json"}
JOBS = "/data/reports/calls/jobs"


class Kind(StrEnum):
    """What a contender is; a bare peer keeps nothing, and no goal is set by it."""

    OURS = "ours"
    PEER = "peer"
    BARE = "bare"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that can be started; `answers` says in a few words where its answers come from.

    `tidy` is asked before each turn of one that would otherwise fill up.
    """

    name: str
    kind: Kind
    version: str
    answers: str
    command: tuple[str, ...]
    poll: Request
    create: Request
    tidy: Request | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Workshop:
    """Where contenders are made ready: the cache of npm and a folder for their files."""

    cache: Path
    folder: Path

    @cached_property
    def modules(self) -> Path:
        """The installed peers; raises UnavailableError."""
        return npm.install(self.cache.resolve())

    @cached_property
    def contract(self) -> specs.Contract:
        """The contract whose two operations are compared."""
        return specs.load("talkdesk")

    @cached_property
    def job(self) -> dict[str, Any]:
        """The body that contenders without state answer: the contract's own example."""
        schema = self.contract.openapi["components"]["schemas"]["JobDetails"]
        example: dict[str, Any] = schema["example"]
        return example

    @cached_property
    def job_text(self) -> str:
        """That body as compact JSON."""
        return json.dumps(self.job, separators=(",", ":"))

    def poll(self, job: str | None = None) -> Request:
        """GET a job, by default the one of the example."""
        return Request("GET", f"{JOBS}/{job or self.job['job']['id']}", BEARER)

    @cached_property
    def create(self) -> Request:
        """POST the contract's example of a job."""
        body = self.contract.openapi["paths"]["/data/reports/{type}/jobs"]["post"]["requestBody"]
        value = body["content"]["application/json"]["examples"]["csv"]["value"]
        raw = json.dumps(value, separators=(",", ":")).encode()
        return Request("POST", JOBS, BEARER | JSON, raw)

    def write(self, name: str, content: Any) -> Path:
        """Write JSON to a file of the folder and return its absolute path."""
        path = (self.folder / name).resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1), "utf-8")
        return path


Recipe = Callable[[Workshop], Contender]
