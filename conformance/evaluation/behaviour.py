"""The behaviour of a target as a run has observed it, in a form that two runs can be compared by.

No value is in it that identifies anybody or changes from run to run: requests are described by what
is special about them, responses by status, codes and shape, jobs by order and timing of states.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from conformance.contract_queries import parameter_schema
from conformance.evaluation.job_times import JobTimes, ResourceState
from conformance.evaluation.shapes import ResponseShape, error_words, type_name, walk
from conformance.http import NOT_JSON, SAFE_METHODS, Exchange, RecordedResponse
from conformance.http.request import DEFAULT_HEADERS, FORM, JSON
from conformance.target.client import Client
from specs import Contract, Operation
from specs.pointer import resolve

Json = dict[str, Any]
LONG_TEXT: Final = 100
MAX_NAMED: Final = 4
GENERATED: Final = frozenset({"fuzz", "lifecycle", "concurrent"})
# Stands for any request of an operation.
NOW_AND_THEN: Final = "now and then"
# The step of requests that are sent only where something has failed.
SHRINK: Final = "shrink"


def observe_behaviour(client: Client, exchanges: Sequence[Exchange]) -> Json:
    """Return what `exchanges` of a run show of its target, as JSON types."""
    jobs = JobTimes(client, exchanges)
    cases: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    repeated: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    shapes = _Shapes(client.contract)
    describe = RequestDescription(client, jobs)
    requests: dict[int, str | None] = {}
    for exchange in exchanges:
        operation = exchange.operation
        if operation is None or operation not in client.contract.operations:
            continue
        request = requests[exchange.number] = describe(exchange)
        if client.marks[exchange.number].step == SHRINK:
            continue
        if request:
            outcome = _outcome(exchange, jobs)
            cases[operation, request][outcome] += 1
            repeated[(request, *describe.sent(exchange))].add(outcome)
        shapes.add(operation, exchange.response, jobs.shown_state(exchange) or "")
    for job, state in jobs.ended():
        ended_by = requests.get(job.creation.number) if job.creation else None
        if job.creation and ended_by:
            cases[job.creation.operation or "", f"{ended_by}; the end of the job"][state] += 1
    return {
        "cases": [
            {"operation": operation, "request": request, "outcomes": dict(sorted(found.items()))}
            for (operation, request), found in sorted(_steady(cases, repeated.values()).items())
        ],
        "responses": shapes.to_json(),
        "jobs": jobs.to_json(),
    }


class _Shapes:
    """The shapes of responses by operation, status and state of the job."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._enums: dict[tuple[str, int], Mapping[str, frozenset[Any]]] = {}
        self._shapes: dict[tuple[str, int, str], ResponseShape] = {}

    def add(self, operation: str, response: RecordedResponse | None, state: str) -> None:
        if response is None or not response.complete:
            return
        key = (operation, response.status, state)
        if key not in self._shapes:
            place = key[:2]
            if place not in self._enums:
                self._enums[place] = dict(_enums(self._contract, *place))
            location = self._contract.lifecycle.locations.get(operation)
            items = location.items if location else None
            self._shapes[key] = ResponseShape(
                self._enums[place], items, location.status if location else None
            )
        self._shapes[key].add(response)

    def to_json(self) -> list[Json]:
        return [
            {"operation": operation, "status": status, "state": state, **shape.to_json()}
            for (operation, status, state), shape in sorted(self._shapes.items())
        ]


def _steady(
    cases: Mapping[tuple[str, str], Counter[str]], repeated: Iterable[set[str]]
) -> Mapping[tuple[str, str], Counter[str]]:
    """Return the cases with one for all errors of a server that the same request has by chance."""
    chance = {o for found in repeated if min(found) < "5" for o in found if o >= "5"}
    if not chance:
        return cases
    steady: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (operation, request), outcomes in cases.items():
        for outcome, count in outcomes.items():
            if outcome in chance:
                steady[operation, NOW_AND_THEN][outcome] += count
            else:
                steady[operation, NOW_AND_THEN]["another answer"] += count
                steady[operation, request][outcome] += count
    return steady


