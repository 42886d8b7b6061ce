"""Directed requests: valid ones with a change in each, unauthorised ones, simultaneous ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, islice
from typing import Any, Final

import orjson

from conformance.contract_queries import id_parameters, parameter_schema, security_scheme
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.http.request import UNSET
from conformance.job_client import LIFECYCLE, NEGATIVE, JobClient, JobRef
from conformance.request_data import OperationRequest, existing_resources, json_media
from conformance.request_data.edge_cases import (
    Mutations,
    edge_case_parameters,
    malformed_json,
    unusual_bodies,
)
from conformance.request_data.factory import FORM, RequestFactory
from conformance.settings import Effort
from conformance.target import FOREIGN, LIMITED, WRONG, is_loopback
from specs import Operation

# The maximum number of mutated bodies for each operation; those that create something are dear.
MAX_MUTATIONS: Final = {Effort.QUICK: 120, Effort.DEFAULT: 120, Effort.DEEP: 400}
MAX_MUTATIONS_CREATING: Final = {Effort.QUICK: 8, Effort.DEFAULT: 120, Effort.DEEP: 400}
MAX_MUTATIONS_UNDOCUMENTED: Final = {Effort.QUICK: 0, Effort.DEFAULT: 6, Effort.DEEP: 400}
# So many values of a parameter of an operation that is on none of the documents.
MAX_VALUES_UNDOCUMENTED: Final = 2
# How many requests are in flight at a time, and how often.
IN_FLIGHT: Final = 4
ROUNDS: Final = {Effort.QUICK: 1, Effort.DEFAULT: 2, Effort.DEEP: 10}
# Stands for bytes that are no text.
NOT_UTF8: Final = "not-utf-8"
# Tried where an operation has none of them; the last two only where a path names one thing.
SAFE_OTHER_METHODS: Final = ("OPTIONS", "GET")
OTHER_METHODS: Final = ("POST", "PATCH")
OTHER_METHODS_WITH_ID: Final = (*OTHER_METHODS, "PUT", "DELETE")


def drive_negative(case: DriverCase) -> None:
    """Send requests that differ from a valid one; what the target does not allow is omitted."""
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
    content = (operation.body or {}).get("content", {}).get(json_media(operation))
    if content is None:
        return
    body = _largest_example(content, valid.json)
    mutations = Mutations(case.contract.openapi).mutate(content["schema"], body)
    for mutated in chain(unusual_bodies(body), mutations):
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
    media = json_media(operation) or FORM
    body = orjson.dumps({} if valid.json is UNSET else valid.json)
    octets = "application/octet-stream"
    raw = [*((malformed, media) for malformed in malformed_json(body)), (body, octets)]
    for content, name in raw:
        _send(case, valid, body=content, headers={"Content-Type": name}, valid=False)


def drive_concurrent(case: DriverCase) -> None:
    """Send requests of each operation at the same time: each is answered as if it were alone.

    They differ in what they name.
    """
    jobs = JobClient(case.client, LIFECYCLE)
    for name in case.operations:
        for _ in range(ROUNDS[case.effort]):
            requests = _simultaneous(case, jobs, case.contract.operations[name])
            if len(requests) > 1:
                _send_together(case, jobs, requests)


def _simultaneous(
    case: DriverCase, jobs: JobClient, operation: Operation
) -> Sequence[OperationRequest]:
    actions = {action.operation: action.name for action in jobs.lifecycle.actions.values()}
    action = actions.get(operation.id, "")
    if id_parameters(case.contract, operation):
        if action == "create":
            return _creations_from_consent(case, jobs, operation)
        return _polls(jobs, operation) if action == "poll" else ()
    if case.client.quota.creates(operation) and operation.body is not None:
        return [*islice(_creations(jobs, operation), IN_FLIGHT)]
    return ()


def _polls(jobs: JobClient, operation: Operation) -> Sequence[OperationRequest]:
    """Return polls of two jobs that differ in their ids alone, and whose states stay."""
    final = [state.name for state in jobs.lifecycle.states.values() if state.final or state.file]
    refs = {ref.id: ref for ref in jobs.known_jobs(*final)}
    polls = [(ref, jobs.request_for(operation.id, ref)) for ref in refs.values()]
    for (job, first), (other_job, second) in combinations(polls, 2):
        if _other_parameters(first, job) == _other_parameters(second, other_job):
            return [first, second] * (IN_FLIGHT // 2)
    return ()


def _other_parameters(request: OperationRequest, job: JobRef) -> list[tuple[str, object]]:
    return [(name, value) for name, value in request.path.items() if value != job.id]


def _creations_from_consent(
    case: DriverCase, jobs: JobClient, operation: Operation
) -> Sequence[OperationRequest]:
    """Return requests that create jobs from two resources to which the target file consents."""
    consent = case.target.consent.get(operation.id)
    names = id_parameters(case.contract, operation)
    if consent is None or len(names) != 1:
        return ()
    ids = consent.path.get(names[0], ())[:2]
    return [jobs.factory.minimal(operation.id, {names[0]: id_}) for id_ in ids]


def _creations(jobs: JobClient, operation: Operation) -> Iterator[OperationRequest]:
    """Yield creations that ask for different things, as far as the contract knows any."""
    existing = existing_resources(jobs.client, operation)
    minimal = jobs.factory.minimal(operation.id, existing[-1] if existing else {})
    yield minimal
    for number, variant in enumerate(jobs.factory.variants_of(minimal), 1):
        if variant.path == minimal.path and variant.query == minimal.query:
            yield jobs.factory.with_fresh_unique_values(variant, number)


def _send_together(case: DriverCase, jobs: JobClient, requests: Sequence[OperationRequest]) -> None:
    try:
        calls = [request.prepare(case.client, LIFECYCLE) for request in requests]
        exchanges = case.client.send_together(calls)
    except NotPermitted:
        return
    create = jobs.lifecycle.actions["create"].operation
    for exchange in exchanges:
        if exchange.operation == create and (job := jobs.created_job(exchange)) is not None:
            jobs.poll(job)
