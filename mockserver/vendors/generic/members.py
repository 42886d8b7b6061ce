"""What fills one member of a body that shows a job: declared values, inputs, times and links."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from random import Random
from typing import Any

from mockserver.openapi.examples import WORDS, ExampleGenerator
from mockserver.openapi.schemas import Schemas
from mockserver.timestamps import to_iso_string
from mockserver.vendors.generic.context import ABSENT, JobFacts, Links, input_reader
from mockserver.vendors.generic.operations import Roles, allows, flatten
from specs import Contract, Value, pointer
from specs.contract import json_schema_of
from specs.values import DEFAULT, plain_name, words

Maker = Callable[[JobFacts], Any]
"""Returns the value of a member, ABSENT where the member is left out."""

RELATIVE = "uri-reference"
"""The format of links that begin with the path."""


class MemberMakers:
    """Compiles what fills the members in the bodies of one contract."""

    def __init__(self, contract: Contract, roles: Roles, links: Links) -> None:
        self._contract = contract
        self._links = links
        self.document = contract.openapi
        self._examples = ExampleGenerator(contract.openapi, use_examples=True)
        self._schemas = Schemas(contract.openapi)
        self._states = {name: row.value for name, row in contract.lifecycle.states.items()}
        sources = dict(_input_sources(contract, roles))
        self.inputs: Mapping[str, str] = {name: at for name, (at, _) in sources.items()}
        """Where the inputs of the creations are, by plain name."""
        self._input_schemas = dict(sources.values())
        self.sure: set[Maker] = set()
        """The makers that never leave their member out."""
        self.sure.add(self.state)
        self._copied: dict[Maker, str] = {}

    def members(self, schema: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return the members of an object, each without references."""
        found = pointer.properties(self.document, schema)
        return {name: flatten(self.document, row) for name, row in found.items()}

    def rows(self, operation_id: str) -> tuple[Value, ...]:
        """Return the declared values of an operation, its own before the default ones."""
        values = self._contract.lifecycle.values
        own = values.get(operation_id, ())
        named = {(row.at, row.header) for row in own}
        others = (row for row in values.get(DEFAULT, ()) if (row.at, row.header) not in named)
        return (*own, *others)

    def declared(self, row: Value, schema: Mapping[str, Any]) -> Maker:
        """Return what makes a declared value, of the type of `schema`."""
        maker = self._of_kind(row, schema)
        return maker if row.states is None else only_in(row.states, maker)

    def _of_kind(  # noqa: PLR0911 (one for each kind)
        self, row: Value, schema: Mapping[str, Any]
    ) -> Maker:
        argument = row.argument
        if row.kind == "constant":
            return constant(argument)
        if row.kind == "input":
            return input_reader(argument)
        if row.kind == "time":
            return self.time(argument, schema, row.format)
        if row.kind == "link":
            return self.link(argument, schema, signed=row.signed)
        if row.kind == "retry_after":
            return retry_after
        if row.kind == "generated":
            return _generated(argument, str(row.at or row.header))
        return self._fact(argument, schema)

    def _fact(self, name: str, schema: Mapping[str, Any]) -> Maker:
        if name == "id":
            return self.job_id(schema)
        known = {"state": self.state, "progress": JobFacts.progress, "reason": self.reason}
        return known.get(name) or (lambda facts: getattr(facts.job, name))

    def job_id(self, schema: Mapping[str, Any]) -> Maker:
        """Return what makes the id of a job, of the type of `schema`."""
        is_number = schema.get("type") in ("integer", "number")
        return self._surely(_number_of_id if is_number else attrgetter("job.id"))

    def state(self, facts: JobFacts) -> Any:
        """Return what shows the state of a job."""
        return self._states[facts.state]

    def reason(self, facts: JobFacts) -> str:
        """Return a text for the state of a job."""
        lifecycle = self._contract.lifecycle
        return f"The {lifecycle.job} ended as {lifecycle.wire_name(facts.state)}."

    def time(self, name: str, schema: Mapping[str, Any], form: str | None = None) -> Maker:
        """Return what makes a time of a job, written as `form` or as the type of `schema` asks."""
        write = _time_writer(schema, form)
        if name == "created_at":
            return self._surely(lambda facts: write(facts.job.created_at))

        def make(facts: JobFacts) -> Any:
            at = facts.time(name)
            return ABSENT if at is None else write(at)

        return make

    def link(self, target: str, schema: Mapping[str, Any], *, signed: bool = False) -> Maker:
        """Return what makes the URL of an action or operation for a job."""
        is_relative = schema.get("format") == RELATIVE
        return self._surely(self._links.link(target, signed=signed, is_relative=is_relative))

    def invented(self, schema: Any, at: str) -> Maker:
        """Return what makes a value that is valid by a schema, the same for the same job."""
        draw = self._examples.draw
        return lambda facts: draw(schema, facts.sandbox.ids.random(f"{at} of {facts.job.id}", 0))

    def or_else(self, maker: Maker, fallback: Maker) -> Maker:
        """Return a maker that asks another where the first leaves its member out."""
        if maker in self.sure:
            return maker

        def make(facts: JobFacts) -> Any:
            value = maker(facts)
            return fallback(facts) if value is ABSENT else value

        return self._surely(make)

    def object_of(self, members: Sequence[tuple[str, Maker]], *, is_kept: bool) -> Maker:
        """Return what makes an object of its members; an empty one is left out unless `is_kept`."""
        are_sure = [maker in self.sure for _, maker in members]
        if members and all(are_sure):
            return self._surely(_whole_object(members))

        # What is copied from the body is not worth a call.
        rows = [(name, self._copied.get(maker), maker) for name, maker in members]

        def make(facts: JobFacts) -> Any:
            sent = facts.details.get("body")
            sent = sent if isinstance(sent, dict) else {}
            body = {}
            for name, key, maker in rows:
                if key is None:
                    value = maker(facts)
                    if value is not ABSENT:
                        body[name] = value
                elif key in sent and (value := sent[key]) is not None:
                    body[name] = value
            return body if body or is_kept else ABSENT

        return self._surely(make) if is_kept or any(are_sure) else make

    def _surely(self, maker: Maker) -> Maker:
        self.sure.add(maker)
        return maker

    def fallback(self, flat: Mapping[str, Any], schema: Any, at: str) -> Maker:
        """Return what stands for a required member of which nothing is known."""
        is_null = flat.get("nullable") and self.is_valid(schema, None)
        return constant(None) if is_null else self.invented(schema, at)

    def is_valid(self, schema: Any, value: Any) -> bool:
        """Return whether a value is valid by a schema."""
        return self._schemas.validator(dict(schema)).is_valid(value)

    def echo(self, source: str, schema: Mapping[str, Any]) -> Maker:
        """Return what makes an input again, with the required members that only a response has."""
        read = input_reader(source)
        if source in self._input_schemas and allows(
            self.document, schema, self._input_schemas[source]
        ):
            if source.startswith("/") and source.count("/") == 1:
                (self._copied[read],) = pointer.tokens(source)
            return read
        is_valid = self._schemas.validator(dict(schema)).is_valid

        def make(facts: JobFacts) -> Any:
            value = read(facts)
            if value is ABSENT or is_valid(value):
                return value
            rng = facts.sandbox.ids.random(f"{source} of {facts.job.id}", 0)
            value = self._completed(value, schema, rng)
            return value if is_valid(value) else ABSENT

        return make

    def _completed(self, value: Any, schema: Any, rng: Random) -> Any:
        flat = flatten(self.document, schema)
        if isinstance(value, list):
            return [self._completed(row, flat.get("items", {}), rng) for row in value]
        if not isinstance(value, dict):
            return value
        members = flat.get("properties", {})
        known = {
            name: self._completed(row, members.get(name, {}), rng) for name, row in value.items()
        }
        missing = [name for name in flat.get("required", ()) if name not in known]
        return known | {
            name: self._examples.draw(members[name], rng) for name in missing if name in members
        }


