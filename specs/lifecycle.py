"""The state machine of a vendor's job; specs/README.md describes the format of its file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import isodate

from specs import pointer
from specs.files import PROFILES
from specs.values import ErrorMember, FileSpec, Value, read_errors, read_file, read_values

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class State:
    """A state of a job; `wire` is its name in response bodies in the contract's profile.

    `value` is what a body holds: the name, or the number or boolean that `wire` is the text of.
    `seconds` is how long a state beside the timeline lasts, None: without end.
    """

    name: str
    wire: str
    value: Scalar
    meaning: str
    source: str
    statements: tuple[str, ...]
    final: bool
    file: bool
    seconds: float | None = None


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

    def status(self, state: str, success: int) -> int:
        """Return the HTTP status of the operation in `state`; `success` is its first 2xx."""
        if state in self.allowed or state in self.ignored:
            return self.answers.get(state, success)
        return self.refusal(state)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a member of a body is in a state: equal to `value`, or there (or not) where that is set.

    `present` is None where the value counts.
    """

    at: str
    value: Scalar = None
    present: bool | None = None

    def holds(self, body: Any) -> bool:
        """Return whether a body meets the condition; a null counts as not present."""
        try:
            value = pointer.find(body, self.at)
        except LookupError:
            value = None
        if self.present is not None:
            return (value is not None) is self.present
        return _same(value, self.value)


@dataclass(frozen=True, slots=True)
class Location:
    """JSON pointers to a job's id and state in a success body; `items` points at a list of jobs.

    `configured_id` is where a target has the id instead, as its target file says. `id` is "" where
    the body does not show it, or it is in a link instead: that of the header `id_header`, or of
    the member at `id_link`.
    `shown` has the conditions by state where no single member names the state.
    """

    id: str
    status: str | None
    items: str | None
    configured_id: str | None = None
    id_header: str | None = None
    id_link: str | None = None
    shown: Mapping[str, tuple[Condition, ...]] | None = None
    template: str | None = None

    def id_in(self, body: Any, headers: Mapping[str, str]) -> str | None:
        """Return the id of a job from a body (or an element of `items`) and headers, or None.

        `headers` must find a name in any case of letters. Of a link the segment counts that stands
        where the path of the poll has its last parameter, else the last one.
        """
        if self.id_header is not None:
            return id_in_link(headers.get(self.id_header), self.template)
        try:
            value = pointer.find(body, self.id if self.id_link is None else self.id_link)
        except LookupError:
            return None
        if self.id_link is not None:
            return id_in_link(value, self.template)
        return str(value) if isinstance(value, str | int) else None


def id_in_link(link: Any, template: str | None) -> str | None:
    """Return the id in a link to a job, None if there is none."""
    path = urlsplit(link).path if isinstance(link, str) else ""
    segments = [unquote(segment) for segment in path.split("/") if segment]
    if not segments:
        return None
    ends = template.split("/") if template else []
    for back, (part, segment) in enumerate(
        zip(reversed(ends), reversed(path.rstrip("/").split("/")), strict=False)
    ):
        if part.startswith("{"):
            before, after = part[: part.find("{")], part[part.rfind("}") + 1 :]
            if segment.startswith(before) and segment.endswith(after):
                return segments[-1 - back][len(before) : len(segment) - len(after)] or None
            break
        if part != segment:
            break
    return segments[-1]


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
    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    errors: tuple[ErrorMember, ...] = ()
    file: FileSpec | None = None

    def wire_name(self, state: str) -> str:
        """Return the name of a state in response bodies."""
        return self.states[state].wire

    def states_named(self, name: str) -> frozenset[str]:
        """Return the states that `name` stands for, in response bodies or in lifecycle.yaml."""
        return frozenset(
            state.name for state in self.states.values() if name in (state.wire, state.name)
        )

    def states_shown(self, operation_id: str, status: int, body: Any) -> frozenset[str]:
        """Return the states that a response may mean; none where it shows no state.

        `status` is the HTTP status, `body` the success body, or an element of the location's
        `items`. The conditions of `shown` count, else the member at the location's `status`, else
        the HTTP status, where the actions of the operation have one for each state.
        """
        location = self.locations.get(operation_id)
        if location is not None and location.shown is not None:
            return frozenset(
                state
                for state, conditions in location.shown.items()
                if all(condition.holds(body) for condition in conditions)
            )
        if location is not None and location.status is not None:
            return self._states_valued(body, location.status)
        found: frozenset[str] = frozenset()
        for action in self.actions.values():
            if action.operation == operation_id and action.answers:
                found |= self._states_answered(action, status)
        return found

    def _states_valued(self, body: Any, at: str) -> frozenset[str]:
        try:
            value = pointer.find(body, at)
        except LookupError:
            return frozenset()
        if isinstance(value, str):
            return self.states_named(value)
        states = self.states.values()
        return frozenset(state.name for state in states if _same(value, state.value))

    def _states_answered(self, action: Action, status: int) -> frozenset[str]:
        """Return the states that an action answers with a status; 0 stands for the usual one."""
        by_state = {state: action.status(state, 0) for state in self.states}
        wanted = status if status in by_state.values() else 0
        if wanted == 0 and not 200 <= status < 400:
            return frozenset()
        return frozenset(state for state, answer in by_state.items() if answer == wanted)

    def stages_from(self, state: str) -> tuple[TimelineStage, ...]:
        """Return what a job does in a state beside the timeline: it passes on as soon as it may."""
        stages: list[TimelineStage] = []
        following: str | None = state
        while following is not None and all(stage.state != following for stage in stages):
            seconds = self.states[following].seconds
            stages.append(TimelineStage(following, seconds))
            ends = (e.end for e in self.edges if e.start == following and e.by == "time")
            following = None if seconds is None else next(ends, None)
        return tuple(stages)

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


