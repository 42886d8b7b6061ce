"""Was this called, how often, in which order: the answers, and the near misses."""

import json
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import App
from mockserver.errors import ApiError
from mockserver.journal.base import Bounds
from mockserver.journal.memory import MemoryBudget, MemoryJournal
from mockserver.journal.verify import verify
from mockserver.testing import MockServer
from mockserver.testing.client import VerificationError, open_vendor
from tests.unit.mockserver.asgi import CREATE, JSON, TALKDESK, ask
from tests.unit.mockserver.journal_entries import entry

JOBS = "/data/reports/calls/jobs"


def journal_of(*operations: str, bounds: Bounds | None = None) -> MemoryJournal:
    journal = MemoryJournal(bounds or Bounds(), MemoryBudget())
    for operation in operations:
        journal.add(entry(number=journal.next_number(), operation=operation, path=f"/{operation}"))
    return journal


def check(journal: MemoryJournal, *calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    return verify(journal, {"calls": list(calls), **more})


@pytest.mark.parametrize(
    ("count", "verified", "expected"),
    [
        ({}, True, "at least 1"),
        ({"min": 3}, True, "at least 3"),
        ({"min": 4}, False, "at least 4"),
        ({"max": 3}, True, "at most 3"),
        ({"max": 2}, False, "at most 2"),
        ({"min": 1, "max": 3}, True, "1 to 3"),
        ({"exactly": 3}, True, "exactly 3"),
        ({"exactly": 2}, False, "exactly 2"),
        ({"exactly": 0}, False, "exactly 0"),
        ({"min": 1.0, "max": 3.0}, True, "1 to 3"),
    ],
)
def test_count_decides(count: dict[str, float], verified: bool, expected: str) -> None:
    answer = check(
        journal_of("poll", "poll", "fetch", "poll"), {"operation": "poll", "count": count}
    )
    (result,) = answer["results"]
    assert answer["verified"] is result["verified"] is verified
    assert (result["count"], result["expected"]) == (3, expected)
    assert result["numbers"] == [1, 2, 4]
    assert result["ordered"] is None


def test_one_call_that_fails_fails_all() -> None:
    answer = check(journal_of("poll"), {"operation": "poll"}, {"operation": "fetch"})
    assert not answer["verified"]
    assert [result["verified"] for result in answer["results"]] == [True, False]


@pytest.mark.parametrize(
    ("made", "asked", "ordered"),
    [
        ("create poll fetch", "create poll fetch", [True, True, True]),
        ("create poll poll fetch", "create fetch", [True, True]),
        ("fetch create poll", "create poll fetch", [True, True, False]),
        ("poll create", "create poll", [True, False]),
        ("poll create poll", "create poll", [True, True]),
        ("poll create poll", "poll poll", [True, True]),
        ("poll", "poll poll", [True, False]),
        ("create", "fetch create", [False, True]),
    ],
)
def test_order_needs_a_way_through_the_journal(made: str, asked: str, ordered: list[bool]) -> None:
    calls = [{"operation": name} for name in asked.split()]
    answer = check(journal_of(*made.split()), *calls, order=True)
    assert [result["ordered"] for result in answer["results"]] == ordered
    assert answer["verified"] is all(ordered)


def test_order_takes_as_many_of_a_call_as_must_be() -> None:
    journal = journal_of("poll", "fetch", "poll", "fetch")
    polls = {"operation": "poll", "count": {"exactly": 2}}
    assert check(journal, polls, {"operation": "fetch"}, order=True)["verified"]
    fetches = {"operation": "fetch", "count": {"min": 2}}
    assert not check(journal, polls, fetches, order=True)["verified"]
    never = {"operation": "delete", "count": {"exactly": 0}}
    assert check(journal, never, {"operation": "poll"}, order=True)["verified"]


def test_near_misses_are_the_closest_and_tell_what_differs() -> None:
    journal = MemoryJournal(Bounds(), MemoryBudget())
    for path, status in (("/a/b/c", 200), ("/a/x/y", 404), ("/a/b/d", 404), ("/a/b/c", 500)):
        journal.add(entry(number=journal.next_number(), path=path, status=status))
    (result,) = check(journal, {"path": "/a/b/c", "status": 404})["results"]
    assert [near["number"] for near in result["near"]] == [4, 1, 3]
    assert result["near"][0] == {
        "number": 4,
        "method": "GET",
        "path": "/a/b/c",
        "status": 500,
        "differs": [{"field": "status", "expected": 404, "actual": 500}],
    }
    assert result["near"][2]["differs"] == [
        {"field": "path", "expected": "/a/b/c", "actual": "/a/b/d"}
    ]


def test_enough_calls_need_no_near_misses() -> None:
    (result,) = check(journal_of("a", "b"), {"operation": "a"})["results"]
    assert result["near"] == []


def test_since_looks_at_later_exchanges_only() -> None:
    journal = journal_of("poll", "fetch", "poll")
    assert check(journal, {"operation": "poll"}, since=2)["results"][0]["numbers"] == [3]


def test_answer_says_when_the_journal_has_forgotten() -> None:
    journal = journal_of("a", "b", "c", bounds=Bounds(entries=2))
    assert not check(journal, {"operation": "b"})["complete"]
    assert check(journal, {"operation": "b"}, since=2)["complete"]
    journal.clear()
    assert check(journal, {"operation": "b"})["complete"]


@pytest.mark.parametrize(
    "count", [{"exactly": 0}, {"max": 0}, {"exactly": 1}, {"min": 0, "max": 9}]
)
@pytest.mark.parametrize(
    ("bounds", "budget", "setting"),
    [
        (Bounds(entries=3), 2**20, "--max-journal"),
        (Bounds(bytes=300), 2**20, "--max-journal-bytes"),
        (Bounds(), 300, "--max-journal-bytes"),
    ],
)
def test_an_upper_bound_is_not_verified_by_a_journal_that_has_forgotten(
    count: dict[str, int], bounds: Bounds, budget: int, setting: str
) -> None:
    journal = MemoryJournal(bounds, MemoryBudget(budget))
    for operation in ("delete", *("poll",) * 9, "last"):
        journal.add(entry(number=journal.next_number(), operation=operation, size=100))
    operation = "last" if count == {"exactly": 1} else "delete"
    answer = check(journal, {"operation": operation, "count": count})
    (result,) = answer["results"]
    assert not answer["verified"]
    assert not result["verified"]
    assert setting in result["reason"].replace(";", " ").replace(",", " ").split()
    assert "forgotten 8 " in result["reason"]
    assert check(journal, {"operation": "last"})["verified"]
    assert check(journal, {"operation": operation, "count": count}, since=9)["verified"]
    journal.clear()
    assert check(journal, {"operation": "delete", "count": {"exactly": 0}})["verified"]


def test_the_plugin_says_which_setting_forgets() -> None:
    with MockServer(max_journal=3) as server, open_vendor(server.base_url) as vendor:
        url = f"{server.base_url}{JOBS}"
        headers = vendor.headers("talkdesk", "writer")
        job = requests.post(url, json=CREATE, headers=headers, timeout=60).json()["job"]["id"]
        requests.delete(f"{url}/{job}", headers=headers, timeout=60)
        vendor.verify(method="DELETE", exactly=1)
        for _ in range(5):
            requests.get(f"{url}/{job}", headers=headers, timeout=60)
        counts: list[dict[str, Any]] = [{"exactly": 0}, {"max": 5}, {"min": 1}, {"exactly": 1}]
        for count in counts:
            with pytest.raises(VerificationError, match="--max-journal"):
                vendor.verify(method="DELETE", **count)
        vendor.verify(method="GET", min=3)


@given(st.lists(st.sampled_from("ab"), max_size=12), st.integers(1, 12), st.integers(0, 12))
def test_what_is_verified_is_true_of_all_calls(calls: list[str], kept: int, most: int) -> None:
    """Whatever the journal forgets, an upper bound is verified only where it holds."""
    journal = journal_of(*calls, bounds=Bounds(entries=kept))
    answer = check(journal, {"operation": "a", "count": {"max": most}})
    if answer["verified"]:
        assert calls.count("a") <= most
    if len(calls) <= kept:
        assert answer["verified"] is (calls.count("a") <= most)


def test_an_upper_bound_is_not_verified_by_a_body_that_was_cut() -> None:
    journal = MemoryJournal(Bounds(), MemoryBudget())
    cut = {"request_body": b'{"format": "csv", "na', "request_length": 10_000}
    journal.add(entry(number=journal.next_number(), operation="create", **cut))
    never = {"operation": "create", "body": {"format": "csv"}, "count": {"exactly": 0}}
    (result,) = check(journal, never)["results"]
    assert not result["verified"]
    assert "too long" in result["reason"]
    other = never | {"operation": "other"}
    assert check(journal, other)["verified"]


def test_preflight_counts_only_where_it_is_asked_for() -> None:
    journal = MemoryJournal(Bounds(), MemoryBudget())
    journal.add(entry(number=journal.next_number(), method="OPTIONS", path="/a"))
    (silent,) = check(journal, {"path": "/a"})["results"]
    assert (silent["count"], silent["near"]) == (0, [])
    assert check(journal, {"path": "/a", "method": "options"})["verified"]


@pytest.mark.parametrize("count", [{"min": 2, "max": 1}, {"exactly": 1, "min": 1}])
def test_count_that_contradicts_itself_is_refused(count: dict[str, int]) -> None:
    with pytest.raises(ApiError) as caught:
        check(journal_of("a"), {}, {"count": count})
    assert caught.value.field == "calls[1].count"


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=4))
def test_order_agrees_with_a_search_for_a_subsequence(made: list[str], asked: list[str]) -> None:
    rest = iter(made)
    there = all(any(one == name for one in rest) for name in asked)
    answer = check(journal_of(*made), *({"operation": name} for name in asked), order=True)
    assert answer["verified"] is there


