"""Active checks that take a job of their own through its lifecycle."""

from collections.abc import Iterator, Sequence, Set
from http import HTTPStatus
from itertools import islice
from typing import Final

from conformance.checks import CheckResult, active_check, failed, passed, result_of, skipped
from conformance.checks.active_case import (
    ATTEMPTS,
    NO_REQUEST_POSSIBLE,
    ActiveCase,
    expect_accepted,
    expect_rejected,
    required,
)
from conformance.contract_queries import value_at
from conformance.errors import Untestable
from conformance.http import Exchange
from conformance.http.request import parse_url
from conformance.job_client import (
    ACTIVE_CHECK,
    UNFOLLOWED,
    JobRef,
    download,
    follow_redirects,
    is_endless,
)
from conformance.request_data import OperationRequest
from specs import Action

_NONE_FINISHED: Final = "no job of this run reached a state with a file"


@active_check("location_is_fetchable", requests=3)
def location_is_fetchable(case: ActiveCase, *, pointer: str | None = None) -> Iterator[CheckResult]:
    """The Location of a finished job's redirect, or the link at `pointer`, can be fetched."""
    job = case.finished_job({}, ours=False)
    if job is None:
        raise Untestable(_NONE_FINISHED)
    poll = case.jobs.perform("poll", job)
    followed = _results(case, poll, job, pointer)
    if not followed:
        place = "redirect with a Location" if pointer is None else f"link at {pointer}"
        hosts = " (`download_hosts` in the target file allows others)" if pointer else ""
        raise Untestable(f"no {place} on this host was answered{hosts}")
    status, subject = followed[-1].status, "Location" if pointer is None else "link"
    if is_endless([poll, *followed]):
        yield failed(f"the {subject} redirects for ever", poll, *followed)
    elif status is not None and 400 <= status < 500:
        yield failed(f"the {subject} answers {status}", poll, *followed)
    elif status is not None and status < 300:
        yield passed(poll, *followed)
    elif status is not None and status < 400:
        yield skipped(UNFOLLOWED)


def _results(case: ActiveCase, poll: Exchange, job: JobRef, pointer: str | None) -> list[Exchange]:
    """Follow the redirect of a poll, or the link at `pointer` of its body, to the end."""
    if pointer is None:
        return [*follow_redirects(case.client, poll, job)]
    text = value_at(poll.json, pointer)
    url = parse_url(text, poll.request.url) if isinstance(text, str) else None
    first = download(case.client, url, job) if url is not None else None
    return [first, *follow_redirects(case.client, first, job)] if first is not None else []


@active_check("action_takes_effect", writes=True, requests=8)
def action_takes_effect(case: ActiveCase, *, states: Sequence[str]) -> Iterator[CheckResult]:
    """After a success of the operation the job comes to one of `states`, or it is gone.

    It may take its time: only a job that comes to a state fails in which the operation would have
    been refused.
    """
    action = next(a for a in case.jobs.lifecycle.actions.values() if a.operation == case.operation)
    job = _job_for_action(case, action)
    exchange = case.jobs.perform(action.name, job)
    if exchange.status is None or exchange.status >= 300:
        raise Untestable(f"the operation was answered {exchange.status}")
    poll = case.jobs.perform("poll", job)
    if poll.status in _GONE:
        yield passed(exchange, poll)
        return
    open_in = action.allowed | action.ignored | set(states)
    elsewhere = [name for name in case.jobs.lifecycle.states if name not in open_in]
    came = case.jobs.wait_for_state(job, *states, *elsewhere)
    now, last = case.jobs.last_states(job), case.client.exchanges[-1]
    if not came:
        yield skipped(f"what became of the job {job.id} did not show in the time of this check")
    elif now & set(states):
        yield passed(exchange, last)
    else:
        reason = f"the job {job.id} is {' or '.join(sorted(now))} after {action.name}"
        yield failed(f"{reason}, not {' or '.join(states)}", exchange, last)


def _job_for_action(case: ActiveCase, action: Action) -> JobRef:
    """Return a job of this run in a state in which the action succeeds."""
    new = required(case.new_job())
    if not case.jobs.poll(new) & action.allowed and action.allowed:
        case.jobs.wait_for_state(new, *sorted(action.allowed))
    return new


