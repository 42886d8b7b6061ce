"""Which parameters of operations are ids, and which of them takes the id of a job."""

from collections.abc import Iterator, Mapping
from typing import Any

from specs.contract import Contract, Operation
from specs.pointer import resolve

RESPONSE_BODY = "$response.body#"


def parameter_schema(contract: Contract, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a parameter, its reference resolved."""
    schema: Mapping[str, Any] = resolve(contract.openapi, parameter.get("schema", {}))
    return schema


def id_parameters(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """Return the path parameters that are ids: those without an enum."""
    return contract.id_parameters[operation.id]


def job_parameter(contract: Contract, operation_id: str) -> str | None:
    """Return the parameter of an operation that takes a job's id, None where it has none.

    The links of the operation that creates jobs say so. Without a link it is, for an operation
    with an action in the lifecycle, the only id in the path that the creation does not have, else
    the only query parameter that is required.
    """
    create = contract.operations[contract.lifecycle.actions["create"].operation]
    location = contract.lifecycle.locations.get(create.id)
    created_id = f"{RESPONSE_BODY}{location.id}" if location else None
    for link in links(create, create.success):
        for name, expression in link.get("parameters", {}).items():
            if link.get("operationId") == operation_id and expression == created_id:
                return str(name)
    actions = contract.lifecycle.actions.items()
    if operation_id not in {action.operation for name, action in actions if name != "create"}:
        return None
    operation = contract.operations[operation_id]
    ids = id_parameters(contract, operation)
    if len(ids) == 1 and not contract.own:
        return ids[0]
    return _further_id(contract, create, operation) if contract.own else None


def _further_id(contract: Contract, create: Operation, operation: Operation) -> str | None:
    """Return the one id that an operation takes and the creation does not, or None."""
    scope = {parameter["name"] for parameter in create.parameters}
    ids = [name for name in id_parameters(contract, operation) if name not in scope]
    if not ids and not _is_list(contract, operation.id):
        ids = [
            parameter["name"]
            for parameter in operation.parameters
            if parameter["in"] == "query" and parameter.get("required")
            if parameter["name"] not in scope
        ]
    return ids[0] if len(ids) == 1 else None


def _is_list(contract: Contract, operation_id: str) -> bool:
    location = contract.lifecycle.locations.get(operation_id)
    return location is not None and location.items is not None


def links(operation: Operation, status: int) -> Iterator[Mapping[str, Any]]:
    """Yield the links of a response."""
    yield from operation.responses.get(status, {}).get("links", {}).values()
