"""Sends a valid request of each operation, each with one change in it, and unauthorised ones."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

import orjson

from conformance.contract_queries import id_parameters, parameter_schema, security_scheme
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.http.request import UNSET
from conformance.job_client import NEGATIVE
from conformance.request_data import OperationRequest, existing_resources
from conformance.request_data.edge_cases import Mutations, edge_case_parameters, malformed_json
from conformance.request_data.factory import FORM, JSON, RequestFactory
from conformance.settings import Effort
from conformance.target import FOREIGN, LIMITED, WRONG, is_loopback
from specs import Operation

# The maximum number of mutated bodies for each operation; those that create something are dear.
MAX_MUTATIONS: Final = {Effort.QUICK: 120, Effort.DEFAULT: 120, Effort.DEEP: 400}
MAX_MUTATIONS_CREATING: Final = {Effort.QUICK: 8, Effort.DEFAULT: 120, Effort.DEEP: 400}
MAX_MUTATIONS_UNDOCUMENTED: Final = {Effort.QUICK: 0, Effort.DEFAULT: 6, Effort.DEEP: 400}
# So many values of a parameter of an operation that is on none of the documents.
MAX_VALUES_UNDOCUMENTED: Final = 2
# Stands for bytes that are no text.
NOT_UTF8: Final = "not-utf-8"
# Tried where an operation has none of them; the last two only where a path names one thing.
SAFE_OTHER_METHODS: Final = ("OPTIONS", "GET")
OTHER_METHODS: Final = ("POST", "PATCH")
OTHER_METHODS_WITH_ID: Final = (*OTHER_METHODS, "PUT", "DELETE")


def drive(case: DriverCase) -> None:
    """Send the requests; what the target does not allow is omitted."""
    factory = RequestFactory(case.client)
    for name in case.operations:
        operation = case.contract.operations[name]
        documented = operation.source == "documented"
        existing = existing_resources(case.client, operation)
        valid = factory.minimal(name, existing[-1] if existing else {})
        _send(case, valid, valid=True)
        if ids := id_parameters(case.contract, operation):
            unused = {id_: case.client.unused_id(id_) for id_ in ids}
            _send(case, factory.minimal(name, unused), valid=True)
        limit = _max_mutations(case, operation)
        for request in islice(_bodies(case, operation, factory, valid), limit):
            _send(case, request)
        count = None if documented or case.effort is Effort.DEEP else MAX_VALUES_UNDOCUMENTED
        _send_parameters(case, operation, valid, count)
        if operation.body is not None:
            _send_raw_bodies(case, operation, valid)
        for role in _unauthorised_roles(case, operation):
            _send(case, valid, role=role, valid=False if role in {None, WRONG} else None)
    _send_other_methods(case)


def _max_mutations(case: DriverCase, operation: Operation) -> int:
    creates = operation.id == case.contract.lifecycle.actions["create"].operation
    if operation.source != "documented" and not creates:
        return MAX_MUTATIONS_UNDOCUMENTED[case.effort]
    creates = creates or case.client.quota.creates(operation)
    return (MAX_MUTATIONS_CREATING if creates else MAX_MUTATIONS)[case.effort]


def _send(case: DriverCase, request: OperationRequest, **options: Any) -> None:
    try:
        request.send(case.client, NEGATIVE, **{"valid": None, **options})
    except NotPermitted:
        return


def _unauthorised_roles(case: DriverCase, operation: Operation) -> Iterator[str | None]:
    """Yield the roles that should be rejected: none at all, an invented one, and two others."""
    if security_scheme(case.contract, operation) is not None:
        yield from (None, WRONG)
        if case.target.has_credential(LIMITED):
            yield LIMITED
        # Another account may create resources of its own, so only requests with an id count.
        if case.target.has_credential(FOREIGN) and id_parameters(case.contract, operation):
            yield FOREIGN


def _bodies(
    case: DriverCase, operation: Operation, factory: RequestFactory, valid: OperationRequest
) -> Iterator[OperationRequest]:
    content = (operation.body or {}).get("content", {}).get(JSON)
    if content is None:
        return
    body = _largest_example(content, valid.json)
    for mutated in Mutations(case.contract.openapi).mutate(content["schema"], body):
        yield factory.with_fresh_unique_values(valid.with_body(mutated))


def _largest_example(content: Mapping[str, Any], valid: Any) -> Any:
    """Return the largest example, with the values of the valid body in it."""
    examples = [example["value"] for example in content.get("examples", {}).values()]
    largest = max([valid, *examples], key=lambda value: len(orjson.dumps(value)))
    if isinstance(largest, dict) and isinstance(valid, dict):
        return {**largest, **valid}
    return largest


def _send_parameters(
    case: DriverCase, operation: Operation, valid: OperationRequest, count: int | None
) -> None:
    """Send unusual values of each parameter, the first `count`; a query parameter also twice."""
    for parameter in operation.parameters:
        name = parameter["name"]
        values = edge_case_parameters(parameter_schema(case.contract, parameter))
        for value in values[:count]:
            _send(case, valid.with_parameter(name, value))
        if parameter["in"] in {"path", "query"}:
            _send_not_utf8(case, valid, name)
        if parameter["in"] == "query":
            value = parameter.get("example", values[0])
            for twice in ([value, value], [value, values[0]]):
                _send(case, valid.with_parameter(name, twice))


def _send_not_utf8(case: DriverCase, valid: OperationRequest, name: str) -> None:
    """Send a parameter that is not UTF-8 once its percent-encoding is undone."""
    try:
        call = valid.with_parameter(name, NOT_UTF8).prepare(case.client, NEGATIVE, valid=None)
        path, _, query = call.request.target.partition("?")
        path, query = (text.replace(NOT_UTF8, "%FF%FE") for text in (path, query))
        request = replace(call.request, path=path, raw_query=query or None)
        case.client.send_prepared(replace(call, request=request))
    except NotPermitted:
        return


def _send_other_methods(case: DriverCase) -> None:
    """Send to each path methods that no operation has there: with ids that do not exist.

    What no page names may do anything at a real account, so only a loopback one gets unsafe ones,
    and a path that needs consent gets none.
    """
    operations = [case.contract.operations[name] for name in case.operations]
    operations = [o for o in operations if not case.client.policy.needs_consent(o)]
    for path, operation in {operation.path: operation for operation in operations}.items():
        known = {o.method for o in case.contract.operations.values() if o.path == path}
        methods = list(SAFE_OTHER_METHODS)
        if case.target.writes and is_loopback(case.target.base_url):
            ids = id_parameters(case.contract, operation)
            methods += OTHER_METHODS_WITH_ID if ids else OTHER_METHODS
        for method in methods:
            if method not in known:
                case.client.send_other_method(operation, method, NEGATIVE)


def _send_raw_bodies(case: DriverCase, operation: Operation, valid: OperationRequest) -> None:
    """Send malformed bodies, and a valid one under another media type."""
    media = JSON if JSON in (operation.body or {}).get("content", {}) else FORM
    body = orjson.dumps({} if valid.json is UNSET else valid.json)
    octets = "application/octet-stream"
    raw = [*((malformed, media) for malformed in malformed_json(body)), (body, octets)]
    for content, name in raw:
        _send(case, valid, body=content, headers={"Content-Type": name}, valid=False)
