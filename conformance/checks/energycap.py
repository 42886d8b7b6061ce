"""Checks that only EnergyCAP needs: who receives a report, its schedule, echoed report ids."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from conformance.checks import CheckResult, active_check, failed, passed, result_of, skipped
from conformance.checks.active_case import ActiveCase, expect_accepted
from conformance.contract_queries import ABSENT, id_parameters, value_at, values_at
from conformance.errors import NotPermitted, Untestable
from conformance.http import Exchange
from conformance.job_client import ACTIVE_CHECK
from conformance.request_data import OperationRequest
from conformance.target import Fact, Target
from conformance.target.tracker import created_job_id

# Override users in one run, at most.
MAX_OVERRIDE: Final = 5
_INVALID: Final = frozenset({400, 422})
_NO_COUNT: Final = "no response had a number of recipients"
# So many ids that were not shown beside others are requested alone.
MAX_ALONE: Final = 3


@active_check("response_echoes_report_ids", writes=True, requests=2 + MAX_ALONE)
def response_echoes_report_ids(
    case: ActiveCase, *, requested: str, pointer: str, member: str
) -> Iterator[CheckResult]:
    """The items at `pointer` have, at `member`, the ids that the request has at `requested`, once.

    All responses of the run count. An id that no response ever had may name nothing, and no source
    says what becomes of it: those that are not shown beside others are requested alone.
    """
    with suppress(NotPermitted):
        _request_ids(case, requested, pointer, member)
    own = [exchange for exchange in case.client.exchanges if exchange.operation == case.operation]
    results = list(compare_ids(own, requested, pointer, member))
    if not results:
        raise Untestable("no response had the ids of its request")
    yield from results


def compare_ids(
    exchanges: Sequence[Exchange], requested: str, pointer: str, member: str
) -> Iterator[CheckResult]:
    """Yield whether each success has the ids of its request; see `response_echoes_report_ids`."""
    echoes = [
        (exchange, [str(id_) for id_ in ids], _ids_at(exchange, pointer, member))
        for exchange in exchanges
        if exchange.status == HTTPStatus.OK
        and isinstance(ids := value_at(exchange.request.json, requested), list)
        and isinstance(value_at(exchange.json, pointer), list)
    ]
    known = {id_ for _, _, shown in echoes for id_ in shown}
    for exchange, ids, shown in echoes:
        reason = f"requested were {sorted(ids)}, the response has {sorted(shown)}"
        once = sorted(known.intersection(ids))
        is_repeated = len(ids) > len(set(ids))  # then no source says how often it is in the group
        same = once == (sorted(set(shown)) if is_repeated else sorted(shown))
        yield result_of(None if same else reason, exchange)


def _request_ids(case: ActiveCase, requested: str, pointer: str, member: str) -> None:
    """Request several ids together, in both orders, and those alone that were not shown."""
    request = case.factory.minimal(case.operation)
    shown = set(_ids_at(case.send(request), pointer, member))
    ids = value_at(request.json, requested)
    backwards = ids[::-1] if isinstance(ids, list) else ids
    again = case.factory.with_fresh_unique_values(request.with_member(requested, backwards))
    shown.update(_ids_at(case.send(again), pointer, member))
    missing = [id_ for id_ in ids if str(id_) not in shown] if isinstance(ids, list) else []
    for id_ in missing[:MAX_ALONE]:
        alone = case.factory.with_fresh_unique_values(request.with_member(requested, [id_]))
        case.send(alone, valid=None)


def _ids_at(exchange: Exchange, pointer: str, member: str) -> list[str]:
    return [str(value) for _, value in values_at(exchange.json, f"{pointer}/-{member}")]


def _count(exchange: Exchange, pointer: str) -> int | None:
    """Return the number at `pointer` of a success; its type has a requirement of its own."""
    value = value_at(exchange.json, pointer) if exchange.status == 200 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _run(
    case: ActiveCase,
    users: Sequence[Any] | None,
    parameter: str,
    request: OperationRequest | None = None,
) -> Exchange:
    """Run with override users; no page says in which style they are written.

    The vendor's client joins them by commas. Where that is refused each is a parameter of its own.
    Without `request` it runs what exists.
    """
    request = (request or case.valid_request()).with_parameter(parameter, users)
    exchange = case.send(request, valid=None if users else True)
    if exchange.status not in _INVALID or not users or len(users) == 1:
        return exchange
    repeated = [(parameter, str(user)) for user in users]
    others = [(name, str(v)) for name, v in request.query.items() if name != parameter]
    return case.client.call(
        request.operation,
        path=request.path,
        query=[*others, *repeated],
        headers={"Content-Type": "application/json"},
        driver=ACTIVE_CHECK,
        valid=None,
    )


def _override_users(case: ActiveCase, parameter: str) -> list[Any]:
    if users := list(case.target.values.get(parameter, ())):
        return users
    raise Untestable(f"the target file names no `values` for {parameter}")


def _check_counts(
    case: ActiveCase, lists: Sequence[Sequence[Any]], parameter: str, pointer: str
) -> Iterator[CheckResult]:
    """Run with each list of users: the count must be the number of distinct users."""
    for users in lists:
        exchange = _run(case, users, parameter)
        count, expected = _count(exchange, pointer), len(set(users))
        wrong = f"{users} are {expected} users, the count is {count}"
        result = result_of(wrong if count != expected else None, exchange)
        yield skipped(_NO_COUNT) if count is None else result


@active_check("accepts_override", writes=True)
def accepts_override(case: ActiveCase, *, parameter: str) -> Iterator[CheckResult]:
    """A run with override users is not rejected as invalid."""
    users = _override_users(case, parameter)
    exchange = _run(case, users, parameter)
    yield from expect_accepted(exchange, f"{parameter} {users}", (400, 422))


@active_check("override_replaces", writes=True, requests=3)
def override_replaces(case: ActiveCase, *, parameter: str, pointer: str) -> Iterator[CheckResult]:
    """A run with any number of override users counts exactly these."""
    users = _override_users(case, parameter)
    lists = [users[:size] for size in range(1, min(len(users), MAX_OVERRIDE) + 1)]
    yield from _check_counts(case, lists, parameter, pointer)


@active_check("counts_unique_recipients", writes=True, requests=2)
def counts_unique_recipients(
    case: ActiveCase, *, parameter: str, pointer: str
) -> Iterator[CheckResult]:
    """A user who is twice in the list is counted once."""
    users = _override_users(case, parameter)
    lists = [users[:1] * 2, [*users[:1], *users[:2]]]
    yield from _check_counts(case, lists, parameter, pointer)


_RECIPIENTS: Final = Fact(
    "recipients",
    {1: 12},
    "unique active recipients of a distribution without override, by its id",
    optional=True,
)
_SHARING_GROUPS: Final = Fact("sharing_groups", [1, 2], "two user groups that share members")


def _configured(target: Target) -> dict[str, Any]:
    """Return the numbers of recipients by distribution; YAML reads an id as a number or a text."""
    numbers = target.facts.get(_RECIPIENTS.name)
    return {str(k): v for k, v in numbers.items()} if isinstance(numbers, dict) else {}


@active_check("counts_configured", writes=True, requests=3, facts=[_RECIPIENTS])
def counts_configured(case: ActiveCase, *, parameter: str, pointer: str) -> Iterator[CheckResult]:
    """Without override users the configured recipients are counted, before and after an override.

    Where the target file gives the number (`facts: recipients`), it must be that one.
    """
    users = list(case.target.values.get(parameter, ()))
    request = _request_for_known_number(case)
    before = _run(case, None, parameter, request)
    override = _run(case, users[:1], parameter, request) if users else before
    after = _run(case, None, parameter, request)
    first, last = _count(before, pointer), _count(after, pointer)
    if first is None or last is None:
        raise Untestable(_NO_COUNT)
    distribution = str(next(iter(before.path_parameters.values()), ""))
    configured = _configured(case.target).get(distribution)
    if configured is not None and first != configured:
        yield failed(f"{configured} users are configured, the count is {first}", before)
    else:
        reason = f"the count was {first} before a run with an override, {last} after it"
        yield result_of(reason if first != last else None, before, override, after)


def _request_for_known_number(case: ActiveCase) -> OperationRequest:
    """Return a request to run what the target file gives the number for, if it may be run."""
    operation = case.contract.operations[case.operation]
    for name in id_parameters(case.contract, operation):
        consented = case.client.policy.consented_ids(operation, name)
        if known := next((id_ for id_ in consented if id_ in _configured(case.target)), None):
            return case.factory.minimal(case.operation, {name: known})
    return case.valid_request()


@active_check("counts_members_once", writes=True, requests=8, facts=[_SHARING_GROUPS])
def counts_members_once(
    case: ActiveCase, *, parameter: str, pointer: str, create: str, groups: str
) -> Iterator[CheckResult]:
    """Groups that share members count fewer users together than one by one.

    Distributions are created for two groups (`facts: sharing_groups`), and for both of them.
    """
    pair = list(case.target.facts.get(_SHARING_GROUPS.name, ()))
    if len(pair) != 2:
        raise Untestable("no two groups that share members are named (`facts: sharing_groups`)")
    runs = []
    for chosen in (pair[:1], pair[1:], pair):
        _, ids = case.create_resource(create, {groups: chosen})
        runs.append(_run(case, None, parameter, case.factory.minimal(case.operation, ids)))
    counts = [count for run in runs if (count := _count(run, pointer)) is not None]
    if len(counts) != 3:
        raise Untestable(_NO_COUNT)
    first, second, both = counts
    wrong = f"the groups {pair} share members: {first} and {second} users cannot be {both}"
    yield result_of(None if max(first, second) <= both < first + second else wrong, *runs)


@active_check("unknown_user_not_counted", writes=True)
def unknown_user_not_counted(
    case: ActiveCase, *, parameter: str, pointer: str, values: Sequence[Any]
) -> Iterator[CheckResult]:
    """A user who does not exist is rejected, or is not counted."""
    for value in values:
        exchange = _run(case, [value], parameter)
        count = _count(exchange, pointer)
        if count:
            yield failed(f"the user {value} does not exist, the count is {count}", exchange)
        elif count == 0 or (exchange.status is not None and 400 <= exchange.status < 500):
            yield passed(exchange)


@active_check("run_names_own_resource", writes=True, requests=6)
def run_names_own_resource(
    case: ActiveCase, *, parameter: str, read: str, create: str, pointer: str, shown: str
) -> Iterator[CheckResult]:
    """The text at `pointer` of a run's response is what `read` has at `shown` of what was run."""
    users = list(case.target.values.get(parameter, ()))[:1] or None
    compared = False
    for request in _run_requests(case, create):
        reading = case.factory.minimal(read, request.path)
        before = case.send(reading)
        run = case.send(request.with_parameter(parameter, users))
        after = case.send(reading)
        names = {_shown(before, shown), _shown(after, shown)}
        name = _shown(run, pointer)
        if not isinstance(name, str) or ABSENT in names:
            continue
        compared = True
        reason = f"{pointer} is {name!r}, but what was run is called {_shown(after, shown)!r}"
        yield result_of(None if name in names else reason, run, after)
    if not compared:
        raise Untestable("no run named what was run")


