"""Judges of links, redirects and echoed ids: they stay with the thing that was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import jsonschema_rs

from conformance.checks.base import JudgeCase, judge
from conformance.checks.concern import answer_of, statuses_of
from conformance.checks.schema import shallow
from conformance.contracts.pointing import value_at
from conformance.contracts.templates import match, other_operation
from conformance.outcome import Judgement, broken, kept
from conformance.traffic.urls import read_url


@judge("same_as_parameter")
def same_as_parameter(case: JudgeCase, *, pointer: str, parameter: str) -> Judgement | None:
    """The value at `pointer` is that of the path parameter; its type has a row of its own."""
    received = answer_of(case, statuses_of(case, ()))
    if received is None or parameter not in case.exchange.path_parameters:
        return None
    value = value_at(received.json, pointer)
    fits = jsonschema_rs.validator_for(shallow(case, pointer)).is_valid
    if not isinstance(value, str | int) or not fits(value):
        return None
    asked = case.exchange.path_parameters[parameter]
    if str(value) != str(asked):
        return broken(f"{pointer} is {value!r}, {str(asked)!r} was asked for", case.exchange)
    return kept(case.exchange)


@judge("own_link")
def own_link(case: JudgeCase, *, pointer: str, to: str) -> Judgement | None:
    """A link leads to the operation `to` of the very thing that was asked for."""
    received = answer_of(case, statuses_of(case, ()))
    href = value_at(received.json, pointer) if received else None
    return _lead(case, href, to, pointer) if isinstance(href, str) else None


@judge("own_location")
def own_location(case: JudgeCase, *, to: str) -> Judgement | None:
    """A Location at this service leads to the operation `to` of the thing asked for.

    One to a place that the contract does not know (a storage) names no job and is not judged.
    """
    received = answer_of(case)
    if received is None or not 300 <= received.status < 400:
        return None
    text = received.headers.get("Location")
    return _lead(case, text, to, "Location") if text is not None else None


def _lead(case: JudgeCase, href: str, to: str, what: str) -> Judgement | None:
    parts = read_url(href, case.exchange.sent.url)
    if parts is None:
        return broken(f"{what} {href!r} is no URL", case.exchange)
    found = match(case.contract.operations[to].path, parts.path)
    if found is None:
        return _elsewhere(case, parts, f"{what} {href!r} leads to no {to}")
    asked = _asked(case.exchange.path_parameters)
    strange = [name for name, value in found.items() if asked.get(name, value) != value]
    if strange:
        name = strange[0]
        reason = f"{what} {href!r} leads to the {name} {found[name]!r}, not {asked[name]!r}"
        return broken(reason, case.exchange)
    return kept(case.exchange)


def _elsewhere(case: JudgeCase, parts: SplitResult, reason: str) -> Judgement | None:
    """A place that the contract does not know may be a storage; its other operations are none."""
    if parts.netloc != urlsplit(case.exchange.sent.url).netloc:
        return None
    known = other_operation(case.contract, parts.path) is not None or parts.path in {"", "/"}
    return broken(reason, case.exchange) if known else None


def _asked(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: unquote(str(value)) for name, value in parameters.items()}


@judge("redirect_only_in")
def redirect_only_in(case: JudgeCase, *, states: Sequence[str]) -> Judgement | None:
    """A redirect comes only while the status in its body, where present, is one of `states`."""
    received = answer_of(case)
    location = case.contract.lifecycle.locations.get(case.exchange.operation or "")
    if received is None or location is None or not location.status:
        return None
    if not 300 <= received.status < 400:
        return None
    state = value_at(received.json, location.status)
    if not isinstance(state, str):
        return None
    allowed = {case.contract.lifecycle.wire(name) for name in states}
    if state not in allowed and case.contract.lifecycle.named(state):
        return broken(f"a {received.status} while the status is {state}", case.exchange)
    return kept(case.exchange) if state in allowed else None
