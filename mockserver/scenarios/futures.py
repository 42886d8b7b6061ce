"""Reads scripted futures and checks them against a lifecycle: it alone says what is possible."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

import isodate

from mockserver.errors import SetupError
from mockserver.jobs.future import Ending, Future
from mockserver.jobs.model import Plan
from mockserver.jobs.plans import from_steps
from mockserver.turns import Turns
from specs import Lifecycle


class FutureReader:
    """Reads the futures of one vendor's jobs."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._usual = from_steps(lifecycle.plan)
        self._edges = {(edge.start, edge.end) for edge in lifecycle.edges}

    def read(self, raw: Mapping[str, Any], place: str) -> Future:
        """Return one future.

        Raises:
            SetupError: the lifecycle does not have it so; `place` says where.
        """
        plan = self._plan(raw["plan"], f"{place}/plan") if "plan" in raw else None
        base = plan or self._usual
        if "stuck" in raw:
            self._on_the_way(raw["stuck"], base, f"{place}/stuck")
        return Future(
            turns=Turns(raw.get("nth"), raw.get("after"), raw.get("every")),
            plan=plan,
            pace=raw.get("pace", 1.0),
            stuck=raw.get("stuck"),
            ending=self._ending(raw["ends"], base, f"{place}/ends") if "ends" in raw else None,
            rows=raw.get("rows"),
        )

    def _plan(self, rows: list[Mapping[str, Any]], place: str) -> Plan:
        for number, row in enumerate(rows):
            self._known(row["state"], f"{place}/{number}/state")
            if ("lasts" in row) == (number == len(rows) - 1):
                raise SetupError(f"{place}/{number}/lasts: every stay has a length but the last")
        if rows[0]["state"] != self._lifecycle.initial:
            raise SetupError(f"{place}/0/state: a job begins as {self._lifecycle.initial}")
        for number, (here, there) in enumerate(pairwise(rows), 1):
            self._edge(here["state"], there["state"], f"{place}/{number}/state")
        return tuple(
            (row["state"], _duration(row["lasts"], place) if "lasts" in row else None)
            for row in rows
        )

    def _ending(self, raw: Mapping[str, Any], base: Plan, place: str) -> Ending:
        finite = [state for state, lasts in base if lasts is not None]
        origin = raw.get("from") or (finite[-1] if finite else base[-1][0])
        self._on_the_way(origin, base, f"{place}/from")
        self._known(raw["in"], f"{place}/in")
        self._edge(origin, raw["in"], f"{place}/in")
        after = raw.get("after")
        if origin not in finite and (after is None or after.endswith("%")):
            raise SetupError(f"{place}/after: {origin} has no end, so this must be a duration")
        if after is None:
            return Ending(raw["in"], raw.get("from"))
        if after.endswith("%"):
            return Ending(raw["in"], raw.get("from"), part=_part(after, f"{place}/after"))
        return Ending(raw["in"], raw.get("from"), lasts=_duration(after, f"{place}/after"))

    def _known(self, state: str, place: str) -> None:
        if state not in self._lifecycle.states:
            known = ", ".join(self._lifecycle.states)
            raise SetupError(f"{place}: there is no state {state!r}; known: {known}")

    def _on_the_way(self, state: str, plan: Plan, place: str) -> None:
        self._known(state, place)
        names = [name for name, _ in plan]
        if state not in names:
            raise SetupError(
                f"{place}: a job does not come by {state}, but by {', '.join(names)}; write a plan"
            )

    def _edge(self, start: str, end: str, place: str) -> None:
        if (start, end) not in self._edges:
            ways = ", ".join(sorted(to for here, to in self._edges if here == start)) or "nothing"
            raise SetupError(f"{place}: {start} is followed by {ways}, not by {end}")


def _part(text: str, place: str) -> float:
    part = float(text.removesuffix("%")) / 100
    if part > 1:
        raise SetupError(f"{place}: {text} is more than all of it")
    return part


def _duration(text: str, place: str) -> int:
    try:
        duration = isodate.parse_duration(text)
    except (isodate.ISO8601Error, OverflowError):
        duration = None
    if not isinstance(duration, timedelta):  # years and months have no length
        raise SetupError(f"{place}: {text!r} is no duration such as PT5M")
    return round(duration.total_seconds() * 1000)