@active_check("detail_shows_own_run", writes=True, requests=8)
def detail_shows_own_run(
    case: ActiveCase, *, override: str, run: str, create: str, member: str, shown: str
) -> Iterator[CheckResult]:
    """The detail of a run has at `shown` what the distribution that was run has at `member`.

    Two distributions are created that differ there, and run.
    """
    number = case.client.next_number
    details = []
    for subject in (f"Run {number} one", f"Run {number} two"):
        _, ids = case.create_resource(create, {member: subject})
        details.append((subject, *_logged_run(case, run, ids, override)))
    (name,) = id_parameters(case.contract, case.contract.operations[case.operation])
    for subject, started, log in details:
        detail = case.send_minimal(case.operation, {name: log})
        found = _shown(detail, shown)
        if isinstance(found, str):
            reason = f"{shown} is {found!r}, but that of what was run is {subject!r}"
            yield result_of(reason if found != subject else None, started, detail)
        else:
            yield skipped(f"the detail has no {shown}")


def _logged_run(
    case: ActiveCase, run: str, ids: Mapping[str, str], override: str
) -> tuple[Exchange, str | int]:
    """Run a distribution of this run for one user at most; return the exchange and the log's id."""
    users = list(case.target.values.get(override, ()))[:1] or None
    started = case.send(case.factory.minimal(run, ids).with_parameter(override, users))
    log = created_job_id(case.contract, started) if started.status == HTTPStatus.OK else None
    if log is None:
        raise Untestable("no run of a distribution of this run answered with an id")
    return started, log


