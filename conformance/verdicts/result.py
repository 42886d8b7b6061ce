"""The one result tree of a run; every report is a view of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conformance.access.ledger import JobHistory
from conformance.outcome import Verdict
from conformance.traffic.exchange import Exchange
from conformance.verdicts.coverage import Coverage
from specs import Contract, Requirement

EXIT_CONFORMS = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_JUDGED = 3


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A row of a baseline: a known failure, accepted up to and including the day `expires`."""

    requirement: str
    owner: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class Waypoint:
    """An exchange on the way to a finding, for a replay.

    `waits_for` is the job's id and the state in which it was last seen then; `made` are the ids
    that came of it, by parameter; `status` is that of the answer then.
    """

    exchange: Exchange
    waits_for: tuple[str, str] | None = None
    made: tuple[tuple[str, str], ...] = ()
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one requirement.

    `exchanges` prove the verdict, the smallest case first; `judgements` counts how often the
    requirement was judged, `breaches` how often it was broken. `way` leads to a breach again.
    `accepted` is the baseline's row that turned a FAIL into a WARN.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str
    exchanges: tuple[Exchange, ...] = ()
    judgements: int = 0
    breaches: int = 0
    way: tuple[Waypoint, ...] = ()
    accepted: Acceptance | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run. `duration` is in seconds, `notes` are sentences for the user."""

    contract: Contract
    base_url: str
    seed: int
    rows: tuple[Row, ...]
    coverage: Coverage
    jobs: Sequence[JobHistory] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0
    duration: float = 0.0
    partial: bool = False
    command: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each verdict."""
        return {v.value: sum(row.verdict is v for row in self.rows) for v in Verdict}

    @property
    def verdict(self) -> Verdict:
        """FAIL if any row is; ERROR if the target could not be judged; else PASS."""
        if any(row.verdict is Verdict.FAIL for row in self.rows):
            return Verdict.FAIL
        erred = any(
            row.verdict is Verdict.ERROR and row.requirement.level == "must" for row in self.rows
        )
        return Verdict.ERROR if erred or not self._conclusive else Verdict.PASS

    @property
    def _conclusive(self) -> bool:
        """At least one documented row passed; of a part of the rows, one was judged at all."""
        if self.partial:
            return any(row.verdict in {Verdict.PASS, Verdict.WARN} for row in self.rows)
        return any(
            row.verdict is Verdict.PASS and row.requirement.source == "documented"
            for row in self.rows
        )

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 fails, 3 could not be judged."""
        return {Verdict.FAIL: EXIT_FAILED, Verdict.ERROR: EXIT_NOT_JUDGED}.get(
            self.verdict, EXIT_CONFORMS
        )
