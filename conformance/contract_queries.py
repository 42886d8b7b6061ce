"""Finds a vendor's contract by the names that a user gives."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import specs
from conformance.errors import UsageError
from conformance.http.exchange import Exchange
from specs import Contract, Operation
from specs.files import ROOT
from specs.pointer import find, resolve, schema_at


def load_contract(vendor: str, profile: str, root: Path = ROOT) -> specs.Contract:
    """Return a vendor's contract.

    Raises:
        UsageError: there is no such vendor or profile.
        specs.SpecError: one of its files has a fault.
    """
    known = specs.vendors(root)
    if vendor not in known:
        raise UsageError(f"there is no vendor {vendor!r}; known vendors: {', '.join(known)}")
    if profile not in specs.PROFILES:
        names = ", ".join(specs.PROFILES)
        raise UsageError(f"--profile: there is no profile {profile!r}; known profiles: {names}")
    return specs.load(vendor, profile, root)


SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
RESPONSE_BODY = "$response.body#"


def parameter_schema(contract: Contract, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a parameter, its reference followed."""
    schema: Mapping[str, Any] = resolve(contract.openapi, parameter.get("schema", {}))
    return schema


def id_parameters(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """Return the path parameters that name somebody's thing: those without a closed list."""
    return tuple(
        parameter["name"]
        for parameter in operation.parameters
        if parameter["in"] == "path" and "enum" not in parameter_schema(contract, parameter)
    )


def links(operation: Operation, status: int) -> Iterator[Mapping[str, Any]]:
    """Yield the link objects of a response."""
    yield from operation.responses.get(status, {}).get("links", {}).values()


def create_operations(contract: Contract) -> frozenset[str]:
    """Return the operations that create a job: POSTs that name none and whose answer does."""
    locations = contract.lifecycle.locations
    found = {contract.lifecycle.actions["create"].operation}
    for operation in contract.operations.values():
        if operation.method == "POST" and operation.id in locations:
            found |= set() if id_parameters(contract, operation) else {operation.id}
    return frozenset(found)


def id_type(contract: Contract, operation_id: str, status: int) -> type:
    """Return the type that a job's id has in a body: an id of another type names no job."""
    location = contract.lifecycle.locations[operation_id]
    schema = contract.schema(operation_id, status)
    way = (location.items or "") + ("/-" if location.items is not None else "") + location.id
    try:
        found = schema_at(contract.openapi, schema, way)
    except (LookupError, TypeError):
        return str
    return int if found.get("type") == "integer" else str


def created_ids(contract: Contract, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield (parameter name, id) of what an answered exchange has made.

    A POST that names no existing thing makes one. Its links say which parameters the new id fits;
    a job's id fits the path of every operation that plays a part in its life; and a field that is
    called like an id parameter of another operation fits that one.
    """
    operation = contract.operations[exchange.operation or ""]
    if operation.method != "POST" or id_parameters(contract, operation):
        return
    location = contract.lifecycle.locations.get(operation.id)
    if location is not None:
        for action in contract.lifecycle.actions.values():
            for name in id_parameters(contract, contract.operations[action.operation]):
                yield from _id(contract, name, exchange.json, location.id)
    for link in links(operation, exchange.status or 0):
        for name, expression in link.get("parameters", {}).items():
            if isinstance(expression, str) and expression.startswith(RESPONSE_BODY):
                yield from _id(
                    contract, name, exchange.json, expression.removeprefix(RESPONSE_BODY)
                )
    for other in contract.operations.values():
        for name in id_parameters(contract, other):
            yield from _id(contract, name, exchange.json, f"/{name}")


def _id(contract: Contract, name: str, body: Any, pointer: str) -> Iterator[tuple[str, str]]:
    try:
        value = find(body, pointer)
    except (LookupError, TypeError):
        return
    if type(value) is _parameter_type(contract, name):
        yield name, str(value)


def _parameter_type(contract: Contract, name: str) -> type:
    for operation in contract.operations.values():
        for parameter in operation.parameters:
            if parameter["name"] == name:
                kind = parameter_schema(contract, parameter).get("type")
                return int if kind == "integer" else str
    return str


def security_scheme(contract: Contract, operation: Operation) -> Mapping[str, Any] | None:
    """Return the security scheme object of an operation, None where it needs no credential."""
    for alternative in operation.security:
        for name in alternative:
            found: Mapping[str, Any] = contract.openapi["components"]["securitySchemes"][name]
            return found
    return None


def token_operation(contract: Contract) -> Operation | None:
    """Return the operation that exchanges client credentials for a token: the one behind Basic."""
    for operation in contract.operations.values():
        found = security_scheme(contract, operation)
        if found and (found.get("type"), found.get("scheme")) == ("http", "basic"):
            return operation
    return None


def job_parameter(contract: Contract, operation_id: str) -> str | None:
    """Return the parameter of an operation that takes a job's id, None where it has none.

    The links of the operation that creates jobs say so; without a link it is, in an operation
    with a part in the lifecycle, the one path parameter without a closed list.
    """
    for name, expression in _linked(contract, operation_id):
        if expression == f"{RESPONSE_BODY}{_created_id(contract)}":
            return name
    operation = contract.operations[operation_id]
    named = id_parameters(contract, operation)
    parts = {
        action.operation for name, action in contract.lifecycle.actions.items() if name != "create"
    }
    return named[0] if len(named) == 1 and operation_id in parts else None


def _linked(contract: Contract, operation_id: str) -> Iterator[tuple[str, Any]]:
    create = contract.operations[contract.lifecycle.actions["create"].operation]
    for link in links(create, create.success):
        if link.get("operationId") == operation_id:
            yield from link.get("parameters", {}).items()


def _created_id(contract: Contract) -> str:
    create = contract.lifecycle.actions["create"].operation
    return contract.lifecycle.locations[create].id


def request_parameters(exchange: Exchange) -> Mapping[str, Any]:
    """Return the path and query parameters of a request by name."""
    return {**dict(exchange.request.query), **exchange.path_parameters}


def has_parameter(operation: Operation, name: str) -> bool:
    """Tell whether an operation has a path or query parameter of this name."""
    return any(p["name"] == name and p["in"] in {"path", "query"} for p in operation.parameters)


def match_path(template: str, path: str) -> Mapping[str, str] | None:
    """Return the values of the template's parameters if `path` ends in it, else None.

    What stands before the template (the path of a base URL) is passed over.
    """
    names = re.findall(r"\{([^}]+)\}", template)
    pattern = re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(template))
    found = re.search(f"{pattern}/?$", path)
    if found is None:
        return None
    return dict(zip(names, map(unquote, found.groups()), strict=True))


def operation_at(contract: Contract, path: str) -> str | None:
    """Return the operation whose template `path` ends in, None where there is none."""
    for operation in contract.operations.values():
        if match_path(operation.path, path) is not None:
            return operation.id
    return None


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


def containers(body: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Yield (place, holder, name) of everything that could hold the last member of `pointer`.

    The holder is an object (or, for a last `-`, a list); nothing is yielded where it is missing
    or of another type.
    """
    *way, last = pointer.split("/")[1:]
    for place, value in _walk("", body, way):
        if isinstance(value, list if last == "-" else dict):
            yield place, value, last.replace("~1", "/").replace("~0", "~")


def values_at(body: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of each value that `pointer` names in `body`; `""` names it all."""
    if not pointer:
        yield "", body
        return
    yield from _walk("", body, pointer.split("/")[1:])


def value_at(body: Any, pointer: str) -> Any:
    """Return the first value that `pointer` names in `body`, or ABSENT."""
    return next((value for _, value in values_at(body, pointer)), ABSENT)


def strings_in(body: Any) -> Iterator[str]:
    """Yield every text in a body."""
    if isinstance(body, str):
        yield body
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for value in inner:
        yield from strings_in(value)


def _walk(place: str, value: Any, way: list[str]) -> Iterator[tuple[str, Any]]:
    if not way:
        yield place, value
        return
    name = way[0].replace("~1", "/").replace("~0", "~")
    if way[0] == "-" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(f"{place}/{index}", item, way[1:])
    elif isinstance(value, dict) and name in value:
        yield from _walk(f"{place}/{way[0]}", value[name], way[1:])
