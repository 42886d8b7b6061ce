"""Bodies that show a job: each member of the schema is filled from declarations, else by its name.

In this order: the rows of `values`, where `locations` has id and state, the inputs of the creation,
dates and links by name, what only failed or finished jobs have, the example, the default. An
optional member for which all that has nothing is left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

from mockserver.openapi.examples import ExampleGenerator
from mockserver.openapi.schemas import Schemas
from mockserver.timestamps import to_iso_string
from mockserver.vendors.generic.context import JobFacts, Links
from mockserver.vendors.generic.operations import Roles, flatten, put
from specs import Condition, Contract, Location, Operation, Value, pointer
from specs.contract import json_schema_of
from specs.values import DEFAULT, plain_name, words

ABSENT = object()
"""What a maker returns for a member that is left out."""

Maker = Callable[[JobFacts], Any]
_MAX_DEPTH = 8
_AT = r"(?:at|on|time|date|datetime|timestamp|utc)?(?:utc|ms)?"
_TIME_NAMES: Mapping[str, re.Pattern[str]] = {
    "created_at": re.compile(
        rf"(?:date|time)?(?:created|create|creation|submitted|submit|requested|queued|issued){_AT}"
    ),
    "started_at": re.compile(rf"(?:date|time)?(?:started|start|begun|begin|processing){_AT}"),
    "updated_at": re.compile(
        rf"(?:date|time)?(?:last)?(?:updated|update|modified|modification|changed|statuschange){_AT}"
    ),
    "ended_at": re.compile(
        rf"(?:date|time)?(?:finished|finish|completed|complete|completion|ended|end|done){_AT}"
    ),
    "expires_at": re.compile(rf"(?:date|time)?(?:expires|expired|expire|expiry|expiration){_AT}"),
}
_LINK_WORDS = re.compile(r"url|uri|href|link|location")
_FETCH = words(
    "file files download result results output outputs content contents data export report archive "
    "artifact signed presigned asset media document payload response"
)
_POLL = words("self status poll job operation monitor resource tracking task")
_FAILED = re.compile(r"(?:error|errors|failure|fault)(?:s|info|details?|message|reason|text|code)?")
_REASONS = words("message detail details description reason text")
_FINISHED = words("response result results output outputs")
_PROGRESS = re.compile(r"progress|(?:progress)?percent(?:age)?(?:complete|completed|done)?")


class JobBodies:
    """Compiles the bodies of the operations of one contract."""

    def __init__(self, contract: Contract, roles: Roles, links: Links) -> None:
        self._contract = contract
        self._links = links
        self.document = contract.openapi
        self._examples = ExampleGenerator(contract.openapi, use_examples=True)
        self._schemas = Schemas(contract.openapi)
        lifecycle = contract.lifecycle
        self._states = lifecycle.states
        self._failed = _failed_states(contract)
        self._with_file = frozenset(name for name, row in self._states.items() if row.file)
        self._inputs = dict(_input_names(contract, roles))

    @property
    def inputs(self) -> frozenset[str]:
        """The plain names of what the creations take."""
        return frozenset(self._inputs)

    def members(self, schema: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return the members of an object, each without references."""
        found = pointer.properties(self.document, schema)
        return {name: flatten(self.document, row) for name, row in found.items()}

    def of_status(self, operation: Operation, status: int) -> Maker | None:
        """Return what makes the body of a response, None for one without a JSON body."""
        content = (operation.response(status) or {}).get("content", {})
        return self.of_schema(operation.id, json_schema_of(content)) if content else None

    def of_schema(self, operation_id: str, schema: Any, *, as_item: bool = False) -> Maker:
        """Return what makes the body that shows a job, as an operation or its list shows it."""
        location = self._contract.lifecycle.locations.get(operation_id)
        if location is not None and (location.items is not None) is not as_item:
            location = None
        return _Compiler(self, operation_id, location).root(schema)

    def id_places(self, location: Location | None) -> frozenset[str]:
        """Return where a body has the job's id; where a link has it, its place in a poll's too."""
        lifecycle = self._contract.lifecycle
        polled = lifecycle.locations.get(lifecycle.actions["poll"].operation)
        places = {location.id} if location is not None else set()
        if location is None or not location.id:
            places |= {polled.id} if polled is not None and polled.items is None else set()
        return frozenset(places - {""})

    def headers(self, operation: Operation, status: int) -> Mapping[str, Maker]:
        """Return what makes each header of a response."""
        rows = {row.header: self.value(row, {}) for row in self.rows(operation.id) if row.header}
        declared = (operation.response(status) or {}).get("headers", {})
        for name, header in declared.items():
            if name.lower() in {str(row).lower() for row in rows}:
                continue
            maker = self._header(name.lower(), status, header)
            if maker is not None:
                rows[name] = maker
        return {str(name): maker for name, maker in rows.items()}

    def _header(self, name: str, status: int, declared: Mapping[str, Any]) -> Maker | None:
        if name in ("location", "content-location", "operation-location"):
            target = "fetch" if 300 <= status < 400 and self._links.knows("fetch") else "poll"
            return self.link(target)
        if name == "retry-after":
            return lambda facts: _or_absent(facts.retry_after())
        if not declared.get("required"):
            return None
        return self.invented(declared.get("schema", {}), f"header {name}")

    def rows(self, operation_id: str) -> tuple[Value, ...]:
        """Return the declared values of an operation, its own before the default ones."""
        values = self._contract.lifecycle.values
        own = values.get(operation_id, ())
        named = {(row.at, row.header) for row in own}
        others = (row for row in values.get(DEFAULT, ()) if (row.at, row.header) not in named)
        return (*own, *others)

    def value(self, row: Value, schema: Mapping[str, Any]) -> Maker:
        """Return what makes a declared value, of the type of `schema`."""
        maker = self._of_kind(row, schema)
        states = row.states
        if states is None:
            return maker
        return lambda facts: maker(facts) if facts.state in states else ABSENT

    def _of_kind(  # noqa: PLR0911 (one for each kind)
        self, row: Value, schema: Mapping[str, Any]
    ) -> Maker:
        argument = row.argument
        if row.kind == "constant":
            return _constant(argument)
        if row.kind == "input":
            return lambda facts: _input(facts, argument)
        if row.kind == "time":
            return self.time(argument, schema, row.format)
        if row.kind == "link":
            return self.link(argument, signed=row.signed)
        if row.kind == "retry_after":
            return lambda facts: _or_absent(facts.retry_after())
        if row.kind == "generated":
            return _generated(argument, str(row.at or row.header))
        return self._fact(argument, schema)

    def _fact(self, name: str, schema: Mapping[str, Any]) -> Maker:
        if name == "id":
            return _job_id(schema)
        if name == "state":
            return self.state
        if name == "progress":
            return JobFacts.progress
        if name == "reason":
            return self.reason
        return lambda facts: getattr(facts.job, name)

    def state(self, facts: JobFacts) -> Any:
        """Return what shows the state of a job."""
        return self._states[facts.state].value

    def reason(self, facts: JobFacts) -> str:
        """Return a text for the state of a job."""
        return f"The {self._contract.lifecycle.job} ended as {self._states[facts.state].wire}."

    def time(self, name: str, schema: Mapping[str, Any], form: str | None = None) -> Maker:
        """Return what makes a time of a job, written as `form` or as the type of `schema` asks."""
        write = _time_writer(schema, form)

        def make(facts: JobFacts) -> Any:
            at = facts.time(name)
            return ABSENT if at is None else write(at)

        return make

    def link(self, target: str, *, signed: bool = False) -> Maker:
        """Return what makes the URL of an action or operation for a job."""
        url = self._links.url
        return lambda facts: url(facts, target, signed=signed)

    def invented(self, schema: Any, at: str) -> Maker:
        """Return what makes a value that is valid by a schema, the same for the same job."""
        draw = self._examples.draw
        return lambda facts: draw(schema, facts.sandbox.ids.random(f"{at} of {facts.job.id}", 0))

    def by_name(  # noqa: PLR0911 (one for each sort of name)
        self, name: str, parent: str, schema: Mapping[str, Any], *, required: bool
    ) -> Maker | None:
        """Return what makes a member that nothing is declared of, by its name; None: nothing."""
        plain, kind = plain_name(name), schema.get("type")
        in_error = bool(_FAILED.fullmatch(plain_name(parent)))
        if in_error and kind == "string" and plain in _REASONS:
            return self.reason
        if plain in self._inputs and not in_error:
            return self._echo(self._inputs[plain], schema)
        if maker := self._time_by_name(plain, schema):
            return maker
        if kind == "string" and (
            _LINK_WORDS.search(plain) or str(schema.get("format", "")).startswith("uri")
        ):
            return self._link_by_name(plain, plain_name(parent), required=required)
        if kind in ("integer", "number"):
            if _PROGRESS.fullmatch(plain):
                share = 0.01 if schema.get("maximum") == 1 else 1
                return lambda facts: facts.progress() * share
            if plain in ("retryafter", "pollinterval", "nextpollin"):
                return lambda facts: _or_absent(facts.retry_after())
            return (lambda facts: facts.job.version) if plain in ("version", "revision") else None
        if kind == "string" and _FAILED.fullmatch(plain) and "enum" not in schema:
            return self.only_in(self._failed, self.reason)
        return None

    def _echo(self, source: str, schema: Mapping[str, Any]) -> Maker:
        """Return what makes an input again, with the required members that only a response has."""
        is_valid = self._schemas.validator(dict(schema)).is_valid

        def make(facts: JobFacts) -> Any:
            value = _input(facts, source)
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

    def restriction(self, name: str) -> frozenset[str] | None:
        """Return the states in which an optional member is there by its name; None: in any."""
        plain = plain_name(name)
        if _FAILED.fullmatch(plain):
            return self._failed
        return self._with_file if plain in _FINISHED else None

    def _time_by_name(self, plain: str, schema: Mapping[str, Any]) -> Maker | None:
        kind, form = schema.get("type"), schema.get("format")
        is_time = form in ("date-time", "date")
        if kind not in ("string", "integer", "number") or (kind == "string" and "enum" in schema):
            return None
        for name, pattern in _TIME_NAMES.items():
            if pattern.fullmatch(plain) and (
                is_time or re.search(r"(?:at|on|time|date|timestamp|utc|ms)$|^expires", plain)
            ):
                return self.time(name, schema)
        return None

    def _link_by_name(self, plain: str, parent: str, *, required: bool) -> Maker | None:
        base = _LINK_WORDS.sub("", plain) or parent
        word = next((w for w in (base, base.removesuffix("s")) if w in _FETCH | _POLL), None)
        is_fetch = word in _FETCH or any(base.startswith(w) or base.endswith(w) for w in _FETCH)
        if is_fetch and self._links.knows("fetch"):
            return self.only_in(self._with_file, self.link("fetch"))
        if word in _POLL or (base == "location" and self._links.knows("poll")):
            return self.link("poll")
        for action in ("cancel", "delete", "start", "list"):
            if base.startswith(action) and self._links.knows(action):
                return self.link(action)
        return self.link("poll") if required else None

    def only_in(self, states: frozenset[str], maker: Maker) -> Maker:
        return lambda facts: maker(facts) if facts.state in states else ABSENT


