"""Patterns of the journal: each member of one, and the differences that it tells."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.journal.base import Fault, JobTouch, Outcome
from mockserver.journal.matching import UNREADABLE, Difference, EntryView, Pattern, glob
from tests.unit.mockserver.journal_entries import entry

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
JSON_BODY = b'{"format":"csv","timespan":{"from":"a","to":"b"},"ids":[1,2],"on":true}'
EXCHANGE = entry(
    method="POST",
    path="/data/reports/calls/jobs",
    query="page=1&page=2&name=a%20b",
    operation="createReportJob",
    status=202,
    verdict=Outcome.BROKEN,
    faults=(Fault("latency", "valid"), Fault("drop-field", "violating")),
    touched=(JobTouch("job-1", None, "CREATED"),),
    request_body=JSON_BODY,
    request_length=len(JSON_BODY),
)

FITTING: list[dict[str, Any]] = [
    {},
    {"vendor": "talkdesk", "operation": "createReportJob", "method": "post", "caller": "writer"},
    {"status": 202},
    {"status": "202"},
    {"status": 202.0},
    {"status": "2XX"},
    {"path": "/data/reports/calls/jobs"},
    {"path": "/data/*/jobs"},
    {"path": "*"},
    {"job": "job-1"},
    {"verdict": "broken"},
    {"fault": "any"},
    {"fault": "latency"},
    {"fault": "violating"},
    {"query": {"page": "2", "name": "a b"}},
    {"body": {"format": "csv", "timespan": {"to": "b"}}},
    {"body": {"ids": [1.0, 2]}},
]
FOREIGN: list[tuple[dict[str, Any], str, Any]] = [
    ({"vendor": "energycap"}, "vendor", "talkdesk"),
    ({"operation": "getReportJob"}, "operation", "createReportJob"),
    ({"method": "GET"}, "method", "POST"),
    ({"caller": "reader"}, "caller", "writer"),
    ({"status": 200}, "status", 202),
    ({"status": "4XX"}, "status", 202),
    ({"path": "/data/*/files"}, "path", "/data/reports/calls/jobs"),
    ({"job": "job-2"}, "job", ["job-1"]),
    ({"verdict": "ok"}, "verdict", "broken"),
    ({"fault": "none"}, "fault", ["drop-field", "latency", "valid", "violating"]),
    ({"fault": "reset"}, "fault", ["drop-field", "latency", "valid", "violating"]),
    ({"query": {"page": "3"}}, "query.page", ["1", "2"]),
    ({"query": {"name": "b"}}, "query.name", "a b"),
    ({"query": {"size": "3"}}, "query.size", None),
    ({"body": {"format": "json"}}, "body.format", "csv"),
    ({"body": {"timespan": {"from": "b"}}}, "body.timespan.from", "a"),
    ({"body": {"on": 1}}, "body.on", True),
    ({"body": {"ids": [1]}}, "body.ids", [1, 2]),
    ({"body": {"ids": [True, 2]}}, "body.ids", [1, 2]),
    ({"body": {"name": "x"}}, "body.name", None),
]


@pytest.mark.parametrize("wanted", FITTING, ids=str)
def test_pattern_fits(wanted: dict[str, Any]) -> None:
    assert Pattern(wanted).matches(EntryView(EXCHANGE))
    assert list(Pattern(wanted).differences(EntryView(EXCHANGE))) == []


@pytest.mark.parametrize(("wanted", "field", "actual"), FOREIGN, ids=str)
def test_pattern_tells_what_differs(wanted: dict[str, Any], field: str, actual: Any) -> None:
    pattern = Pattern(wanted)
    assert not pattern.matches(EntryView(EXCHANGE))
    (difference,) = pattern.differences(EntryView(EXCHANGE))
    assert (difference.field, difference.actual) == (field, actual)


def test_pattern_tells_all_that_differs() -> None:
    fields = [
        row.field
        for row in Pattern({"method": "GET", "status": 200}).differences(EntryView(EXCHANGE))
    ]
    assert fields == ["method", "status"]


def test_fault_none_fits_an_exchange_without_faults() -> None:
    assert Pattern({"fault": "none"}).matches(EntryView(entry()))
    assert not Pattern({"fault": "any"}).matches(EntryView(entry()))


def test_form_is_compared_like_an_object() -> None:
    body = b"grant_type=client_credentials&scope=a%20b"
    seen = EntryView(entry(request_headers=FORM, request_body=body, request_length=len(body)))
    assert Pattern({"body": {"grant_type": "client_credentials", "scope": "a b"}}).matches(seen)


@pytest.mark.parametrize(("body", "sent"), [(b"{", 1), (b'{"a":1}', 5000), (b"\xff", 1)])
def test_unreadable_body_fits_no_pattern_of_bodies(body: bytes, sent: int) -> None:
    seen = EntryView(entry(request_body=body, request_length=sent))
    assert list(Pattern({"body": {"a": 1}}).differences(seen)) == [
        Difference("body", {"a": 1}, UNREADABLE)
    ]


def test_missing_body_is_null() -> None:
    assert Pattern({"body": None}).matches(EntryView(entry()))
    assert not Pattern({"body": {}}).matches(EntryView(entry()))


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_glob_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert glob(pattern, text) == (re.fullmatch(expression, text) is not None)


def test_glob_is_fast_on_many_stars() -> None:
    assert not glob("*a" * 1000 + "b", "a" * 2048)
