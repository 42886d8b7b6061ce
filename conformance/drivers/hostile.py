"""Requests that are unusual or wrong in one place each: they may be refused, but break nothing."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import orjson

from conformance.access.client import UNSET
from conformance.contracts.inspection import parameter_schema
from conformance.drivers.base import DriverCase
from conformance.failures import Refused
from conformance.jobs.askers import HOSTILE
from conformance.requests.asked import Asked
from conformance.requests.filling import existing
from conformance.requests.mutations import Mutations, broken_json, parameter_values
from conformance.requests.strategies import FORM, JSON, Requests
from conformance.settings import Effort
from specs import Operation

# How many changes of a body an operation is sent at most; what the documents tell of comes first.
MOST: Final = {Effort.QUICK: 8, Effort.DEFAULT: 60, Effort.DEEP: 400}
MOST_COMPANION: Final = {Effort.QUICK: 0, Effort.DEFAULT: 6, Effort.DEEP: 400}


def drive(case: DriverCase) -> None:
    """Send them; only what the target allows, and nothing that others own."""
    requests = Requests(case.client)
    for name in case.operations:
        operation = case.contract.operations[name]
        documented = operation.source == "documented"
        most = (MOST if documented else MOST_COMPANION)[case.effort]
        there = existing(case.client, operation)
        plain = requests.plain(name, there[-1] if there else {})
        for asked in islice(_bodies(case, operation, requests, plain), most):
            _send(case, asked)
        if documented or case.effort is Effort.DEEP:
            _parameters(case, operation, plain)
        if operation.body is not None:
            _raw(case, operation, plain)


def _send(case: DriverCase, asked: Asked, **more: Any) -> None:
    try:
        asked.send(case.client, HOSTILE, valid=None, **more)
    except Refused:
        return


def _bodies(
    case: DriverCase, operation: Operation, requests: Requests, plain: Asked
) -> Iterator[Asked]:
    content = (operation.body or {}).get("content", {}).get(JSON)
    if content is None:
        return
    fullest = _fullest(content, plain.json)
    for changed in Mutations(case.contract.openapi).of(content["schema"], fullest):
        yield requests.renewed(plain.with_body(changed))


def _fullest(content: Mapping[str, Any], plain: Any) -> Any:
    """Return the example that says the most, with the plain one's own values in it."""
    examples = [example["value"] for example in content.get("examples", {}).values()]
    fullest = max([plain, *examples], key=lambda value: len(orjson.dumps(value)))
    if isinstance(fullest, dict) and isinstance(plain, dict):
        return {**fullest, **plain}
    return fullest


def _parameters(case: DriverCase, operation: Operation, plain: Asked) -> None:
    for parameter in operation.parameters:
        schema = parameter_schema(case.contract, parameter)
        for value in parameter_values(schema):
            _send(case, plain.with_parameter(parameter["name"], value))


def _raw(case: DriverCase, operation: Operation, plain: Asked) -> None:
    """Send bodies that are no JSON, and one under another media type."""
    media = JSON if JSON in (operation.body or {}).get("content", {}) else FORM
    valid = orjson.dumps({} if plain.json is UNSET else plain.json)
    for body in broken_json(valid):
        _send_bytes(case, plain, body, media)
    _send_bytes(case, plain, valid, "application/octet-stream")


def _send_bytes(case: DriverCase, plain: Asked, body: bytes, media: str) -> None:
    try:
        case.client.call(
            plain.operation,
            path=plain.path,
            query=plain.query,
            headers={"Content-Type": media},
            body=body,
            driver=HOSTILE,
            valid=False,
        )
    except Refused:
        return