class _Compiler:
    """Compiles one body."""

    def __init__(self, bodies: JobBodies, operation_id: str, location: Location | None) -> None:
        self._bodies = bodies
        self._document = bodies.document
        self._location = location
        self._rows = {row.at: row for row in bodies.rows(operation_id) if row.at is not None}
        self._ids = bodies.id_places(location)

    def root(self, schema: Any) -> Maker:
        maker = self._member(schema, "", "", True, 0)
        return lambda facts: None if (body := maker(facts)) is ABSENT else body

    def _member(self, schema: Any, at: str, name: str, required: bool, depth: int) -> Maker:
        """Return what makes the member at a pointer; ABSENT only where it is optional."""
        flat = flatten(self._document, schema)
        conditions = self._conditions(at)
        is_forced = any(condition.present for condition in conditions.values())
        forced = maker = self._source(flat, at, name, required, depth)
        if is_forced:
            whole = self._source(flat, at, name, True, depth)
            forced = _or_else(whole, self._bodies.invented(schema, at))
        maker = _shown(conditions, self._without(at, conditions), maker, forced)
        if not required:
            return maker
        return _or_else(maker, _fallback(self._bodies, flat, schema, at))

    def _source(  # noqa: PLR0911 (the order that the module describes)
        self, flat: Mapping[str, Any], at: str, name: str, required: bool, depth: int
    ) -> Maker:
        bodies, location = self._bodies, self._location
        if at in self._rows:
            return bodies.value(self._rows[at], flat)
        if location is not None and location.status == at:
            return bodies.state
        if at and at in self._ids:
            return _job_id(flat)
        if location is not None and at and at == location.id_link:
            return bodies.link("poll")
        parent = at.rsplit("/", 2)[-2] if at.count("/") > 1 else ""
        if at and (maker := bodies.by_name(name, parent, flat, required=required)):
            return maker
        is_object = flat.get("type") == "object" or "properties" in flat
        if is_object and depth < _MAX_DEPTH:
            made = self._object(flat, at, required, depth)
            states = None if required else bodies.restriction(name)
            return made if states is None else bodies.only_in(states, made)
        key = next((key for key in ("example", "default") if key in flat), None)
        states = None if required else bodies.restriction(name)
        show = _constant(ABSENT if key is None else flat[key])
        return show if states is None else bodies.only_in(states, show)

    def _object(self, flat: Mapping[str, Any], at: str, required: bool, depth: int) -> Maker:
        names = frozenset(flat.get("required", ()))
        members = [
            (
                name,
                self._member(
                    schema, f"{at}/{pointer.escape(name)}", name, name in names, depth + 1
                ),
            )
            for name, schema in flat.get("properties", {}).items()
        ]
        if not flat.get("properties"):
            members = []
        extra = [
            (row_at.removeprefix(at), self._bodies.value(row, {}))
            for row_at, row in self._rows.items()
            if row_at.startswith(f"{at}/")
            and not self._declares(flat, row_at.removeprefix(at))
            and flat.get("additionalProperties") is not False
        ]

        def make(facts: JobFacts) -> Any:
            body = {name: value for name, maker in members if (value := maker(facts)) is not ABSENT}
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


