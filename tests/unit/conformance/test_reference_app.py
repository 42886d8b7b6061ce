"""Tests of the reference app without defects: lifecycles, control plane, command line."""

import csv
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from conformance import reference
from conformance.reference.__main__ import main
from conformance.reference.app import create_app

WRITER = {"Authorization": "Bearer mock-talkdesk-writer"}
MANAGER = {"Authorization": "Bearer mock-clinicalone-manager"}
KEY = {"ECI-ApiKey": "mock-energycap-manager"}
SPAN = {"from": "2025-12-01T00:00:00", "to": "2025-12-02T00:00:00Z"}
ROOT = "/ec-reporting-svc/rest"
DISTRIBUTIONS = "/api/v202106/reportdistribution"


@pytest.fixture
def client() -> FlaskClient:
    return create_app().test_client()


def _wait(client: FlaskClient, seconds: int) -> None:
    moved = client.post("/_mock/clock", json={"advance": f"PT{seconds}S"})
    assert moved.status_code == 200


def _create(client: FlaskClient, form: str) -> str:
    body = {"name": "Day", "format": form, "timespan": {**SPAN, "timezone": "Europe/Lisbon"}}
    response = client.post("/data/reports/calls/jobs", json=body, headers=WRITER)
    assert response.status_code == 202
    job = response.get_json()["job"]
    assert (job["name"], job["timezone"], job["format"]) == ("Day", "Europe/Lisbon", form)
    return str(job["id"])


def _states(client: FlaskClient, job: str) -> list[tuple[int, str]]:
    seen = []
    for seconds in (0, 6, 20, 10):
        _wait(client, seconds)
        response = client.get(f"/data/reports/calls/jobs/{job}", headers=WRITER)
        seen.append((response.status_code, response.get_json()["job"]["status"]))
    return seen


def test_talkdesk_job_lifecycle(client: FlaskClient) -> None:
    job = _create(client, "csv")
    assert _states(client, job) == [
        (200, "CREATED"),
        (200, "PROCESSING"),
        (200, "PROCESSING"),
        (300, "DONE"),
    ]
    redirect = client.get(f"/data/reports/calls/jobs/{job}", headers=WRITER)
    assert redirect.headers["Location"] == f"/data/reports/calls/files/{job}"
    file = client.get(redirect.headers["Location"], headers=WRITER)
    assert file.mimetype == "text/csv"
    assert len({len(row) for row in csv.reader(file.text.splitlines())}) == 1


def test_talkdesk_observed_profile() -> None:
    client = create_app(profile="observed").test_client()
    job = _create(client, "csv")
    assert _states(client, job) == [
        (200, "created"),
        (200, "processing"),
        (200, "uploading"),
        (303, "done"),
    ]
    other = _create(client, "csv")
    assert client.delete(f"/data/reports/calls/jobs/{other}", headers=WRITER).status_code == 204
    seen = client.get(f"/data/reports/calls/jobs/{other}", headers=WRITER)
    assert seen.get_json()["job"]["status"] == "canceled"


def test_talkdesk_files_have_the_requested_format(client: FlaskClient) -> None:
    single, bulk = _create(client, "json"), _create(client, "json_bulk")
    _wait(client, 40)
    document = client.get(f"/data/reports/calls/files/{single}", headers=WRITER).get_json()
    assert document["total"] == len(document["entries"])
    lines = client.get(f"/data/reports/calls/files/{bulk}", headers=WRITER)
    assert lines.mimetype == "application/x-ndjson"
    assert all(isinstance(json.loads(line), dict) for line in lines.text.splitlines())


def test_talkdesk_delete_removes_the_file(client: FlaskClient) -> None:
    job = _create(client, "csv")
    file = f"/data/reports/calls/files/{job}"
    assert client.delete(file, headers=WRITER).status_code == 404
    _wait(client, 40)
    assert [client.delete(file, headers=WRITER).status_code for _ in range(2)] == [204, 403]
    seen = client.get(f"/data/reports/calls/jobs/{job}", headers=WRITER)
    assert (seen.status_code, seen.get_json()["job"]["status"]) == (200, "DELETED")
    assert client.get(file, headers=WRITER).status_code == 404


