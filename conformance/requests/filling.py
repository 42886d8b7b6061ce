"""Values for an operation's parameters that are right, as far as anybody can know."""

from collections.abc import Mapping
from typing import Any

from conformance.access.client import Client
from conformance.access.target import PRIMARY
from conformance.contracts.inspection import id_parameters, parameter_schema
from specs import Operation


def parameters(
    client: Client, operation: Operation, *, every: bool = False
) -> dict[str, dict[str, Any]]:
    """Return values for the required parameters (`every`: for the optional ones too) by place.

    A value comes from the target file, what the run has made, the contract's example or closed
    list; an id that nothing is known of names nothing.
    """
    ids = id_parameters(client.contract, operation)
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.parameters:
        if parameter.get("required") or every:
            name = parameter["name"]
            places[parameter["in"]][name] = value(client, parameter, is_id=name in ids)
    return places


def existing(client: Client, operation: Operation, role: str = PRIMARY) -> list[dict[str, Any]]:
    """Return sets of parameter values that each name something which is there for `role`.

    Reading operations may name known things and those that the run has made, writing ones those
    that the run has made and those to which the target file consents.
    """
    named = {p["name"] for p in operation.parameters if p["in"] in {"path", "query"}}
    ids = set(id_parameters(client.contract, operation)) or named & set(client.ledger.parameters)
    found = []
    if not client.guard.is_write(operation):
        found += [row for rows in client.target.known.values() for row in rows]
    for name in client.ledger.parameters:
        found += [
            {**origin.path_parameters, name: id_}
            for id_, origin in client.ledger.origins(name)
            if origin.sent.role == role
        ]
    kept = ({key: row[key] for key in row if key in named} for row in found)
    return [row for row in kept if ids and ids <= row.keys()]


def value(client: Client, parameter: Mapping[str, Any], *, is_id: bool = False) -> Any:
    """Return a value for one parameter."""
    name = parameter["name"]
    if name in client.target.values:
        return client.target.values[name][0]
    if made := client.ledger.made(name):
        return made[-1]
    return client.absent_id(name) if is_id else _described(client, parameter)


def _described(client: Client, parameter: Mapping[str, Any]) -> Any:
    schema = parameter_schema(client.contract, parameter)
    for source, key in ((parameter, "example"), (schema, "example"), (schema, "default")):
        if key in source:
            return source[key]
    if "enum" in schema:
        return schema["enum"][0]
    return schema.get("minimum", 1) if schema.get("type") in {"integer", "number"} else "x"
