"""A sandbox: one world of jobs and resources with its own time, ids and memory."""

from collections.abc import Callable
from copy import copy

from mockserver.clock import Clock
from mockserver.faults.rules import FaultRules
from mockserver.ids import Ids
from mockserver.jobs.schedule import JobScripts
from mockserver.journal.base import Journal
from mockserver.journal.entry import JobTouch
from mockserver.store.base import Records

DEFAULT = "default"
"""The sandbox of a request that names none."""


class Sandbox:
    """One world. Nothing in it depends on another one, nor on what else the server does.

    `now` returns its virtual time, in milliseconds since the epoch. `futures` are those of its
    scenario; `is_own` tells that they are not those of one request.
    """

    __slots__ = (
        "clock", "faults", "futures", "id", "ids", "is_own", "journal", "now", "profile",
        "records", "scenario", "seed", "touched_jobs",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913
        self,
        name: str,
        seed: int,
        profile: str,
        clock: Clock,
        records: Records,
        journal: Journal,
        *,
        faults: FaultRules | None = None,
        scenario: str | None = None,
        futures: JobScripts | None = None,
    ) -> None:
        self.id = name
        self.seed = seed
        self.profile = profile
        self.clock = clock
        self.now: Callable[[], int] = clock.now
        self.records = records
        self.journal = journal
        self.ids = Ids(seed, name)
        self.faults = faults or FaultRules(self.ids, records)
        self.scenario = scenario
        self.futures: JobScripts = futures or {}
        self.is_own = True
        self.touched_jobs: list[JobTouch] | None = None

    def for_request(self, touched_jobs: list[JobTouch]) -> "Sandbox":
        """Return the sandbox as one request sees it: jobs it reads or changes go to the list."""
        same = Sandbox.__new__(Sandbox)  # a fifth of what copy() takes, with every request
        same.id, same.seed, same.profile = self.id, self.seed, self.profile
        same.clock, same.now, same.records = self.clock, self.now, self.records
        same.journal, same.ids, same.faults = self.journal, self.ids, self.faults
        same.scenario, same.futures, same.is_own = self.scenario, self.futures, self.is_own
        same.touched_jobs = touched_jobs
        return same

    def with_scripts(self, futures: JobScripts) -> "Sandbox":
        """Return the same sandbox with other futures, for one request."""
        same = copy(self)
        same.futures, same.is_own = futures, False
        return same

    def tag_secret(self, secret: str) -> str:
        """Return `secret` as it chooses this sandbox by itself (`<secret>.<sandbox>`)."""
        return secret if self.id == DEFAULT else f"{secret}.{self.id}"

    def untag_secret(self, secret: str) -> str:
        """Return `secret` without this sandbox's mark, if it bears it."""
        return secret.removesuffix(f".{self.id}")


def tag_of(secret: str) -> str | None:
    """Return the sandbox that `secret` may be marked with, or None."""
    _, dot, name = secret.rpartition(".")
    return name if dot else None
