"""Bodies that show a job: each member of the schema is filled from declarations, else by its name.

In this order: the rows of `values`, where `locations` has id and state, the inputs of the creation,
dates and links by name, what only failed or finished jobs have, the example, the default. An
optional member for which all that has nothing is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.vendors.generic.context import ABSENT, JobFacts, Links
from mockserver.vendors.generic.members import (
    Maker,
    MemberMakers,
    constant,
    only_in,
)
from mockserver.vendors.generic.names import NameRules
from mockserver.vendors.generic.operations import Roles, flatten, put
from specs import Condition, Contract, Location, Operation, pointer
from specs.contract import json_schema_of

_MAX_DEPTH = 8


class JobBodies:
    """Compiles the bodies of the operations of one contract."""

    def __init__(self, contract: Contract, roles: Roles, links: Links) -> None:
        self._lifecycle = contract.lifecycle
        self.makers = MemberMakers(contract, roles, links)
        self.names = NameRules(contract, links, self.makers)

    def of_status(self, operation: Operation, status: int) -> Maker | None:
        """Return what makes the body of a response, None for one without a JSON body."""
        content = (operation.response(status) or {}).get("content", {})
        return self.of_schema(operation.id, json_schema_of(content)) if content else None

    def of_schema(self, operation_id: str, schema: Any, *, as_item: bool = False) -> Maker:
        """Return what makes the body that shows a job, as an operation or its list shows it."""
        location = self._lifecycle.locations.get(operation_id)
        if location is not None and (location.items is not None) is not as_item:
            location = None
        return _Compiler(self, operation_id, location).root(schema)

    def id_places(self, location: Location | None) -> frozenset[str]:
        """Return where a body has the job's id; where a link has it, its place in a poll's too."""
        lifecycle = self._lifecycle
        polled = lifecycle.locations.get(lifecycle.actions["poll"].operation)
        places = {location.id} if location is not None else set()
        if location is None or not location.id:
            places |= {polled.id} if polled is not None and polled.items is None else set()
        return frozenset(places - {""})

    def headers(self, operation: Operation, status: int) -> Mapping[str, Maker]:
        """Return what makes each header of a response."""
        declared = (operation.response(status) or {}).get("headers", {})
        schemas = {name.lower(): row.get("schema", {}) for name, row in declared.items()}
        rows = {
            row.header: self.makers.declared(row, schemas.get(row.header.lower(), {}))
            for row in self.makers.rows(operation.id)
            if row.header
        }
        known = {name.lower() for name in rows}
        for name, header in declared.items():
            if name.lower() not in known:
                maker = self.names.header(name.lower(), status, header)
                if maker is not None:
                    rows[name] = maker
        return rows


class _Compiler:
    """Compiles one body."""

    def __init__(self, bodies: JobBodies, operation_id: str, location: Location | None) -> None:
        self._makers = bodies.makers
        self._names = bodies.names
        self._document = bodies.makers.document
        self._location = location
        rows = bodies.makers.rows(operation_id)
        self._rows = {row.at: row for row in rows if row.at is not None}
        self._ids = bodies.id_places(location)

    def root(self, schema: Any) -> Maker:
        return self._member(schema, "", "", True, 0)

    def _member(self, schema: Any, at: str, name: str, required: bool, depth: int) -> Maker:
        """Return what makes the member at a pointer; ABSENT only where it is optional."""
        flat = flatten(self._document, schema)
        conditions = self._conditions(at)
        is_forced = any(condition.present for condition in conditions.values())
        forced = maker = self._source(flat, at, name, required, depth)
        if is_forced:
            whole = self._source(flat, at, name, True, depth)
            forced = self._makers.or_else(whole, self._makers.invented(schema, at))
        maker = _shown(conditions, self._without(at, conditions), maker, forced)
        if not required:
            return maker
        return self._makers.or_else(maker, self._makers.fallback(flat, schema, at))

    def _source(
        self, flat: Mapping[str, Any], at: str, name: str, required: bool, depth: int
    ) -> Maker:
        makers, location = self._makers, self._location
        if at in self._rows:
            return makers.declared(self._rows[at], flat)
        if location is not None and location.status == at:
            return makers.state
        if at and at in self._ids:
            return makers.job_id(flat)
        if location is not None and at and at == location.id_link:
            return makers.link("poll", flat)
        parent = at.rsplit("/", 2)[-2] if at.count("/") > 1 else ""
        known = (*self._ids, *self._rows, location.status or "" if location else "")
        holds_job = any(place.startswith(f"{at}/") for place in known)
        if (
            at
            and not holds_job
            and (maker := self._names.find(name, parent, flat, required=required))
        ):
            return maker
        is_object = flat.get("type") == "object" or "properties" in flat
        if is_object and depth < _MAX_DEPTH:
            made = self._object(flat, at, required, depth)
        else:
            stated = (flat[key] for key in ("example", "default") if key in flat)
            valid = (value for value in stated if makers.is_valid(flat, value))
            made = constant(next(valid, ABSENT))
        is_always = required or any(place.startswith(f"{at}/") for place in self._ids)
        states = None if is_always else self._names.states_of(name)
        return made if states is None else only_in(states, made)

    def _object(self, flat: Mapping[str, Any], at: str, required: bool, depth: int) -> Maker:
        names = frozenset(flat.get("required", ()))
        members = [
            (
                name,
                self._member(row, f"{at}/{pointer.escape(name)}", name, name in names, depth + 1),
            )
            for name, row in flat.get("properties", {}).items()
        ]
        extra = [
            (row_at.removeprefix(at), self._makers.declared(row, {}))
            for row_at, row in self._rows.items()
            if row_at.startswith(f"{at}/")
            and not self._declares(flat, row_at.removeprefix(at))
            and flat.get("additionalProperties") is not False
        ]
        made = self._makers.object_of(members, is_kept=required or not at or bool(extra))
        if not extra:
            return made

        def make(facts: JobFacts) -> Any:
            body = made(facts)
            for place, maker in extra:
                if (value := maker(facts)) is not ABSENT:
                    put(body, place, value)
            return body if body or required or not at else ABSENT

        return make

    def _declares(self, flat: Mapping[str, Any], at: str) -> bool:
        try:
            pointer.schema_at(self._document, flat, at)
        except (LookupError, TypeError):
            return not flat.get("properties") and bool(flat.get("additionalProperties") is False)
        return "properties" in flat and pointer.tokens(at)[0] in flat["properties"]

    def _conditions(self, at: str) -> Mapping[str, Condition]:
        """Return what a member is in each state, where that is how a body shows the state."""
        shown = self._location.shown if self._location is not None else None
        return {
            state: condition
            for state, rows in (shown or {}).items()
            for condition in rows
            if condition.at == at
        }

    def _without(self, at: str, conditions: Mapping[str, Condition]) -> frozenset[str]:
        """Return the states in which a member must not be there: nothing else tells them apart."""
        shown = self._location.shown if self._location is not None else None
        demanding = {state for state, condition in conditions.items() if condition.present}
        return frozenset(
            state
            for state, rows in (shown or {}).items()
            for other in demanding
            if state not in conditions and not _differ(rows, (shown or {})[other], at)
        )


def _differ(rows: Iterable[Condition], others: Iterable[Condition], besides: str) -> bool:
    """Return whether two sets of conditions cannot hold together, but for one member."""
    by_place = {condition.at: condition for condition in rows if condition.at != besides}
    for other in others:
        same = by_place.get(other.at)
        if same is not None and (same.value, same.present) != (other.value, other.present):
            return True
    return False


def _shown(
    conditions: Mapping[str, Condition], without: frozenset[str], maker: Maker, forced: Maker
) -> Maker:
    """Return a maker that keeps to the conditions by which a body shows a state.

    `forced` makes the member where it has to be there. `without` are the states in which the
    member would make a body show another state.
    """
    if not conditions:
        return maker

    def make(facts: JobFacts) -> Any:
        condition = conditions.get(facts.state)
        if condition is None:
            return ABSENT if facts.state in without else maker(facts)
        if condition.present is None:
            return condition.value
        return forced(facts) if condition.present else ABSENT

    return make