def test_verification_over_http(mock: App) -> None:
    job = ask(mock.app, "POST", JOBS, {**TALKDESK, **JSON}, CREATE).json["job"]["id"]
    ask(mock.app, "GET", f"{JOBS}/{job}", TALKDESK)
    calls = [
        {"operation": "createReportJob", "body": {"format": "csv"}, "count": {"exactly": 1}},
        {"operation": "getReportJob", "job": job},
    ]
    answer = ask(mock.app, "POST", "/_mock/verify", JSON, {"calls": calls, "order": True})
    assert answer.status == 200
    assert answer.json["verified"]
    assert answer.json["scope"] == "process"


UNRECORDED = {
    "refused before its body was read": ({}, CREATE, {"body": {"format": "csv"}}),
    "long query": (TALKDESK, None, {"query": {"page": "1"}}),
    "long path": (TALKDESK, None, {"path": "*/end"}),
    "secret": ({}, {"client_secret": "hidden-one"}, {"body": {"client_secret": "hidden-one"}}),
    "secret that is no JSON": ({}, b'{"password": "hidden-one"', {"body": "x"}),
    "large body that was refused": ({}, {**CREATE, "name": "x" * 70_000}, {"body": CREATE}),
}


@pytest.mark.parametrize(("caller", "body", "call"), UNRECORDED.values(), ids=UNRECORDED)
def test_no_upper_bound_is_verified_by_what_was_not_recorded(
    mock: App, caller: dict[str, str], body: Any, call: dict[str, Any]
) -> None:
    long = "x" * 5000
    path = {"query": f"{JOBS}?a={long}&page=1", "path": f"{JOBS}/{long}/end"}.get(
        next(iter(call)), JOBS
    )
    ask(mock.app, "GET" if body is None else "POST", path, {**caller, **JSON}, body)
    verification = {"calls": [{**call, "count": {"exactly": 0}}]}
    answer = ask(mock.app, "POST", "/_mock/verify", JSON, verification).json
    assert not answer["verified"]
    (result,) = answer["results"]
    assert result.get("reason") or result["count"] == 1


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        ({"operation": "cancelReportJobs"}, "cancelReportJob"),
        ({"vendor": "talkdesc"}, "talkdesk"),
        ({"caller": "writr"}, "writer"),
        ({"fault": "resets"}, "reset"),
        ({"vendor": "energycap", "operation": "getReportJob"}, "belongs to talkdesk"),
        ({"operation": "getReportJob", "method": "post"}, "has the method GET"),
        ({"path": "data/reports/calls/jobs"}, "form of '/data/reports/*/jobs'"),
        ({"path": "http://localhost/data"}, "form of '/data/reports/*/jobs'"),
        ({"path": "/data/reports/calls/jobs?page=1"}, "form of '/data/reports/*/jobs'"),
        ({"path": "/data/reports/my calls"}, "form of '/data/reports/*/jobs'"),
    ],
    ids=str,
)
def test_misspelt_name_is_refused_and_not_found_to_be_unused(
    mock: App, call: dict[str, Any], nearest: str
) -> None:
    verification = {"calls": [{}, {**call, "count": {"exactly": 0}}]}
    answer = ask(mock.app, "POST", "/_mock/verify", JSON, verification)
    assert answer.status == 400
    assert answer.json["field"].startswith("calls[1].")
    assert nearest in answer.json["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"calls": []},
        {"calls": [{"operaton": "x"}]},
        {"calls": [{"status": "two"}]},
        {"calls": [{"count": {"min": -1}}]},
        {"calls": [{}], "ordered": True},
    ],
    ids=str,
)
def test_bad_verification_is_400(mock: App, body: dict[str, Any]) -> None:
    answer = ask(mock.app, "POST", "/_mock/verify", JSON, body)
    assert answer.status == 400
    assert answer.json["field"]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    ["vendor", "operation", "method", "path", "status", "job", "verdict", "fault", "query", "body"]
)
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.integers(0, 700) | st.floats() | st.sampled_from(["2XX", "200", "2xx"]),
        "path": st.text("/*ab", max_size=9),
        "query": st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=2),
        "body": JSON_VALUES,
        "count": st.dictionaries(st.sampled_from(["min", "max", "exactly"]), st.floats(-1, 9)),
    },
)


@given(
    st.lists(CALLS | st.dictionaries(MEMBERS, JSON_VALUES), max_size=3) | JSON_VALUES,
    JSON_VALUES | st.booleans(),
)
@settings(
    max_examples=2 * settings().max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_question_upsets_the_mock(mock: App, calls: Any, order: Any) -> None:
    question = {"calls": calls, "order": order}
    answer = ask(mock.app, "POST", "/_mock/verify", JSON, json.dumps(question).encode())
    assert answer.status in (200, 400)
    assert answer.json
