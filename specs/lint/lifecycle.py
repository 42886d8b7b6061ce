"""Lint a lifecycle.yaml: its parts against each other and against the OpenAPI document."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from specs import pointer
from specs.contract import Operation, json_schema_of, read_operations
from specs.errors import SpecIssue
from specs.files import PROFILES
from specs.lifecycle import (
    Action,
    Lifecycle,
    Location,
    in_profile,
    is_by_profile,
    read_lifecycle,
)
from specs.schema import to_json_schema
from specs.values import DEFAULT

Found = Iterator[tuple[str, str]]


def check_lifecycle(
    raw: Mapping[str, Any],
    documents: Mapping[str, dict[str, Any]],
    statements: set[str],
    path: Path,
    *,
    own: bool = False,
) -> Iterator[SpecIssue]:
    """Yield the issues of one lifecycle.yaml against the OpenAPI document of each profile.

    `raw` is its content by profile. In a user's own a refusal need not be in the contract, and an
    enum may have values of no state.
    """
    unknown = dict.fromkeys(issue for row in raw.values() for issue in _unknown_states(row))
    repeated = dict.fromkeys(issue for row in raw.values() for issue in _repeated(row))
    for place, reason in (*unknown, *repeated):
        yield SpecIssue(str(path), place, reason)
    if unknown:
        return
    found: set[tuple[str, str]] = set()
    for profile, document in documents.items():
        lifecycle = read_lifecycle(raw[profile], profile)
        operations = {operation.id: operation for operation in read_operations(document)}
        for place, reason in (
            *_statements(lifecycle, statements),
            *_timeline(lifecycle),
            *_beside(lifecycle),
            *_edges(lifecycle),
            *_actions(lifecycle, operations, own),
            *_locations(lifecycle, document, operations, own),
            *(_shown(lifecycle) if own else ()),
            *check_values(lifecycle, document, operations),
        ):
            if own and (place, reason) in found:
                continue  # both profiles are mostly the same
            found.add((place, reason))
            yield SpecIssue(str(path), place, reason if own else f"{reason} (profile {profile})")


def _shown(lifecycle: Lifecycle) -> Found:
    """Nothing can be told of a job whose id or state is nowhere."""
    created, polled = (lifecycle.actions[name].operation for name in ("create", "poll"))
    location = lifecycle.locations.get(created)
    if location is None or not (location.id or location.id_header or location.id_link):
        yield "/locations", f"{created} creates a job: where is the job's id?"
    location = lifecycle.locations.get(polled)
    has_answers = any(a.answers for a in lifecycle.actions.values() if a.operation == polled)
    if not has_answers and (location is None or not (location.status or location.shown)):
        yield "/locations", f"{polled} polls a job: where is the job's state (status or shown)?"


def _unknown_states(raw: Any) -> Found:
    used = [("/initial", raw["initial"])]
    used += [(f"/edges/{n}", e[end]) for n, e in enumerate(raw["edges"]) for end in ("from", "to")]
    for profile in PROFILES:
        used += [("/timeline", row["state"]) for row in in_profile(raw["timeline"], profile)]
    for name, action in raw["actions"].items():
        place = f"/actions/{name}"
        used += [(place, s) for key in ("allowed", "ignored") for s in action.get(key, ())]
        used += [(place, action["enters"])] if "enters" in action else []
        used += [(place, state) for state in action.get("refused", {}) if state != "default"]
        answers = action.get("answers", {})
        used += [(place, state) for p in PROFILES for state in in_profile(answers, p)]
    for name, location in raw["locations"].items():
        used += [(f"/locations/{name}/shown", state) for state in location.get("shown", ())]
    for name, rows in raw.get("values", {}).items():
        for at, row in rows.items():
            used += [(f"/values/{name}{at}", state) for state in row.get("when", ())]
    for place, name in used:
        if name not in raw["states"]:
            yield place, f"unknown state {name!r}"


def _repeated(raw: Any) -> Found:
    values = {f"/states/{name}/wire": row.get("wire") for name, row in raw["states"].items()}
    values |= {f"/actions/{name}/answers": a.get("answers") for name, a in raw["actions"].items()}
    for place, value in {**values, "/timeline": raw["timeline"]}.items():
        if is_by_profile(value) and len({repr(value[profile]) for profile in PROFILES}) == 1:
            yield place, "the value is the same in both profiles: write it once"


def _statements(lifecycle: Lifecycle, statements: set[str]) -> Found:
    for state in lifecycle.states.values():
        for name in state.statements:
            if name not in statements:
                yield f"/states/{state.name}", f"unknown statement {name!r}"


def _timeline(lifecycle: Lifecycle) -> Found:
    by_time = {(edge.start, edge.end) for edge in lifecycle.edges if edge.by == "time"}
    if lifecycle.timeline[0].state != lifecycle.initial:
        yield "/timeline", f"must begin with the initial state, {lifecycle.initial}"
    for stage, following in pairwise(lifecycle.timeline):
        if (stage.state, following.state) not in by_time:
            yield "/timeline", f"there is no edge by time from {stage.state} to {following.state}"
        if stage.seconds is None:
            yield "/timeline", f"{stage.state} needs a duration: it is not the last stage"
    if lifecycle.timeline[-1].seconds is not None:
        yield "/timeline", f"{lifecycle.timeline[-1].state} is the last stage and has no duration"


def _beside(lifecycle: Lifecycle) -> Found:
    """A state beside the timeline that lasts some time leads somewhere, and to one state only."""
    timely = {stage.state for stage in lifecycle.timeline}
    for name, state in lifecycle.states.items():
        ends = [e.end for e in lifecycle.edges if e.start == name and e.by == "time"]
        if state.seconds is not None and name in timely:
            yield f"/states/{name}/lasts", "the timeline says how long the state lasts"
        elif state.seconds is not None and len(ends) != 1:
            yield f"/states/{name}/lasts", f"one edge by time must leave {name}, not {len(ends)}"


def _edges(lifecycle: Lifecycle) -> Found:
    for edge in lifecycle.edges:
        if edge.by != "time" and edge.by not in lifecycle.actions:
            yield "/edges", f"there is an edge by {edge.by}, but no action {edge.by}"
        if edge.by == "time" and lifecycle.states[edge.start].final:
            yield "/edges", f"{edge.start} is final, but an edge by time leads to {edge.end}"
    reached = lifecycle.reachable(lifecycle.initial) | {lifecycle.initial}
    for name in sorted(set(lifecycle.states) - reached):
        yield f"/states/{name}", f"cannot be reached from {lifecycle.initial}"


def _actions(lifecycle: Lifecycle, operations: Mapping[str, Operation], own: bool) -> Found:
    for action in lifecycle.actions.values():
        place = f"/actions/{action.name}"
        if action.operation not in operations:
            yield place, f"unknown operation {action.operation!r}"
            continue
        operation = operations[action.operation]
        named = {*action.answers.values(), *(() if own else action.refused.values())}
        for status in sorted(named):
            if operation.response(status) is None:
                yield place, f"{action.operation} has no response {status} in openapi.yaml"
        yield from _edges_of(lifecycle, action, place)


def _edges_of(lifecycle: Lifecycle, action: Action, place: str) -> Found:
    if action.name == "create":
        if action.enters != lifecycle.initial:
            yield place, f"must enter the initial state, {lifecycle.initial}"
        return
    ends = {edge.end for edge in lifecycle.edges if edge.by == action.name}
    for state in sorted(ends - {action.enters}):
        yield place, f"an edge by {action.name} leads to {state}, which is not what it enters"
    if action.enters is None:
        return
    starts = {edge.start for edge in lifecycle.edges if edge.by == action.name}
    for state in sorted(action.allowed ^ starts):
        yield place, f"`allowed` and the edges by {action.name} disagree on {state}"


def _locations(
    lifecycle: Lifecycle,
    document: dict[str, Any],
    operations: Mapping[str, Operation],
    own: bool,
) -> Found:
    for name, location in lifecycle.locations.items():
        place = f"/locations/{name}"
        if name not in operations:
            yield place, f"unknown operation {name!r}"
            continue
        body = success_schema(operations[name])
        try:
            yield from _pointers(lifecycle, document, body, location, place, own)
        except (LookupError, TypeError) as error:
            yield place, f"not in the success body of {name}: {error}"


def success_schema(operation: Operation) -> Any:
    """Return the schema of the JSON body of an operation's success, {} if there is none."""
    return json_schema_of(operation.responses[operation.success].get("content", {}))


