"""Values for an operation's parameters that are right, as far as anybody can know."""

from collections.abc import Mapping
from typing import Any

from conformance.client import Client
from conformance.inspection import id_parameters, parameter_schema
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
