"""The control plane's view of all vendors' jobs."""

from typing import Any

import pytest

import specs
from mockserver.errors import ApiError
from mockserver.jobs.admin import JobAdmin
from mockserver.sandbox.sandbox import Sandbox
from mockserver.vendors import registry
from tests.unit.mockserver.vendor_harness import (
    VendorHarness,
    content,
    contract_of,
    make_sandbox,
    seed_of,
)

HELD = "3f2c9d1e-0000-4000-8000-00000000000"


@pytest.fixture
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def jobs(sandbox: Sandbox) -> JobAdmin:
    played = {name: registry.create(contract_of(name)) for name in specs.vendors()}
    for name, vendor in played.items():
        vendor.seeds.load(sandbox, seed_of(name))
    return JobAdmin(played)


def test_list_has_the_jobs_of_all_vendors_newest_first(jobs: JobAdmin, sandbox: Sandbox) -> None:
    found = jobs.list_jobs(sandbox)
    assert {row["vendor"] for row in found} == {"clinicalone", "talkdesk"}
    assert len(found) == 12
    assert [row["created"] for row in found] == sorted((r["created"] for r in found), reverse=True)
    only = jobs.list_jobs(sandbox, "talkdesk")
    assert {row["vendor"] for row in only} == {"talkdesk"}
    assert {row["state"] for row in only} == set(contract_of("talkdesk").lifecycle.states)


def test_a_job_is_shown_with_state_status_and_timeline(jobs: JobAdmin, sandbox: Sandbox) -> None:
    shown = {row["id"]: row for row in jobs.list_jobs(sandbox)}[f"{HELD}6"]
    assert shown == {
        "vendor": "talkdesk",
        "id": f"{HELD}6",
        "name": "On its way to storage",
        "account": "acme",
        "state": "UPLOADING",
        "status": "PROCESSING",
        "final": False,
        "file": False,
        "format": "csv",
        "created": "2026-03-30T09:00:00.000Z",
        "timeline": [{"state": "UPLOADING", "at": "2026-03-30T09:00:00.000Z"}],
        "outcome": None,
    }


def test_an_outcome_is_forced_and_shown(jobs: JobAdmin, sandbox: Sandbox) -> None:
    shown = jobs.force_outcome(sandbox, "talkdesk", f"{HELD}3", "FAILED")
    assert (shown["state"], shown["outcome"], shown["final"]) == ("FAILED", "FAILED", True)
    assert jobs.force_outcome(sandbox, "talkdesk", f"{HELD}3", "FAILED") == shown
    with pytest.raises(ApiError, match="DONE is unreachable from FAILED") as caught:
        jobs.force_outcome(sandbox, "talkdesk", f"{HELD}3", "DONE")
    assert caught.value.status == 409


def test_a_file_is_opened_only_where_there_is_one(jobs: JobAdmin, sandbox: Sandbox) -> None:
    assert content(jobs.open_file(sandbox, "talkdesk", f"{HELD}1")).startswith(b"call_id,")
    for number in "24":
        with pytest.raises(ApiError, match="has no file") as caught:
            jobs.open_file(sandbox, "talkdesk", f"{HELD}{number}")
        assert caught.value.status == 404


@pytest.mark.parametrize(
    ("vendor", "job", "field"),
    [("acme", "x", "vendor"), ("talkdesk", "x", "id"), ("energycap", "1", "id")],
)
def test_what_is_not_there_is_named(
    jobs: JobAdmin, sandbox: Sandbox, vendor: str, job: str, field: str
) -> None:
    calls: list[Any] = [
        lambda: jobs.force_outcome(sandbox, vendor, job, "DONE"),
        lambda: jobs.open_file(sandbox, vendor, job),
    ]
    if field == "vendor":
        calls.append(lambda: jobs.list_jobs(sandbox, vendor))
    for call in calls:
        with pytest.raises(ApiError) as caught:
            call()
        assert (caught.value.status, caught.value.field) == (404, field)


def test_a_mailed_file_can_be_opened(sandbox: Sandbox) -> None:
    energy = VendorHarness("energycap", "campus")
    jobs = JobAdmin({"energycap": energy.vendor})
    log = energy.call("executeReportDistribution", {"reportDistributionId": 1}).body
    number = str(log["reportDistributionLogId"])
    with pytest.raises(ApiError, match="IN_PROGRESS"):
        jobs.open_file(energy.sandbox, "energycap", number)
    energy.pass_seconds(10)
    assert content(jobs.open_file(energy.sandbox, "energycap", number)).startswith(b"Bill Id,")
    shown = jobs.list_jobs(energy.sandbox)[0]
    assert [step["state"] for step in shown["timeline"]] == ["IN_PROGRESS", "COMPLETE"]
