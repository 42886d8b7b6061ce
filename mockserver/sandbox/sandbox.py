"""A sandbox: jobs and resources with a time, ids, fault rules and a journal of their own."""

from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from mockserver.clock import Clock
from mockserver.faults.rules import FaultRules
from mockserver.ids import Ids
from mockserver.jobs.schedule import JobScripts
from mockserver.journal.base import JobTouch, Journal
from mockserver.store.base import Records

DEFAULT = "default"
"""The id of the sandbox of requests that name none."""


class Sandbox(Struct, frozen=True, eq=False):
    """An isolated set of data; nothing in it depends on other sandboxes or their requests.

    `job_scripts` are those of its scenario if `has_own_scripts`, else those of one request.
    `touched_jobs` collects the jobs that one request reads or changes.
    """

    id: str
    seed: int
    profile: str
    clock: Clock
    records: Records
    journal: Journal
    ids: Ids
    faults: FaultRules
    scenario: str | None = None
    job_scripts: JobScripts = MappingProxyType({})
    has_own_scripts: bool = True
    touched_jobs: list[JobTouch] | None = None

    def now(self) -> int:
        """Return its virtual time, in milliseconds since the epoch."""
        clock = self.clock
        return clock.state.at(clock.now_ns())  # as `clock.now` does, without a call of it

    def for_request(self, touched_jobs: list[JobTouch]) -> "Sandbox":
        """Return the sandbox as one request sees it: jobs it reads or changes go to the list."""
        return replace(self, touched_jobs=touched_jobs)

    def with_scripts(self, job_scripts: JobScripts) -> "Sandbox":
        """Return the sandbox with other job scripts, for one request."""
        return replace(self, job_scripts=job_scripts, has_own_scripts=False)

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
