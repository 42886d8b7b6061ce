"""The mock beside its peers: polling, creating, first answer, memory."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.benchmarks import processes
from tests.benchmarks.contender import Contender, Recipe, Workshop
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.load import Generator, Sample, measure
from tests.benchmarks.request import Request
from tests.benchmarks.rounds import Plan, alone, turns
from tests.benchmarks.say import left_out, step
from tests.benchmarks.server import Server, running
from tests.benchmarks.warm import warm_up

MEGABYTE = 1 << 20


@dataclass(slots=True)
class Entry:
    """One contender and what each round measured: answers a second, seconds, bytes."""

    contender: Contender
    series: dict[str, list[float]] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def add(self, measure: str, value: float) -> None:
        self.series.setdefault(measure, []).append(value)

    def raw(self) -> dict[str, Any]:
        """The contender and its figures for the JSON file."""
        about = {key: getattr(self.contender, key) for key in ("name", "kind", "version")}
        loads = {key: [one.raw() for one in samples] for key, samples in self.samples.items()}
        return {**about, "answers": self.contender.answers, "series": self.series, "load": loads}


@dataclass(slots=True)
class Comparison:
    """All contenders of one run; who fails is left out, loudly and with the reason."""

    workshop: Workshop
    generator: Generator
    plan: Plan
    entries: dict[str, Entry] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def run(self, recipes: Mapping[str, Recipe]) -> None:
        """Prepare, start and load every contender."""
        self.prepare(recipes)
        self.start()
        with ExitStack() as stack:
            servers = self.warm(stack)
            step(f"load: {self.plan.rounds} rounds of {len(self.entries)} contenders")
            self.each_round(lambda name: self._turn(name, servers[name]))

    def prepare(self, recipes: Mapping[str, Recipe]) -> None:
        """Make every contender ready to be started."""
        if not processes.supported():
            left_out("memory", "this system has no /proc/<pid>/smaps_rollup")
        for name, recipe in recipes.items():
            self._attempt(name, partial(self._prepare, name, recipe))

    def start(self) -> None:
        """Start every contender once a round: first answer and memory."""
        step(f"first answer and memory: {self.plan.rounds} rounds of {len(self.entries)} starts")
        self.each_round(lambda name: self._start(self.entries[name]))

    def warm(self, stack: ExitStack) -> Mapping[str, Server]:
        """Return warmed up servers of all contenders, paused; `stack` stops them."""
        servers: dict[str, Server] = {}
        for name in tuple(self.entries):
            self._attempt(name, partial(self._warm, name, servers, stack))
        return servers

    def each_round(self, action: Callable[[str], None]) -> None:
        """Call `action` with the name of each contender in turn, as often as there are rounds."""
        for name in turns(tuple(self.entries), self.plan.rounds):
            if name in self.entries:
                self._attempt(name, partial(action, name))

    def _attempt(self, name: str, action: Callable[[], None]) -> None:
        try:
            action()
        except BenchmarkError as reason:
            left_out(name, reason)
            self.missing[name] = str(reason)
            self.entries.pop(name, None)

    def _prepare(self, name: str, recipe: Recipe) -> None:
        self.entries[name] = Entry(recipe(self.workshop))

    def _start(self, entry: Entry) -> None:
        contender = entry.contender
        folder = self.workshop.folder
        with running(contender.name, contender.command, folder, **contender.environment) as server:
            entry.add("first answer", server.first_answer(contender.poll))
            entry.add("first answer, processor", server.processor())
            if processes.supported():
                entry.add("memory", server.memory() / MEGABYTE)

    def _warm(self, name: str, servers: dict[str, Server], stack: ExitStack) -> None:
        contender = self.entries[name].contender
        servers[name] = server = stack.enter_context(
            running(name, contender.command, self.workshop.folder, **contender.environment)
        )
        server.first_answer(contender.poll)
        try:
            spells = warm_up(partial(self._spell, contender, server))
        finally:
            server.pause()
        step(f"warmed up {name} ({spells} spells)")

    def _spell(self, contender: Contender, server: Server) -> Sample:
        requests = [contender.poll.raw(server.port), contender.create.raw(server.port)]
        return measure(self.generator, server, requests, self.plan.warm)

    def _turn(self, name: str, server: Server) -> None:
        contender, entry = self.entries[name].contender, self.entries[name]
        for name_of, request in (("polling", contender.poll), ("creating", contender.create)):
            sample = alone(server, partial(self._sample, contender, request))
            entry.add(name_of, sample.rate)
            entry.add(f"{name_of}, processor", sample.cost)
            entry.samples.setdefault(name_of, []).append(sample)

    def _sample(self, contender: Contender, request: Request, server: Server) -> Sample:
        if contender.tidy is not None:
            server.ask(contender.tidy)
        return measure(self.generator, server, [request.raw(server.port)], self.plan.seconds)
