"""Which parameter of an operation names the job, and which job a request names."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contracts.inspection import BODY, id_parameters, links
from conformance.traffic.exchange import Exchange
from specs import Contract, Operation


def job_parameter(contract: Contract, operation_id: str) -> str | None:
    """Return the parameter of an operation that takes a job's id, None where it has none.

    The links of the operation that creates jobs say so; without a link it is, in an operation
    with a part in the lifecycle, the one path parameter without a closed list.
    """
    for name, expression in _linked(contract, operation_id):
        if expression == f"{BODY}{_created_id(contract)}":
            return name
    operation = contract.operations[operation_id]
    named = id_parameters(contract, operation)
    parts = {role.operation for name, role in contract.lifecycle.roles.items() if name != "create"}
    return named[0] if len(named) == 1 and operation_id in parts else None


def _linked(contract: Contract, operation_id: str) -> Iterator[tuple[str, Any]]:
    create = contract.operations[contract.lifecycle.roles["create"].operation]
    for link in links(create, create.success):
        if link.get("operationId") == operation_id:
            yield from link.get("parameters", {}).items()


def _created_id(contract: Contract) -> str:
    create = contract.lifecycle.roles["create"].operation
    return contract.lifecycle.locations[create].id


def asked_for(contract: Contract, exchange: Exchange) -> str | None:
    """Return the id of the job that a request names, None where it names none."""
    if exchange.operation is None:
        return None
    name = job_parameter(contract, exchange.operation)
    value = given(exchange).get(name or "")
    return None if value is None else str(value)


def given(exchange: Exchange) -> Mapping[str, Any]:
    """Return the path and query parameters of a request by name."""
    return {**dict(exchange.sent.query), **exchange.path_parameters}


def takes(operation: Operation, name: str) -> bool:
    """Tell whether an operation has a path or query parameter of this name."""
    return any(p["name"] == name and p["in"] in {"path", "query"} for p in operation.parameters)
