"""The vendors behave the same on every store, and two servers on one store agree."""

from typing import Any

import pytest

from mockserver.app import create_app
from mockserver.config import Settings
from mockserver.store.base import Store
from mockserver.store.sql import SqlStore
from tests.store.conftest import SHARED
from tests.unit.mockserver.asgi import CREATE, JSON, TALKDESK, ask
from tests.unit.mockserver.vendor_harness import VendorHarness, content

ORDER = {
    "format": "json",
    "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
}


def pass_seconds(seconds: int, *played: VendorHarness) -> None:
    for each in {id(one): one for one in played}.values():
        each.pass_seconds(seconds)


def walk_talkdesk(one: VendorHarness, other: VendorHarness) -> list[Any]:
    """Create with one server, read with the other; return all that was answered."""
    replies = [one.call("createReportJob", {"type": "calls"}, ORDER)]
    path = {"type": "calls", "id": replies[0].body["job"]["id"]}
    pass_seconds(30, one, other)
    replies.append(other.call("getReportJob", path))
    file = content(other.call("getReportFile", path))
    replies.append(other.call("deleteReportFile", path))
    replies.append(one.call("getReportJob", path))
    replies.append(one.call("listReportJobs", {"type": "calls"}, per_page=3, page=2))
    return [(reply.status, reply.body) for reply in replies] + [file]


def walk_clinicalone(one: VendorHarness, other: VendorHarness) -> list[Any]:
    asked: dict[str, Any] = {
        "reportid": "SUBJECT_DATA_EXTRACT",
        "format": "csv",
        "mode": "test",
        "studyId": "S",
    }
    replies = [one.call("createReport", **asked)]
    job = replies[0].body["result"]["jobId"]
    replies.append(other.call("kickOffReportJob", {"jobId": job}, {}))
    pass_seconds(40, one, other)
    replies.append(other.call("listDownloads", limit=5, offset=0, studyId="S"))
    replies.append(one.call("listDownloads", limit=5, offset=1))
    file = content(one.call("downloadReport", id=job, studyId="S"))
    return [(reply.status, reply.body) for reply in replies] + [file]


def walk_energycap(one: VendorHarness, other: VendorHarness) -> list[Any]:
    group = {"reportGroupCode": "x", "reportIds": [1]}
    replies = [played.call("createReportGroup", body=group) for played in (one, other)]
    run = {"reportDistributionId": 3}
    replies += [played.call("executeReportDistribution", run) for played in (one, other, one)]
    pass_seconds(10, one, other)
    replies.append(one.call("executeAllReportDistributions"))
    replies.append(other.call("listReportDistributionLogs", pageSize=2))
    replies.append(other.call("deleteReportDistributionLogs"))
    replies.append(one.call("listReportDistributionLogs", includeInProgress=True))
    replies.append(one.call("deleteReportGroup", {"reportGroupId": 2}))
    replies.append(other.call("listReportGroups"))
    return [(reply.status, reply.body) for reply in replies]


WALKS = {
    "talkdesk": (walk_talkdesk, "acme"),
    "clinicalone": (walk_clinicalone, "northwind"),
    "energycap": (walk_energycap, "campus"),
}


@pytest.mark.parametrize("vendor", WALKS)
def test_every_store_gives_the_same_answers(vendor: str, store: Store) -> None:
    walk, account = WALKS[vendor]
    expected = VendorHarness(vendor, account)
    played = VendorHarness(vendor, account, store=store)
    assert walk(played, played) == walk(expected, expected)


@pytest.mark.parametrize("backend", SHARED)
@pytest.mark.parametrize("vendor", WALKS)
def test_two_servers_on_one_store_are_as_one(vendor: str, url: str) -> None:
    walk, account = WALKS[vendor]
    expected = VendorHarness(vendor, account)
    stores = [SqlStore(url), SqlStore(url)]
    one, other = (VendorHarness(vendor, account, store=store) for store in stores)
    assert walk(one, other) == walk(expected, expected)
    for store in stores:
        store.close()


@pytest.mark.parametrize("backend", SHARED)
def test_sandbox_that_another_server_created_anew_is_not_the_old_one(url: str) -> None:
    servers = [create_app(Settings(store=url, clock="manual")) for _ in range(2)]
    here, there = (server.app for server in servers)
    jobs, inside = "/data/reports/calls/jobs", {**TALKDESK, **JSON, "x-mock-sandbox": "again"}
    for _ in range(2):
        assert ask(here, "POST", "/_mock/sandboxes", JSON, {"id": "again"}).status == 201
        before = ask(there, "GET", jobs, inside).json["total"]
        assert ask(there, "POST", jobs, inside, CREATE).status == 202
        assert ask(here, "GET", jobs, inside).json["total"] == before + 1
        assert before > 0  # of the seed
        assert ask(here, "DELETE", "/_mock/sandboxes/again").status == 204
    for server in servers:
        server.store.close()
