"""Scripted futures: what becomes of jobs that are created later, in place of the usual."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.jobs.model import Plan
from mockserver.turns import Turns

ROWS = "rows"
"""The detail of a job that says how many rows its file has, where the usual will not do."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A way out of the plan: from `origin` into the state `into`, where the job then stays.

    `origin` is None for the last state that does not stay for good. `lasts` is how long the job is
    in it, in milliseconds, `part` which part of the usual time; where both are None, all of that.
    """

    into: str
    origin: str | None = None
    lasts: int | None = None
    part: float | None = None


@dataclass(frozen=True, slots=True)
class Future:
    """What becomes of some of the jobs, counted from 1 as they are created.

    `plan` stands in place of the usual one; `pace` stretches each stay; in `stuck` a job stays for
    good; `rows` is the length of its file.
    """

    turns: Turns = field(default_factory=Turns)
    plan: Plan | None = None
    pace: float = 1.0
    stuck: str | None = None
    ending: Ending | None = None
    rows: int | None = None

    def foresee(self, usual: Plan) -> Plan:
        """Return the plan of a job that otherwise had the `usual` one."""
        plan = self.plan or usual
        plan = tuple((s, None if ms is None else round(ms * self.pace)) for s, ms in plan)
        names = [state for state, _ in plan]
        if self.stuck in names:
            plan = (*plan[: names.index(self.stuck)], (self.stuck, None))
        return plan if self.ending is None else _ended(plan, self.ending)

    def details(self, usual: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the details of a job that otherwise had the `usual` ones."""
        return usual if self.rows is None else {**usual, ROWS: self.rows}


Futures = Mapping[str, tuple[Future, ...]]
"""By vendor; the first whose turn it is counts."""


def _ended(plan: Plan, ending: Ending) -> Plan:
    for place, (state, usual) in enumerate(plan):
        follows_for_good = place + 1 < len(plan) and plan[place + 1][1] is None
        if state == ending.origin or (ending.origin is None and follows_for_good):
            lasts = _stay(ending, usual)
            return plan if lasts is None else (*plan[:place], (state, lasts), (ending.into, None))
    return plan


def _stay(ending: Ending, usual: int | None) -> int | None:
    if ending.lasts is not None:
        return ending.lasts
    if usual is None or ending.part is None:
        return usual
    return round(usual * ending.part)
