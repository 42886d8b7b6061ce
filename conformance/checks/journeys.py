"""Probes that lead a job of their own through its life: file, deletion, cancellation, kick-off."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import ATTEMPTS, NO_SUBJECT, Subject, acceptance, refusal
from conformance.jobs.following import follow
from conformance.jobs.handle import Handle
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.traffic.exchange import Exchange

_NONE_FINISHED: Final = "no job of this run came to its file"


@probe("location_exists", requests=3)
def location_exists(case: ProbeCase) -> Iterator[Judgement]:
    """What the Location of a finished job's redirect names can be fetched."""
    subject = Subject(case)
    handle = subject.finished({}, ours=False)
    if handle is None:
        yield skipped(_NONE_FINISHED)
        return
    look = subject.pilot.ask("poll", handle)
    there = follow(case.client, look, handle)
    if there is None:
        yield skipped("no redirect with a Location at this host came up")
        return
    if there.status is not None and 400 <= there.status < 500:
        yield broken(f"the Location leads to a {there.status}", look, there)
    elif there.status is not None and there.status < 400:
        yield kept(look, there)


@probe("delete_really_deletes", writes=True, requests=8)
def delete_really_deletes(case: ProbeCase) -> Iterator[Judgement]:
    """After a successful deletion the file is refused."""
    subject = Subject(case)
    deleted = _delete(subject)
    if deleted is None:
        yield skipped(_NONE_FINISHED)
        return
    handle, deletion = deleted
    after = subject.pilot.fetch(handle)
    subject.pilot.poll(handle)
    judgement = refusal(after, "the file after its deletion", ())
    if judgement is not None and judgement.kept is False:
        yield broken(judgement.reason, deletion, after)
    elif judgement is not None:
        yield judgement


def _delete(subject: Subject) -> tuple[Handle, Exchange] | None:
    """Delete the file of a finished job of this run."""
    handle = subject.finished({}, ours=True)
    if handle is None:
        return None
    deletion = subject.pilot.ask("delete", handle)
    succeeded = deletion.status is not None and deletion.status < 400
    return (handle, deletion) if succeeded else None


@probe("second_delete", writes=True, requests=8)
def second_delete(case: ProbeCase, *, statuses: Sequence[int]) -> Iterator[Judgement]:
    """A second deletion of the same file is refused."""
    subject = Subject(case)
    deleted = _delete(subject)
    if deleted is None:
        yield skipped(_NONE_FINISHED)
        return
    again = subject.pilot.ask("delete", deleted[0])
    subject.pilot.poll(deleted[0])
    if judgement := refusal(again, "a second deletion", tuple(statuses)):
        yield judgement


@probe("refused_in", writes=True, requests=8)
def refused_in(
    case: ProbeCase, *, states: Sequence[str], statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """The operation is refused for a job that is in one of `states`, all of them final to it."""
    subject = Subject(case)
    handle = _own_in(subject, states)
    if handle is None:
        yield skipped(f"no job of this run came to be {' or '.join(states)}")
        return
    exchange = subject.send(subject.pilot.asked(subject.operation, handle), valid=None)
    what = f"the operation on a job that is {' or '.join(states)}"
    if judgement := refusal(exchange, what, tuple(statuses)):
        yield judgement


def _own_in(subject: Subject, states: Sequence[str]) -> Handle | None:
    for handle in subject.own():
        if subject.pilot.states(handle) & set(states) and subject.pilot.poll(handle) & set(states):
            return handle
    handle_ = subject.fresh()
    return handle_ if handle_ is not None and subject.pilot.lead(handle_, *states) else None


@probe("cancel_really_cancels", writes=True, requests=8)
def cancel_really_cancels(case: ProbeCase) -> Iterator[Judgement]:
    """A job whose cancellation succeeded does not come to a file."""
    subject = Subject(case)
    handle = subject.fresh()
    if handle is None:
        yield skipped(NO_SUBJECT)
        return
    cancellation = subject.pilot.ask("cancel", handle)
    if cancellation.status is None or cancellation.status >= 400:
        yield skipped(f"the cancellation was answered {cancellation.status}")
        return
    if subject.pilot.lead(handle, *subject.pilot.file_states):
        yield broken(f"the job {handle.id} was cancelled and came to its file", cancellation)
    else:
        yield kept(cancellation)


@probe("start_starts", writes=True, requests=10)
def start_starts(case: ProbeCase) -> Iterator[Judgement]:
    """A job that was started leaves the state in which it waited, whatever it comes to.

    Only where the control URL moves time is staying there a breach: elsewhere it may be slow.
    """
    subject = Subject(case)
    handle = subject.fresh()
    if handle is None:
        yield skipped(NO_SUBJECT)
        return
    start = subject.pilot.ask("start", handle)
    if start.status is None or start.status >= 400:
        yield skipped(f"the start was answered {start.status}")
        return
    lifecycle = subject.pilot.lifecycle
    onward = tuple(lifecycle.reachable(lifecycle.initial))
    if subject.pilot.lead(handle, *onward):
        yield kept(start)
    elif case.client.has_control and subject.pilot.states(handle):
        yield broken(f"the job {handle.id} was started and never left its queue", start)
    else:
        yield skipped("the job did not move while it was looked at")


@probe("retry_of_kick_off", writes=True, requests=5)
def retry_of_kick_off(case: ProbeCase) -> Iterator[Judgement]:
    """A job that failed can be started again, and then is not merely left as it was.

    It may well fail again, even at once: only failing so each time tells.
    """
    subject = Subject(case)
    handle = _failed(subject)
    if handle is None:
        yield skipped("no job of this run failed, and nothing here can make one fail")
        return
    for _ in range(ATTEMPTS):
        failed = subject.pilot.states(handle)
        again = subject.pilot.ask("start", handle)
        judgement = acceptance(again, "a start after a failure", ())
        if judgement is None or not judgement.kept:
            break
        if subject.pilot.poll(handle) != failed:
            yield judgement
            return
    else:
        reason = f"the job {handle.id} was started again and again, and never moved"
        judgement = broken(reason, again)
    if judgement is not None:
        yield judgement


def _failed(subject: Subject) -> Handle | None:
    lifecycle = subject.pilot.lifecycle
    retried = {e.start for e in lifecycle.edges if e.by == "start"} - {lifecycle.initial}
    for handle in subject.own():
        if subject.pilot.states(handle) & retried and subject.pilot.poll(handle) & retried:
            return handle
    handle_ = subject.fresh()
    if handle_ is None or not any(subject.client.force(handle_.id, state) for state in retried):
        return None
    return handle_ if subject.pilot.lead(handle_, *retried) else None
