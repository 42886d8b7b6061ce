"""Probes that lead a job of their own through its life: file, deletion, cancellation, kick-off."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.probe_context import (
    ATTEMPTS,
    NO_REQUEST_POSSIBLE,
    ProbeContext,
    expect_accepted,
    expect_rejected,
)
from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import value_at
from conformance.http.exchange import Exchange
from conformance.job_client import JobRef, follow_redirect
from conformance.target.config import FOREIGN, PRIMARY
from conformance.verdict import CheckResult, failed, passed, skipped

_NONE_FINISHED: Final = "no job of this run came to its file"


@active_check("location_is_fetchable", requests=3)
def location_is_fetchable(case: ActiveCase) -> Iterator[CheckResult]:
    """What the Location of a finished job's redirect names can be fetched."""
    subject = ProbeContext(case)
    handle = subject.finished_job({}, ours=False)
    if handle is None:
        yield skipped(_NONE_FINISHED)
        return
    look = subject.jobs.perform("poll", handle)
    there = follow_redirect(case.client, look, handle)
    if there is None:
        yield skipped("no redirect with a Location at this host came up")
        return
    if there.status is not None and 400 <= there.status < 500:
        yield failed(f"the Location leads to a {there.status}", look, there)
    elif there.status is not None and there.status < 400:
        yield passed(look, there)


@active_check("deleted_file_is_gone", writes=True, requests=8)
def deleted_file_is_gone(case: ActiveCase) -> Iterator[CheckResult]:
    """After a successful deletion the file is refused."""
    subject = ProbeContext(case)
    deleted = _delete(subject)
    if deleted is None:
        yield skipped(_NONE_FINISHED)
        return
    handle, deletion = deleted
    after = subject.jobs.fetch(handle)
    subject.jobs.poll(handle)
    judgement = expect_rejected(after, "the file after its deletion", ())
    if judgement is not None and judgement.passed is False:
        yield failed(judgement.reason, deletion, after)
    elif judgement is not None:
        yield judgement


def _delete(subject: ProbeContext) -> tuple[JobRef, Exchange] | None:
    """Delete the file of a finished job of this run."""
    handle = subject.finished_job({}, ours=True)
    if handle is None:
        return None
    deletion = subject.jobs.perform("delete", handle)
    succeeded = deletion.status is not None and deletion.status < 400
    return (handle, deletion) if succeeded else None


@active_check("rejects_second_delete", writes=True, requests=8)
def rejects_second_delete(case: ActiveCase, *, statuses: Sequence[int]) -> Iterator[CheckResult]:
    """A second deletion of the same file is refused."""
    subject = ProbeContext(case)
    deleted = _delete(subject)
    if deleted is None:
        yield skipped(_NONE_FINISHED)
        return
    again = subject.jobs.perform("delete", deleted[0])
    subject.jobs.poll(deleted[0])
    if judgement := expect_rejected(again, "a second deletion", tuple(statuses)):
        yield judgement


