"""Tests of what a finding shows: the part of an exchange that matters, what came before, again."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.evaluation import ReplayStep
from conformance.report.exchange_text import MARK, MAX_LINES, excerpt, visible
from conformance.report.finding import findings, requirement_lines
from specs import load, vendors
from tests.unit.conformance._results import exchange, result

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
    max_leaves=200,
)


def shown(body: object, reason: str) -> tuple[str, ...]:
    return excerpt(exchange(1, "getJob", json.dumps(body).encode()), reason).seen


@given(body=JSON, reason=st.text())
def test_an_excerpt_has_at_most_twenty_lines_and_says_how_many_are_folded(body: object, reason):
    found = excerpt(exchange(1, "getJob", json.dumps(body).encode()), reason)
    lines = (*found.sent, *found.seen)
    assert len(lines) <= MAX_LINES
    assert found.folded >= 0
    assert all(line == visible(line) and "\n" not in line for line in lines)


@pytest.mark.parametrize(
    ("body", "reason", "marked"),
    [
        ({"job": {"id": 36}}, "/job/id: 36 is not of type", '"id": 36'),
        ({"items": [{"n": n} for n in range(99)]}, "/items/70/n is 70", '"n": 70'),
        ({"a/b": {"~": 1}}, "/a~1b/~0 is 1", '"~": 1'),
        (
            {"job": {"status": "PROCESSING"}},
            "was DONE and then PROCESSING",
            '"job": {"status": "PROCESSING"}',
        ),
        ({"x": ["y" * 5000]}, "/x/0 is long", '"yyyyy'),
        ({"a": 1}, "a valid request was answered 200, not 202", "HTTP 200"),
        (
            {"begin": "2026-01-05T09:00:00Z", "end": "2026-01-05T08:59:00Z", "c": "x" * 40},
            "it ends 2026-01-05 08:59:00+00:00",
            '"end"',
        ),
    ],
)
def test_the_member_that_the_reason_is_about_is_shown_and_marked(body, reason, marked):
    (line,) = [line for line in shown(body, reason) if line.endswith(MARK)]
    assert line.strip().startswith(marked)
    assert len(line) < 120


def test_what_the_reason_is_not_about_is_short():
    body = {"job": {"id": 1, "rows": [[1] * 50] * 50}, "more": {"deep": {"deeper": [1] * 99}}}
    lines = shown(body, "/job/id is 1")
    assert any("[… 50 items]" in line for line in lines)
    assert len(lines) < 12


def test_the_header_that_the_reason_is_about_is_marked_and_nothing_that_resembles_it():
    first = exchange(1, "getJob", json.dumps({"self": "/jobs/7", "type": "calls"}).encode())
    assert first.response is not None
    headers = {"content-type": "application/json", "location": "/files/calls/8"}
    first = replace(first, response=replace(first.response, headers=headers))
    lines = excerpt(first, "Location '/files/calls/8' names another job than /jobs/7").seen
    assert [line for line in lines if MARK in line] == [f"location: /files/calls/8{MARK}"]


def test_headers_that_the_reason_names_are_shown():
    first = exchange(1, "getJob", b"{}")
    assert first.response is not None
    headers = {"Content-Type": "application/json", "X-Rate": "1", "Server": "s"}
    first = replace(first, response=replace(first.response, headers=headers))
    lines = excerpt(first, "the x-rate is 1").seen
    assert "X-Rate: 1" in lines
    assert "Server: s" not in lines


def test_no_response_is_the_failure_in_words():
    found = excerpt(exchange(1, "getJob", b"", status=None))
    assert found.seen == ("the connection was refused",)


def with_steps(*steps: ReplayStep, together: tuple[str, ...] = ()):
    base = result()
    row = base.requirements[0]
    last = replace(steps[-1].exchange, together=together)
    row = replace(row, exchanges=(last,), replay_steps=steps)
    return findings(replace(base, requirements=(row,)))[0]


def test_a_request_that_needs_others_says_so_and_shows_them():
    steps = (
        ReplayStep(exchange(1, "createJob", b"{}", 202)),
        ReplayStep(exchange(5, "getJob", b"{}"), waits_for=("job-9", "old")),
    )
    finding = with_steps(*steps)
    assert finding.before[0].startswith("#1 GET ")
    assert "conformance replay RESULT.json --id TY-ONE-001" in finding.again
    assert "It needs time: the job must become old first." in finding.again


def test_requests_at_the_same_time_need_luck_and_are_named():
    step = ReplayStep(exchange(5, "getJob", b"{}"))
    finding = with_steps(step, together=("GET /jobs/2", "GET /jobs/2"))
    assert finding.before[-1] == "at the same time: GET /jobs/2"
    assert finding.before[0].startswith("#1 GET /jobs/job-1")
    assert "It needs luck" in finding.again
    assert "--only TY-ONE-001 --seed 7" in finding.again
    assert not finding.is_in_one_request


def test_one_request_is_shown_by_its_command_alone():
    assert (
        with_steps(ReplayStep(exchange(5, "getJob", b"{}"))).again == "The curl command shows it."
    )


@pytest.mark.parametrize("vendor", vendors())
def test_every_requirement_has_the_line_of_its_row(vendor: str):
    contract = load(vendor, "observed")
    assert requirement_lines(contract).keys() >= {r.id for r in contract.requirements}
