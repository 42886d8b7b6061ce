"""The states of a vendor's job and the ways between them, as lifecycle.yaml tells them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import isodate


@dataclass(frozen=True, slots=True)
class State:
    """One state; `wire` is its name on the wire in the contract's profile."""

    name: str
    wire: str
    meaning: str
    source: str
    statements: tuple[str, ...]
    final: bool
    file: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A legal move; `by` is `time` or the role of the operation that causes it."""

    start: str
    end: str
    by: str
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """A stay in a state: `seconds` long, or without end where None."""

    state: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Role:
    """An operation's part in the life of a job.

    `allowed` are the states that grant it (all of them where the file names none), `ignored`
    those that answer alike and change nothing, `enters` the state that it leads to.
    """

    name: str
    operation: str
    allowed: frozenset[str]
    ignored: frozenset[str]
    enters: str | None
    answers: Mapping[str, int]
    refused: Mapping[str, int]

    def refusal(self, state: str) -> int:
        """Return the status that refuses the operation in `state`."""
        return self.refused.get(state, self.refused["default"])


@dataclass(frozen=True, slots=True)
class Location:
    """Where a success body carries the job's id and state; `items` points at a list of jobs."""

    id: str
    status: str | None
    items: str | None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The state machine of one vendor's job in one profile."""

    vendor: str
    title: str
    job: str
    initial: str
    states: Mapping[str, State]
    edges: tuple[Edge, ...]
    plan: tuple[Step, ...]
    roles: Mapping[str, Role]
    locations: Mapping[str, Location]

    def wire(self, state: str) -> str:
        """Return the wire name of a state."""
        return self.states[state].wire

    def named(self, name: str) -> frozenset[str]:
        """Return the states that bear `name`, on the wire or in the file; several may."""
        return frozenset(
            state.name for state in self.states.values() if name in (state.wire, state.name)
        )

    def reachable(self, state: str, by: frozenset[str] | None = None) -> frozenset[str]:
        """Return the states that follow `state` over any number of edges (caused by `by`)."""
        found: set[str] = set()
        ways = {state}
        while ways:
            here = ways.pop()
            ends = {e.end for e in self.edges if e.start == here and (by is None or e.by in by)}
            ways |= ends - found
            found |= ends
        return frozenset(found)


def read_lifecycle(raw: Mapping[str, Any], profile: str) -> Lifecycle:
    """Return the lifecycle that `raw` (a checked lifecycle.yaml) tells for `profile`."""
    states = {name: _state(name, row, profile) for name, row in raw["states"].items()}
    return Lifecycle(
        vendor=raw["vendor"],
        title=raw["title"],
        job=raw["job"],
        initial=raw["initial"],
        states=states,
        edges=tuple(Edge(e["from"], e["to"], e["by"], e["source"]) for e in raw["edges"]),
        plan=tuple(_step(row) for row in raw["plan"][profile]),
        roles={name: _role(name, row, profile, states) for name, row in raw["operations"].items()},
        locations={
            operation: Location(row["id"], row.get("status"), row.get("items"))
            for operation, row in raw["locations"].items()
        },
    )


def _state(name: str, row: Mapping[str, Any], profile: str) -> State:
    return State(
        name=name,
        wire=row["wire"][profile],
        meaning=row["meaning"],
        source=row["source"],
        statements=tuple(row.get("statements", ())),
        final=row.get("final", False),
        file=row.get("file", False),
    )


def _step(row: Mapping[str, Any]) -> Step:
    lasts = row.get("lasts")
    return Step(row["state"], isodate.parse_duration(lasts).total_seconds() if lasts else None)


def _role(name: str, row: Mapping[str, Any], profile: str, states: Mapping[str, State]) -> Role:
    return Role(
        name=name,
        operation=row["operation"],
        allowed=frozenset(row.get("allowed", states)),
        ignored=frozenset(row.get("ignored", ())),
        enters=row.get("enters"),
        answers=row.get("answers", {}).get(profile, {}),
        refused=row.get("refused", {}),
    )
