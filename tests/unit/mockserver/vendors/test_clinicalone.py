"""Clinical One's handlers: three ways to create a job, kick-off, download and lists."""

import csv
import json
from io import StringIO
from itertools import product
from typing import Any

import pytest

import specs
from mockserver.http.messages import Response
from tests.unit.mockserver.vendor_harness import VendorHarness, content

STUDY = "CFD8129A430A473C8A02F4BA5DAAD865"
REPORT = "SUBJECT_DATA_EXTRACT"
DONE = "6A7C29DD011241DFBE1B64399283C860"
HELD = {"WAITING": f"{DONE[:-1]}1", "RUNNING": f"{DONE[:-1]}2", "FAILED": f"{DONE[:-1]}3"}


@pytest.fixture(params=specs.PROFILES)
def clinical(request: pytest.FixtureRequest) -> VendorHarness:
    return VendorHarness("clinicalone", "northwind", request.param)


def create(clinical: VendorHarness, **query: Any) -> str:
    asked = {"reportid": REPORT, "format": "csv", **query}
    reply = clinical.call("createReport", **asked)
    assert (reply.status, reply.body["status"]) == (200, "success")
    return str(reply.body["result"]["jobId"])


def kick_off(clinical: VendorHarness, job: str, body: object = None, **query: Any) -> Response:
    return clinical.call("kickOffReportJob", {"jobId": job}, body or {}, **query)


def runs(clinical: VendorHarness, **query: Any) -> dict[str, Any]:
    asked = {"limit": 100, "offset": 0, **query}
    found: dict[str, Any] = clinical.call("listDownloads", **asked).body["result"]
    return found


def state(clinical: VendorHarness, job: str) -> str:
    rows = {row["downloadId"]: row for row in runs(clinical)["reportRunStatus"]}
    return str(rows[job]["runStatus"])


def walk(clinical: VendorHarness, job: str) -> list[str]:
    seen = []
    for _ in range(14):
        seen.append(state(clinical, job))
        clinical.pass_seconds(5)
    return list(dict.fromkeys(seen))


def test_a_job_starts_by_itself_and_ends(clinical: VendorHarness) -> None:
    job = create(clinical, mode="test", studyId=STUDY)
    assert len(job) == 32
    assert job == job.upper()
    assert walk(clinical, job) == ["WAITING", "RUNNING", "SUCCEEDED"]


def test_kick_off_ends_the_waiting(clinical: VendorHarness) -> None:
    job = create(clinical, mode="test")
    clinical.pass_seconds(3)
    reply = kick_off(clinical, job, {"fieldSpecsList": [{"fieldName": "subjectNumber"}]})
    assert reply.status == 202
    assert reply.body["id"] == job
    assert (reply.body["rptId"], reply.body["rptFormat"]) == (REPORT, "csv")
    assert reply.body["rptKickoffDatetime"] == "2026-03-30T09:00:03.000Z"
    assert json.loads(reply.body["currSearchSpec"])["fieldSpecsList"]
    assert reply.headers["Location"].endswith(f"/v2.0/reports/download?id={job}")
    assert walk(clinical, job) == ["RUNNING", "SUCCEEDED"]


def test_a_search_spec_that_is_too_long_is_left_out(clinical: VendorHarness) -> None:
    body = {"fieldSpecsList": [{"fieldName": "x" * 255}] * 200}
    assert "currSearchSpec" not in kick_off(clinical, create(clinical), body).body


@pytest.mark.parametrize("held", ["WAITING", "FAILED"])
def test_kick_off_takes_up_jobs_that_wait_or_failed(clinical: VendorHarness, held: str) -> None:
    assert kick_off(clinical, HELD[held]).status == 202
    assert walk(clinical, HELD[held]) == ["RUNNING", "SUCCEEDED"]


@pytest.mark.parametrize("job", [HELD["RUNNING"], DONE])
def test_kick_off_leaves_others_as_they_are(clinical: VendorHarness, job: str) -> None:
    before = clinical.vendor.repository.find(clinical.sandbox, job)
    assert kick_off(clinical, job).status == 202
    assert clinical.vendor.repository.find(clinical.sandbox, job) == before


