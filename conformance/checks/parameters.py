"""Probes of path and query parameters: what must be refused, and what must not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from conformance.checks.base import ProbeCase, probe
from conformance.checks.subject import NO_SUBJECT, Subject, acceptance, refusal
from conformance.contracts.inspection import SAFE, parameter_schema
from conformance.contracts.pointing import value_at
from conformance.outcome import Judgement, broken, kept, skipped
from conformance.requests.asked import Asked
from conformance.traffic.exchange import Exchange

_INVALID: Final = (400, 422)
VARIANTS: Final = 12
# So many characters at the end of an id are changed to make one that names nothing.
SHAPED: Final = 12
_OTHERS: Final = str.maketrans("0123456789abcdefABCDEF", "9876543210fedcbaFEDCBA")


@probe("refuses_parameter", requests=2)
def refuses_parameter(
    case: ProbeCase, *, parameter: str, values: Sequence[Any], statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """Each of `values` for the parameter of an otherwise valid request is refused."""
    subject = Subject(case)
    asked = subject.refusable()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    for value in values:
        for changed in _alone_too(case, asked.with_parameter(parameter, value), parameter):
            exchange = subject.send(changed, valid=False)
            if judgement := refusal(exchange, f"{parameter} {value!r}", tuple(statuses)):
                yield judgement


def _alone_too(case: ProbeCase, asked: Asked, name: str) -> Iterator[Asked]:
    """Yield a request, and the same without the optional ones of its other query parameters.

    One of them may be what a request is refused for.
    """
    yield asked
    described = case.contract.operations[asked.operation].parameters
    kept_ones = {name, *(p["name"] for p in described if p.get("required"))}
    if not asked.query.keys() <= kept_ones:
        yield replace(asked, query={k: v for k, v in asked.query.items() if k in kept_ones})


@probe("requires_parameter")
def requires_parameter(
    case: ProbeCase, *, parameter: str, statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """A request without the query parameter is refused."""
    subject = Subject(case)
    asked = subject.refusable()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    for changed in _alone_too(case, asked.with_parameter(parameter, None), parameter):
        exchange = subject.send(changed, valid=False)
        if judgement := refusal(exchange, f"a request without {parameter}", tuple(statuses)):
            yield judgement


@probe("refuses_unknown")
def refuses_unknown(
    case: ProbeCase, *, parameter: str, statuses: Sequence[int] = ()
) -> Iterator[Judgement]:
    """An id that names nothing is refused; all else in the request is right."""
    subject = Subject(case)
    absent = _absent(case, subject, parameter)
    asked = subject.pilot.requests.plain(subject.operation, {parameter: absent})
    exchange = subject.send(asked, valid=None)
    if judgement := refusal(exchange, f"the unknown {parameter} {absent}", tuple(statuses)):
        yield judgement


def _absent(case: ProbeCase, subject: Subject, parameter: str) -> str:
    """Return an id that names nothing; for a read one in the shape of the ids that are there.

    An id of another shape might rightly be refused as malformed.
    """
    reads = case.contract.operations[subject.operation].method in SAFE
    handle = next(iter(subject.own()), None) or subject.any_known()
    if case.target.absent.get(parameter) or not reads or handle is None or handle.id.isdigit():
        return case.client.absent_id(parameter)
    return handle.id[:-SHAPED] + handle.id[-SHAPED:].translate(_OTHERS)


@probe("refuses_other")
def refuses_other(case: ProbeCase, *, parameter: str) -> Iterator[Judgement]:
    """What exists under one value of the parameter is refused under its other values."""
    subject = Subject(case)
    asked = subject.refusable()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    own = asked.path.get(parameter, asked.query.get(parameter))
    others = [value for value in _values(case, parameter) if value != own]
    if not others:
        yield skipped(f"no other value of {parameter} is known")
        return
    exchange = subject.send(asked.with_parameter(parameter, others[0]), valid=None)
    if judgement := refusal(exchange, f"the same id under {parameter} {others[0]}", ()):
        yield judgement


def _values(case: ProbeCase, name: str) -> list[Any]:
    operation = case.contract.operations[case.requirement.operation or ""]
    found = next(p for p in operation.parameters if p["name"] == name)
    own = list(case.target.values.get(name, ()))
    return own + [v for v in parameter_schema(case.contract, found).get("enum", ()) if v not in own]


@probe("accepts_parameter", requests=6)
def accepts_parameter(
    case: ProbeCase, *, parameter: str, values: Sequence[Any], refusals: Sequence[int] = _INVALID
) -> Iterator[Judgement]:
    """None of `values` is answered by one of `refusals`."""
    subject = Subject(case)
    for value in values:
        asked = subject.ready({parameter: value})
        if asked is None:
            yield skipped(NO_SUBJECT)
            return
        exchange = subject.send(asked, valid=None)
        if judgement := acceptance(exchange, f"{parameter} {value!r}", tuple(refusals)):
            yield judgement


@probe("accepts_without", requests=2)
def accepts_without(
    case: ProbeCase, *, parameter: str, refusals: Sequence[int] = _INVALID
) -> Iterator[Judgement]:
    """A request without the optional parameter is not answered by one of `refusals`.

    It names a thing that was made without the parameter, where that can be.
    """
    subject = Subject(case)
    asked = subject.ready({parameter: None})
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    exchange = subject.send(asked, valid=None)
    if judgement := acceptance(exchange, f"a request without {parameter}", tuple(refusals)):
        yield judgement


@probe("means_absent", requests=6)
def means_absent(case: ProbeCase, *, parameter: str, values: Sequence[str]) -> Iterator[Judgement]:
    """Where a request without the parameter succeeds, it does so with each of `values` too."""
    subject = Subject(case)
    bare = subject.ready({parameter: None})
    without = subject.send(bare, valid=None) if bare is not None else None
    if without is None or without.status is None or without.status >= 400:
        yield skipped(f"no request without {parameter} succeeded")
        return
    for value in values:
        asked = subject.ready({parameter: None})
        if asked is None:
            return
        exchange = subject.send(asked.with_parameter(parameter, value), valid=None)
        if judgement := acceptance(exchange, f"{parameter} {value!r}", ()):
            yield judgement


@probe("accepts", requests=VARIANTS)
def accepts(case: ProbeCase, *, statuses: Sequence[int]) -> Iterator[Judgement]:
    """A request that is right in every way succeeds, with one of `statuses`.

    Variants of it are sent for the judges of the answers: nobody promises that all succeed.
    """
    subject = Subject(case)
    asked = subject.ready()
    if asked is None:
        yield skipped(NO_SUBJECT)
        return
    exchange = subject.send(asked)
    yield from _accepted(case, asked, exchange, statuses)
    for variant in islice(subject.pilot.requests.variants_of(asked), VARIANTS):
        subject.send(variant, valid=None)


def _accepted(
    case: ProbeCase, asked: Asked, exchange: Exchange, statuses: Sequence[int]
) -> Iterator[Judgement]:
    judgement = acceptance(exchange, "a valid request", ())
    if judgement is not None and judgement.kept and exchange.status not in statuses:
        right = " or ".join(map(str, statuses))
        yield broken(f"a valid request was answered {exchange.status}, not {right}", exchange)
    elif judgement is not None and judgement.kept is False and (name := _guessed(case, asked)):
        yield skipped(f"refused, but the target file names no values for {name}")
    elif judgement is not None:
        yield judgement


def _guessed(case: ProbeCase, asked: Asked) -> str | None:
    """Return a member of the body that names numbered things which nobody said are there."""
    body: Mapping[str, Any] = asked.json if isinstance(asked.json, Mapping) else {}
    for name, value in body.items():
        first = value[0] if isinstance(value, list) and value else value
        numbered = isinstance(first, int) and not isinstance(first, bool)
        if numbered and name not in case.target.values:
            return name
    return None


@probe("page_size_kept")
def page_size_kept(case: ProbeCase, *, parameter: str, items: str) -> Iterator[Judgement]:
    """A list that was asked for one item has no more."""
    subject = Subject(case)
    asked = subject.pilot.requests.plain(subject.operation, {parameter: 1})
    exchange = subject.send(asked)
    found = value_at(exchange.json, items)
    if not isinstance(found, list):
        yield skipped("the list did not show any items")
    elif len(found) > 1:
        yield broken(f"{len(found)} items came where {parameter} is 1", exchange)
    else:
        yield kept(exchange)
