"""Probes of who receives a report: each user once, and overriding users in place of all others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import Subject, acceptance
from conformance.contracts.inspection import ids_made
from conformance.contracts.pointing import value_at
from conformance.jobs.askers import PROBE
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.requests.asked import Asked
from conformance.traffic.exchange import Exchange

_NO_USERS: Final = "the target file names no override users"
_NO_COUNT: Final = "no answer told a number of recipients"


def _counted(exchange: Exchange, pointer: str) -> int | None:
    """Return the number at `pointer` of a success; its type has a row of its own."""
    value = value_at(exchange.json, pointer) if exchange.status == 200 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _run(subject: Subject, users: Sequence[Any] | None, parameter: str) -> Exchange:
    return subject.send(_asked(subject, users, parameter))


def _asked(subject: Subject, users: Sequence[Any] | None, parameter: str) -> Asked:
    asked = subject.pilot.requests.plain(subject.operation)
    return asked.with_parameter(parameter, users)


def _judge_counts(
    subject: Subject, lists: Sequence[Sequence[Any]], parameter: str, pointer: str
) -> Iterator[Judgement]:
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
            yield broken(f"{users} are {right} users, {count} are counted", exchange)
        else:
            yield kept(exchange)
    if not told:
        yield skipped(_NO_COUNT)


@probe("accepts_override", writes=True)
def accepts_override(case: ProbeCase, *, parameter: str) -> Iterator[Judgement]:
    """A run with users in place of the configured recipients is not refused as invalid."""
    users = list(case.target.values.get(parameter, ()))
    if not users:
        yield skipped(_NO_USERS)
        return
    exchange = _run(Subject(case), users, parameter)
    if judgement := acceptance(exchange, f"{parameter} {users}", (400, 422)):
        yield judgement


@probe("override_replaces", writes=True, requests=3)
def override_replaces(case: ProbeCase, *, parameter: str, pointer: str) -> Iterator[Judgement]:
    """A run with one, two or three users counts so many: nobody is added, nobody left out."""
    users = list(case.target.values.get(parameter, ()))
    if not users:
        yield skipped(_NO_USERS)
        return
    lists = [users[:size] for size in range(1, min(len(users), 3) + 1)]
    yield from _judge_counts(Subject(case), lists, parameter, pointer)


@probe("counts_unique_recipients", writes=True, requests=2)
def counts_unique_recipients(
    case: ProbeCase, *, parameter: str, pointer: str
) -> Iterator[Judgement]:
    """A user who stands twice in the list is counted once."""
    users = list(case.target.values.get(parameter, ()))
    if not users:
        yield skipped(_NO_USERS)
        return
    lists = [users[:1] * 2, [*users[:1], *users[:2]]]
    yield from _judge_counts(Subject(case), lists, parameter, pointer)


@probe("counts_configured", writes=True, requests=3)
def counts_configured(case: ProbeCase, *, parameter: str, pointer: str) -> Iterator[Judgement]:
    """Without override users the configured recipients are counted, before and after an override.

    Where the target file tells the number (`facts: recipients`), it must be that one.
    """
    subject = Subject(case)
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
        yield broken(f"{known} users are configured, {first} are counted", before)
    elif first != last:
        reason = f"{first} were counted before a run with an override, {last} after it"
        yield broken(reason, before, override, after)
    else:
        yield kept(before, after)


def _named(exchange: Exchange) -> str:
    return str(next(iter(exchange.path_parameters.values()), ""))


@probe("counts_members_once", writes=True, requests=8)
def counts_members_once(
    case: ProbeCase, *, parameter: str, pointer: str, create: str, groups: str
) -> Iterator[Judgement]:
    """Groups that share members count fewer users together than one by one.

    Distributions are created for two groups (`facts: sharing_groups`), and for both of them.
    """
    pair = list(case.target.facts.get("sharing_groups", ()))
    if len(pair) != 2:
        yield skipped("the target file names no two groups that share members")
        return
    subject = Subject(case)
    runs = [_run_for(subject, chosen, create, groups, parameter) for chosen in _choices(pair)]
    counts = [_counted(run, pointer) if run else None for run in runs]
    if any(count is None for count in counts):
        yield skipped(_NO_COUNT)
        return
    yield _together(pair, [c for c in counts if c is not None], [run for run in runs if run])


def _choices(pair: list[Any]) -> list[list[Any]]:
    return [pair[:1], pair[1:], pair]


def _together(pair: list[Any], counts: list[int], runs: list[Exchange]) -> Judgement:
    one, other, both = counts
    if both >= one + other:
        reason = f"the groups {pair} share members: {one} and {other} users cannot be {both}"
        return broken(reason, *runs)
    if both < max(one, other):
        return broken(f"the groups {pair} have {one} and {other} users, together {both}", *runs)
    return kept(*runs)


def _run_for(
    subject: Subject, chosen: list[Any], create: str, groups: str, parameter: str
) -> Exchange | None:
    asked = subject.pilot.requests.plain(create).with_member(groups, chosen)
    creation = asked.send(subject.client, PROBE)
    if creation.status is None or creation.status >= 300:
        return None
    ids: Mapping[str, Any] = dict(ids_made(subject.client.contract, creation))
    run = subject.pilot.requests.plain(subject.operation, ids)
    return subject.send(run.with_parameter(parameter, None))


@probe("unknown_user_not_counted", writes=True)
def unknown_user_not_counted(
    case: ProbeCase, *, parameter: str, pointer: str, values: Sequence[Any]
) -> Iterator[Judgement]:
    """A user who does not exist is refused, or is not counted."""
    subject = Subject(case)
    for value in values:
        exchange = _run(subject, [value], parameter)
        count = _counted(exchange, pointer)
        if count:
            yield broken(f"the user {value} does not exist, {count} are counted", exchange)
        elif count == 0 or (exchange.status is not None and 400 <= exchange.status < 500):
            yield kept(exchange)