_GONE: Final = frozenset({404, 410})


@active_check("deleted_file_is_gone", writes=True, requests=8)
def deleted_file_is_gone(case: ActiveCase) -> Iterator[CheckResult]:
    """After a successful deletion the file is not given out any more."""
    job, deletion = _delete_file(case)
    fetch = case.jobs.fetch(job)
    case.jobs.poll(job)
    yield from expect_rejected(fetch, "the file after its deletion", after=(deletion,))


def _delete_file(case: ActiveCase) -> tuple[JobRef, Exchange]:
    """Delete the file of a finished job of this run.

    Raises:
        Untestable: there is no such job, or the deletion does not succeed.
    """
    job = case.finished_job({}, ours=True)
    deletion = case.jobs.perform("delete", job) if job else None
    if job is None or deletion is None or deletion.status is None or deletion.status >= 400:
        raise Untestable(_NONE_FINISHED)
    return job, deletion


@active_check("rejects_second_delete", writes=True, requests=8)
def rejects_second_delete(case: ActiveCase, *, statuses: Sequence[int]) -> Iterator[CheckResult]:
    """A second deletion of the same file is rejected."""
    job, _ = _delete_file(case)
    second = case.jobs.perform("delete", job)
    case.jobs.poll(job)
    yield from expect_rejected(second, "a second deletion", statuses)


@active_check("rejected_in_states", writes=True, requests=8)
def rejected_in_states(
    case: ActiveCase, *, states: Sequence[str], statuses: Sequence[int] = ()
) -> Iterator[CheckResult]:
    """The operation is rejected for a job in one of `states`, which the job does not leave."""
    names = " or ".join(states)
    job = _own_job_in(case, set(states))
    if job is None:
        new = case.new_job()
        if new is not None and not case.jobs.wait_for_state(new, *states):
            new = _forced_job(case, states)
        if new is None:
            raise Untestable(f"no job of this run reached {names}")
        job = new
    request = case.jobs.request_for(case.operation, job)
    subject = f"the operation on a {names} job"
    yield from case.send_invalid(request, subject, statuses, valid=None)


def _forced_job(case: ActiveCase, states: Sequence[str]) -> JobRef | None:
    """Return a new job that a control URL has brought into one of `states`; None without one."""
    for state in states if case.client.has_control else ():
        job = case.new_job()
        if job is None or not case.client.force_outcome(job.id, state):
            continue
        if case.jobs.poll(job) & set(states):
            return job
    return None


def _own_job_in(case: ActiveCase, states: set[str]) -> JobRef | None:
    for job in case.own_jobs():
        if case.jobs.last_states(job) & states and case.jobs.poll(job) & states:
            return job
    return None


@active_check("cancelled_job_has_no_file", writes=True, requests=8)
def cancelled_job_has_no_file(case: ActiveCase) -> Iterator[CheckResult]:
    """A job whose cancellation succeeded does not reach a state with a file."""
    job = required(case.new_job())
    cancellation = case.jobs.perform("cancel", job)
    if cancellation.status is None or cancellation.status >= 400:
        raise Untestable(f"the cancellation was answered {cancellation.status}")
    has_file = case.jobs.wait_for_state(job, *case.jobs.file_states)
    reason = f"the job {job.id} was cancelled and has a file" if has_file else None
    yield result_of(reason, cancellation)


# Of as many started jobs without a file, and without a state, one has not merely failed.
JOBS_WITHOUT_STATE: Final = 2


