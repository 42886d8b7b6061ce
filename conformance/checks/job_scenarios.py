"""Active checks that take a job of their own through its lifecycle, and of lists of jobs."""

from collections.abc import Iterator, Sequence
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
from conformance.job_client import JobRef, follow_redirect
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

    It only fails where a control URL moves time: elsewhere the job may just be slow.
    """
    probe = ProbeContext(case)
    job = probe.require_new_job()
    start = probe.jobs.perform("start", job)
    if start.status is None or start.status >= 400:
        raise Untestable(f"the start was answered {start.status}")
    lifecycle = probe.jobs.lifecycle
    if probe.jobs.wait_for_state(job, *lifecycle.reachable(lifecycle.initial)):
        yield passed(start)
    elif case.client.has_control and probe.jobs.last_states(job):
        yield failed(f"the job {job.id} was started and never left its initial state", start)
    else:
        yield skipped("the job did not leave its initial state within the time of this check")


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