def _pointers(
    lifecycle: Lifecycle,
    document: dict[str, Any],
    body: Any,
    location: Location,
    place: str,
    own: bool,
) -> Found:
    item = body if location.items is None else pointer.schema_at(document, body, location.items)
    if location.items is not None:
        item = item["items"]
    if location.id_header is None:
        pointer.schema_at(document, item, location.id_link or location.id)
    for conditions in (location.shown or {}).values():
        for condition in conditions:
            pointer.schema_at(document, item, condition.at)
    if location.status is None:
        return
    schema = to_json_schema(pointer.schema_at(document, item, location.status))
    if own and "enum" not in schema:
        return
    listed = [value for value in schema["enum"] if value is not None]
    wires = [state.value for state in lifecycle.states.values()]
    missing = [value for value in wires if value not in listed]
    extra = [] if own else [value for value in listed if value not in wires]
    for name in sorted({str(value) for value in (*missing, *extra)}):
        yield place, f"the enum at {location.status} and the states' wire names differ in {name!r}"


def check_values(
    lifecycle: Lifecycle, document: dict[str, Any], operations: Mapping[str, Operation]
) -> Found:
    """Yield what `values` and `lists` name that the contract does not have."""
    for name, rows in lifecycle.values.items():
        if name != DEFAULT and name not in operations:
            yield f"/values/{name}", f"unknown operation {name!r}"
            continue
        for row in rows:
            place = f"/values/{name}{row.at or f'/header {row.header}'}"
            known = {*lifecycle.actions, *operations}
            if row.kind == "link" and row.argument not in known:
                yield place, f"a link to an unknown action or operation {row.argument!r}"
            if name != DEFAULT and row.at is not None:
                yield from _value_at(lifecycle, document, operations[name], row.at, place)
    for name in lifecycle.lists:
        if name not in operations:
            yield f"/lists/{name}", f"unknown operation {name!r}"
            continue
        known = {row["name"] for row in operations[name].parameters if row["in"] == "query"}
        for key in ("at", "size"):
            parameter = lifecycle.lists[name].get(key)
            if parameter is not None and parameter not in known:
                yield f"/lists/{name}/{key}", f"unknown query parameter {parameter!r}"


def _value_at(
    lifecycle: Lifecycle, document: dict[str, Any], operation: Operation, at: str, place: str
) -> Found:
    location = lifecycle.locations.get(operation.id)
    schema = success_schema(operation)
    try:
        if location is not None and location.items is not None:
            schema = pointer.schema_at(document, schema, f"{location.items}/-")
        pointer.schema_at(document, schema, at)
    except (LookupError, TypeError):
        yield place, f"{at} is not in the success body of {operation.id}"
