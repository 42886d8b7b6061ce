"""The state machine of a vendor's job; specs/README.md describes the format of its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import isodate

from specs.files import PROFILES


@dataclass(frozen=True, slots=True)
class State:
    """A state of a job; `wire` is its name in response bodies in the contract's profile."""

    name: str
    wire: str
    meaning: str
    source: str
    statements: tuple[str, ...]
    final: bool
    file: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A legal transition; `by` is `time` or the name of the action that causes it."""

    start: str
    end: str
    by: str
    source: str


@dataclass(frozen=True, slots=True)
class TimelineStage:
    """A stage of the timeline: a state, and its duration in seconds (None: without end)."""

    state: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Action:
    """What a client does with a job (`create`, `poll`, `fetch`, …), and the operation that does it.

    `allowed` are the states in which the operation succeeds (by default all), `ignored` those in
    which it succeeds and changes nothing, `enters` is the state that it leads to.
    """

    name: str
    operation: str
    allowed: frozenset[str]
    ignored: frozenset[str]
    enters: str | None
    answers: Mapping[str, int]
    refused: Mapping[str, int]

    def refusal(self, state: str) -> int:
        """Return the HTTP status that refuses the operation in `state`."""
        return self.refused.get(state, self.refused["default"])


@dataclass(frozen=True, slots=True)
class Location:
    """JSON pointers to a job's id and state in a success body; `items` points at a list of jobs.

    `configured_id` is where a target has the id instead, as its target file says.
    """

    id: str
    status: str | None
    items: str | None
    configured_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The state machine of one vendor's job in one profile."""

    vendor: str
    title: str
    job: str
    initial: str
    states: Mapping[str, State]
    edges: tuple[Edge, ...]
    timeline: tuple[TimelineStage, ...]
    actions: Mapping[str, Action]
    locations: Mapping[str, Location]

    def wire_name(self, state: str) -> str:
        """Return the name of a state in response bodies."""
        return self.states[state].wire

    def states_named(self, name: str) -> frozenset[str]:
        """Return the states that `name` stands for, in response bodies or in lifecycle.yaml."""
        return frozenset(
            state.name for state in self.states.values() if name in (state.wire, state.name)
        )

    def reachable(self, state: str, by: frozenset[str] | None = None) -> frozenset[str]:
        """Return the states that can follow `state` over any number of edges (caused by `by`)."""
        found: set[str] = set()
        pending = {state}
        while pending:
            start = pending.pop()
            ends = {e.end for e in self.edges if e.start == start and (by is None or e.by in by)}
            pending |= ends - found
            found |= ends
        return frozenset(found)


def read_lifecycle(raw: Mapping[str, Any], profile: str) -> Lifecycle:
    """Return the lifecycle of `profile` from the content of a valid lifecycle.yaml."""
    states = {name: _state(name, row, profile) for name, row in raw["states"].items()}
    return Lifecycle(
        vendor=raw["vendor"],
        title=raw["title"],
        job=raw["job"],
        initial=raw["initial"],
        states=states,
        edges=tuple(Edge(e["from"], e["to"], e["by"], e["source"]) for e in raw["edges"]),
        timeline=tuple(_stage(row) for row in in_profile(raw["timeline"], profile)),
        actions={name: _action(name, row, profile, states) for name, row in raw["actions"].items()},
        locations={
            operation: Location(row["id"], row.get("status"), row.get("items"))
            for operation, row in raw["locations"].items()
        },
    )


def in_profile(value: Any, profile: str) -> Any:
    """Return `value`, or its entry for `profile` where it is a mapping by profile."""
    return value[profile] if is_by_profile(value) else value


def is_by_profile(value: Any) -> bool:
    """Return True for a mapping from profile to value."""
    return isinstance(value, dict) and value.keys() == set(PROFILES)


def _state(name: str, row: Mapping[str, Any], profile: str) -> State:
    return State(
        name=name,
        wire=in_profile(row.get("wire", name), profile),
        meaning=row["meaning"],
        source=row["source"],
        statements=tuple(row.get("statements", ())),
        final=row.get("final", False),
        file=row.get("file", False),
    )


def _stage(row: Mapping[str, Any]) -> TimelineStage:
    lasts = row.get("lasts")
    return TimelineStage(
        row["state"], isodate.parse_duration(lasts).total_seconds() if lasts else None
    )


def _action(name: str, row: Mapping[str, Any], profile: str, states: Mapping[str, State]) -> Action:
    return Action(
        name=name,
        operation=row["operation"],
        allowed=frozenset(row.get("allowed", states)),
        ignored=frozenset(row.get("ignored", ())),
        enters=row.get("enters"),
        answers=in_profile(row.get("answers", {}), profile),
        refused=row.get("refused", {}),
    )