@active_check("rejected_in_states", writes=True, requests=8)
def rejected_in_states(
    case: ActiveCase, *, states: Sequence[str], statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """The operation is refused for a job that is in one of `states`, all of them final to it."""
    subject = ProbeContext(case)
    handle = _own_in(subject, states)
    if handle is None:
        yield skipped(f"no job of this run came to be {' or '.join(states)}")
        return
    exchange = subject.send(subject.jobs.request_for(subject.operation, handle), valid=None)
    what = f"the operation on a job that is {' or '.join(states)}"
    if judgement := expect_rejected(exchange, what, tuple(statuses)):
        yield judgement


def _own_in(subject: ProbeContext, states: Sequence[str]) -> JobRef | None:
    for handle in subject.own_jobs():
        if subject.jobs.last_states(handle) & set(states) and subject.jobs.poll(handle) & set(
            states
        ):
            return handle
    handle_ = subject.new_job()
    return (
        handle_ if handle_ is not None and subject.jobs.wait_for_state(handle_, *states) else None
    )


@active_check("cancelled_job_has_no_file", writes=True, requests=8)
def cancelled_job_has_no_file(case: ActiveCase) -> Iterator[CheckResult]:
    """A job whose cancellation succeeded does not come to a file."""
    subject = ProbeContext(case)
    handle = subject.new_job()
    if handle is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    cancellation = subject.jobs.perform("cancel", handle)
    if cancellation.status is None or cancellation.status >= 400:
        yield skipped(f"the cancellation was answered {cancellation.status}")
        return
    if subject.jobs.wait_for_state(handle, *subject.jobs.file_states):
        yield failed(f"the job {handle.id} was cancelled and came to its file", cancellation)
    else:
        yield passed(cancellation)


@active_check("start_leaves_initial_state", writes=True, requests=10)
def start_leaves_initial_state(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that was started leaves the state in which it waited, whatever it comes to.

    Only where the control URL moves time is staying there a breach: elsewhere it may be slow.
    """
    subject = ProbeContext(case)
    handle = subject.new_job()
    if handle is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    start = subject.jobs.perform("start", handle)
    if start.status is None or start.status >= 400:
        yield skipped(f"the start was answered {start.status}")
        return
    lifecycle = subject.jobs.lifecycle
    onward = tuple(lifecycle.reachable(lifecycle.initial))
    if subject.jobs.wait_for_state(handle, *onward):
        yield passed(start)
    elif case.client.has_control and subject.jobs.last_states(handle):
        yield failed(f"the job {handle.id} was started and never left its queue", start)
    else:
        yield skipped("the job did not move while it was looked at")


@active_check("restarts_failed_job", writes=True, requests=5)
def restarts_failed_job(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that failed can be started again, and then is not merely left as it was.

    It may well fail again, even at once: only failing so each time tells.
    """
    subject = ProbeContext(case)
    handle = _failed(subject)
    if handle is None:
        yield skipped("no job of this run failed, and nothing here can make one fail")
        return
    for _ in range(ATTEMPTS):
        before = subject.jobs.last_states(handle)
        again = subject.jobs.perform("start", handle)
        judgement = expect_accepted(again, "a start after a failure", ())
        if judgement is None or not judgement.passed:
            break
        if subject.jobs.poll(handle) != before:
            yield judgement
            return
    else:
        reason = f"the job {handle.id} was started again and again, and never moved"
        judgement = failed(reason, again)
    if judgement is not None:
        yield judgement


def _failed(subject: ProbeContext) -> JobRef | None:
    lifecycle = subject.jobs.lifecycle
    retried = {e.start for e in lifecycle.edges if e.by == "start"} - {lifecycle.initial}
    for handle in subject.own_jobs():
        if subject.jobs.last_states(handle) & retried and subject.jobs.poll(handle) & retried:
            return handle
    handle_ = subject.new_job()
    if handle_ is None or not any(
        subject.client.force_outcome(handle_.id, state) for state in retried
    ):
        return None
    return handle_ if subject.jobs.wait_for_state(handle_, *retried) else None


_NO_LIST: Final = "the list did not show any items"


@active_check("created_is_listed", writes=True, requests=3)
def created_is_listed(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that was just created is in the list."""
    subject = ProbeContext(case)
    handle = subject.new_job()
    if handle is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    shown: list[Exchange] = []
    for exchange in subject.jobs.list_pages(subject.operation, handle, PRIMARY):
        ids = _ids(subject, exchange)
        if ids is None:
            break
        shown.append(exchange)
        if handle.id in ids:
            yield passed(exchange)
            return
    job = subject.jobs.history(handle)
    created = (job.creation,) if job and job.creation else ()
    if shown:
        yield failed(f"the job {handle.id} is not in the list", *created, *shown)
    else:
        yield skipped(_NO_LIST)


@active_check("list_hides_foreign_jobs", roles=[FOREIGN], requests=3)
def list_hides_foreign_jobs(case: ActiveCase, *, role: str = FOREIGN) -> Iterator[CheckResult]:
    """The list that another account sees has none of the jobs of this run."""
    subject = ProbeContext(case)
    handle = next(iter(subject.own_jobs()), None) or subject.new_job()
    if handle is None:
        yield skipped(NO_REQUEST_POSSIBLE)
        return
    own = {one.id for one in subject.own_jobs()}
    for exchange in subject.jobs.list_pages(subject.operation, handle, role):
        ids = _ids(subject, exchange)
        if ids is None:
            yield skipped(_NO_LIST)
            return
        if strange := sorted(own & ids):
            yield failed(f"another account sees the job {strange[0]}", exchange)
            return
        yield passed(exchange)


def _ids(subject: ProbeContext, exchange: Exchange) -> set[str] | None:
    location = subject.jobs.lifecycle.locations.get(subject.operation)
    items = value_at(exchange.json, location.items or "") if location else None
    if exchange.status != 200 or not isinstance(items, list) or location is None:
        return None
    return {str(value_at(item, location.id)) for item in items}
