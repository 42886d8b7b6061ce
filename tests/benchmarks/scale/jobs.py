"""A mock under measurement and the jobs in it, made and found as any client does."""

import http.client
import json
import random
from dataclasses import dataclass

from tests.benchmarks.contender import BEARER, JOBS, Workshop
from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.load import Generator, measure
from tests.benchmarks.request import HOST, Request
from tests.benchmarks.server import Answer, Server

_LONGEST = 20.0
_TIMEOUT = 30.0
_PAGE = 20
_RESET = Request("POST", "/_mock/reset")


@dataclass(frozen=True, slots=True)
class Stocked:
    """One mock, and the load that fills and asks it."""

    server: Server
    workshop: Workshop
    generator: Generator

    def total(self) -> int:
        """How many jobs the list tells of."""
        found = json.loads(self._get(f"{JOBS}?per_page=1").body)["total"]
        return int(found)

    def fill(self, jobs: int) -> None:
        """Create jobs until there are so many: by the load generator, the last ones by hand."""
        rate = 2_000.0
        while (left := jobs - self.total()) > 2 * rate:
            seconds = max(1.0, min(_LONGEST, left / rate * 0.8))
            load = [self.workshop.create.raw(self.server.port)]
            rate = measure(self.generator, self.server, load, seconds).rate
        self._create(jobs - self.total())

    def empty(self) -> None:
        """Put the sandbox back to its first state."""
        answer = self.server.ask(_RESET)
        if answer.status != 204:
            raise UnhealthyError(f"reset answered {answer.status}: {answer.body[:200]!r}")

    def polls(self, count: int, seed: int = 1) -> list[bytes]:
        """Requests for so many jobs, taken from pages all over the list."""
        chance = random.Random(seed)
        ids: list[str] = []
        while len(ids) < count:
            page = json.loads(self._get(self._page(chance)).body)
            ids += [str(job["id"]) for job in page["_embedded"]["jobs"]]
        return [self.workshop.poll(job).raw(self.server.port) for job in ids[:count]]

    def pages(self, count: int, seed: int = 1) -> list[bytes]:
        """Requests for so many pages, all over the list."""
        chance = random.Random(seed)
        paths = [self._page(chance) for _ in range(count)]
        return [Request("GET", path, BEARER).raw(self.server.port) for path in paths]

    def creations(self) -> list[bytes]:
        """The request that creates a job."""
        return [self.workshop.create.raw(self.server.port)]

    def _page(self, chance: random.Random) -> str:
        return f"{JOBS}?page={chance.randint(1, max(1, self.total() // _PAGE))}&per_page={_PAGE}"

    def _get(self, path: str) -> Answer:
        answer = self.server.ask(Request("GET", path, BEARER))
        if answer.status != 200:
            raise UnhealthyError(f"{path} answered {answer.status}: {answer.body[:200]!r}")
        return answer

    def _create(self, count: int) -> None:
        create = self.workshop.create
        link = http.client.HTTPConnection(HOST, self.server.port, timeout=_TIMEOUT)
        try:
            for _ in range(count):
                link.request(create.method, create.path, create.body, dict(create.headers))
                reply = link.getresponse()
                if reply.status != 202 or not reply.read():
                    raise UnhealthyError(f"creating a job answered {reply.status}")
        finally:
            link.close()
