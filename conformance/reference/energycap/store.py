"""EnergyCAP's report groups, distributions and runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from conformance.reference.context import AppContext
from conformance.reference.errors import ApiError
from conformance.reference.parsing import INT32_MAX
from conformance.reference.seed_data import (
    ENERGYCAP_DISTRIBUTIONS,
    ENERGYCAP_INACTIVE,
    ENERGYCAP_USER_GROUPS,
    ENERGYCAP_USERS,
)

IN_PROGRESS, COMPLETE = "In Progress", "Complete"
NOT_SENT, PARTLY_SENT = "Not sent", "Some reports not sent"
STATUSES = (IN_PROGRESS, COMPLETE, NOT_SENT, PARTLY_SENT)


@dataclass(frozen=True, slots=True)
class Group:
    """A report group; its code is unique."""

    id: int
    code: str
    info: str
    reports: tuple[int, ...]


@dataclass(slots=True)
class Mail:
    """The mail of a distribution, and its schedule."""

    reply_to: str | None = None
    subject: str = "Your report"
    message: str = "The report is attached."
    format: str = "PDF"
    schedule: int = 3
    day: int = 1
    only_with_data: bool = False


@dataclass(slots=True)
class Distribution:
    """A report that is mailed to user groups on a schedule."""

    id: int
    name: str
    report: int
    groups: tuple[int, ...]
    outcome: str
    created: datetime
    next_run: datetime
    mail: Mail = field(default_factory=Mail)
    filters: tuple[Mapping[str, Any], ...] = ()
    enabled: bool = True
    modified: datetime | None = None
    last_run: datetime | None = None
    sticky: tuple[int, ...] | None = None


@dataclass(slots=True)
class Run:
    """One run of a distribution; ``number`` counts the runs from 1."""

    id: int
    number: int
    distribution: Distribution
    recipients: int
    begin: datetime
    outcome: str
    reads: int = 0


class Store:
    """All of EnergyCAP's state."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._first = INT32_MAX - 10_000 if context.has_variant("ec-free-large-ids") else 0
        self.group_count = self._run_count = 0
        self.groups: dict[int, Group] = {}
        self.removed: dict[int, Group] = {}
        self.distributions: dict[int, Distribution] = {}
        self.runs: dict[int, Run] = {}
        self._next_distribution = 1
        for number, name, report, groups, outcome in ENERGYCAP_DISTRIBUTIONS:
            self.add_distribution(name, report, groups)
            self.distributions[number].outcome = outcome

    def add_distribution(self, name: str, report: int, groups: tuple[int, ...]) -> Distribution:
        """Add a distribution, due in a month."""
        number, now = self._next_distribution, self._context.now()
        self._next_distribution += 1
        distribution = Distribution(
            number, name, report, groups, COMPLETE, now, next_run=now + timedelta(days=30)
        )
        self.distributions[number] = distribution
        return distribution

    def new_group_id(self) -> int:
        """Return an unused id for a group."""
        self.group_count += 1
        if self._context.has_variant("ec-free-id-reused"):
            return max(self.groups, default=0) + 1
        if self._context.has_defect("ec-group-id-twice"):
            return self._first + (self.group_count + 1) // 2
        return self._first + self.group_count

    def group(self, number: int) -> Group:
        if number not in self.groups:
            raise ApiError(404, "unknown report group")
        return self.groups[number]

    def distribution(self, number: int) -> Distribution:
        if number not in self.distributions:
            raise ApiError(404, "unknown report distribution")
        return self.distributions[number]

    def run(self, distribution: Distribution, recipients: int) -> Run:
        """Start a run, which ends ten seconds later."""
        self._run_count += 1
        number = self._run_count
        outcome = distribution.outcome if recipients else NOT_SENT
        if self._context.has_variant("ec-free-partly") and recipients and number % 2 == 0:
            outcome = PARTLY_SENT
        now = self._context.now()
        run = Run(self._first + number, number, distribution, recipients, now, outcome)
        self.runs[run.id] = run
        distribution.last_run = now
        return run

    def end(self, run: Run) -> datetime:
        """Return when the run ends."""
        if self._context.has_variant("ec-free-complete-at-once"):
            return run.begin
        return run.begin + timedelta(
            seconds=100 if self._context.has_variant("ec-free-slow") else 10
        )

    def status(self, run: Run) -> str:
        """Return the status that follows from the facts and the clock."""
        return run.outcome if self._context.now() >= self.end(run) else IN_PROGRESS

    def members(self, distribution: Distribution) -> list[int]:
        """Return the active users of the groups, once for each membership."""
        groups = [ENERGYCAP_USER_GROUPS[group] for group in distribution.groups]
        return [user for group in groups for user in group if is_active(user)]


def is_active(user: int) -> bool:
    """Return whether mail can be sent to the user."""
    return user in ENERGYCAP_USERS and user not in ENERGYCAP_INACTIVE
