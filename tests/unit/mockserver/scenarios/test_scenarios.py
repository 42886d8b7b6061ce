"""Scenarios through the application: worlds to start from, and what becomes of later jobs."""

from typing import Any

import pytest

import specs
from mockserver.app import App, create_app
from mockserver.config import Settings
from tests.unit.mockserver.asgi import CREATE, ENERGYCAP, JSON, TALKDESK, ask
from tests.unit.mockserver.sample_requests import REQUESTS

JOBS = "/data/reports/calls/jobs"
CREATED = REQUESTS["createReport"]
LIST = REQUESTS["listDownloads"]


def sandbox(mock: App, scenario: str, **asked: Any) -> dict[str, str]:
    answer = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"scenario": scenario, **asked})
    assert answer.status == 201, answer.json
    assert answer.json["scenario"] == scenario
    return {"x-mock-sandbox": answer.json["id"]}


def advance(mock: App, duration: str, headers: dict[str, str] | None = None) -> None:
    ask(mock.app, "POST", "/_mock/clock", JSON | (headers or {}), {"advance": duration})


def create(mock: App, headers: dict[str, str]) -> str:
    answer = ask(mock.app, "POST", JOBS, TALKDESK | JSON | headers, CREATE)
    assert answer.status == 202, answer.json
    return str(answer.json["job"]["id"])


def life(mock: App, headers: dict[str, str], job: str, *durations: str) -> list[str]:
    found = []
    for duration in durations:
        advance(mock, duration, headers)
        answer = ask(mock.app, "GET", f"{JOBS}/{job}", TALKDESK | headers)
        found.append(answer.json["job"]["status"])
    return found


def test_builtin_ones_are_listed(mock: App) -> None:
    rows = ask(mock.app, "GET", "/_mock/scenarios").json["scenarios"]
    for vendor in specs.vendors():
        mine = [row for row in rows if row["vendor"] == vendor]
        assert len(mine) >= 5
        assert mine == ask(mock.app, "GET", f"/_mock/scenarios?vendor={vendor}").json["scenarios"]
        assert mine == sorted(mine, key=lambda row: row["name"])
    assert all(row["builtin"] and row["summary"] and row["parts"] for row in rows)
    assert ask(mock.app, "GET", "/_mock/scenarios?vendor=other").json == {"scenarios": []}


@pytest.mark.parametrize(
    ("scenario", "durations", "statuses"),
    [
        ("none", ("PT0S", "PT5S", "PT25S", "P1D"), ["CREATED", "PROCESSING", "DONE", "DONE"]),
        ("quick", ("PT0S",), ["DONE"]),
        ("slow", ("PT4M59S", "PT1S", "PT25M"), ["CREATED", "PROCESSING", "DONE"]),
        ("queued", ("PT0S", "P30D"), ["CREATED", "CREATED"]),
        ("stuck", ("PT5S", "P30D"), ["PROCESSING", "PROCESSING"]),
        ("fails", ("PT5S", "PT14.9S", "PT0.1S"), ["PROCESSING", "PROCESSING", "FAILED"]),
        ("expires", ("PT30S", "PT59M59S", "PT1S"), ["DONE", "DONE", "DELETED"]),
    ],
)
def test_jobs_of_talkdesk_go_as_scripted(
    mock: App, scenario: str, durations: tuple[str, ...], statuses: list[str]
) -> None:
    here = sandbox(mock, scenario)
    assert life(mock, here, create(mock, here), *durations) == statuses


def test_expired_file_is_gone(mock: App) -> None:
    here = sandbox(mock, "expires")
    job = create(mock, here)
    advance(mock, "PT30S", here)
    file = f"/data/reports/calls/files/{job}"
    assert ask(mock.app, "GET", file, TALKDESK | here).status == 200
    advance(mock, "PT1H", here)
    assert ask(mock.app, "GET", file, TALKDESK | here).status == 404


def test_first_job_fails_and_the_next_does_not(mock: App) -> None:
    here = sandbox(mock, "fails-once")
    jobs = [create(mock, here) for _ in range(2)]
    advance(mock, "PT1M", here)
    assert [life(mock, here, job, "PT0S") for job in jobs] == [["FAILED"], ["DONE"]]


