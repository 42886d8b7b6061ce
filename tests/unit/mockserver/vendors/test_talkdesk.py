"""Talkdesk's handlers: a job from its order to its file, and all that is refused on the way."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import specs
from mockserver.http.messages import Response
from tests.unit.mockserver.vendor_harness import VendorHarness, content, seed_of

DAY = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
ORDER: dict[str, Any] = {"format": "csv", "timespan": DAY}
HELD = "3f2c9d1e-0000-4000-8000-00000000000"


@pytest.fixture(params=specs.PROFILES)
def talkdesk(request: pytest.FixtureRequest) -> VendorHarness:
    return VendorHarness("talkdesk", "acme", request.param)


@pytest.fixture
def documented() -> VendorHarness:
    return VendorHarness("talkdesk", "acme")


def create(talkdesk: VendorHarness, kind: str = "calls", **order: Any) -> str:
    reply = talkdesk.call("createReportJob", {"type": kind}, ORDER | order)
    assert reply.status == 202
    return str(reply.body["job"]["id"])


def at(job: str, kind: str = "calls") -> dict[str, str]:
    return {"type": kind, "id": job}


def state(talkdesk: VendorHarness, job: str) -> str:
    status = talkdesk.call("getReportJob", at(job)).body["job"]["status"]
    return str(status).upper()


def walk(talkdesk: VendorHarness, job: str) -> list[tuple[int, str]]:
    seen = []
    for _ in range(8):
        reply = talkdesk.call("getReportJob", at(job))
        seen.append((reply.status, reply.body["job"]["status"]))
        talkdesk.pass_seconds(5)
    return list(dict.fromkeys(seen))


def test_a_job_runs_through_its_life_in_the_documented_profile(documented: VendorHarness) -> None:
    assert walk(documented, create(documented)) == [
        (200, "CREATED"),
        (200, "PROCESSING"),
        (300, "DONE"),
    ]


def test_a_job_runs_through_its_life_in_the_observed_profile() -> None:
    observed = VendorHarness("talkdesk", "acme", specs.OBSERVED)
    assert walk(observed, create(observed)) == [
        (200, "created"),
        (200, "processing"),
        (200, "uploading"),
        (303, "done"),
    ]


def test_a_created_job_echoes_its_request(documented: VendorHarness) -> None:
    span = {"from": "2026-03-01T00:00:00", "to": "2026-03-01T06:00:00"}
    order = {"name": "ñ", "format": "json", "timezone": "Europe/Lisbon", "timespan": span}
    job = documented.call("createReportJob", {"type": "contacts"}, order | {"other": 1}).body["job"]
    own = {"id": job["id"], "status": "CREATED", "type": "contacts"}
    assert job == {**own, "created_at": "2026-03-30T09:00:00.000Z", **order}
    assert documented.call("getReportJob", at(job["id"], "contacts")).body["job"] == job


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({}, "UTC"),
        ({"timezone": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"timespan": DAY | {"timezone": "Asia/Tokyo"}}, "Asia/Tokyo"),
        ({"timezone": "Europe/Rome", "timespan": DAY | {"timezone": "Asia/Tokyo"}}, "Europe/Rome"),
    ],
)
def test_the_time_zone_may_stand_in_two_places(
    documented: VendorHarness, order: dict, expected: str
) -> None:
    job = documented.call("createReportJob", {"type": "calls"}, ORDER | order).body["job"]
    assert job["timezone"] == expected
    assert job["timespan"] == DAY


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"timespan": {"from": DAY["to"], "to": DAY["from"]}}, "timespan.from"),
        ({"timespan": DAY | {"to": "2026-04-01T00:00:01Z"}}, "timespan.to"),
        ({"timespan": DAY | {"to": "2026-02-30T00:00:00Z"}}, "timespan.to"),
        ({"timespan": DAY | {"from": "0000-01-01T00:00:00Z"}}, "timespan.from"),
        ({"timespan": DAY | {"from": "1969-12-31T00:00:00Z"}}, "timespan.from"),
        ({"timespan": {"from": "9999-12-31T00:00Z", "to": "9999-12-31T01:00Z"}}, "timespan.from"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "Europe"}, "timezone"),
        ({"timezone": "a" * 64}, "timezone"),
        ({"timespan": DAY | {"timezone": "Nowhere"}}, "timespan.timezone"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_its_field(
    talkdesk: VendorHarness, order: dict, field: str
) -> None:
    reply = talkdesk.call("createReportJob", {"type": "calls"}, ORDER | order)
    assert reply.status == 400
    assert [row["name"] for row in reply.body["fields"]] == [field]


@pytest.mark.parametrize(
    "span",
    [
        {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
        {"from": "2026-01-01T00:00", "to": "2026-01-01T00:00"},
        {"from": "2026-01-01T00:00:00.123456789+0530", "to": "2026-01-01T00:00:00Z"},
    ],
)
def test_spans_at_their_bounds_are_taken(talkdesk: VendorHarness, span: dict) -> None:
    job = create(talkdesk, timespan=span)
    talkdesk.pass_seconds(30)
    assert content(talkdesk.call("getReportFile", at(job)))


@pytest.mark.parametrize(
    ("made_in", "media", "extension"),
    [
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("json", "application/json", "json"),
        ("json_bulk", "application/x-ndjson", "ndjson"),
    ],
)
def test_the_file_is_in_the_format_that_was_asked_for(
    talkdesk: VendorHarness, made_in: str, media: str, extension: str
) -> None:
    job = create(talkdesk, "user_status", format=made_in)
    assert talkdesk.call("getReportFile", at(job, "user_status")).status == 404
    talkdesk.pass_seconds(30)
    reply = talkdesk.call("getReportFile", at(job, "user_status"))
    assert reply.file is not None
    assert reply.file.media == media
    name = f"user_status-{job}.{extension}"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert content(reply) == content(talkdesk.call("getReportFile", at(job, "user_status")))


def test_rows_follow_the_span_and_every_type_has_its_columns(documented: VendorHarness) -> None:
    types = documented.contract.openapi["components"]["schemas"]["ReportType"]["enum"]
    heads = set()
    for kind in types:
        job = create(documented, kind)
        documented.pass_seconds(30)
        rows = content(documented.call("getReportFile", at(job, kind))).decode()
        heads.add(rows.partition("\r\n")[0])
    assert len(heads) == len(types) == 11
    long = create(documented, timespan={"from": "2026-01-01T00:00Z", "to": "2026-02-01T00:00Z"})
    documented.pass_seconds(30)
    table = content(documented.call("getReportFile", at(long))).decode()
    assert len(list(csv.reader(StringIO(table, newline="")))) == 1 + 31 * 24 * 4


@given(since_epoch=st.integers(0, 2**41), minutes=st.integers(0, 9999))
def test_rows_lie_from_the_start_of_the_timespan_to_before_its_end(
    since_epoch: int, minutes: int
) -> None:
    played = VendorHarness("talkdesk", "acme")
    start = datetime.fromtimestamp(since_epoch / 1000, UTC)
    end = start + timedelta(minutes=minutes)
    span = {"from": start.isoformat(), "to": end.isoformat()}
    job = create(played, "audit_logs", format="json", timespan=span)
    played.pass_seconds(30)
    file = json.loads(content(played.call("getReportFile", at(job, "audit_logs"))))
    times = [datetime.fromisoformat(row["timestamp"]) for row in file["entries"]]
    assert file["total"] == len(times)
    assert times == sorted(times)
    assert all(start <= moment < end for moment in times)
    assert bool(times) == (minutes > 0)


@pytest.mark.parametrize(
    ("kind", "members"),
    [("calls", {"type", "version", "entries", "total"}), ("explore_calls", {"entries", "total"})],
)
def test_a_json_file_has_type_and_version_only_for_some_types(
    documented: VendorHarness, kind: str, members: set[str]
) -> None:
    job = create(documented, kind, format="json")
    documented.pass_seconds(30)
    file = json.loads(content(documented.call("getReportFile", at(job, kind))))
    assert set(file) == members


@pytest.mark.parametrize("profile", specs.PROFILES)
def test_a_creation_is_flat_where_the_option_says_so(profile: str) -> None:
    played = VendorHarness("talkdesk", "acme", profile, options={"create": "flat", "types": ""})
    created = played.call("createReportJob", {"type": "calls"}, ORDER).body
    assert "job" not in created
    shown = played.call("getReportJob", at(created["id"])).body
    assert shown["job"] == created


def test_report_types_come_from_the_contract_the_fixtures_and_the_option() -> None:
    fixtures = seed_of("talkdesk")
    fixtures["reports"].append({**fixtures["reports"][1], "id": "of_fixtures"})
    options = {"create": "wrapped", "types": "of_option, second-option"}
    played = VendorHarness("talkdesk", "acme", options=options, fixtures=fixtures)
    for kind in ("calls", "adherence", "of_fixtures", "of_option", "second-option"):
        job = create(played, kind)
        played.pass_seconds(30)
        assert content(played.call("getReportFile", at(job, kind)))
    for operation in ("getReportJob", "cancelReportJob", "getReportFile", "deleteReportFile"):
        reply = played.call(operation, at(HELD + "1", "unknown"))
        assert (reply.status, reply.body["code"]) == (400, "invalid_report_type")
    assert played.call("listReportJobs", {"type": "unknown"}, page=1, per_page=9).status == 400
    assert played.call("createReportJob", {"type": "unknown"}, ORDER).status == 400


def test_a_type_without_a_row_in_the_fixtures_has_the_rows_of_the_first() -> None:
    fixtures = seed_of("talkdesk")
    fixtures["reports"] = fixtures["reports"][:1]
    played = VendorHarness("talkdesk", "acme", fixtures=fixtures)
    files = []
    for kind in ("calls", "contacts"):
        job = create(played, kind)
        played.pass_seconds(30)
        files.append(content(played.call("getReportFile", at(job, kind))).partition(b"\r\n")[0])
    assert files[0] == files[1]


def test_a_refused_creation_has_a_description(talkdesk: VendorHarness) -> None:
    order = ORDER | {"timezone": "Mars/Base"}
    reply = talkdesk.call("createReportJob", {"type": "calls"}, order)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert reply.body["description"] == "must be the IANA name of a time zone"
    assert "description" not in talkdesk.call("getReportJob", at("unknown")).body


def test_only_a_finished_job_has_a_location(talkdesk: VendorHarness) -> None:
    job = create(talkdesk)
    assert talkdesk.call("getReportJob", at(job)).headers == {}
    talkdesk.pass_seconds(30)
    reply = talkdesk.call("getReportJob", at(job))
    assert reply.headers == {"Location": f"/data/reports/calls/files/{job}"}
    assert reply.body["_links"] == {
        "self": {"href": f"/data/reports/calls/jobs/{job}"},
        "files": {"href": f"/data/reports/calls/files/{job}"},
    }


@pytest.mark.parametrize(
    "operation", ["getReportJob", "cancelReportJob", "getReportFile", "deleteReportFile"]
)
def test_a_job_is_there_for_its_account_and_type_alone(
    talkdesk: VendorHarness, operation: str
) -> None:
    job = f"{HELD}1"
    for path, account in ((at("none"), "acme"), (at(job, "contacts"), "acme"), (at(job), "globex")):
        reply = talkdesk.call(operation, path, account=account)
        assert (reply.status, reply.body["code"]) == (404, "job_not_found")


def test_a_deleted_file_is_gone_and_cannot_be_deleted_again(talkdesk: VendorHarness) -> None:
    job = create(talkdesk)
    assert talkdesk.call("deleteReportFile", at(job)).status == 404
    talkdesk.pass_seconds(30)
    assert talkdesk.call("deleteReportFile", at(job)).status == 204
    assert talkdesk.call("deleteReportFile", at(job)).status == 403
    assert talkdesk.call("getReportFile", at(job)).status == 404
    assert state(talkdesk, job) == "DELETED"
    assert talkdesk.call("getReportJob", at(job)).status == 200


@pytest.mark.parametrize("seconds", [0, 5, 25])
def test_a_job_can_be_cancelled_until_it_ends(talkdesk: VendorHarness, seconds: int) -> None:
    job = create(talkdesk)
    talkdesk.pass_seconds(seconds)
    assert talkdesk.call("cancelReportJob", at(job)).status == 204
    expected = "CANCELED" if talkdesk.contract.profile == specs.OBSERVED else "DELETED"
    assert state(talkdesk, job) == expected
    talkdesk.pass_seconds(100)
    assert state(talkdesk, job) == expected
    assert talkdesk.call("cancelReportJob", at(job)).status == 403
    assert talkdesk.call("getReportFile", at(job)).status == 404


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "DONE"), (2, "CREATED"), (3, "PROCESSING"), (4, "FAILED"), (5, "DELETED")],
)
def test_seeded_jobs_stay_in_their_state(
    documented: VendorHarness, number: int, expected: str
) -> None:
    for _ in range(3):
        assert state(documented, f"{HELD}{number}") == expected
        documented.pass_seconds(10**6)


def test_the_list_is_paged_newest_first(talkdesk: VendorHarness) -> None:
    jobs = [create(talkdesk, "contacts") for _ in range(5)][::-1]

    def page(number: int, size: int) -> Response:
        return talkdesk.call("listReportJobs", {"type": "contacts"}, page=number, per_page=size)

    assert [row["id"] for row in page(1, 20).body["_embedded"]["jobs"]] == jobs
    second = page(2, 2).body
    assert [row["id"] for row in second["_embedded"]["jobs"]] == jobs[2:4]
    assert (second["total"], second["page"], second["per_page"]) == (5, 2, 2)
    base = "/data/reports/contacts/jobs?page="
    assert {name: link["href"] for name, link in second["_links"].items()} == {
        "self": f"{base}2&per_page=2",
        "next": f"{base}3&per_page=2",
        "prev": f"{base}1&per_page=2",
    }
    assert set(page(3, 2).body["_links"]) == {"self", "prev"}
    assert page(2**31 - 1, 200).body["_embedded"]["jobs"] == []
    other = talkdesk.call("listReportJobs", {"type": "contacts"}, account="globex")
    assert other.body["total"] == 0


def token(talkdesk: VendorHarness, **form: str) -> Response:
    return talkdesk.call("createToken", body={"grant_type": "client_credentials", **form})


def test_a_token_lasts_ten_virtual_minutes() -> None:
    talkdesk = VendorHarness("talkdesk", "acme")
    reply = token(talkdesk)
    assert reply.body["expires_in"] == 600
    secret = reply.body["access_token"]
    for seconds, known in ((0, True), (599, True), (1, False)):
        talkdesk.pass_seconds(seconds)
        identity = talkdesk.vendor.identify(talkdesk.sandbox, "bearer", secret)
        assert (identity is not None) == known
    assert talkdesk.vendor.identify(talkdesk.sandbox, "basic", secret) is None


def test_a_token_is_known_in_its_own_sandbox_only_and_cannot_be_changed() -> None:
    one, other = (
        VendorHarness("talkdesk", "acme", name="sb-1"),
        VendorHarness("talkdesk", "acme", name="sb-2"),
    )
    marked = token(one).body["access_token"]
    assert marked.endswith(".sb-1")
    secret = one.sandbox.untag_secret(marked)
    assert one.vendor.identify(one.sandbox, "bearer", secret) is not None
    assert other.vendor.identify(other.sandbox, "bearer", secret) is None
    for changed in (secret[:-1], f"{secret}0", f"A{secret}", secret.replace("~", "")):
        assert one.vendor.identify(one.sandbox, "bearer", changed) is None


def test_a_scope_beyond_the_clients_is_refused(documented: VendorHarness) -> None:
    reply = token(documented, scope="data-reports:read")
    assert (reply.status, reply.body["error"]) == (400, "invalid_scope")


def test_the_same_requests_give_the_same_ids_and_bytes() -> None:
    files = []
    for _ in range(2):
        talkdesk = VendorHarness("talkdesk", "acme", seed=7)
        job = create(talkdesk)
        talkdesk.pass_seconds(30)
        files.append((job, content(talkdesk.call("getReportFile", at(job)))))
    assert files[0] == files[1]
    other = VendorHarness("talkdesk", "acme", seed=8)
    assert create(other) != files[0][0]