@active_check("start_leaves_initial_state", writes=True, requests=10)
def start_leaves_initial_state(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that was started leaves its initial state, whatever comes next.

    It only fails where a control URL moves time, or where the target file says how long a job
    takes at most (`job_seconds`): elsewhere the job may just be slow. A job that shows no state and
    has no file may have failed.
    """
    began, later, job = case.client.budget.clock.now(), _later_states(case), None
    for job in islice(_startable_jobs(case), JOBS_WITHOUT_STATE):
        start = _start(case, job)
        if evidence := _reached(case, job, later):
            yield passed(start, *evidence)
            return
        if case.jobs.last_states(job):
            yield _never_left(case, job, began, start)
            return
    required(job)
    yield skipped("the started jobs show no state and came to no file: they may have failed")


@active_check("starts_together", writes=True, requests=12)
def starts_together(case: ActiveCase) -> Iterator[CheckResult]:
    """Two jobs that are started at the same time both leave their initial state."""
    jobs = list(islice(_startable_jobs(case), 2))
    if len(jobs) < 2:
        raise Untestable(NO_REQUEST_POSSIBLE)
    requests = [case.jobs.request_for(case.operation, job) for job in jobs]
    began, later = case.client.budget.clock.now(), _later_states(case)
    starts = case.client.send_together([r.prepare(case.client, ACTIVE_CHECK) for r in requests])
    if not all(start.status is not None and start.status < 400 for start in starts):
        raise Untestable("one of the two starts was refused")
    for job, start in zip(jobs, starts, strict=True):
        if evidence := _reached(case, job, later):
            yield passed(start, *evidence)
        elif case.jobs.last_states(job):
            yield _never_left(case, job, began, *starts)


@active_check("started_job_ends", writes=True, requests=10)
def started_job_ends(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that was started, or needs no start, ends: with a file, or in a state that stays.

    How long it takes is known where a control URL moves time, or the target file says it
    (`job_seconds`). Where jobs show no state, one without a file may have failed, two have not.
    """
    lifecycle, time = case.jobs.lifecycle, frozenset({"time"})
    ends = tuple(name for name in lifecycle.states if not lifecycle.reachable(name, time))
    by_itself = lifecycle.reachable(lifecycle.initial, time).intersection(ends)
    if ended := next((e for job in case.own_jobs() for e in _end(case, job, by_itself)), None):
        yield passed(ended)
        return
    limit = None if case.client.has_control else case.target.job_seconds
    if limit is None and not case.client.has_control:
        raise Untestable("`job_seconds` in the target file says how long a job takes at most")
    starts = []
    for job in islice(_startable_jobs(case), JOBS_WITHOUT_STATE):
        starts.append(_start(case, job))
        if evidence := _reached(case, job, ends):
            yield passed(*starts, *evidence)
            return
        if case.jobs.last_states(job):
            break
    required(job if starts else None)
    when = "in the time that the control URL moved" if limit is None else f"after {limit:g} s"
    if case.jobs.last_states(job):
        yield failed(f"the job {job.id} has not ended {when}", starts[-1])
    elif len(starts) == JOBS_WITHOUT_STATE:
        yield failed(f"two jobs were started, and neither had a file or a state {when}", *starts)


def _end(case: ActiveCase, job: JobRef, ends: Set[str]) -> Iterator[Exchange]:
    """Yield what has shown that a job of this run ended."""
    history = case.jobs.history(job)
    if history is not None and history.file is not None:
        yield history.file
    elif history is not None and case.jobs.last_states(job) & ends:
        yield history.observations[-1].exchange


def _later_states(case: ActiveCase) -> tuple[str, ...]:
    return tuple(case.jobs.lifecycle.reachable(case.jobs.lifecycle.initial))


def _start(case: ActiveCase, job: JobRef) -> Exchange:
    """Start a job; return what started it: the creation of one that starts by itself."""
    history = case.jobs.history(job)
    own = None if case.jobs.supports("start") or history is None else history.creation
    start = own or case.jobs.perform("start", job)
    if start.status is None or start.status >= 400:
        raise Untestable(f"the start was answered {start.status}")
    return start


def _never_left(case: ActiveCase, job: JobRef, began: float, *starts: Exchange) -> CheckResult:
    waited, limit = case.client.budget.clock.now() - began, case.target.job_seconds
    if case.client.has_control or (limit is not None and waited >= limit):
        return failed(f"the job {job.id} was started and never left its initial state", *starts)
    return skipped(
        f"the job did not leave its initial state in the {waited:.0f} s of this check "
        "(`job_seconds` in the target file says how long a job takes at most)"
    )


def _startable_jobs(case: ActiveCase) -> Iterator[JobRef]:
    """Yield a new job again and again; without one, those for which there is consent."""
    new = case.new_job()
    while new is not None:
        yield new
        new = case.new_job()
    yield from case.consented_jobs()


def _reached(case: ActiveCase, job: JobRef, states: Sequence[str]) -> list[Exchange]:
    """Wait for one of `states` or a file; return what showed it, nothing if none came."""
    seconds = None if case.client.has_control else case.target.job_seconds
    if case.jobs.wait_for_state(job, *states, seconds=seconds):
        return [case.client.exchanges[-1]]
    file = case.jobs.perform("fetch", job) if case.jobs.supports("fetch") else None
    return [file] if file is not None and file.status == HTTPStatus.OK else []


@active_check("restarts_failed_job", writes=True, requests=5)
def restarts_failed_job(case: ActiveCase) -> Iterator[CheckResult]:
    """A job that failed can be started again, and then is not merely left as it was.

    It may fail again, even at once: only several attempts without a transition are a failure.
    """
    job = _failed_job(case)
    for _ in range(ATTEMPTS):
        before = case.jobs.last_states(job)
        restart = case.jobs.perform("start", job)
        results = list(expect_accepted(restart, "a start after a failure"))
        if not all(result.passed for result in results) or not results:
            yield from results
            return
        if case.jobs.poll(job) != before:
            yield from results
            return
    yield failed(f"the job {job.id} was started {ATTEMPTS} times and never left {before}", restart)


def _failed_job(case: ActiveCase) -> JobRef:
    """Return a job of this run in a state from which it can be started again.

    Raises:
        Untestable: there is none, and none can be forced.
    """
    lifecycle = case.jobs.lifecycle
    restartable = {e.start for e in lifecycle.edges if e.by == "start"} - {lifecycle.initial}
    if (own := _own_job_in(case, restartable)) is not None:
        return own
    new = case.new_job()
    forced = new and any(case.client.force_outcome(new.id, state) for state in restartable)
    if new is None or not forced or not case.jobs.wait_for_state(new, *restartable):
        raise Untestable("no job of this run failed, and no control URL can force a failure")
    return new


# How often two files are fetched at the same time, and how many jobs are tried to find two.
REPETITIONS: Final = 6
MAX_FILES: Final = 6


@active_check("concurrent_fetches_match", requests=8)
def concurrent_fetches_match(case: ActiveCase) -> Iterator[CheckResult]:
    """Two files that are fetched at the same time are those that each request gets alone.

    Files that change from one request to the next are no evidence.
    """
    alone = _two_files(case)
    calls = [request.prepare(case.client, ACTIVE_CHECK) for request, _ in alone] * 2
    for _ in range(REPETITIONS):
        together = case.client.send_together(calls)
        for exchange, (_, right) in zip(together, [*alone, *alone], strict=True):
            status = exchange.status
            if status is None or status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS:
                continue
            if status != HTTPStatus.OK or exchange.response_body != right.response_body:
                yield failed("fetched beside another, the file is a different one", right, exchange)
                return
            yield passed(exchange)


def _jobs_with_files(case: ActiveCase) -> Iterator[JobRef]:
    """Yield jobs that have a file, then new ones that ask for different things."""
    yield from [*case.jobs.known_jobs(*case.jobs.file_states)][:MAX_FILES]
    create = case.jobs.lifecycle.actions["create"].operation
    variants = case.factory.variants(create) if case.target.writes else iter(())
    for request in islice(variants, MAX_FILES):
        job = case.jobs.create(request)
        if job is not None and case.jobs.start_and_wait_for_file(job):
            yield job


def _two_files(case: ActiveCase) -> list[tuple[OperationRequest, Exchange]]:
    """Return requests for two different files that answer the same twice, with the responses."""
    files: list[tuple[OperationRequest, Exchange]] = []
    for job in _jobs_with_files(case):
        request = case.jobs.request_for(case.operation, job)
        first, second = (case.send(request, valid=None) for _ in range(2))
        is_stable = first.response_body == second.response_body
        is_different = all(first.response_body != other.response_body for _, other in files)
        if first.status == second.status == HTTPStatus.OK and is_stable and is_different:
            files.append((request, first))
        if len(files) == 2:
            return files
    raise Untestable("there are no two finished jobs whose files differ and stay as they are")
