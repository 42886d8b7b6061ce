"""The suite is safe against a real account: it reads, and changes only what it made itself."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

import specs
from conformance.allowance import FEW, Allowance
from conformance.result import Result
from conformance.settings import Effort, Settings
from conformance.templates import match
from tests.acceptance.suite._runs import judge, target_file
from tests.acceptance.suite._spy import Seen, Spy, spying

QUICK = Settings(effort=Effort.QUICK)
VENDORS = ("talkdesk", "clinicalone", "energycap")
TOKENS = {
    "talkdesk": {"Authorization": "Bearer mock-talkdesk-writer"},
    "clinicalone": {"Authorization": "Bearer mock-clinicalone-manager"},
    "energycap": {"ECI-ApiKey": "mock-energycap-manager"},
}


@dataclass(frozen=True)
class Watched:
    """A run, what the target saw of it, and what somebody else had put there before."""

    vendor: str
    spy: Spy
    result: Result
    planted: tuple[str, ...]


@pytest.fixture(scope="module", params=VENDORS)
def read_only(request, tmp_path_factory) -> Iterator[Watched]:
    """A run that may not write."""
    vendor = request.param
    with spying() as spy:
        planted = _plant(vendor, spy)
        file = target_file(tmp_path_factory.mktemp("read"), vendor, writes=False)
        yield Watched(vendor, spy, judge(vendor, spy, file=file, settings=QUICK), planted)


@pytest.fixture(scope="module", params=VENDORS)
def writing(request, tmp_path_factory) -> Iterator[Watched]:
    """A run that may write, but make only what it may at a real account."""
    vendor = request.param
    with spying() as spy:
        planted = _plant(vendor, spy)
        file = target_file(tmp_path_factory.mktemp("write"), vendor, max_created=FEW)
        yield Watched(vendor, spy, judge(vendor, spy, file=file), planted)


def _plant(vendor: str, spy: Spy) -> tuple[str, ...]:
    """Make things as another client of the same account, and forget that the spy saw it."""
    contract = specs.load(vendor, "documented")
    made = []
    for operation in contract.operations.values():
        content = (operation.body or {}).get("content", {}).get("application/json", {})
        if operation.method != "POST" or "{id}" in operation.path.lower():
            continue
        for example in content.get("examples", {}).values():
            path = re.sub(r"\{type\}", "calls", operation.path)
            study = {"studyId": "CFD8129A430A473C8A02F4BA5DAAD865", "mode": "test"}
            query = study if vendor == "clinicalone" else {}
            answer = requests.post(
                spy.url + path, json=example["value"], params=query, headers=TOKENS[vendor]
            )
            made += _ids(answer) if answer.status_code < 300 else []
    spy.seen.clear()
    return tuple(made)


def _ids(answer: requests.Response) -> list[str]:
    """The ids in an answer that are long or high enough to be nobody else's by chance."""
    body = answer.json()
    found = [body.get("id"), body.get("job", {}).get("id") if "job" in body else None]
    found += [body.get(name) for name in ("reportGroupId", "reportDistributionId")]
    found += (
        [item.get("id") for item in body.get("result", []) if isinstance(item, dict)]
        if isinstance(body.get("result"), list)
        else []
    )
    return [str(id_) for id_ in found if id_ is not None]


def _named(vendor: str, seen: Seen) -> set[str]:
    """The ids in the path of a request: what no closed list of the contract allows."""
    contract = specs.load(vendor, "documented")
    found = set()
    for operation in contract.operations.values():
        values = match(operation.path, seen.path)
        if values and operation.method == seen.method:
            found |= {str(v) for name, v in values.items() if name not in {"type", "mode"}}
    return found


def test_somebody_else_had_things_there(writing: Watched):
    assert writing.planted


def test_a_read_only_run_sends_not_one_write(read_only: Watched):
    assert read_only.spy.seen
    assert [seen.line for seen in read_only.spy.writes] == []


def test_a_read_only_run_says_what_it_left_out(read_only: Watched):
    assert read_only.result.exit_code == 0
    reasons = {row.reason for row in read_only.result.rows if row.verdict == "SKIP"}
    assert "the target is read-only" in reasons


def test_no_write_names_what_others_own(writing: Watched):
    assert writing.spy.writes
    named = {id_ for seen in writing.spy.writes for id_ in _named(writing.vendor, seen)}
    assert named.isdisjoint(writing.planted)


def test_what_is_changed_was_made_by_the_run_before(writing: Watched):
    made = b""
    consented = {"1", "2", "3"} if writing.vendor == "energycap" else set()
    for seen in writing.spy.seen:
        if seen.is_write and seen.reply.status < 300:
            for id_ in _named(writing.vendor, seen):
                own = re.search(rb"\b" + re.escape(id_.encode()) + rb"\b", made)
                assert own or (id_ in consented and seen.path.endswith("/exec")), seen.line
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
    assert not left or any(id_ in notes for id_ in left)


def _made(watched: Watched) -> set[str]:
    return {job.id for job in watched.result.jobs if job.created_by_us}


def _gone(watched: Watched) -> set[str]:
    return {
        id_
        for seen in watched.spy.seen
        if seen.method == "DELETE" and seen.reply.status in {200, 202, 204, 403, 404, 410}
        for id_ in _named(watched.vendor, seen)
    }


def test_few_things_are_made_and_few_verdicts_lost(writing: Watched):
    counts = writing.result.counts
    assert writing.result.exit_code == 0
    assert max(Counter(_kinds(writing)).values()) <= FEW
    assert counts["PASS"] >= 0.9 * (counts["PASS"] + counts["SKIP"])


def _kinds(watched: Watched) -> Iterator[str]:
    """What kind of thing each write made."""
    contract = specs.load(watched.vendor, "documented")
    makers = Allowance(contract).makers
    for seen in watched.spy.writes:
        for operation in (contract.operations[name] for name in makers):
            here = operation.method == seen.method and match(operation.path, seen.path) is not None
            if here and seen.reply.status < 300:
                yield operation.id