def _or_else(maker: Maker, fallback: Maker) -> Maker:
    def make(facts: JobFacts) -> Any:
        value = maker(facts)
        return fallback(facts) if value is ABSENT else value

    return make


def _fallback(bodies: JobBodies, flat: Mapping[str, Any], schema: Any, at: str) -> Maker:
    """Return what stands for a required member of which nothing is known."""
    if flat.get("nullable"):
        return _constant(None)
    return bodies.invented(schema, at)


def _failed_states(contract: Contract) -> frozenset[str]:
    """Return the states of a job that ended by itself and has no file."""
    lifecycle = contract.lifecycle
    by_action = {edge.end for edge in lifecycle.edges if edge.by != "time"}
    timely = {stage.state for stage in lifecycle.timeline}
    return frozenset(
        name
        for name, row in lifecycle.states.items()
        if not row.file
        and name not in by_action | timely
        and all(edge.by != "time" for edge in lifecycle.edges if edge.start == name)
    )


def _input_names(contract: Contract, roles: Roles) -> Iterator[tuple[str, str]]:
    """Yield the inputs of the creations, each by its plain name."""
    for name in sorted(roles.creations):
        operation = contract.operations[name]
        for row in operation.parameters:
            if row["in"] in ("path", "query"):
                yield plain_name(str(row["name"])), f"{row['in']} {row['name']}"
        schema = json_schema_of((operation.body or {}).get("content", {}))
        for member in pointer.properties(contract.openapi, schema):
            yield plain_name(member), f"/{pointer.escape(member)}"