def _input_sources(contract: Contract, roles: Roles) -> Iterator[tuple[str, tuple[str, Any]]]:
    """Yield the inputs of the creations by plain name: where they are, and their schema."""
    for name in sorted(roles.creations):
        operation = contract.operations[name]
        for row in operation.parameters:
            if row["in"] in ("path", "query"):
                source = f"{row['in']} {row['name']}"
                yield plain_name(str(row["name"])), (source, row.get("schema", {}))
        schema = json_schema_of((operation.body or {}).get("content", {}))
        yield from _body_sources(contract.openapi, schema, "")


_WRAPPERS = words("data attributes")


def _body_sources(
    document: dict[str, Any], schema: Any, at: str
) -> Iterator[tuple[str, tuple[str, Any]]]:
    """Yield the members of a request body, what is in the wrappers of JSON:API with them."""
    for member, inner in pointer.properties(document, schema).items():
        place = f"{at}/{pointer.escape(member)}"
        if member in _WRAPPERS and pointer.properties(document, inner):
            yield from _body_sources(document, inner, place)
        yield plain_name(member), (place, inner)


def only_in(states: frozenset[str], maker: Maker) -> Maker:
    """Return a maker that leaves its member out in all states but `states`."""
    return lambda facts: maker(facts) if facts.state in states else ABSENT