def test_clinicalone_job_lifecycle(client: FlaskClient) -> None:
    query = "reportid=SDE&format=csv&mode=test&studyId=CFD8129A430A473C8A02F4BA5DAAD865"
    made = client.post(f"{ROOT}/v1.0/reports?{query}", headers=MANAGER)
    job = made.get_json()["result"]["jobId"]
    download = f"{ROOT}/v2.0/reports/download?id={job}"
    assert client.get(download, headers=MANAGER).status_code == 404
    started = client.post(f"{ROOT}/v1.0/report/job/{job}", json={}, headers=MANAGER)
    assert (started.status_code, started.get_json()["id"]) == (202, job)
    _wait(client, 39)
    assert client.get(download, headers=MANAGER).status_code == 404
    _wait(client, 2)
    file = client.get(download, headers=MANAGER)
    assert file.headers["Content-Disposition"].startswith("attachment; filename=")
    assert len({len(row) for row in csv.reader(file.text.splitlines())}) == 1


def test_clinicalone_failed_job_can_be_restarted(client: FlaskClient) -> None:
    made = client.post(f"{ROOT}/v1.0/reports?reportid=SDE&format=csv", headers=MANAGER)
    job = made.get_json()["result"]["jobId"]
    forced = client.post(f"/_mock/jobs/clinicalone/{job}/outcome", json={"outcome": "FAILED"})
    assert forced.status_code == 200
    statuses = []
    for _ in range(2):
        _wait(client, 65)
        statuses.append(_run_status(client, job))
        client.post(f"{ROOT}/v1.0/report/job/{job}", json={}, headers=MANAGER)
    assert statuses == ["FAILED", "SUCCEEDED"]


def _run_status(client: FlaskClient, job: str) -> str:
    path = f"{ROOT}/v2.0/reportmetadata/downloadList?limit=100&offset=0"
    runs = client.get(path, headers=MANAGER).get_json()["result"]["reportRunStatus"]
    return next(run["runStatus"] for run in runs if run["downloadId"] == job)


def test_energycap_run_lifecycle(client: FlaskClient) -> None:
    before = client.get(f"{DISTRIBUTIONS}/1", headers=KEY).get_json()["nextRunDate"]
    path = f"{DISTRIBUTIONS}/1/exec"
    log = client.post(f"{path}?overrideUserIds=7,7,8", headers=KEY).get_json()
    assert (log["status"], log["endDate"], log["numberOfRecipients"]) == ("In Progress", None, 2)
    assert client.post(path, headers=KEY).get_json()["numberOfRecipients"] == 6
    assert client.get(f"{DISTRIBUTIONS}/1", headers=KEY).get_json()["nextRunDate"] == before
    assert client.get(f"{DISTRIBUTIONS}/log", headers=KEY).get_json() == []
    _wait(client, 10)
    logs = client.get(f"{DISTRIBUTIONS}/log", headers=KEY).get_json()
    assert [entry["status"] for entry in logs] == ["Complete", "Complete"]
    assert all(entry["endDate"] > entry["beginDate"] for entry in logs)


@pytest.mark.parametrize(
    ("number", "status"), [(2, "Not sent"), (3, "Some reports not sent"), (1, "Complete")]
)
def test_energycap_run_ends_as_seeded(client: FlaskClient, number: int, status: str) -> None:
    client.post(f"{DISTRIBUTIONS}/{number}/exec", headers=KEY)
    _wait(client, 10)
    logs = client.get(f"{DISTRIBUTIONS}/log", headers=KEY).get_json()
    assert [log["status"] for log in logs] == [status]


