"""Sends requests at the same time: each must be answered as if it were alone."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import Final

from conformance.contract_queries import id_parameters
from conformance.drivers import DriverCase
from conformance.errors import NotPermitted
from conformance.job_client import LIFECYCLE, JobClient, JobRef
from conformance.request_data import OperationRequest, existing_resources
from conformance.settings import Effort
from specs import Operation

# How many requests are in flight at a time, and how often.
IN_FLIGHT: Final = 4
ROUNDS: Final = {Effort.QUICK: 1, Effort.DEFAULT: 2, Effort.DEEP: 10}


def drive(case: DriverCase) -> None:
    """Send requests of each operation at the same time, which differ in what they name."""
    jobs = JobClient(case.client, LIFECYCLE)
    for name in case.operations:
        for _ in range(ROUNDS[case.effort]):
            requests = _requests(case, jobs, case.contract.operations[name])
            if len(requests) > 1:
                _send(case, jobs, requests)


def _requests(
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


def _send(case: DriverCase, jobs: JobClient, requests: Sequence[OperationRequest]) -> None:
    try:
        calls = [request.prepare(case.client, LIFECYCLE) for request in requests]
        exchanges = case.client.send_together(calls)
    except NotPermitted:
        return
    create = jobs.lifecycle.actions["create"].operation
    for exchange in exchanges:
        if exchange.operation == create and (job := jobs.created_job(exchange)) is not None:
            jobs.poll(job)
