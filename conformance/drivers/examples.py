"""Sends the contract's examples, unknown ids, and requests of unauthorised roles."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract_queries import id_parameters, security_scheme
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.http.request import FORM, UNSET
from conformance.request_data import existing_resources, parameter_values
from conformance.target import FOREIGN, LIMITED, PRIMARY, WRONG
from specs import Operation

NAME = "examples"


def drive(case: DriverCase) -> None:
    """Send the requests; what the target does not allow is omitted."""
    for name in case.operations:
        operation = case.contract.operations[name]
        existing = _existing(case, operation)
        for content in _bodies(operation):
            _send(case, operation, existing, content, valid=True)
        if ids := id_parameters(case.contract, operation):
            unused = {id_: case.client.unused_id(id_) for id_ in ids}
            _send(case, operation, unused, next(_bodies(operation)), valid=True)
        for role in _unauthorised_roles(case, operation):
            valid = False if role in {None, WRONG} else None
            existing = _existing(case, operation)
            _send(case, operation, existing, next(_bodies(operation)), valid=valid, role=role)


def _existing(case: DriverCase, operation: Operation) -> Mapping[str, Any]:
    """Return parameters that name what was created last, empty where nothing exists."""
    existing = existing_resources(case.client, operation)
    return existing[-1] if existing else {}


def _unauthorised_roles(case: DriverCase, operation: Operation) -> Iterator[str | None]:
    """Yield the roles that should be rejected: none at all, an invented one, and two others."""
    if security_scheme(case.contract, operation) is not None:
        yield from (None, WRONG)
        if case.target.has_credential(LIMITED):
            yield LIMITED
        # Another account may create resources of its own, so only requests with an id count.
        if case.target.has_credential(FOREIGN) and id_parameters(case.contract, operation):
            yield FOREIGN


def _bodies(operation: Operation) -> Iterator[tuple[str | None, Any]]:
    """Yield media type and value of the body's examples; no body where there are none."""
    examples = [
        (media, value)
        for media, content in (operation.body or {"content": {}})["content"].items()
        for value in _examples(content)
    ]
    yield from examples or [(None, UNSET)]


def _examples(content: Mapping[str, Any]) -> list[Any]:
    examples = [example["value"] for example in content.get("examples", {}).values()]
    return examples or ([content["example"]] if "example" in content else [])


def _send(
    case: DriverCase,
    operation: Operation,
    parameters: Mapping[str, Any],
    content: tuple[str | None, Any],
    *,
    valid: bool | None,
    role: str | None = PRIMARY,
) -> None:
    values = parameter_values(case.client, operation)
    for parameter in operation.parameters:
        if parameter["name"] in parameters and parameter["in"] in {"path", "query"}:
            values[parameter["in"]][parameter["name"]] = parameters[parameter["name"]]
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
