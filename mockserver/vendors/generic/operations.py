"""What a user's contract says of its jobs: which operation does what, and how ids look."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from mockserver.errors import ConfigurationError
from mockserver.ids import Ids
from mockserver.openapi.schemas import Schemas
from specs import Action, Contract, Location, Operation, pointer
from specs.contract import json_schema_of
from specs.samples import text_of_pattern
from specs.values import words

SIGNATURE_NAMES = ("signature", "sig", "xamzsignature", "xgoogsignature", "token")
EXPIRY_NAMES = ("expires", "expiry", "exp", "se", "xamzexpires", "xgoogexpires", "expiresat")


@dataclass(frozen=True, slots=True)
class Roles:
    """The operations of a contract by what they are to a job.

    `actions` are those of each operation, `creations` the operations that create a job, `views`
    those that show something of one job and are no action. `parameters` has the place and the name
    of the parameter with the job's id. What is in none of them is answered without any state.
    """

    actions: Mapping[str, tuple[Action, ...]]
    creations: frozenset[str]
    lists: frozenset[str]
    views: frozenset[str]
    parameters: Mapping[str, tuple[str, str]]

    @property
    def with_state(self) -> frozenset[str]:
        """The operations of jobs; the rest is answered without any state."""
        return frozenset(self.actions) | self.creations | self.lists | self.views


def read_roles(contract: Contract) -> Roles:
    """Return the roles of a contract's operations."""
    lifecycle = contract.lifecycle
    actions: dict[str, tuple[Action, ...]] = {}
    for action in lifecycle.actions.values():
        actions[action.operation] = (*actions.get(action.operation, ()), action)
    listed, reading = _listed(contract), _reading(contract)
    of_one_job = actions.keys() - listed
    place = None if reading is None else _last_parameter(reading)
    parameters = {
        name: found
        for name, row in contract.operations.items()
        if (found := _id_parameter(row, place, is_action=name in of_one_job)) is not None
        and (found[0] == "path" or name not in listed)  # in the query of a list it is a filter
    }
    creations = {lifecycle.actions["create"].operation} | {
        name
        for name in lifecycle.locations
        if name not in parameters | actions and contract.operations[name].method != "GET"
    }
    lists = frozenset(listed - creations - parameters.keys())
    views = frozenset(parameters) - frozenset(actions) - lists - creations
    return Roles(actions, frozenset(creations), lists, views, parameters)


def _listed(contract: Contract) -> set[str]:
    """Return the operations that list jobs."""
    lifecycle = contract.lifecycle
    named = {row.operation for row in lifecycle.actions.values() if row.name == "list"}
    return named | {name for name, row in lifecycle.locations.items() if row.items is not None}


def _reading(contract: Contract) -> Operation | None:
    """Return the operation that reads one job: the poll, or the fetch where the poll is a list."""
    actions, listed = contract.lifecycle.actions, _listed(contract)
    names = [actions[name].operation for name in ("poll", "fetch") if name in actions]
    return next((contract.operations[name] for name in names if name not in listed), None)


def _last_parameter(operation: Operation) -> tuple[str, str] | None:
    names = [part.partition("}")[0] for part in operation.path.split("{")[1:]]
    if names:
        return "path", names[-1]
    required = [row["name"] for row in operation.parameters if row["in"] == "query"]
    return ("query", required[0]) if required and operation.method == "GET" else None


def _id_parameter(
    operation: Operation, poll: tuple[str, str] | None, *, is_action: bool
) -> tuple[str, str] | None:
    known = {(str(row["in"]), str(row["name"])) for row in operation.parameters}
    if poll in known:
        return poll
    if poll is not None and ("query", poll[1]) in known:
        return "query", poll[1]
    if not is_action or (operation.method == "POST" and poll is None):
        return None
    last = operation.path.rstrip("/").rsplit("/", 1)[-1]
    # A collection below a parameter, `/projects/{project}/jobs`, is not about one job.
    return _last_parameter(operation) if "{" in last or operation.method != "POST" else None


def signed_operations(contract: Contract) -> frozenset[str]:
    """Return the operations that a signed link leads to."""
    actions = contract.lifecycle.actions
    return frozenset(
        actions[row.argument].operation if row.argument in actions else row.argument
        for rows in contract.lifecycle.values.values()
        for row in rows
        if row.kind == "link" and row.signed
    )


def signature_parameter(operation: Operation, known: tuple[str, ...]) -> str | None:
    """Return the query parameter of an operation with one of the names, spelt as it likes."""
    for row in operation.parameters:
        name = str(row["name"])
        if row["in"] == "query" and "".join(filter(str.isalnum, name)).lower() in known:
            return name
    return None


_MAX_DEPTH = 6


def put(body: dict[str, Any], at: str, value: Any) -> None:
    """Set the value at a JSON pointer; objects on the way are added."""
    *parents, last = pointer.tokens(at) or [""]
    for token in parents:
        inner = body.setdefault(token, {})
        if not isinstance(inner, dict):
            return
        body = inner
    body[last] = value


