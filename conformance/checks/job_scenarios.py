"""Active checks that take a job of their own through its lifecycle, and of lists of jobs."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Final

from conformance.checks.probe_context import (
    ATTEMPTS,
    ProbeContext,
    expect_accepted,
    expect_rejected,
)
from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import value_at
from conformance.errors import Untestable
from conformance.http.exchange import Exchange
from conformance.job_client import MAX_PAGES, PROBE, JobRef, follow_redirect
from conformance.request_data.operation_request import OperationRequest
from conformance.target.config import FOREIGN, PRIMARY
from conformance.verdict import CheckResult, failed, passed, skipped

_NONE_FINISHED: Final = "no job of this run reached a state with a file"
_NO_LIST: Final = "the response has no list of items"


@active_check("location_is_fetchable", requests=3)
def location_is_fetchable(case: ActiveCase) -> Iterator[CheckResult]:
    """The Location of a finished job's redirect can be fetched."""
    probe = ProbeContext(case)
    job = probe.finished_job({}, ours=False)
    if job is None:
        raise Untestable(_NONE_FINISHED)
    poll = probe.jobs.perform("poll", job)
    followed = follow_redirect(case.client, poll, job)
    if followed is None:
        raise Untestable("no redirect with a Location on this host was answered")
    if followed.status is not None and 400 <= followed.status < 500:
        yield failed(f"the Location answers {followed.status}", poll, followed)
    elif followed.status is not None and followed.status < 400:
        yield passed(poll, followed)


@active_check("deleted_file_is_gone", writes=True, requests=8)
def deleted_file_is_gone(case: ActiveCase) -> Iterator[CheckResult]:
    """After a successful deletion the file is not given out any more."""
    probe = ProbeContext(case)
    job, deletion = _delete_file(probe)
    fetch = probe.jobs.fetch(job)
    probe.jobs.poll(job)
    yield from expect_rejected(fetch, "the file after its deletion", after=(deletion,))


def _delete_file(probe: ProbeContext) -> tuple[JobRef, Exchange]:
    """Delete the file of a finished job of this run.

    Raises:
        Untestable: there is no such job, or the deletion does not succeed.
    """
    job = probe.finished_job({}, ours=True)
    deletion = probe.jobs.perform("delete", job) if job else None
    if job is None or deletion is None or deletion.status is None or deletion.status >= 400:
        raise Untestable(_NONE_FINISHED)
    return job, deletion


@active_check("rejects_second_delete", writes=True, requests=8)
def rejects_second_delete(case: ActiveCase, *, statuses: Sequence[int]) -> Iterator[CheckResult]:
    """A second deletion of the same file is rejected."""
    probe = ProbeContext(case)
    job, _ = _delete_file(probe)
    second = probe.jobs.perform("delete", job)
    probe.jobs.poll(job)
    yield from expect_rejected(second, "a second deletion", tuple(statuses))


