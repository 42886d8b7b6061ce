"""EnergyCAP's report groups, distributions and runs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from conformance.reference.inputs import INT32_MAX
from conformance.reference.refusal import Refusal
from conformance.reference.stage import Stage
from conformance.reference.world import (
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
    """What a distribution sends, and when."""

    reply_to: str = "reports@campus.example"
    subject: str = "Your report"
    message: str = "The report is attached."
    format: str = "PDF"
    schedule: int = 1
    day: int = 1
    only_with_data: bool = False


@dataclass(slots=True)
class Distribution:
    """A report that goes to the users of some groups on a schedule."""

    id: int
    name: str
    report: int
    groups: tuple[int, ...]
    outcome: str
    created: datetime
    next_run: datetime
    mail: Mail = field(default_factory=Mail)
    filters: tuple[object, ...] = ()
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
    looks: int = 0


class Book:
    """Everything that EnergyCAP holds."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._first = INT32_MAX - 10_000 if stage.free("ec-free-large-ids") else 0
        self._groups_made = self._runs_made = 0
        self.groups: dict[int, Group] = {}
        self.distributions: dict[int, Distribution] = {}
        self.runs: dict[int, Run] = {}
        self._next_distribution = 1
        for number, name, report, groups, outcome in ENERGYCAP_DISTRIBUTIONS:
            self.add_distribution(name, report, groups)
            self.distributions[number].outcome = outcome

    def add_distribution(self, name: str, report: int, groups: tuple[int, ...]) -> Distribution:
        """A new distribution, due in a month."""
        number, now = self._next_distribution, self._stage.now()
        self._next_distribution += 1
        made = Distribution(
            number, name, report, groups, COMPLETE, now, next_run=now + timedelta(days=30)
        )
        self.distributions[number] = made
        return made

    def new_group_id(self) -> int:
        """An id that no group has had before."""
        self._groups_made += 1
        if self._stage.free("ec-free-id-reused"):
            return max(self.groups, default=0) + 1
        return self._first + self._groups_made

    def group(self, number: int) -> Group:
        if number not in self.groups:
            raise Refusal(404, "there is no such report group")
        return self.groups[number]

    def distribution(self, number: int) -> Distribution:
        if number not in self.distributions:
            raise Refusal(404, "there is no such report distribution")
        return self.distributions[number]

    def run(self, distribution: Distribution, recipients: int) -> Run:
        """Begin a run: everything is sent at once, and it is over ten seconds later."""
        self._runs_made += 1
        number = self._runs_made
        outcome = distribution.outcome if recipients else NOT_SENT
        if self._stage.free("ec-free-partly") and recipients and number % 2 == 0:
            outcome = PARTLY_SENT
        now = self._stage.now()
        run = Run(self._first + number, number, distribution, recipients, now, outcome)
        self.runs[run.id] = run
        distribution.last_run = now
        return run

    def end(self, run: Run) -> datetime:
        """When the run is, or will be, over."""
        if self._stage.free("ec-free-complete-at-once"):
            return run.begin
        return run.begin + timedelta(seconds=100 if self._stage.free("ec-free-slow") else 10)

    def status(self, run: Run) -> str:
        """The status that the facts and the clock give."""
        return run.outcome if self._stage.now() >= self.end(run) else IN_PROGRESS

    def members(self, distribution: Distribution) -> list[int]:
        """The active users of the groups, as often as they are members."""
        groups = [ENERGYCAP_USER_GROUPS[group] for group in distribution.groups]
        return [user for group in groups for user in group if is_active(user)]


def is_active(user: int) -> bool:
    """Whether mail can be sent to the user."""
    return user in ENERGYCAP_USERS and user not in ENERGYCAP_INACTIVE