def test_energycap_group_reflects_its_reports(client: FlaskClient) -> None:
    body = {"reportGroupCode": "mine", "reportGroupInfo": "Mine", "reportIds": [3, 1, 3]}
    made = client.post("/api/v3/report/reportgroup", json=body, headers=KEY)
    assert made.status_code == 200
    assert made.get_json()["reportGroupCode"] == "MINE"
    assert [report["reportId"] for report in made.get_json()["reports"]] == [3, 1]


def test_reset_restores_the_seed_data(client: FlaskClient) -> None:
    first = _create(client, "csv")
    _wait(client, 500)
    assert client.post("/_mock/reset").status_code == 204
    assert client.get("/_mock/clock").get_json()["now"] == "2026-01-05T09:00:00.000Z"
    assert client.get(f"/data/reports/calls/jobs/{first}", headers=WRITER).status_code == 404
    assert _create(client, "csv") == first


def test_seed_changes_the_ids() -> None:
    ids = {_create(create_app(seed=seed).test_client(), "csv") for seed in (0, 1, 0)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"advance": "PT5M"}, 200),
        ({"set": "2027-01-01T00:00:00Z"}, 200),
        ({"mode": "real", "speed": 60}, 200),
        ({"set": "2001-01-01T00:00:00Z"}, 400),
        ({"advance": "P1M"}, 400),
        ({"advance": "P999999999D"}, 400),
        ({"advance": 5}, 400),
        ({"mode": "real", "speed": 0}, 400),
        ({"mode": "sideways"}, 400),
        ({"forward": "PT5M"}, 400),
        ({}, 400),
    ],
)
def test_clock_moves_or_explains_the_error(
    client: FlaskClient, body: dict[str, object], status: int
) -> None:
    response = client.post("/_mock/clock", json=body)
    assert response.status_code == status
    assert set(response.get_json()) == ({"now", "mode", "speed"} if status == 200 else {"message"})


@pytest.mark.parametrize(
    ("job", "outcome", "status"),
    [("none", "FAILED", 404), ("{}", "NONSENSE", 400), ("{}", None, 400), ("{}", "FAILED", 200)],
)
def test_outcome_is_forced_or_explains_the_error(
    client: FlaskClient, job: str, outcome: object, status: int
) -> None:
    path = f"/_mock/jobs/talkdesk/{job.format(_create(client, 'csv'))}/outcome"
    assert client.post(path, json={"outcome": outcome}).status_code == status


def test_finished_job_keeps_its_outcome(client: FlaskClient) -> None:
    job = _create(client, "csv")
    client.post(f"/_mock/jobs/talkdesk/{job}/outcome", json={"outcome": "FAILED"})
    _wait(client, 40)
    forced = client.post(f"/_mock/jobs/talkdesk/{job}/outcome", json={"outcome": "DONE"})
    assert forced.status_code == 409


def test_reference_imports_nothing_of_ours() -> None:
    folder = Path(reference.__path__[0])
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    imported = re.findall(r"^(?:from|import) (\S+)", "\n".join(sources), re.MULTILINE)
    ours = [name for name in imported if re.match(r"(conformance|mockserver|specs)\b", name)]
    assert [name for name in ours if not name.startswith("conformance.reference")] == []


def test_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="documented, observed"):
        create_app(profile="guessed")


def test_command_lists_and_shows() -> None:
    listed = CliRunner().invoke(main, ["--list"])
    assert (listed.exit_code, "td-done-goes-back\t" in listed.output) == (0, True)
    shown = CliRunner().invoke(main, ["--show", "td-error-no-code"])
    assert (shown.exit_code, '"code"' in shown.output) == (0, True)


@pytest.mark.parametrize("arguments", [["--defect", "nonsense"], ["--show", "nonsense"]])
def test_command_refuses_an_unknown_switch(arguments: list[str]) -> None:
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2
    assert "nonsense" in refused.output