@active_check("rejected_in_states", writes=True, requests=8)
def rejected_in_states(
    case: ActiveCase, *, states: Sequence[str], statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """The operation is rejected for a job in one of `states`, which the job does not leave."""
    probe = ProbeContext(case)
    names = " or ".join(states)
    job = _own_job_in(probe, set(states))
    if job is None:
        new = probe.new_job()
        if new is None or not probe.jobs.wait_for_state(new, *states):
            raise Untestable(f"no job of this run reached {names}")
        job = new
    exchange = probe.send(probe.jobs.request_for(probe.operation, job), valid=None)
    yield from expect_rejected(exchange, f"the operation on a {names} job", tuple(statuses))


def _own_job_in(probe: ProbeContext, states: set[str]) -> JobRef | None:
    for job in probe.own_jobs():
        if probe.jobs.last_states(job) & states and probe.jobs.poll(job) & states:
            return job
    return None


@active_check("cancelled_job_has_no_file", writes=True, requests=8)
def cancelled_job_has_no_file(case: ActiveCase) -> Iterator[CheckResult]:
    """A job whose cancellation succeeded does not reach a state with a file."""
    probe = ProbeContext(case)
    job = probe.require_new_job()
    cancellation = probe.jobs.perform("cancel", job)
    if cancellation.status is None or cancellation.status >= 400:
        raise Untestable(f"the cancellation was answered {cancellation.status}")
    if probe.jobs.wait_for_state(job, *probe.jobs.file_states):
        yield failed(f"the job {job.id} was cancelled and has a file", cancellation)
    else:
        yield passed(cancellation)


@active_check("start_leaves_initial_state", writes=True, requests=10)
def start_leaves_initial_state(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that was started leaves its initial state, whatever comes next.

    It only fails where a control URL moves time, or where the target file says how long a job
    takes at most (`job_seconds`): elsewhere the job may just be slow.
    """
    probe = ProbeContext(case)
    job = probe.require_startable_job()
    start = probe.jobs.perform("start", job)
    if start.status is None or start.status >= 400:
        raise Untestable(f"the start was answered {start.status}")
    lifecycle, began = probe.jobs.lifecycle, case.client.seconds()
    if probe.jobs.wait_for_state(job, *lifecycle.reachable(lifecycle.initial)):
        yield passed(start)
        return
    file = probe.jobs.perform("fetch", job) if probe.jobs.supports("fetch") else None
    if file is not None and file.status == HTTPStatus.OK:
        yield passed(start, file)
        return
    waited, limit = case.client.seconds() - began, case.target.job_seconds
    late = case.client.has_control or (limit is not None and waited >= limit)
    if late and probe.jobs.last_states(job):
        yield failed(f"the job {job.id} was started and never left its initial state", start)
    else:
        yield skipped(
            f"the job did not leave its initial state in the {waited:.0f} s of this check "
            "(`job_seconds` in the target file says how long a job takes at most)"
        )


@active_check("restarts_failed_job", writes=True, requests=5)
def restarts_failed_job(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that failed can be started again, and then is not merely left as it was.

    It may fail again, even at once: only several attempts without a transition are a failure.
    """
    probe = ProbeContext(case)
    job = _failed_job(probe)
    for _ in range(ATTEMPTS):
        before = probe.jobs.last_states(job)
        restart = probe.jobs.perform("start", job)
        results = list(expect_accepted(restart, "a start after a failure"))
        if not all(result.passed for result in results) or not results:
            yield from results
            return
        if probe.jobs.poll(job) != before:
            yield from results
            return
    yield failed(f"the job {job.id} was started {ATTEMPTS} times and never left {before}", restart)


def _failed_job(probe: ProbeContext) -> JobRef:
    """Return a job of this run in a state from which it can be started again.

    Raises:
        Untestable: there is none, and none can be forced.
    """
    lifecycle = probe.jobs.lifecycle
    restartable = {e.start for e in lifecycle.edges if e.by == "start"} - {lifecycle.initial}
    if (own := _own_job_in(probe, restartable)) is not None:
        return own
    new = probe.new_job()
    forced = new and any(probe.client.force_outcome(new.id, state) for state in restartable)
    if new is None or not forced or not probe.jobs.wait_for_state(new, *restartable):
        raise Untestable("no job of this run failed, and no control URL can force a failure")
    return new


@active_check("created_is_listed", writes=True, requests=3)
def created_is_listed(case: ActiveCase) -> Iterator[CheckResult]:
    """A new job is in the list."""
    probe = ProbeContext(case)
    job = probe.require_new_job()
    pages: list[Exchange] = []
    for exchange in probe.jobs.list_pages(probe.operation, job, PRIMARY):
        ids = _listed_ids(probe, exchange)
        if ids is None:
            break
        pages.append(exchange)
        if job.id in ids:
            yield passed(exchange)
            return
    if not pages:
        raise Untestable(_NO_LIST)
    if len(pages) == MAX_PAGES and _listed_ids(probe, pages[-1]):
        raise Untestable(f"the list goes on behind its first {MAX_PAGES} pages")
    history = probe.jobs.history(job)
    creation = (history.creation,) if history and history.creation else ()
    yield failed(f"the job {job.id} is not in the list", *creation, *pages)


@active_check("list_hides_foreign_jobs", roles=[FOREIGN], requests=3)
def list_hides_foreign_jobs(case: ActiveCase, *, role: str = FOREIGN) -> Iterator[CheckResult]:
    """The list of another account has none of the jobs of this run."""
    probe = ProbeContext(case)
    job = next(iter(probe.own_jobs()), None) or probe.require_new_job()
    own = {own_job.id for own_job in probe.own_jobs()}
    for exchange in probe.jobs.list_pages(probe.operation, job, role):
        ids = _listed_ids(probe, exchange)
        if ids is None:
            raise Untestable(_NO_LIST)
        if visible := sorted(own & ids):
            yield failed(f"another account's list shows the job {visible[0]}", exchange)
            return
        yield passed(exchange)


def _listed_ids(probe: ProbeContext, exchange: Exchange) -> set[str] | None:
    location = probe.jobs.lifecycle.locations.get(probe.operation)
    items = value_at(exchange.json, location.items or "") if location else None
    if exchange.status != 200 or not isinstance(items, list) or location is None:
        return None
    return {str(value_at(item, location.id)) for item in items}


# How often two files are fetched side by side, and how many jobs are tried to find two.
SIDE_BY_SIDE: Final = 6
MAX_FILES: Final = 6


@active_check("same_file_side_by_side", requests=8)
def same_file_side_by_side(case: ActiveCase) -> Iterator[CheckResult]:
    """Two files that are fetched at the same time are those that each request gets alone.

    Files that change from one request to the next are no evidence.
    """
    probe = ProbeContext(case)
    alone = _two_files(probe)
    calls = [request.prepare(case.client, PROBE) for request, _ in alone] * 2
    for _ in range(SIDE_BY_SIDE):
        together = case.client.send_together(calls)
        for exchange, (_, right) in zip(together, [*alone, *alone], strict=True):
            status = exchange.status
            if status is None or status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS:
                continue
            if status != HTTPStatus.OK or exchange.response_body != right.response_body:
                yield failed("fetched beside another, the file is a different one", right, exchange)
                return
            yield passed(exchange)


def _jobs_with_files(probe: ProbeContext) -> Iterator[JobRef]:
    """Yield jobs that have a file, then new ones that ask for different things."""
    yield from [*probe.jobs.known_jobs(*probe.jobs.file_states)][:MAX_FILES]
    create = probe.jobs.lifecycle.actions["create"].operation
    variants = probe.jobs.factory.variants(create) if probe.client.target.writes else iter(())
    for request in islice(variants, MAX_FILES):
        job = probe.jobs.create(request)
        if job is not None and probe.jobs.supports("start"):
            probe.jobs.perform("start", job)
        if job is not None and probe.jobs.wait_for_state(job, *probe.jobs.file_states):
            yield job


def _two_files(probe: ProbeContext) -> list[tuple[OperationRequest, Exchange]]:
    """Return requests for two different files that answer the same twice, with the responses."""
    found: list[tuple[OperationRequest, Exchange]] = []
    for job in _jobs_with_files(probe):
        request = probe.jobs.request_for(probe.operation, job)
        first, second = (probe.send(request, valid=None) for _ in range(2))
        stable = first.response_body == second.response_body
        unlike = all(first.response_body != other.response_body for _, other in found)
        if first.status == second.status == HTTPStatus.OK and stable and unlike:
            found.append((request, first))
        if len(found) == 2:
            return found
    raise Untestable("there are no two finished jobs whose files differ and stay as they are")
