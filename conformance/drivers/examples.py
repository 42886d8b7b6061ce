"""One request of each telling kind for each operation: right, unknown id, and by whom."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract_queries import id_parameters, security_scheme
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.request_data.operation_request import existing_resources, parameter_values
from conformance.target.client import UNSET
from conformance.target.config import FOREIGN, LIMITED, PRIMARY, WRONG
from specs import Operation

NAME = "examples"
FORM = "application/x-www-form-urlencoded"


def drive(case: DriverCase) -> None:
    """Send the requests; what the target does not allow is left out."""
    for name in case.operations:
        operation = case.contract.operations[name]
        _send_examples(case, operation)
        _send_unused_id(case, operation)
        for role in _unauthorised_roles(case, operation):
            _send_as(case, operation, role)


def _send_examples(case: DriverCase, operation: Operation) -> None:
    """Send the contract's examples: they are right, and name things that are there, if any."""
    there = existing_resources(case.client, operation)
    for content in _bodies(operation):
        _send(case, operation, _values(case, operation, there[-1] if there else {}), content, True)


def _send_unused_id(case: DriverCase, operation: Operation) -> None:
    ids = id_parameters(case.contract, operation)
    if ids:
        absent = {name: case.client.unused_id(name) for name in ids}
        content = next(_bodies(operation))
        _send(case, operation, _values(case, operation, absent), content, True)


def _unauthorised_roles(case: DriverCase, operation: Operation) -> Iterator[str | None]:
    """Yield the roles that should be refused: none at all, an invented one, and two others."""
    if security_scheme(case.contract, operation) is not None:
        yield from (None, WRONG)
        if case.target.has_credential(LIMITED):
            yield LIMITED
        # Another account may make things of its own: that would tell nothing.
        if case.target.has_credential(FOREIGN) and id_parameters(case.contract, operation):
            yield FOREIGN


def _send_as(case: DriverCase, operation: Operation, role: str | None) -> None:
    there = existing_resources(case.client, operation)
    values = _values(case, operation, there[-1] if there else {})
    valid = False if role in {None, WRONG} else None
    _send(case, operation, values, next(_bodies(operation)), valid, role)


def _values(
    case: DriverCase, operation: Operation, chosen: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    places = parameter_values(case.client, operation)
    for parameter in operation.parameters:
        if parameter["name"] in chosen and parameter["in"] in {"path", "query"}:
            places[parameter["in"]][parameter["name"]] = chosen[parameter["name"]]
    return places


def _bodies(operation: Operation) -> Iterator[tuple[str | None, Any]]:
    """Yield media type and value of the body's examples; of no body where there is none."""
    if operation.body is None:
        yield None, UNSET
        return
    found = False
    for media, content in operation.body["content"].items():
        examples = [entry["value"] for entry in content.get("examples", {}).values()]
        for value in examples or ([content["example"]] if "example" in content else []):
            found = True
            yield media, value
    if not found:
        yield None, UNSET


def _send(
    case: DriverCase,
    operation: Operation,
    values: Mapping[str, Mapping[str, Any]],
    content: tuple[str | None, Any],
    valid: bool | None,
    role: str | None = PRIMARY,
) -> None:
    media, value = content
    form = value if media == FORM else None
    try:
        case.client.call(
            operation.id,
            path=values["path"],
            query=values["query"],
            json=UNSET if form is not None else value,
            form=form,
            role=role,
            driver=NAME,
            valid=valid,
        )
    except NotPermitted:
        return