def test_file_may_have_no_rows(mock: App) -> None:
    for scenario, lines in (("none", 97), ("no-rows", 1)):
        here = sandbox(mock, scenario)
        job = create(mock, here)
        advance(mock, "PT30S", here)
        answer = ask(mock.app, "GET", f"/data/reports/calls/files/{job}", TALKDESK | here)
        assert answer.body.count(b"\r\n") >= lines
        assert (answer.body.count(b"\r\n") == 1) == (scenario == "no-rows")


@pytest.mark.parametrize(
    ("scenario", "states"),
    [
        ("none", ["WAITING", "RUNNING", "SUCCEEDED"]),
        ("quick", ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]),
        ("queued", ["WAITING", "WAITING", "WAITING"]),
        ("stuck", ["WAITING", "RUNNING", "RUNNING"]),
        ("fails", ["WAITING", "RUNNING", "FAILED"]),
        ("fails-once", ["WAITING", "RUNNING", "FAILED"]),
    ],
)
def test_jobs_of_clinical_one_go_as_scripted(mock: App, scenario: str, states: list[str]) -> None:
    here = sandbox(mock, scenario)
    CREATED.send(mock.app, here)
    found = []
    for duration in ("PT0S", "PT20S", "PT40S"):
        advance(mock, duration, here)
        newest = LIST.send(mock.app, here).json["result"]["reportRunStatus"][0]
        found.append(newest["runStatus"])
    assert found == states


def test_kick_off_helps_a_failed_and_a_waiting_job_on(mock: App) -> None:
    from dataclasses import replace

    for scenario, before in (("fails", "FAILED"), ("queued", "WAITING")):
        here = sandbox(mock, scenario)
        job = CREATED.send(mock.app, here).json["result"]["jobId"]
        advance(mock, "PT2M", here)
        runs = LIST.send(mock.app, here).json["result"]["reportRunStatus"]
        assert runs[0]["runStatus"] == before
        kick = REQUESTS["kickOffReportJob"]
        target = f"{kick.target.rpartition('/')[0]}/{job}"
        assert replace(kick, target=target).send(mock.app, here).status == 202
        advance(mock, "PT40S", here)
        runs = LIST.send(mock.app, here).json["result"]["reportRunStatus"]
        assert runs[0]["runStatus"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("scenario", "ends"),
    [
        ("none", ["Complete", "Complete"]),
        ("fails", ["Not sent", "Not sent"]),
        ("partly-sent", ["Some reports not sent", "Some reports not sent"]),
        ("partly-sent-once", ["Some reports not sent", "Complete"]),
        ("stuck", ["In Progress", "In Progress"]),
        ("slow", ["In Progress", "In Progress"]),
    ],
)
def test_runs_of_energycap_go_as_scripted(mock: App, scenario: str, ends: list[str]) -> None:
    here = sandbox(mock, scenario)
    for _ in range(2):
        REQUESTS["executeReportDistribution"].send(mock.app, here)
    advance(mock, "PT10S", here)
    logs = REQUESTS["listReportDistributionLogs"].send(mock.app, here).json
    assert [row["status"] for row in logs] == ends[::-1]


def test_seed_data_are_added_or_replaced(mock: App) -> None:
    totals = {
        name: ask(mock.app, "GET", JOBS, TALKDESK | sandbox(mock, name)).json["total"]
        for name in ("none", "empty", "many-jobs")
    }
    assert totals == {"none": 7, "empty": 0, "many-jobs": 47}
    here = sandbox(mock, "empty")
    assert LIST.send(mock.app, here).json["result"]["totalResults"] == 0
    groups = ask(mock.app, "GET", "/api/v3/report/reportgroup", ENERGYCAP | here)
    assert groups.json == []


def test_faults_of_a_scenario_are_there_from_the_start_and_after_a_reset(mock: App) -> None:
    here = sandbox(mock, "talkdesk/rate-limited")
    poll = REQUESTS["getReportJob"]
    for _ in range(2):
        assert [poll.send(mock.app, here).status for _ in range(3)] == [200, 200, 429]
        assert ask(mock.app, "DELETE", "/_mock/faults", here).status == 204
        assert ask(mock.app, "POST", "/_mock/reset", here).status == 204
    assert REQUESTS["listDownloads"].send(mock.app, here).status == 200
    rules = ask(mock.app, "GET", "/_mock/faults", here).json["faults"]
    assert [(row["id"], row["match"]["vendor"]) for row in rules] == [("fault-1", "talkdesk")]