def constant(value: Any) -> Maker:
    """Return what makes the same value always."""
    return lambda _facts: value


def _whole_object(members: Sequence[tuple[str, Maker]]) -> Maker:
    """Return what makes an object that has all of its members; few take half of the time."""
    (name, maker), *others = members
    if not others:
        return lambda facts: {name: maker(facts)}
    if len(others) == 1:
        ((second, other),) = others
        return lambda facts: {name: maker(facts), second: other(facts)}
    return lambda facts: {name: maker(facts) for name, maker in members}


def _number_of_id(facts: JobFacts) -> int:
    return int(facts.job.id) if facts.job.id.isdecimal() else 0


def retry_after(facts: JobFacts) -> Any:
    """Return the seconds until the next state; ABSENT without one."""
    seconds = facts.retry_after()
    return ABSENT if seconds is None else seconds


def _time_writer(schema: Mapping[str, Any], form: str | None) -> Callable[[int], Any]:
    if form is None:
        is_number = schema.get("type") in ("integer", "number")
        form = _epoch(schema) if is_number else schema.get("format", "date-time")
    forms = (form for form in _TEXTS if re.search(schema["pattern"], form(0)))
    if "pattern" in schema and (fitting := next(forms, None)) is not None:
        return fitting
    if form == "epoch":
        return lambda at: at // 1000
    if form == "epoch-ms":
        return lambda at: at
    return (lambda at: to_iso_string(at)[:10]) if form == "date" else to_iso_string


_TEXTS: tuple[Callable[[int], str], ...] = (
    to_iso_string,
    lambda at: f"{to_iso_string(at)[:19]}Z",
    lambda at: to_iso_string(at)[:-1],
    lambda at: to_iso_string(at)[:19],
    lambda at: f"{to_iso_string(at)[:-1]}+00:00",
    lambda at: to_iso_string(at)[:10],
)
"""The ways to write a time of which the first counts that a pattern allows."""


def _epoch(schema: Mapping[str, Any]) -> str:
    example = schema.get("example", 0)
    return "epoch-ms" if isinstance(example, int) and example > 10**11 else "epoch"


def _generated(kind: str, at: str) -> Maker:
    def make(facts: JobFacts) -> Any:
        rng = facts.sandbox.ids.random(f"{at} of {facts.job.id}", 0)
        digits = f"{rng.getrandbits(128):032x}"
        word = WORDS[rng.randrange(len(WORDS))]
        return {
            "integer": rng.randrange(1, 10_000),
            "number": round(rng.random() * 1000, 2),
            "boolean": rng.random() < 0.5,
            "uuid": f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}",
            "word": word,
            "name": f"{word} {rng.randrange(100)}",
            "email": f"{word}@example.com",
            "hex": digits,
        }[kind]

    return make