def read_lifecycle(
    raw: Mapping[str, Any], profile: str, paths: Mapping[str, str] | None = None
) -> Lifecycle:
    """Return the lifecycle of `profile` from the content of a valid lifecycle.yaml.

    `paths` are those of the operations by operationId.
    """
    template = (paths or {}).get(raw["actions"]["poll"]["operation"])
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
        locations={name: _location(row, template) for name, row in raw["locations"].items()},
        values=read_values(raw),
        lists=raw.get("lists", {}),
        errors=read_errors(raw),
        file=read_file(raw.get("file")),
    )


def in_profile(value: Any, profile: str) -> Any:
    """Return `value`, or its entry for `profile` where it is a mapping by profile."""
    return value[profile] if is_by_profile(value) else value


def is_by_profile(value: Any) -> bool:
    """Return True for a mapping from profile to value."""
    return isinstance(value, dict) and value.keys() == set(PROFILES)


def _state(name: str, row: Mapping[str, Any], profile: str) -> State:
    value = in_profile(row.get("wire", name), profile)
    return State(
        name=name,
        wire=value if isinstance(value, str) else json.dumps(value),
        value=value,
        meaning=row["meaning"],
        source=row["source"],
        statements=tuple(row.get("statements", ())),
        final=row.get("final", False),
        file=row.get("file", False),
        seconds=_seconds(row),
    )


def _location(row: Mapping[str, Any], template: str | None) -> Location:
    id_ = row.get("id", "")
    shown = row.get("shown")
    return Location(
        id=id_ if isinstance(id_, str) else "",
        status=row.get("status"),
        items=row.get("items"),
        id_header=id_.get("header") if isinstance(id_, dict) else None,
        id_link=id_.get("link") if isinstance(id_, dict) else None,
        shown={state: _conditions(rows) for state, rows in shown.items()} if shown else None,
        template=template,
    )


def _conditions(rows: Mapping[str, Any]) -> tuple[Condition, ...]:
    return tuple(
        Condition(at, present=want["present"]) if isinstance(want, dict) else Condition(at, want)
        for at, want in rows.items()
    )


def _same(value: Any, wanted: Scalar) -> bool:
    """Return whether two JSON values are equal: true is not 1."""
    return bool(value == wanted) and isinstance(value, bool) is isinstance(wanted, bool)


def _stage(row: Mapping[str, Any]) -> TimelineStage:
    return TimelineStage(row["state"], _seconds(row))


def _seconds(row: Mapping[str, Any]) -> float | None:
    lasts = row.get("lasts")
    return isodate.parse_duration(lasts).total_seconds() if lasts else None


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