def test_token_expires_in_mid_poll_and_a_new_one_is_good(mock: App) -> None:
    here = sandbox(mock, "token-expires")
    poll = REQUESTS["getReportJob"]
    assert [poll.send(mock.app, here).status for _ in range(4)] == [200, 200, 401, 401]
    token = REQUESTS["createToken"].send(mock.app, here).json["access_token"]
    fresh = {"authorization": f"Bearer {token}", **here}
    assert ask(mock.app, "GET", poll.target, fresh).status == 200


@pytest.mark.parametrize("vendor", specs.vendors())
def test_drifting_vendor_breaks_its_contract(mock: App, vendor: str) -> None:
    here = sandbox(mock, f"{vendor}/drifting")
    rows = ask(mock.app, "GET", "/_mock/faults", here).json["faults"]
    assert "violating" in {row["label"] for row in rows}


def test_several_may_be_chosen(mock: App) -> None:
    here = sandbox(mock, "talkdesk/fails, energycap/empty")
    assert life(mock, here, create(mock, here), "PT1M") == ["FAILED"]
    assert ask(mock.app, "GET", "/api/v3/report/reportgroup", ENERGYCAP | here).json == []
    assert LIST.send(mock.app, here).json["result"]["totalResults"] > 0


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        ("fials", "mean fails"),
        ("qqqq", "known: bad-network"),
        ("talkdesk/partly-sent", "not known"),
        ("talkdesk/fails,stuck", "at most one scenario of talkdesk"),
        ("fails,", "not known"),
        ("../fails", "not known"),
        ("/etc/passwd", "not known"),
    ],
)
def test_unknown_names_are_refused(mock: App, scenario: str, reason: str) -> None:
    answer = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"scenario": scenario})
    assert (answer.status, answer.json["field"]) == (400, "scenario")
    assert reason in answer.json["detail"]


def test_header_is_for_the_job_of_this_request(mock: App) -> None:
    stuck = create(mock, {"x-mock-scenario": "stuck"})
    usual = create(mock, {})
    failed = create(mock, {"x-mock-scenario": "fails-once"})
    assert [life(mock, {}, job, "PT1M") for job in (stuck, usual, failed)] == [
        ["PROCESSING"], ["DONE"], ["FAILED"],
    ]  # fmt: skip
    answer = ask(mock.app, "POST", JOBS, TALKDESK | JSON | {"x-mock-scenario": "nope"}, CREATE)
    assert answer.status == 400
    assert answer.json["fields"][0]["name"] == "X-Mock-Scenario"


def test_header_goes_before_the_sandboxes_own_and_does_not_count(mock: App) -> None:
    here = sandbox(mock, "fails-once")
    usual = create(mock, here | {"x-mock-scenario": "none"})
    first = create(mock, here)
    advance(mock, "PT1M", here)
    assert [life(mock, here, job, "PT0S") for job in (usual, first)] == [["DONE"], ["FAILED"]]


def test_sandbox_without_one_has_the_servers() -> None:
    mock = create_app(Settings(clock="manual", scenario="fails"))
    assert life(mock, {}, create(mock, {}), "PT1M") == ["FAILED"]
    answer = ask(mock.app, "POST", "/_mock/sandboxes")
    assert answer.json["scenario"] == "fails"
    here = sandbox(mock, "none")
    assert life(mock, here, create(mock, here), "PT1M") == ["DONE"]


def test_same_scenario_gives_the_same_bytes() -> None:
    def play() -> list[bytes]:
        settings = Settings(clock="manual", scenario="talkdesk/bad-network", longest_delay=0.001)
        mock = create_app(settings)
        poll = REQUESTS["getReportJob"]
        spared = {"x-mock-sandbox": "default"}
        answers = []
        for _ in range(40):
            ask(mock.app, "DELETE", "/_mock/faults/fault-4")  # the resets, which need a server
            answers.append(poll.send(mock.app, spared))
        return [repr((row.status, row.headers, row.body)).encode() for row in answers]

    assert play() == play()