def _input(facts: JobFacts, source: str) -> Any:
    try:
        value = facts.input(source)
    except (LookupError, TypeError):
        return ABSENT
    return ABSENT if value is None else value


def _constant(value: Any) -> Maker:
    return lambda _facts: value


def _or_absent(value: Any) -> Any:
    return ABSENT if value is None else value


def _job_id(schema: Mapping[str, Any]) -> Maker:
    if schema.get("type") in ("integer", "number"):
        return lambda facts: int(facts.job.id) if facts.job.id.isdecimal() else 0
    return lambda facts: facts.job.id


def _time_writer(schema: Mapping[str, Any], form: str | None) -> Callable[[int], Any]:
    if form is None:
        is_number = schema.get("type") in ("integer", "number")
        form = _epoch(schema) if is_number else schema.get("format", "date-time")
    if form == "epoch":
        return lambda at: at // 1000
    if form == "epoch-ms":
        return lambda at: at
    return (lambda at: to_iso_string(at)[:10]) if form == "date" else to_iso_string


def _epoch(schema: Mapping[str, Any]) -> str:
    example = schema.get("example", 0)
    return "epoch-ms" if isinstance(example, int) and example > 10**11 else "epoch"


def _generated(kind: str, at: str) -> Maker:
    def make(facts: JobFacts) -> Any:
        rng = facts.sandbox.ids.random(f"{at} of {facts.job.id}", 0)
        digits = f"{rng.getrandbits(128):032x}"
        word = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")[
            rng.randrange(8)
        ]
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
