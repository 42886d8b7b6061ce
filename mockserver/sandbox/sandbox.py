"""A sandbox: jobs and resources with a time, ids, fault rules and a journal of their own."""

from collections.abc import Callable
from copy import copy

from mockserver.clock import Clock
from mockserver.faults.rules import FaultRules
from mockserver.ids import Ids
from mockserver.jobs.schedule import JobScripts
from mockserver.journal.base import JobTouch, Journal
from mockserver.store.base import Records

DEFAULT = "default"
"""The id of the sandbox of requests that name none."""


class Sandbox:
    """An isolated set of data; nothing in it depends on other sandboxes or their requests.

    `now` returns its virtual time, in milliseconds since the epoch. `job_scripts` are those of its
    scenario if `has_own_scripts`, else those of one request. `touched_jobs` collects the jobs that
    one request reads or changes.
    """

    __slots__ = (
        "clock", "faults", "has_own_scripts", "id", "ids", "job_scripts", "journal", "now",
        "profile", "records", "scenario", "seed", "touched_jobs",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913
        self,
        id_: str,
        seed: int,
        profile: str,
        clock: Clock,
        records: Records,
        journal: Journal,
        *,
        faults: FaultRules | None = None,
        scenario: str | None = None,
        job_scripts: JobScripts | None = None,
    ) -> None:
        self.id = id_
        self.seed = seed
        self.profile = profile
        self.clock = clock
        self.now: Callable[[], int] = clock.now
        self.records = records
        self.journal = journal
        self.ids = Ids(seed, id_)
        self.faults = faults or FaultRules(self.ids, records)
        self.scenario = scenario
        self.job_scripts: JobScripts = job_scripts or {}
        self.has_own_scripts = True
        self.touched_jobs: list[JobTouch] | None = None

    def for_request(self, touched_jobs: list[JobTouch]) -> "Sandbox":
        """Return the sandbox as one request sees it: jobs it reads or changes go to the list."""
        same = Sandbox.__new__(Sandbox)  # a fifth of what copy() takes, with every request
        same.id, same.seed, same.profile = self.id, self.seed, self.profile
        same.clock, same.now, same.records = self.clock, self.now, self.records
        same.journal, same.ids, same.faults = self.journal, self.ids, self.faults
        same.scenario, same.job_scripts, same.has_own_scripts = (
            self.scenario,
            self.job_scripts,
            self.has_own_scripts,
        )
        same.touched_jobs = touched_jobs
        return same

    def with_scripts(self, job_scripts: JobScripts) -> "Sandbox":
        """Return the sandbox with other job scripts, for one request."""
        same = copy(self)
        same.job_scripts, same.has_own_scripts = job_scripts, False
        return same

    def tag_secret(self, secret: str) -> str:
        """Return a secret that selects this sandbox: `<secret>.<sandbox>`."""
        return secret if self.id == DEFAULT else f"{secret}.{self.id}"

    def untag_secret(self, secret: str) -> str:
        """Return a secret without the tag of this sandbox."""
        return secret.removesuffix(f".{self.id}")


def tag_of(secret: str) -> str | None:
    """Return the id of the sandbox that a secret may be tagged with, or None."""
    _, dot, id_ = secret.rpartition(".")
    return id_ if dot else None
