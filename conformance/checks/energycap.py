"""Probes of who receives a report: each user once, and overriding users in place of all others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from conformance.checks.probe_context import ProbeContext, expect_accepted
from conformance.checks.registry import ActiveCase, active_check
from conformance.contract_queries import ABSENT, created_ids, value_at
from conformance.errors import NotPermitted
from conformance.http.exchange import Exchange
from conformance.job_client import PROBE
from conformance.request_data.operation_request import OperationRequest
from conformance.verdict import CheckResult, failed, passed, skipped

_NO_USERS: Final = "the target file names no override users"
_NO_COUNT: Final = "no answer told a number of recipients"


def _counted(exchange: Exchange, pointer: str) -> int | None:
    """Return the number at `pointer` of a success; its type has a row of its own."""
    value = value_at(exchange.json, pointer) if exchange.status == 200 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _run(subject: ProbeContext, users: Sequence[Any] | None, parameter: str) -> Exchange:
    return subject.send(_run_request(subject, users, parameter))


def _run_request(
    subject: ProbeContext, users: Sequence[Any] | None, parameter: str
) -> OperationRequest:
    asked = subject.jobs.factory.minimal(subject.operation)
    return asked.with_parameter(parameter, users)


def _check_counts(
    subject: ProbeContext, lists: Sequence[Sequence[Any]], parameter: str, pointer: str
) -> Iterator[CheckResult]:
    """Run with each list of users: exactly its different users must be counted."""
    told = False
    for users in lists:
        exchange = _run(subject, users, parameter)
        count = _counted(exchange, pointer)
        if count is None:
            continue
        told = True
        right = len(set(users))
        if count != right:
            yield failed(f"{users} are {right} users, {count} are counted", exchange)
        else:
            yield passed(exchange)
    if not told:
        yield skipped(_NO_COUNT)


@active_check("accepts_override", writes=True)
def accepts_override(case: ActiveCase, *, parameter: str) -> Iterator[CheckResult]:
    """A run with users in place of the configured recipients is not refused as invalid."""
    users = list(case.target.values.get(parameter, ()))
    if not users:
        yield skipped(_NO_USERS)
        return
    exchange = _run(ProbeContext(case), users, parameter)
    if judgement := expect_accepted(exchange, f"{parameter} {users}", (400, 422)):
        yield judgement


@active_check("override_replaces", writes=True, requests=3)
def override_replaces(case: ActiveCase, *, parameter: str, pointer: str) -> Iterator[CheckResult]:
    """A run with one, two or three users counts so many: nobody is added, nobody left out."""
    users = list(case.target.values.get(parameter, ()))
    if not users:
        yield skipped(_NO_USERS)
        return
    lists = [users[:size] for size in range(1, min(len(users), 3) + 1)]
    yield from _check_counts(ProbeContext(case), lists, parameter, pointer)


@active_check("counts_unique_recipients", writes=True, requests=2)
def counts_unique_recipients(
    case: ActiveCase, *, parameter: str, pointer: str
) -> Iterator[CheckResult]:
    """A user who stands twice in the list is counted once."""
    users = list(case.target.values.get(parameter, ()))
    if not users:
        yield skipped(_NO_USERS)
        return
    lists = [users[:1] * 2, [*users[:1], *users[:2]]]
    yield from _check_counts(ProbeContext(case), lists, parameter, pointer)


@active_check("counts_configured", writes=True, requests=3)
def counts_configured(case: ActiveCase, *, parameter: str, pointer: str) -> Iterator[CheckResult]:
    """Without override users the configured recipients are counted, before and after an override.

    Where the target file tells the number (`facts: recipients`), it must be that one.
    """
    subject = ProbeContext(case)
    users = list(case.target.values.get(parameter, ()))
    before = _run(subject, None, parameter)
    override = _run(subject, users[:1], parameter) if users else before
    after = _run(subject, None, parameter)
    first, last = _counted(before, pointer), _counted(after, pointer)
    if first is None or last is None:
        yield skipped(_NO_COUNT)
        return
    known = case.target.facts.get("recipients", {}).get(_named(before))
    if known is not None and first != known:
        yield failed(f"{known} users are configured, {first} are counted", before)
    elif first != last:
        reason = f"{first} were counted before a run with an override, {last} after it"
        yield failed(reason, before, override, after)
    else:
        yield passed(before, after)


def _named(exchange: Exchange) -> str:
    return str(next(iter(exchange.path_parameters.values()), ""))


@active_check("counts_members_once", writes=True, requests=8)
def counts_members_once(
    case: ActiveCase, *, parameter: str, pointer: str, create: str, groups: str
) -> Iterator[CheckResult]:
    """Groups that share members count fewer users together than one by one.

    Distributions are created for two groups (`facts: sharing_groups`), and for both of them.
    """
    pair = list(case.target.facts.get("sharing_groups", ()))
    if len(pair) != 2:
        yield skipped("the target file names no two groups that share members")
        return
    subject = ProbeContext(case)
    runs = [_run_for(subject, chosen, create, groups, parameter) for chosen in _choices(pair)]
    counts = [_counted(run, pointer) if run else None for run in runs]
    if any(count is None for count in counts):
        yield skipped(_NO_COUNT)
        return
    yield _together(pair, [c for c in counts if c is not None], [run for run in runs if run])


def _choices(pair: list[Any]) -> list[list[Any]]:
    return [pair[:1], pair[1:], pair]


def _together(pair: list[Any], counts: list[int], runs: list[Exchange]) -> CheckResult:
    one, other, both = counts
    if both >= one + other:
        reason = f"the groups {pair} share members: {one} and {other} users cannot be {both}"
        return failed(reason, *runs)
    if both < max(one, other):
        return failed(f"the groups {pair} have {one} and {other} users, together {both}", *runs)
    return passed(*runs)


def _run_for(
    subject: ProbeContext, chosen: list[Any], create: str, groups: str, parameter: str
) -> Exchange | None:
    asked = subject.jobs.factory.minimal(create).with_member(groups, chosen)
    creation = asked.send(subject.client, PROBE)
    if creation.status is None or creation.status >= 300:
        return None
    ids: Mapping[str, Any] = dict(created_ids(subject.client.contract, creation))
    run = subject.jobs.factory.minimal(subject.operation, ids)
    return subject.send(run.with_parameter(parameter, None))


@active_check("unknown_user_not_counted", writes=True)
def unknown_user_not_counted(
    case: ActiveCase, *, parameter: str, pointer: str, values: Sequence[Any]
) -> Iterator[CheckResult]:
    """A user who does not exist is refused, or is not counted."""
    subject = ProbeContext(case)
    for value in values:
        exchange = _run(subject, [value], parameter)
        count = _counted(exchange, pointer)
        if count:
            yield failed(f"the user {value} does not exist, {count} are counted", exchange)
        elif count == 0 or (exchange.status is not None and 400 <= exchange.status < 500):
            yield passed(exchange)


@active_check("schedule_untouched", writes=True, requests=6)
def schedule_untouched(
    case: ActiveCase, *, parameter: str, read: str, create: str, pointers: Sequence[str]
) -> Iterator[CheckResult]:
    """What `read` shows at `pointers` is the same before and after a run.

    It is run with users in place of the recipients and, where the target allows it, without;
    what `create` makes has never run before.
    """
    subject = ProbeContext(case)
    for plain in _run_requests(subject, create):
        for asked in (plain, plain.with_parameter(parameter, None)):
            try:
                yield _run_between_reads(subject, asked, read, pointers)
            except NotPermitted:
                continue


def _run_requests(subject: ProbeContext, create: str) -> Iterator[OperationRequest]:
    requests = subject.jobs.factory
    creation = requests.minimal(create).send(subject.client, PROBE)
    if creation.status is not None and creation.status < 300:
        ids = dict(created_ids(subject.client.contract, creation))
        yield requests.minimal(subject.operation, ids)
    yield requests.minimal(subject.operation)


def _run_between_reads(
    subject: ProbeContext, asked: OperationRequest, read: str, pointers: Sequence[str]
) -> CheckResult:
    look = subject.jobs.factory.minimal(read, asked.path)
    before = look.send(subject.client, PROBE)
    run = subject.send(asked)
    after = look.send(subject.client, PROBE)
    if run.status is None or run.status >= 400:
        return skipped(f"the run was answered {run.status}")
    shown = [pointer for pointer in pointers if _both(before, after, pointer)]
    if not shown:
        return skipped("no schedule was shown")
    for pointer in shown:
        was, is_ = _at(before, pointer), _at(after, pointer)
        if was != is_:
            return failed(f"{pointer} was {was!r}, after the run {is_!r}", before, run, after)
    return passed(before, run, after)


def _both(before: Exchange, after: Exchange, pointer: str) -> bool:
    return _at(before, pointer) is not ABSENT and _at(after, pointer) is not ABSENT


def _at(exchange: Exchange, pointer: str) -> Any:
    return value_at(exchange.json, pointer) if exchange.status == 200 else ABSENT
