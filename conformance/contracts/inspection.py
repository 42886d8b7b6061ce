"""What the contract tells of an operation without saying it outright: ids, links, credentials."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.traffic.exchange import Exchange
from specs import Contract, Operation
from specs.pointer import find, resolve, schema_at

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BODY = "$response.body#"


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


def creators(contract: Contract) -> frozenset[str]:
    """Return the operations that create a job: POSTs that name none and whose answer does."""
    locations = contract.lifecycle.locations
    found = {contract.lifecycle.roles["create"].operation}
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


def ids_made(contract: Contract, exchange: Exchange) -> Iterator[tuple[str, str]]:
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
        for role in contract.lifecycle.roles.values():
            for name in id_parameters(contract, contract.operations[role.operation]):
                yield from _id(contract, name, exchange.json, location.id)
    for link in links(operation, exchange.status or 0):
        for name, expression in link.get("parameters", {}).items():
            if isinstance(expression, str) and expression.startswith(BODY):
                yield from _id(contract, name, exchange.json, expression.removeprefix(BODY))
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


def scheme(contract: Contract, operation: Operation) -> Mapping[str, Any] | None:
    """Return the security scheme object of an operation, None where it needs no credential."""
    for alternative in operation.security:
        for name in alternative:
            found: Mapping[str, Any] = contract.openapi["components"]["securitySchemes"][name]
            return found
    return None


def token_operation(contract: Contract) -> Operation | None:
    """Return the operation that exchanges client credentials for a token: the one behind Basic."""
    for operation in contract.operations.values():
        found = scheme(contract, operation)
        if found and (found.get("type"), found.get("scheme")) == ("http", "basic"):
            return operation
    return None