def flatten(document: dict[str, Any], schema: Any, depth: int = 0) -> dict[str, Any]:
    """Return a schema without `$ref` and `allOf`; of alternatives the first counts."""
    schema = pointer.resolve(document, schema)
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return {}
    merged = {key: value for key, value in schema.items() if key not in ("allOf", "oneOf", "anyOf")}
    parts = [*schema.get("allOf", ())]
    parts += [schema[key][0] for key in ("oneOf", "anyOf") if schema.get(key)]
    for part in parts:
        inner = flatten(document, part, depth + 1)
        combined = {
            "properties": {**inner.get("properties", {}), **merged.get("properties", {})},
            "required": [*inner.get("required", ()), *merged.get("required", ())],
        }
        merged = {**inner, **merged, **{key: value for key, value in combined.items() if value}}
    return merged


_ANNOTATIONS = words(
    "default deprecated description example externalDocs nullable properties readOnly title "
    "writeOnly xml"
)
_COMBINED = ("allOf", "anyOf", "oneOf", "not")


def allows(document: dict[str, Any], schema: Any, sent: Any, depth: int = 0) -> bool:
    """Return whether each valid value of the schema `sent` is one of `schema`.

    False where the keywords of the two do not show it.
    """
    rules, known = (pointer.resolve(document, row) for row in (schema, sent))
    if depth > _MAX_DEPTH or any(key in row for key in _COMBINED for row in (rules, known)):
        return False
    if known.get("nullable") and not rules.get("nullable"):
        return False
    members = known.get("properties", {})
    return all(
        key in _ANNOTATIONS
        or key.startswith("x-")
        or _keeps(document, key, rule, known.get(key), depth)
        for key, rule in rules.items()
    ) and all(
        name in members and allows(document, row, members[name], depth + 1)
        for name, row in rules.get("properties", {}).items()
    )


def _keeps(document: dict[str, Any], key: str, rule: Any, sent: Any, depth: int) -> bool:
    """Return whether values of a schema with `sent` at a keyword meet the rule there."""
    if key == "enum":
        return sent is not None and all(value in rule for value in sent)
    if key == "items" and sent is not None:
        return allows(document, rule, sent, depth + 1)
    if key == "required":
        return set(rule) <= set(sent or ())
    return bool(rule == sent)


Form = Callable[[Ids, str, int], str]

_FORMS: tuple[Form, ...] = (
    lambda ids, kind, number: ids.uuid(kind, number),
    lambda ids, kind, number: ids.hex(kind, number).lower()[:24],
    lambda ids, kind, number: ids.hex(kind, number).lower(),
    lambda ids, kind, number: ids.hex(kind, number)[:16],
    lambda ids, kind, number: f"job-{ids.hex(kind, number).lower()[:12]}",
    lambda ids, kind, number: str(1_000_000 + int(ids.hex(kind, number)[:8], 16)),
    lambda ids, kind, number: ids.hex(kind, number).lower()[:8],
)


def id_schemas(contract: Contract) -> Iterator[Mapping[str, Any]]:
    """Yield the schema of the job's id in each body that shows one, and in the poll's parameter."""
    for name, location in contract.lifecycle.locations.items():
        schema = _id_schema(contract, name, location)
        if schema:
            yield schema
    reading = _reading(contract)
    if reading is None:
        return
    last = _last_parameter(reading)
    for row in reading.parameters:
        if (row["in"], row["name"]) == last:
            yield flatten(contract.openapi, row.get("schema", {}))


def _id_schema(contract: Contract, name: str, location: Location) -> Mapping[str, Any]:
    if not location.id:
        return {}
    operation = contract.operations[name]
    schema = json_schema_of(operation.responses[operation.success].get("content", {}))
    at = location.id if location.items is None else f"{location.items}/-{location.id}"
    try:
        return flatten(contract.openapi, pointer.schema_at(contract.openapi, schema, at))
    except (LookupError, TypeError):
        return {}


def is_numbered(contract: Contract) -> bool:
    """Return whether ids of jobs are numbers."""
    return any(schema.get("type") in ("integer", "number") for schema in id_schemas(contract))


class IdMaker:
    """Makes ids that every schema of a contract allows."""

    def __init__(self, contract: Contract) -> None:
        schemas = Schemas(contract.openapi)
        validators = [schemas.validator(dict(schema)) for schema in id_schemas(contract)]
        patterns = [str(row["pattern"]) for row in id_schemas(contract) if "pattern" in row]
        by_pattern = (_of_pattern(pattern) for pattern in patterns)
        forms = (*(form for form in by_pattern if form is not None), *_FORMS)
        probe = Ids(0, "probe")
        fitting = (
            form
            for form in forms
            if all(each.is_valid(form(probe, "id", 1)) for each in validators)
        )
        if is_numbered(contract):
            self.of: Form = lambda _ids, _kind, number: str(number)
            return
        form = next(fitting, None)
        if form is None:
            raise ConfigurationError(
                f"{contract.folder}/openapi.yaml: no id that the mock can make fits the pattern "
                f"{' and '.join(patterns) or 'of the job id'}"
            )
        self.of = form


def _of_pattern(pattern: str) -> Form | None:
    if any(text_of_pattern(pattern, Random(seed)) is None for seed in range(20)):
        return None
    return lambda ids, kind, number: str(text_of_pattern(pattern, ids.random(kind, number)))
