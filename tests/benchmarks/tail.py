"""Load from 1 to 1,000 connections: rate, latencies and memory; polls beside large downloads."""

import resource
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tests.benchmarks import files, load, npm, processes
from tests.benchmarks.contender import BEARER, Contender, Recipe, Workshop
from tests.benchmarks.contenders import ours
from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.figures import Ratio, ratio
from tests.benchmarks.load import Sample
from tests.benchmarks.peers import MEGABYTE, Comparison
from tests.benchmarks.request import HOST
from tests.benchmarks.rounds import Plan, alone
from tests.benchmarks.say import left_out, step
from tests.benchmarks.scale.stores import MEMORY, SQLITE, options
from tests.benchmarks.server import Server, running

CONNECTIONS = (1, 16, 256, 1_000)
STORES = (MEMORY, SQLITE)
WORKERS = 2
DOWNLOADS, DOWNLOAD_BYTES = 10, 100 * 10**6
ALONE, BESIDE = "polls alone", f"polls beside {DOWNLOADS} downloads"
PEERS = (ours.NAME, "WireMock", "Prism")
_DOWNLOAD_SECONDS = 600


@dataclass(slots=True)
class Loaded:
    """One contender under so many connections: a sample and megabytes a round."""

    name: str
    connections: int
    samples: list[Sample] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def add(self, sample: Sample, server: Server) -> None:
        """Record a round."""
        self.samples.append(sample)
        self.memory.append(server.memory() / MEGABYTE if processes.supported() else 1.0)

    def beside(self, other: "Loaded") -> dict[str, Ratio]:
        """Its figures over those of the other, round by round."""
        return {
            name: ratio(mine, theirs)
            for (name, mine), theirs in zip(
                self._series().items(), other._series().values(), strict=True
            )
        }

    @property
    def tail(self) -> Ratio:
        """The 99th percentile over the median of its own latencies."""
        return ratio([one.p99 for one in self.samples], [one.p50 for one in self.samples])

    def raw(self) -> dict[str, Any]:
        """The figures for the JSON file."""
        about = {"name": self.name, "connections": self.connections, "memory_mb": self.memory}
        return {**about, "samples": [sample.raw() for sample in self.samples]}

    def _series(self) -> Mapping[str, Sequence[float]]:
        return {
            "rate": [one.rate for one in self.samples],
            "median": [one.p50 for one in self.samples],
            "p99": [one.p99 for one in self.samples],
            "memory": self.memory,
        }


def under_connections(
    comparison: Comparison, stores: Sequence[str], connections: Sequence[int]
) -> Iterator[Loaded]:
    """Yield how what has been prepared answers polls, and two workers on each store but memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    with ExitStack() as stack:
        comparison.prepare(dict(_on_stores(stack, comparison.workshop, stores)))
        servers = comparison.warm(stack)
        for count in connections:
            step(f"{count:,} connections: {comparison.plan.rounds} rounds")
            loaded = {name: Loaded(name, count) for name in comparison.entries}
            generator = replace(comparison.generator, connections=count)  # type: ignore[type-var]
            comparison.each_round(
                partial(_turn, generator, comparison, servers=servers, loaded=loaded)
            )
            yield from (loaded[name] for name in comparison.entries)


def _on_stores(
    stack: ExitStack, workshop: Workshop, stores: Sequence[str]
) -> Iterator[tuple[str, Recipe]]:
    for store in stores:
        if store != MEMORY:
            try:
                chosen = stack.enter_context(options(store, workshop.folder.resolve()))
            except UnhealthyError as reason:
                left_out(store, reason)
                continue
            name = f"{WORKERS} workers, {store.partition(':')[0]}"
            command = ours.command("--workers", str(WORKERS), *chosen)
            yield name, partial(_renamed, name, command)


def _renamed(name: str, command: tuple[str, ...], workshop: Workshop) -> Contender:
    return replace(ours.prepare(workshop), name=name, command=command)


def _turn(
    generator: load.Generator,
    comparison: Comparison,
    name: str,
    servers: Mapping[str, Server],
    loaded: Mapping[str, Loaded],
) -> None:
    contender = comparison.entries[name].contender

    def measure(server: Server) -> None:
        if contender.tidy is not None:
            server.ask(contender.tidy)
        requests = [contender.poll.raw(server.port)]
        seconds = comparison.plan.seconds
        loaded[name].add(load.measure(generator, server, requests, seconds), server)

    alone(servers[name], measure)


def beside_downloads(
    workshop: Workshop, generator: load.Generator, plan: Plan, size: int = DOWNLOAD_BYTES
) -> tuple[Loaded, Loaded]:
    """Return how the mock answers polls alone, and while ten clients download `size` bytes each."""
    contender = ours.prepare(workshop)
    fixtures = files.fixtures_of(workshop, size)
    quiet, busy = (Loaded(name, plan.connections) for name in (ALONE, BESIDE))
    command = ours.command("--fixtures", str(fixtures))
    with running("downloads", command, workshop.folder) as server:
        server.first_answer(contender.poll)
        poll = [contender.poll.raw(server.port)]
        load.measure(generator, server, poll, plan.warm)
        for _ in range(plan.rounds):
            step(f"{DOWNLOADS} downloads of {size:,} bytes")
            quiet.add(load.measure(generator, server, poll, plan.seconds), server)
            with _downloading(server):
                busy.add(load.measure(generator, server, poll, plan.seconds), server)
    return quiet, busy


@contextmanager
def _downloading(server: Server) -> Iterator[None]:
    """Download on so many connections meanwhile; UnhealthyError if one fails or is through."""
    curl = npm.program("curl", "Debian: apt-get install curl")
    (header,) = (f"{name}: {value}" for name, value in BEARER.items())
    url = f"http://{HOST}:{server.port}{files.BIG_FILE}"
    command = (curl, "-sSf", "-H", header, "-o", "/dev/null", url)
    clients = [subprocess.Popen(command) for _ in range(DOWNLOADS)]
    try:
        yield
        through = sum(client.poll() is not None for client in clients)
        codes = [client.wait(_DOWNLOAD_SECONDS) for client in clients]
    finally:
        for client in clients:
            client.kill()
            client.wait()
    if any(codes):
        raise UnhealthyError(f"downloads ended with codes {codes}")
    if through == DOWNLOADS:
        raise UnhealthyError("all downloads were through before the polls")