def test_a_scheduled_job_waits_for_its_time(clinical: VendorHarness) -> None:
    asked: dict[str, Any] = {"reportid": REPORT, "format": "csv"}
    later = {"scheduledDatetime": "2026-03-30T10:00:00+00:00"}
    for body, wait in (
        (later, 3600),
        (None, 20),
        ({"scheduledDatetime": "2020-01-01T00:00:00Z"}, 0),
    ):
        reply = clinical.call("createScheduledReport", body=body, **asked)
        assert reply.status == 202
        job = reply.body["result"]["jobId"]
        assert job in reply.headers["Location"]
        facts = clinical.vendor.repository.find(clinical.sandbox, job)
        assert facts is not None
        assert facts.schedule[0] == ("WAITING", wait * 1000)


def test_a_time_that_no_clock_shows_is_refused(clinical: VendorHarness) -> None:
    body = {"scheduledDatetime": "2026-06-30T23:59:60Z"}
    reply = clinical.call("createScheduledReport", body=body, reportid=REPORT, format="csv")
    assert reply.status == 400
    assert "scheduledDatetime" in reply.body["errorData"]["details"]


def test_a_direct_job_runs_at_once(clinical: VendorHarness) -> None:
    path = {"studyId": STUDY, "mode": "active"}
    reply = clinical.call("createDirectReport", path, reportid=REPORT, format="json")
    job = reply.body["result"]["jobId"]
    assert walk(clinical, job) == ["RUNNING", "SUCCEEDED"]
    fetched = clinical.call("downloadReport", id=job, mode="active", studyId=STUDY)
    assert fetched.file is not None
    assert fetched.file.media == "application/json"
    assert len(json.loads(content(fetched))) == 240


@pytest.mark.parametrize("operation", ["createReport", "createScheduledReport"])
def test_an_unknown_report_is_not_found(clinical: VendorHarness, operation: str) -> None:
    reply = clinical.call(operation, reportid="NONE", format="csv")
    assert (reply.status, reply.body["errorData"]["errorCode"]) == (404, "REPT_404")


def test_the_file_is_csv_with_an_attachment_name(clinical: VendorHarness) -> None:
    for study in (STUDY, None, "", "null"):
        reply = clinical.call("downloadReport", id=DONE, mode="test", studyId=study)
        assert reply.file is not None
        assert reply.file.media == "text/csv; charset=utf-8"
        expected = 'attachment; filename="subject-data-extract.csv"'
        assert reply.headers["Content-Disposition"] == expected
    table = list(csv.reader(StringIO(content(reply).decode(), newline="")))
    assert len(table) == 241


@pytest.mark.parametrize(
    ("query", "account"),
    [
        ({"id": "none"}, "northwind"),
        ({"id": DONE}, "southwind"),
        ({"id": DONE, "mode": "active"}, "northwind"),
        ({"id": DONE, "studyId": "other"}, "northwind"),
        ({"id": HELD["WAITING"]}, "northwind"),
        ({"id": HELD["RUNNING"]}, "northwind"),
        ({"id": HELD["FAILED"]}, "northwind"),
    ],
)
def test_what_is_not_there_is_not_found(clinical: VendorHarness, query: dict, account: str) -> None:
    reply = clinical.call("downloadReport", account=account, **query)
    assert (reply.status, reply.body["status"]) == (404, "error")


@pytest.mark.parametrize(
    "query", [{"mode": "active"}, {"studyId": "other"}, {"account": "southwind"}]
)
def test_kick_off_of_anothers_job_is_not_found(clinical: VendorHarness, query: dict) -> None:
    assert kick_off(clinical, HELD["WAITING"], **query).status == 404
    assert state(clinical, HELD["WAITING"]) == "WAITING"