def _outcome(exchange: Exchange, jobs: JobTimes) -> str:
    """Return status, error codes, and the state where the run itself has caused it."""
    response = exchange.response
    if response is None:
        return ""
    parts = [str(response.status)]
    if response.status >= 400 and response.json is not NOT_JSON:
        request = exchange.request
        text = f"{request.url} {(request.body or b'').decode(errors='replace')}"
        parts += error_words(response.json, text)
    if jobs.action_before(exchange) and (state := jobs.shown_state(exchange)):
        parts.append(f"state={state}")
    return " ".join(parts)


def _enums(contract: Contract, operation: str, status: int) -> Iterator[tuple[str, frozenset[Any]]]:
    """Yield the pointers of a response body at which the contract lists the values."""
    response = contract.operations[operation].responses.get(status, {})
    for content in response.get("content", {}).values():
        yield from _enums_in(contract, content.get("schema", {}), "", 0)


def _enums_in(
    contract: Contract, schema: Any, pointer: str, depth: int
) -> Iterator[tuple[str, frozenset[Any]]]:
    schema = resolve(contract.openapi, schema)
    if not isinstance(schema, dict) or depth > 7:
        return
    if "enum" in schema:
        yield pointer, frozenset(v for v in schema["enum"] if not isinstance(v, dict | list))
    for name, member in schema.get("properties", {}).items():
        yield from _enums_in(contract, member, f"{pointer}/{name}", depth + 1)
    if "items" in schema:
        yield from _enums_in(contract, schema["items"], f"{pointer}/*", depth + 1)
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _enums_in(contract, part, pointer, depth + 1)


