"""Every kind of fault on every operation is labelled as the contract judges the reply."""

from collections.abc import Iterator
from functools import cache
from random import Random

import pytest

import specs
from mockserver.app import App
from mockserver.faults import json_pointer
from mockserver.faults.effects import FaultApplier, Rank, label_response, worst_label
from mockserver.faults.labels import LabelPredictor, variants
from mockserver.faults.model import (
    BREAKS_HTTP,
    KEEPS_REPLY,
    OPTIONS,
    Fault,
    Kind,
    Label,
    Layer,
    Match,
)
from mockserver.http.messages import Response
from mockserver.openapi import CompiledOperation
from mockserver.openapi.request_body import JSON
from specs import pointer
from tests.unit.mockserver.compiled import OPERATIONS, api_of, passes, response_of
from tests.unit.mockserver.sample_requests import BEFORE, REQUESTS
from tests.unit.mockserver.vendor_harness import contract_of

FAULTS = {
    "latency": Fault(Kind.LATENCY, {"ms": 0}),
    "rate-limit": Fault(Kind.RATE_LIMIT),
    "503": Fault(Kind.SERVER_ERROR),
    "500": Fault(Kind.SERVER_ERROR, {"status": 500}),
    "502": Fault(Kind.SERVER_ERROR, {"status": 502}),
    "504": Fault(Kind.SERVER_ERROR, {"status": 504, "handled": True}),
    "expired-token": Fault(Kind.EXPIRED_TOKEN),
    "drop-field": Fault(Kind.DROP_FIELD),
    "unknown-enum": Fault(Kind.UNKNOWN_ENUM),
    "wrong-type": Fault(Kind.WRONG_TYPE),
    "drip": Fault(Kind.DRIP, {"bytes_per_second": 10**9}),
    "truncate": Fault(Kind.TRUNCATE),
    "wrong-length": Fault(Kind.WRONG_LENGTH),
    "shorter": Fault(Kind.WRONG_LENGTH, {"delta": -1}),
    "reset": Fault(Kind.RESET),
}


@cache
def forecast_of(vendor: str, profile: str) -> LabelPredictor:
    return LabelPredictor({vendor: api_of(vendor, profile)})


def is_postponed(reply: Response) -> bool:
    return reply.status in {429, 503} and reply.headers.get("Retry-After", "").isdecimal()


def samples(
    vendor: str, profile: str, operation: str
) -> Iterator[tuple[CompiledOperation, Response]]:
    plan = api_of(vendor, profile).operations[operation]
    for reply in forecast_of(vendor, profile).responses(vendor, plan):
        assert passes(plan, reply)
        yield plan, reply


def test_every_kind_is_tried() -> None:
    assert {fault.kind for fault in FAULTS.values()} == set(Kind) == set(OPTIONS)


def test_kinds_and_labels_are_those_of_the_control_plane() -> None:
    schemas = specs.load_control()["components"]["schemas"]
    assert schemas["FaultKind"]["enum"] == [kind.value for kind in Kind]
    assert schemas["FaultLabel"]["enum"] == [label.value for label in Label]
    told = {name for options in OPTIONS.values() for name in options}
    assert set(schemas["Fault"]["properties"]) == told | {"kind"}