def test_the_list_is_narrowed_by_each_choice_of_traits(clinical: VendorHarness) -> None:
    made = {}
    for mode in ("test", "active"):
        for study in ("S1", "S2"):
            made[mode, study] = create(clinical, mode=mode, studyId=study)
    everywhere = create(clinical)
    assert runs(clinical)["totalResults"] == 5 + 5
    assert runs(clinical)["reportRunStatus"][0]["downloadId"] == everywhere
    for wanted, named in product(("test", "active", None), ("S1", "S2", None, "null")):
        found = runs(clinical, mode=wanted, studyId=named, rptId=REPORT)["reportRunStatus"]
        ids = {row["downloadId"] for row in found}
        at = None if named == "null" else named
        expected = {job for (m, s), job in made.items() if m == (wanted or m) and s == (at or s)}
        assert ids & set(made.values()) == expected
        assert (everywhere in ids) == (wanted is None and at is None)


def test_the_list_tells_where_it_stands(clinical: VendorHarness) -> None:
    first = runs(clinical, limit=2, offset=1)
    assert (first["count"], first["limit"], first["offset"], first["hasMore"]) == (2, 2, 1, "true")
    last = runs(clinical, limit=2, offset=3)
    assert (last["count"], last["totalResults"], last["hasMore"]) == (2, 5, "false")
    beyond = runs(clinical, limit=100, offset=2**31 - 1, rptId=REPORT)
    assert (beyond["reportRunStatus"], beyond["hasMore"], beyond["reportId"]) == (
        [],
        "false",
        REPORT,
    )
    assert (
        clinical.call("listDownloads", account="southwind", limit=1, offset=0).body["result"][
            "totalResults"
        ]
        == 0
    )


@pytest.mark.parametrize(
    ("study", "types"),
    [
        (STUDY, ["Subject Data Extract", "Subject Data Extract", "Query Detail"]),
        ("null", ["HSL Report"]),
    ],
)
@pytest.mark.parametrize("mode", [{}, {"mode": "active"}])
def test_metadata_lists_the_reports_of_studies_or_of_the_tenant(
    clinical: VendorHarness, study: str, types: list[str], mode: dict[str, Any]
) -> None:
    result = clinical.call("listReportMetadata", studyId=study, **mode).body["result"]
    assert [row["reportType"] for row in result] == types
    members = {"reportId", "reportType", "rptTypeSeq", "rptSeq"}
    assert all(row.keys() == members for row in result)
    assert [row["rptSeq"] for row in result] == list(range(1, len(types) + 1))


@pytest.mark.parametrize(
    ("study", "report"),
    [({"studyId": STUDY}, REPORT), ({}, "D4C6E3F2B0914C7DAE8F90A1B2C3D4E5")],
)
def test_a_creation_without_report_and_format_has_the_first_report_as_csv(
    clinical: VendorHarness, study: dict[str, Any], report: str
) -> None:
    job = clinical.call("createReport", **study).body["result"]["jobId"]
    (row,) = (row for row in runs(clinical)["reportRunStatus"] if row["downloadId"] == job)
    assert (row["rptId"], row["rptFormat"]) == (report, "CSV")


@pytest.mark.parametrize(("name", "status"), [("Query Detail", 202), ("No Such Report", 404)])
def test_a_scheduled_report_can_be_named(clinical: VendorHarness, name: str, status: int) -> None:
    reply = clinical.call("createScheduledReport", reportName=name, studyId=STUDY)
    assert reply.status == status
    if status == 202:
        assert runs(clinical)["reportRunStatus"][0]["reportName"] == name


def test_an_xport_file_has_records_of_80_bytes_and_every_row(clinical: VendorHarness) -> None:
    job = create(clinical, format="XPORT")
    clinical.pass_seconds(60)
    reply = clinical.call("downloadReport", id=job)
    assert reply.file is not None
    assert reply.file.media == "application/octet-stream"
    data = content(reply)
    assert len(data) % 80 == 0
    assert data.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")
    head, _, rows = data.partition(b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!")
    assert head.count(b"SUBJECT_NUMBER") == 1
    assert rows.count(b"101-") >= 240