@active_check("deletes_only_old", writes=True, requests=4)
def deletes_only_old(
    case: ActiveCase, *, parameter: str, override: str, run: str, create: str, read: str
) -> Iterator[CheckResult]:
    """The log of a run of today is there after logs of at least a day's age are deleted."""
    consent = case.target.consent.get(case.operation)
    named = consent.query.get(parameter, ("30",)) if consent else ("30",)
    if not (days := [number for number in named if number not in {"", "0"}]):
        raise Untestable(f"the `consent` for {case.operation} names no {parameter} from 1 on")
    _, ids = case.create_resource(create)
    started, log = _logged_run(case, run, ids, override)
    (name,) = id_parameters(case.contract, case.contract.operations[read])
    before = case.send_minimal(read, {name: log})
    request = case.factory.minimal(case.operation)
    deletion = case.send(request.with_parameter(parameter, days[0]))
    if before.status != HTTPStatus.OK or deletion.status != HTTPStatus.NO_CONTENT:
        raise Untestable("no log was read, or none deleted")
    after = case.send_minimal(read, {name: log})
    gone = f"the log {log} of a run of today is gone" if after.status in {404, 410} else None
    yield result_of(gone, started, deletion, after)


@active_check("schedule_untouched", writes=True, requests=6)
def schedule_untouched(
    case: ActiveCase, *, parameter: str, read: str, create: str, pointers: Sequence[str]
) -> Iterator[CheckResult]:
    """The values that `read` shows at `pointers` are the same before and after a run.

    It runs with override users and, where the target allows it, without; what `create` makes has
    never run before.
    """
    for request in _run_requests(case, create):
        for variant in (request, request.with_parameter(parameter, None)):
            try:
                yield _run_between_reads(case, variant, read, pointers)
            except NotPermitted:
                continue


def _run_requests(case: ActiveCase, create: str) -> Iterator[OperationRequest]:
    with suppress(Untestable):
        yield case.factory.minimal(case.operation, case.create_resource(create)[1])
    yield case.valid_request()


def _run_between_reads(
    case: ActiveCase, request: OperationRequest, read: str, pointers: Sequence[str]
) -> CheckResult:
    reading = case.factory.minimal(read, request.path)
    before = case.send(reading)
    run = case.send(request)
    after = case.send(reading)
    if run.status is None or run.status >= 400:
        return skipped(f"the run was answered {run.status}")
    values = [(pointer, _shown(before, pointer), _shown(after, pointer)) for pointer in pointers]
    comparable = [row for row in values if ABSENT not in row]
    for pointer, old, new in comparable:
        if old != new:
            return failed(f"{pointer} was {old!r}, after the run {new!r}", before, run, after)
    return passed(before, run, after) if comparable else skipped("no schedule was shown")


def _shown(exchange: Exchange, pointer: str) -> Any:
    return value_at(exchange.json, pointer) if exchange.status == 200 else ABSENT
