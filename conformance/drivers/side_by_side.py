"""Requests in flight at the same time: each must be answered as if it were alone."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import Final

from conformance.contract_queries import id_parameters
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.job_client import LIFECYCLE, JobClient, JobRef
from conformance.request_data.operation_request import OperationRequest, existing_resources
from conformance.settings import Effort
from specs import Operation

# How many requests are in flight together, and how often.
TOGETHER: Final = 4
ROUNDS: Final = {Effort.QUICK: 1, Effort.DEFAULT: 2, Effort.DEEP: 10}


def drive(case: DriverCase) -> None:
    """Send requests of each operation that differ in what they name or make, side by side."""
    jobs = JobClient(case.client, LIFECYCLE)
    for name in case.operations:
        for _ in range(ROUNDS[case.effort]):
            requests = _requests(case, jobs, case.contract.operations[name])
            if len(requests) > 1:
                _send(case, jobs, requests)


def _requests(
    case: DriverCase, jobs: JobClient, operation: Operation
) -> Sequence[OperationRequest]:
    roles = {role.operation: role.name for role in jobs.lifecycle.actions.values()}
    role = roles.get(operation.id, "")
    if id_parameters(case.contract, operation):
        if role == "create":
            return _of_existing(case, jobs, operation)
        return _looks(jobs, operation) if role == "poll" else ()
    if case.client.quota.creates(operation) and operation.body is not None:
        return [*islice(_creations(jobs, operation), TOGETHER)]
    return ()


def _looks(jobs: JobClient, operation: Operation) -> Sequence[OperationRequest]:
    """Return looks at two jobs of one place, whose states stay as they are."""
    final = [state.name for state in jobs.lifecycle.states.values() if state.final or state.file]
    refs = {ref.id: ref for ref in jobs.known_jobs(*final)}
    looks = [(ref, jobs.request_for(operation.id, ref)) for ref in refs.values()]
    for (one, first), (other, second) in combinations(looks, 2):
        if _place(first, one) == _place(second, other):
            return [first, second] * (TOGETHER // 2)
    return ()


def _place(request: OperationRequest, ref: JobRef) -> list[tuple[str, object]]:
    return [(name, value) for name, value in request.path.items() if value != ref.id]


def _of_existing(
    case: DriverCase, jobs: JobClient, operation: Operation
) -> Sequence[OperationRequest]:
    """Return requests that create jobs from two things to which the target file consents."""
    consent = case.target.consent.get(operation.id)
    names = id_parameters(case.contract, operation)
    if consent is None or len(names) != 1:
        return ()
    ids = consent.path.get(names[0], ())[:2]
    return [jobs.factory.minimal(operation.id, {names[0]: id_}) for id_ in ids]


def _creations(jobs: JobClient, operation: Operation) -> Iterator[OperationRequest]:
    """Yield creations that ask for different things, as far as the contract knows any."""
    there = existing_resources(jobs.client, operation)
    plain = jobs.factory.minimal(operation.id, there[-1] if there else {})
    yield plain
    for number, other in enumerate(jobs.factory.variants_of(plain), 1):
        if other.path == plain.path and other.query == plain.query:
            yield jobs.factory.with_fresh_unique_values(other, number)


def _send(case: DriverCase, jobs: JobClient, requests: Sequence[OperationRequest]) -> None:
    try:
        calls = [request.prepare(case.client, LIFECYCLE) for request in requests]
        exchanges = case.client.send_together(calls)
    except NotPermitted:
        return
    create = jobs.lifecycle.actions["create"].operation
    for exchange in exchanges:
        if exchange.operation == create and (ref := jobs.created_job(exchange)) is not None:
            jobs.poll(ref)
