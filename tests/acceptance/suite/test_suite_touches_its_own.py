"""The suite is safe against a real account: it reads, and changes only what it made itself."""

import functools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

import specs
from conformance.contract_queries import match_path
from conformance.evaluation import Result
from conformance.settings import Effort, Settings
from conformance.target import DEFAULT_MAX_CREATED
from conformance.target.safety import READ_ONLY, CreationQuota
from tests.acceptance.suite._runs import judge, target_file
from tests.acceptance.suite._spy import Reply, Seen, Spy, spying

QUICK = Settings(effort=Effort.QUICK)
VENDORS = ("talkdesk", "clinicalone", "energycap")
REPORT = "mode=test&reportid=SUBJECT_DATA_EXTRACT&format=csv"
STUDY = "CFD8129A430A473C8A02F4BA5DAAD865"
# What somebody else makes at each vendor, by path and operation, and the names of such ids.
FOREIGN_WORK = {
    "talkdesk": [("/data/reports/calls/jobs", "createReportJob")] * 2,
    "clinicalone": [
        (f"/ec-reporting-svc/rest/v1.0/reports?studyId={STUDY}&{REPORT}", "createReport"),
    ],
    "energycap": [
        ("/api/v3/report/reportgroup", "createReportGroup"),
        ("/api/v202106/reportdistribution", "createReportDistribution"),
    ],
}
NAMES = {
    "createReportJob": ["id"],
    "createReport": ["id", "jobId"],
    "createReportGroup": ["reportGroupId"],
    "createReportDistribution": ["reportDistributionId"],
}
# Ids of the suite that name nothing, and the distributions of the consent.
NOTHING = re.compile(r"=(2147483646|0+(DEAD|-0000-4000-8000-00000000dead))$")
CONSENTED = {f"reportDistributionId={number}" for number in (1, 2, 3)}
# What deletes without naming an id, as far as the consent goes.
WHOLESALE = {("/api/v202106/reportdistribution/log", "olderThanDays=30")}
TOKENS = {
    "talkdesk": {"Authorization": "Bearer mock-talkdesk-writer"},
    "clinicalone": {"Authorization": "Bearer mock-clinicalone-manager"},
    "energycap": {"ECI-ApiKey": "mock-energycap-manager"},
}


contract_of = functools.cache(specs.load)


@dataclass(frozen=True)
class Watched:
    """A run, what the target saw of it, and what somebody else had put there before."""

    vendor: str
    spy: Spy
    result: Result
    planted: frozenset[str]


@pytest.fixture(scope="module", params=VENDORS)
def read_only(request, tmp_path_factory) -> Iterator[Watched]:
    """A run that may not write."""
    vendor = request.param
    with spying() as spy:
        planted = _plant(vendor, spy)
        file = target_file(tmp_path_factory.mktemp("read"), vendor, writes=False)
        yield Watched(
            vendor, spy, judge(vendor, spy, file=file, settings=QUICK, in_process=True), planted
        )


@pytest.fixture(scope="module", params=VENDORS)
def writing(request, tmp_path_factory) -> Iterator[Watched]:
    """A run that may write, but make only what it may at a real account."""
    vendor = request.param
    with spying() as spy:
        planted = _plant(vendor, spy)
        file = target_file(
            tmp_path_factory.mktemp("write"), vendor, max_created=DEFAULT_MAX_CREATED
        )
        yield Watched(vendor, spy, judge(vendor, spy, file=file, in_process=True), planted)


def _plant(vendor: str, spy: Spy) -> frozenset[str]:
    """Make things as another client of the same account, and forget that the spy saw it."""
    made: set[str] = set()
    for path, example in FOREIGN_WORK[vendor]:
        content = _example(vendor, example)
        answer = requests.post(spy.url + path, json=content, headers=TOKENS[vendor], timeout=10)
        assert answer.status_code < 300, answer.text
        made |= {f"{name}={id_}" for name in NAMES[example] for id_ in _id(answer.json())}
    spy.seen.clear()
    return frozenset(made)


def _example(vendor: str, operation: str) -> Any:
    body = contract_of(vendor).operations[operation].body or {}
    return next(iter(body["content"]["application/json"]["examples"].values()))["value"]


def _id(body: dict[str, Any]) -> Iterator[str]:
    """The id that an answer to a creation gives."""
    inside = body.get("result", body.get("job", body))
    for name in ("id", "jobId", "reportGroupId", "reportDistributionId"):
        if name in inside:
            yield str(inside[name])
            return


