"""A report of a gigabyte: what it adds to the server's memory, and that it is always the same."""

import hashlib
import http.client
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import specs
from tests.benchmarks import processes
from tests.benchmarks.contender import BEARER, Workshop
from tests.benchmarks.contenders import ours
from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.request import HOST, Request
from tests.benchmarks.say import step
from tests.benchmarks.server import Server, running

MEGABYTE = 1 << 20
GOAL_MB = 32
_FILES = "/data/reports/calls/files"
_BIG = "3f2c9d1e-0000-4000-8000-00000000b16b"
BIG_FILE = f"{_FILES}/{_BIG}"
_BLOCK = 1 << 20
_TICK = 0.05
_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Download:
    """One file as it arrived: its length and digest, and the memory that the server added."""

    length: int
    digest: str
    added: float | None


@dataclass(slots=True)
class Watch:
    """The highest memory of a server while a `with` block runs, in bytes."""

    server: Server
    highest: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self._over.wait(_TICK):
            self.highest = max(self.highest, self.server.memory())

    def stop(self) -> None:
        self._over.set()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The same file from one server twice, and from another one."""

    downloads: tuple[Download, ...]

    @property
    def same(self) -> bool:
        """Whether every download brought the same bytes."""
        return len({(one.length, one.digest) for one in self.downloads}) == 1

    @property
    def added(self) -> float | None:
        """The most megabytes that any download added."""
        found = [one.added for one in self.downloads if one.added is not None]
        return max(found, default=None)

    @property
    def met(self) -> bool:
        """Whether the memory stayed flat."""
        return self.added is not None and self.added <= GOAL_MB

    def raw(self) -> dict[str, Any]:
        """The outcome for the JSON file."""
        figures = [
            {"bytes": one.length, "sha256": one.digest, "added_mb": one.added}
            for one in self.downloads
        ]
        reached = {"added_mb": self.added, "wanted_mb": GOAL_MB, "same_bytes": self.same}
        return {"benchmark": "files", "downloads": figures, **reached}


def run(workshop: Workshop, size: int) -> Outcome:
    """Fetch a file of at least `size` bytes twice from one server and once from another."""
    fixtures = fixtures_of(workshop, size)
    command = ours.command("--fixtures", str(fixtures))
    downloads: list[Download] = []
    for name, times in (("first", 2), ("other", 1)):
        with running(f"files {name}", command, workshop.folder) as server:
            server.first_answer(ours.LIST)
            for _ in range(times):
                step(f"fetching {size:,} bytes from the {name} server")
                downloads.append(fetch(server, BIG_FILE))
    return Outcome(tuple(downloads))


def fetch(server: Server, path: str) -> Download:
    """Fetch a file block by block, watching the server's memory."""
    before = server.memory() if processes.supported() else 0
    digest, length = hashlib.sha256(), 0
    with _watching(server) as watch:
        for block in _blocks(server, path):
            digest.update(block)
            length += len(block)
    added = (watch.highest - before) / MEGABYTE if processes.supported() else None
    return Download(length, digest.hexdigest(), added)


def _blocks(server: Server, path: str) -> Iterator[bytes]:
    link = http.client.HTTPConnection(HOST, server.port, timeout=_TIMEOUT)
    try:
        link.request("GET", path, headers=dict(BEARER))
        reply = link.getresponse()
        if reply.status != 200:
            raise UnhealthyError(f"{path} answered {reply.status}: {reply.read(200)!r}")
        while block := reply.read(_BLOCK):
            yield block
    finally:
        link.close()


@contextmanager
def _watching(server: Server) -> Iterator[Watch]:
    watch = Watch(server)
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()


def _seed(folder: Path) -> Path:
    return folder / "talkdesk/seed.yaml"


def _rows(workshop: Workshop, size: int) -> int:
    """How many rows make `size` bytes, by the seeded file that is ready from the start."""
    content = specs.read_yaml(_seed(specs.fixtures()))
    ready = next(job for job in content["jobs"] if job["held"] == "DONE")
    with running("files probe", ours.command(), workshop.folder) as server:
        server.first_answer(ours.LIST)
        file = server.ask(Request("GET", f"{_FILES}/{ready['id']}", BEARER)).body
    lines = file.splitlines()
    return -(-size // (len(file) // len(lines)))


def fixtures_of(workshop: Workshop, size: int) -> Path:
    """Return a copy of the fixtures with one more finished job: BIG_FILE has `size` bytes."""
    rows = _rows(workshop, size)
    folder = workshop.folder / "fixtures"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(specs.fixtures(), folder)
    content = specs.read_yaml(_seed(folder))
    ready = next(job for job in content["jobs"] if job["held"] == "DONE")
    content["jobs"].append({**ready, "id": _BIG, "rows": rows})
    _seed(folder).write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return folder