@pytest.mark.parametrize("profile", specs.PROFILES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_label_is_the_contracts_verdict_on_every_reply(operation: str, profile: str) -> None:
    vendor = OPERATIONS[operation]
    applier = FaultApplier(api_of(vendor, profile))
    for plan, reply in samples(vendor, profile, operation):
        for fault in (each for told in FAULTS.values() for each in variants(told, reply)):
            label = forecast_of(vendor, profile).label_under(vendor, plan, reply, fault)
            result = apply(applier, fault, plan, reply)
            assert (label is None) == (result is None)
            if result is None:
                continue
            if fault.kind in BREAKS_HTTP:  # shown with a real client: tests/acceptance
                assert label is Label.VIOLATING
            else:
                valid = passes(plan, result) or is_postponed(result)
                assert (label is Label.VALID) == valid, (fault, result)


def apply(
    applier: FaultApplier, fault: Fault, plan: CompiledOperation, reply: Response
) -> Response | None:
    if fault.layer is Layer.REPLY:
        return applier.replacement_response(fault, plan)
    if fault.layer is Layer.BODY:
        result = applier.corrupt_body(fault, plan, reply, str)
        assert result is None or result[1].body != reply.body
        return result and result[1]
    return reply if applier.is_applicable(fault, reply) else None


@pytest.mark.parametrize("profile", specs.PROFILES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_required_members_break_the_contract_and_others_do_not(
    operation: str, profile: str
) -> None:
    vendor = OPERATIONS[operation]
    openapi = contract_of(vendor, profile).openapi
    for plan, reply in samples(vendor, profile, operation):
        content = plan.operation.responses[reply.status].get("content", {})
        for way in json_pointer.members(reply.body):
            schema = content[JSON]["schema"]
            parent = pointer.schema_at(openapi, schema, json_pointer.write_path(way[:-1]))
            fault = Fault(Kind.DROP_FIELD, {"pointer": json_pointer.write_path(way)})
            label = forecast_of(vendor, profile).label_under(vendor, plan, reply, fault)
            assert (label is Label.VIOLATING) == (way[-1] in parent.get("required", ()))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_takes_the_faults_that_apply_to_it(operation: str) -> None:
    vendor = OPERATIONS[operation]
    plan = api_of(vendor, specs.DOCUMENTED).operations[operation]
    forecast = forecast_of(vendor, specs.DOCUMENTED)
    match = Match(operation=operation)
    labels = {name: forecast.predict(match, fault) for name, fault in FAULTS.items()}
    always = {"latency", "rate-limit", "503", "drip"}
    assert {labels[name] for name in always} == {Label.VALID}
    assert {labels[name] for name in ("truncate", "wrong-length", "reset")} == {Label.VIOLATING}
    assert (labels["expired-token"] is Label.VALID) == (401 in plan.operation.responses)
    assert labels["wrong-type"] is Label.VIOLATING  # its errors have members, at least
    for name, status in (("500", 500), ("502", 502), ("504", 504)):
        assert (labels[name] is Label.VALID) == (status in plan.operation.responses)


@pytest.mark.parametrize("operation", REQUESTS)
@pytest.mark.parametrize("name", [n for n, f in FAULTS.items() if f.kind not in BREAKS_HTTP])
def test_label_is_the_contracts_verdict_on_what_is_sent(
    mock: App, operation: str, name: str
) -> None:
    if operation in BEFORE:
        REQUESTS[BEFORE[operation]].send(mock.app)
    answer = REQUESTS[operation].send(mock.app, {"x-mock-fault": header_of(FAULTS[name])})
    plan = api_of(OPERATIONS[operation], specs.DOCUMENTED).operations[operation]
    reply = response_of(plan, answer)
    played = answer.headers.get("x-mock-fault")
    if played is None:
        assert FAULTS[name].layer in {Layer.BODY, Layer.WIRE}  # no such place, or no body
        assert passes(plan, reply)
        return
    kind, label = played.split("; ")[:2]
    assert kind == FAULTS[name].kind
    assert (label == Label.VALID) == (passes(plan, reply) or is_postponed(reply))


def header_of(fault: Fault) -> str:
    options = (f"{option}={str(value).lower()}" for option, value in fault.options.items())
    return "; ".join([fault.kind, *options])


def test_time_and_drops_leave_the_reply_as_it_is() -> None:
    assert {fault.kind for fault in FAULTS.values() if fault.kind in KEEPS_REPLY} == KEEPS_REPLY


def test_worst_label_and_missing_contract() -> None:
    assert worst_label([Label.VALID, Label.VIOLATING]) is Label.VIOLATING
    assert worst_label([Label.VALID]) is worst_label([]) is Label.VALID
    assert label_response(Response(500), None) is Label.VALID
    assert (
        label_response(Response(429, {}, {}), api_of("talkdesk", "documented").responses)
        is Label.VIOLATING
    )


def test_choice_of_a_place_depends_on_the_rule_and_the_seed_alone() -> None:
    party = api_of("talkdesk", specs.DOCUMENTED)
    plan = party.operations["getReportJob"]
    reply = forecast_of("talkdesk", specs.DOCUMENTED).responses("talkdesk", plan)[0]
    applier = FaultApplier(party)
    found = {
        seed: applier.corrupt_body(Fault(Kind.DROP_FIELD), plan, reply, rank_of(seed))
        for seed in (1, 1, 2, 3, 4)
    }
    assert len({result[0] for result in found.values() if result}) > 1


def rank_of(seed: int) -> Rank:
    return lambda way: str(Random(f"{seed}{way}").random())