class RequestDescription:
    """Describes what is special about a request: who sends it, to what, with what in it."""

    def __init__(self, client: Client, jobs: JobTimes) -> None:
        self._client = client
        self._contract = client.contract
        self._jobs = jobs
        self._resources = ResourceState(client.contract)

    def __call__(self, exchange: Exchange) -> str | None:
        """Return the description of the next exchange; see `_describe`."""
        description = self._describe(exchange)
        self._resources.observe(exchange)
        return description

    def sent(self, exchange: Exchange) -> tuple[Any, ...]:
        """Return what an equal request has in common with this one: all but ids of this run."""
        request, created = exchange.request, self._client.tracker.created
        named = exchange.path_parameters.items()
        ids = ["" if str(value) in created(name) else str(value) for name, value in named]
        return exchange.operation, *ids, request.query, request.body

    def _describe(self, exchange: Exchange) -> str | None:
        """Return the description; None where what was asked for is unknown or a matter of time."""
        operation = self._contract.operations[exchange.operation or ""]
        is_safe = exchange.request.method in SAFE_METHODS
        if exchange.together or exchange.response is None or (exchange.unanswered and not is_safe):
            return None
        subject = self._jobs.situation(exchange)
        holders = {
            name: self._resources.holder(name, value, exchange)
            for name, value in self._resources.unique_values(exchange)
        }
        if subject is None or None in holders.values():
            return None
        step = self._client.marks[exchange.number].step
        parts = [
            step.replace("lifecycle", "jobs") if step in GENERATED else step,
            f"as {exchange.request.role or 'nobody'}",
            *([subject] if subject else []),
            *self._file(operation, exchange),
            *self._parameters(operation, exchange),
            *self._body(operation, exchange),
            *(f"{name} {holder}" for name, holder in holders.items() if holder),
            *self._headers(exchange),
        ]
        return "; ".join(part for part in parts if part)

    def _parameters(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        known = {p["name"]: p for p in operation.parameters if p["in"] in {"path", "query"}}
        shown = {name for name, p in known.items() if p["in"] == "path"}
        pairs = [(n, exchange.path_parameters.get(n, "")) for n in known if n in shown]
        for name, value in sorted([*pairs, *exchange.request.query], key=lambda pair: pair[0]):
            if name not in known:
                yield "unknown query parameter"
                continue
            schema = parameter_schema(self._contract, known[name])
            yield f"{name} {self._value(schema, name, value)}"

    def _file(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        """Yield what the creation of a job says of the file that is fetched."""
        fetch = self._contract.lifecycle.actions.get("fetch")
        creation = self._jobs.creation(exchange)
        if creation is None or fetch is None or fetch.operation != operation.id:
            return
        created = self._contract.operations[creation.operation or ""]
        yield from (f"made by {part}" for part in self._body(created, creation))

    def _value(self, schema: Mapping[str, Any], name: str, value: Any) -> str:
        tracker = self._client.tracker
        if str(value) in tracker.created(name):
            is_deleted = self._resources.is_deleted(name, str(value))
            return "of this run, deleted" if is_deleted else "of this run"
        if str(value) in self._client.policy.unused_ids(name):
            return "unknown"
        number = int(str(value)) if str(value).lstrip("-").isdecimal() else value
        flag = {"true": True, "false": False}.get(str(value), value)
        validator = self._contract.validator(schema)
        if not any(map(validator.is_valid, (value, str(value), number, flag))):
            return "invalid"
        if "enum" in schema or schema.get("type") == "boolean":
            return f"= {value}"
        return "given"

    def _body(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        content = exchange.request.body
        if not content:
            if operation.body is not None:
                yield "no body"
            return
        body = exchange.request.json
        if body is NOT_JSON:
            yield f"a body of {len(content) and 'another kind'}"
            return
        schema = (operation.body or {}).get("content", {}).get(JSON, {}).get("schema")
        if schema is None:
            yield "a JSON body"
            return
        errors = {
            "/"
            + "/".join("*" if isinstance(s, int) else str(s) for s in error.instance_path)
            + f" {_keyword(error)}"
            for error in self._contract.validator(schema).iter_errors(body)
        }
        if errors:
            yield f"body with {', '.join(sorted(errors)[:MAX_NAMED])}"
            return
        yield f"body {{{', '.join(sorted(body)) if isinstance(body, dict) else type_name(body)}}}"
        yield from self._peculiarities(schema, body)

    def _peculiarities(self, schema: Any, body: Any) -> Iterator[str]:
        enums = dict(_enums_in(self._contract, schema, "", 0))
        for pointer, _, name, value in walk(body):
            place = f"{pointer}/{name}"
            if place in enums:
                yield f"{place} = {value}"
            elif isinstance(value, str):
                if len(value) > LONG_TEXT:
                    yield f"{place} long"
                if not value.isascii() or not value.isprintable():
                    yield f"{place} with unusual characters"
                if not value.strip():
                    yield f"{place} blank"
            elif isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
                yield f"{place} not positive"
            elif isinstance(value, list | dict) and not value:
                yield f"{place} empty"

    def _headers(self, exchange: Exchange) -> Iterator[str]:
        """Yield the headers that a request of this operation usually does not have."""
        for name, value in sorted(exchange.request.headers.items()):
            if name.lower() == "content-type":
                usual = value in {JSON, FORM}
            elif name.lower() in {"content-length", "host", "x-mock-sandbox"}:
                usual = True
            else:
                usual = value == DEFAULT_HEADERS.get(name) or _is_usual_credential(value)
            if not usual:
                yield f"{name}: {value[:60]}"


def _is_usual_credential(value: str) -> bool:
    """Return True for a role's own credential; checks change it, and say so in the placeholder."""
    form = r"((Bearer|Basic) )?\$[A-Z0-9_]*?TOKEN(_[0-9]+|_BASIC)?"
    return re.fullmatch(form, value) is not None


def _keyword(error: Any) -> str:
    return str(error.schema_path[-1]) if error.schema_path else "schema"