def _named(vendor: str, seen: Seen) -> frozenset[str]:
    """The ids in the path of a request, with the names of their parameters."""
    return _ids_in(vendor, seen.method, seen.path)


@functools.cache
def _ids_in(vendor: str, method: str, path: str) -> frozenset[str]:
    found: set[str] = set()
    operations = contract_of(vendor).operations.values()
    if path in {operation.path for operation in operations}:  # /log is none of the {id}s
        return frozenset()
    for operation in operations:
        values = match_path(operation.path, path) if operation.method == method else None
        found |= {f"{n}={v}" for n, v in (values or {}).items() if n not in {"type", "mode"}}
    return frozenset(found)


def test_somebody_else_had_things_there(writing: Watched):
    assert writing.planted


def test_a_read_only_run_sends_not_one_write(read_only: Watched):
    assert read_only.spy.seen
    assert [seen.line for seen in read_only.spy.writes] == []


def test_a_read_only_run_says_what_it_left_out(read_only: Watched):
    assert read_only.result.exit_code == 0
    reasons = {row.reason for row in read_only.result.requirements if row.verdict == "SKIP"}
    assert READ_ONLY in reasons


def test_no_write_names_what_others_own(writing: Watched):
    assert writing.spy.writes
    named = {id_ for seen in writing.spy.writes for id_ in _named(writing.vendor, seen)}
    assert named.isdisjoint(writing.planted)


def test_what_is_changed_was_made_by_the_run_before(writing: Watched):
    made = b""
    for seen in writing.spy.seen:
        if seen.is_write and seen.reply.status < 300:
            named = _named(writing.vendor, seen)
            assert named or seen.method == "POST" or (seen.path, seen.query) in WHOLESALE, seen.line
            for name in named:
                id_ = name.partition("=")[2].encode()
                own = re.search(rb"\b" + re.escape(id_) + rb"\b", made)
                mail = name in CONSENTED and seen.path.endswith("/exec")
                assert own or mail or NOTHING.search(name), seen.line
        if seen.method == "POST":
            made += seen.reply.body


def test_what_others_own_is_as_it_was(writing: Watched):
    for seen in writing.spy.seen:
        if seen.method == "DELETE" and seen.reply.status < 300:
            assert not set(writing.planted) & _named(writing.vendor, seen)


def test_what_the_run_made_is_gone_or_named(writing: Watched):
    """All that was made was deleted, or is not there any more, or is in a note."""
    notes = " ".join(writing.result.notes)
    left = _made(writing) - _gone(writing)
    assert bool(left) == ("not to be deleted by this API" in notes or "Left behind" in notes)
    assert not left or any(name.partition("=")[2] in notes for name in left)
    assert "because of max_created in the target file: requests (" in notes


def test_what_was_deleted_is_not_left_behind_where_jobs_cannot_be_cancelled():
    def meddle(seen: Seen) -> Reply | None:
        return Reply(405) if seen.method == "DELETE" and "/jobs/" in seen.path else None

    with spying(meddle=meddle) as spy:
        result = judge("talkdesk", spy, settings=replace(QUICK, only=frozenset({"TD-DEL-001"})))
    assert any(seen.method == "DELETE" and seen.reply.status == 204 for seen in spy.writes)
    assert not any("Left behind" in note for note in result.notes)


def _made(watched: Watched) -> set[str]:
    return {
        f"{NAMES[operation][0]}={id_}"
        for operation, seen in _creations(watched)
        if operation in NAMES
        for id_ in _id(seen.reply.json)
    }


def _gone(watched: Watched) -> set[str]:
    return {
        name
        for seen in watched.spy.seen
        if seen.method == "DELETE" and seen.reply.status in {200, 202, 204, 403, 404, 410}
        for name in _named(watched.vendor, seen)
    }


def test_few_things_are_made_and_few_verdicts_lost(writing: Watched):
    counts = writing.result.counts
    assert writing.result.exit_code == 0
    assert (
        max(Counter(operation for operation, _ in _creations(writing)).values())
        <= DEFAULT_MAX_CREATED
    )
    assert counts["PASS"] >= 0.8 * (counts["PASS"] + counts["SKIP"])


def _creations(watched: Watched) -> Iterator[tuple[str, Seen]]:
    """The requests that made something, with the operation."""
    contract = contract_of(watched.vendor)
    makers = CreationQuota(contract).create_operations
    for seen in watched.spy.writes:
        for operation in (contract.operations[name] for name in makers):
            here = (
                operation.method == seen.method
                and match_path(operation.path, seen.path) is not None
            )
            if here and seen.reply.status < 300:
                yield operation.id, seen
