"""A lifecycle that fits its own states and the contract that it moves in."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specs import pointer
from specs.contract import Operation, read_operations
from specs.errors import Fault
from specs.lifecycle import Lifecycle, Location, Role, read_lifecycle
from specs.schema import convert

Found = Iterator[tuple[str, str]]


def check_lifecycle(
    raw: Any, documents: Mapping[str, dict[str, Any]], statements: set[str], path: Path
) -> Iterator[Fault]:
    """Yield the faults of one lifecycle.yaml against the OpenAPI document of each profile."""
    unknown = list(_unknown_states(raw))
    yield from (Fault(str(path), place, reason) for place, reason in unknown)
    if unknown:
        return
    for profile, document in documents.items():
        lifecycle = read_lifecycle(raw, profile)
        operations = {operation.id: operation for operation in read_operations(document)}
        for place, reason in (
            *_statements(lifecycle, statements),
            *_moves(lifecycle),
            *_roles(lifecycle, operations),
            *_locations(lifecycle, document, operations),
        ):
            yield Fault(str(path), place, f"{reason} (profile {profile})")


def _unknown_states(raw: Any) -> Found:
    known = set(raw["states"])
    used = [("/initial", raw["initial"])]
    used += [(f"/edges/{n}", e[end]) for n, e in enumerate(raw["edges"]) for end in ("from", "to")]
    used += [(f"/plan/{p}", step["state"]) for p, plan in raw["plan"].items() for step in plan]
    for name, role in raw["operations"].items():
        place = f"/operations/{name}"
        used += [(place, s) for key in ("allowed", "ignored") for s in role.get(key, ())]
        used += [(place, role["enters"])] if "enters" in role else []
        used += [(place, state) for state in role.get("refused", {}) if state != "default"]
        used += [(place, s) for answers in role.get("answers", {}).values() for s in answers]
    for place, name in used:
        if name not in known:
            yield place, f"no state is called {name!r}"


def _statements(lifecycle: Lifecycle, statements: set[str]) -> Found:
    for state in lifecycle.states.values():
        for name in state.statements:
            if name not in statements:
                yield f"/states/{state.name}", f"no statement is called {name!r}"


def _moves(lifecycle: Lifecycle) -> Found:
    by_time = {(edge.start, edge.end) for edge in lifecycle.edges if edge.by == "time"}
    for step, following in zip(lifecycle.plan, lifecycle.plan[1:], strict=False):
        if (step.state, following.state) not in by_time:
            yield "/plan", f"no edge by time leads from {step.state} to {following.state}"
        if step.seconds is None:
            yield "/plan", f"{step.state} has no end, but a state follows it"
    for edge in lifecycle.edges:
        if edge.by != "time" and edge.by not in lifecycle.roles:
            yield "/edges", f"{edge.by!r} is neither time nor a role under operations"
        if edge.by == "time" and lifecycle.states[edge.start].final:
            yield "/edges", f"{edge.start} is final, but time leads on to {edge.end}"
    reached = lifecycle.reachable(lifecycle.initial) | {lifecycle.initial}
    for name in sorted(set(lifecycle.states) - reached):
        yield f"/states/{name}", f"cannot be reached from {lifecycle.initial}"


def _roles(lifecycle: Lifecycle, operations: Mapping[str, Operation]) -> Found:
    for role in lifecycle.roles.values():
        place = f"/operations/{role.name}"
        if role.operation not in operations:
            yield place, f"no operation is called {role.operation!r}"
            continue
        listed = operations[role.operation].responses
        for status in sorted({*role.answers.values(), *role.refused.values()} - set(listed)):
            yield place, f"{role.operation} lists no status {status}"
        yield from _edges_of(lifecycle, role, place)


def _edges_of(lifecycle: Lifecycle, role: Role, place: str) -> Found:
    if role.enters is None or role.name == "create":
        return
    drawn = {edge.start for edge in lifecycle.edges if edge.by == role.name}
    for state in sorted(role.allowed ^ drawn):
        yield place, f"allowed and the edges by {role.name} disagree on {state}"


def _locations(
    lifecycle: Lifecycle, document: dict[str, Any], operations: Mapping[str, Operation]
) -> Found:
    for name, location in lifecycle.locations.items():
        place = f"/locations/{name}"
        if name not in operations:
            yield place, f"no operation is called {name!r}"
            continue
        content = operations[name].responses[operations[name].success].get("content", {})
        body = content.get("application/json", {}).get("schema")
        try:
            yield from _pointers(lifecycle, document, body, location, place)
        except (LookupError, TypeError) as error:
            yield place, f"points at nothing in the body of {name}: {error}"


def _pointers(
    lifecycle: Lifecycle, document: dict[str, Any], body: Any, location: Location, place: str
) -> Found:
    item = body if location.items is None else pointer.schema_at(document, body, location.items)
    if location.items is not None:
        item = item["items"]
    pointer.schema_at(document, item, location.id)
    if location.status is None:
        return
    listed = set(convert(pointer.schema_at(document, item, location.status))["enum"]) - {None}
    wires = {state.wire for state in lifecycle.states.values()}
    for name in sorted(listed ^ wires):
        yield place, f"the enum at {location.status} and the wire names disagree on {name!r}"
