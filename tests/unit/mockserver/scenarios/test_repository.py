"""Fixtures of one's own: laid over the built-in ones, checked like them, read again on reset."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import specs
from mockserver.app import App, create_app
from mockserver.cli import main
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from tests._serving import serving
from tests.unit.mockserver.asgi import CREATE, JSON, TALKDESK, ask
from tests.unit.mockserver.fixture_folders import MINE, open_repository, write

JOBS = "/data/reports/calls/jobs"


def made(**told: Any) -> App:
    return create_app(Settings(clock="manual", **told))


def names(mock: App) -> dict[str, bool]:
    rows = ask(mock.app, "GET", "/_mock/scenarios?vendor=talkdesk").json["scenarios"]
    return {row["name"]: row["builtin"] for row in rows}


def status_after_a_minute(mock: App, headers: dict[str, str]) -> str:
    answer = ask(mock.app, "POST", JOBS, TALKDESK | JSON | headers, CREATE)
    job = answer.json["job"]["id"]
    ask(mock.app, "POST", "/_mock/clock", JSON | headers, {"advance": "PT1M"})
    answer = ask(mock.app, "GET", f"{JOBS}/{job}", TALKDESK | headers)
    return str(answer.json["job"]["status"])


def test_scenarios_of_ones_own_lie_over_the_builtin_ones(tmp_path: Path) -> None:
    write(tmp_path, "talkdesk/mine.yaml", MINE)
    write(tmp_path, "talkdesk/fails.yaml", MINE.replace("Mine", "Over"))
    write(tmp_path, "README.md", "Notes are no fixtures.")
    write(tmp_path, ".git/config", "nor is what is hidden")
    mock = made(scenarios=tmp_path)
    usual = {row.name: True for row in open_repository().scenarios() if row.vendor == "talkdesk"}
    assert names(mock) == {**usual, "mine": False, "fails": False}
    assert status_after_a_minute(mock, {"x-mock-scenario": "mine"}) == "PROCESSING"
    assert status_after_a_minute(mock, {"x-mock-scenario": "fails"}) == "PROCESSING"


def test_fixtures_of_ones_own_lie_over_the_builtin_ones_file_by_file(tmp_path: Path) -> None:
    seed = (specs.fixtures() / "talkdesk/seed.yaml").read_text(encoding="utf-8")
    write(tmp_path, "talkdesk/seed.yaml", seed.partition("\njobs:")[0] + "\njobs: []\n")
    write(tmp_path, "talkdesk/scenarios/mine.yaml", MINE)
    write(
        tmp_path,
        "energycap/identities.yaml",
        "vendor: energycap\nidentities:\n- {role: me, scheme: apiKey, secret: my-key, "
        "account: campus, grants: [ReportGroups]}\n",
    )
    mock = made(fixtures=tmp_path)
    assert ask(mock.app, "GET", JOBS, TALKDESK).json["total"] == 0
    assert names(mock)["mine"] is False
    group = "/api/v3/report/reportgroup/1"
    assert ask(mock.app, "GET", group, {"eci-apikey": "my-key"}).status == 200
    assert ask(mock.app, "GET", group, {"eci-apikey": "mock-energycap-manager"}).status == 401
    credentials = ask(mock.app, "POST", "/_mock/sandboxes").json["credentials"]
    assert set(credentials["energycap"]) == {"me"}
    assert "writer" in credentials["talkdesk"]


@pytest.mark.parametrize("lasts", ["P", "PT", "P99999999999D", "P1Y", "5m", ""])
def test_bad_duration_in_seed_data_is_one_line(tmp_path: Path, lasts: str) -> None:
    seed = (specs.fixtures() / "talkdesk/seed.yaml").read_text(encoding="utf-8")
    job = {
        "id": "00000000-0000-4000-8000-000000000001",
        "account": "acme",
        "type": "calls",
        "format": "csv",
        "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
        "plan": [{"state": "CREATED", "lasts": lasts}, {"state": "DONE"}],
    }
    reports = seed.partition("\njobs:")[0]
    write(tmp_path, "talkdesk/seed.yaml", f"{reports}\njobs: [{json.dumps(job)}]\n")
    place = r"talkdesk/seed\.yaml: /jobs/0/plan/0/lasts: .*ISO 8601 duration"
    with pytest.raises(ConfigurationError, match=place) as bad:
        made(fixtures=tmp_path)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize("every", ["PT0S", "P", "P99999999999D"])
def test_bad_interval_in_seed_data_is_one_line(tmp_path: Path, every: str) -> None:
    seed = (specs.fixtures() / "talkdesk/seed.yaml").read_text(encoding="utf-8")
    write(tmp_path, "talkdesk/seed.yaml", seed.replace("every: PT15M", f"every: {every}", 1))
    with pytest.raises(
        ConfigurationError, match=r"talkdesk/seed\.yaml: /reports/0/every: .*positive ISO"
    ) as bad:
        made(fixtures=tmp_path)
    assert "\n" not in str(bad.value)


def test_whole_copy_of_the_builtin_fixtures_works(tmp_path: Path) -> None:
    shutil.copytree(specs.fixtures(), tmp_path / "copy")
    assert {row.builtin for row in open_repository().scenarios()} == {True}
    assert {row.builtin for row in open_repository(tmp_path / "copy").scenarios()} == {False}


def test_files_are_read_again_on_reset(tmp_path: Path) -> None:
    path = write(tmp_path, "talkdesk/mine.yaml", MINE)
    mock = made(scenarios=tmp_path)
    asked = {"scenario": "mine"}
    name = ask(mock.app, "POST", "/_mock/sandboxes", JSON, asked).json["id"]
    here = {"x-mock-sandbox": name}
    assert status_after_a_minute(mock, here) == "PROCESSING"
    path.write_text(MINE.replace("stuck: PROCESSING", "ends: {in: FAILED}"), encoding="utf-8")
    assert status_after_a_minute(mock, here) == "PROCESSING"
    assert ask(mock.app, "POST", "/_mock/reset", here).status == 204
    assert status_after_a_minute(mock, here) == "FAILED"


def test_fault_in_a_file_leaves_the_old_world(tmp_path: Path) -> None:
    path = write(tmp_path, "talkdesk/mine.yaml", MINE)
    mock = made(scenarios=tmp_path, scenario="mine")
    assert status_after_a_minute(mock, {}) == "PROCESSING"
    path.write_text(MINE.replace("PROCESSING", "LOST"), encoding="utf-8")
    answer = ask(mock.app, "POST", "/_mock/reset")
    assert answer.status == 409
    assert f"{path}: /jobs/0/stuck: unknown state 'LOST'" in answer.json["detail"]
    assert ask(mock.app, "GET", JOBS, TALKDESK).json["total"] == 8
    assert status_after_a_minute(mock, {}) == "PROCESSING"
    path.write_text(MINE, encoding="utf-8")
    assert ask(mock.app, "POST", "/_mock/reset").status == 204
    assert ask(mock.app, "GET", JOBS, TALKDESK).json["total"] == 7


def test_scenario_that_is_gone_leaves_the_old_world(tmp_path: Path) -> None:
    path = write(tmp_path, "talkdesk/mine.yaml", MINE)
    mock = made(scenarios=tmp_path)
    asked = {"scenario": "mine"}
    here = {"x-mock-sandbox": ask(mock.app, "POST", "/_mock/sandboxes", JSON, asked).json["id"]}
    path.unlink()
    answer = ask(mock.app, "POST", "/_mock/reset", here)
    assert (answer.status, answer.json["field"]) == (400, "scenario")
    assert status_after_a_minute(mock, here) == "PROCESSING"
    assert ask(mock.app, "POST", "/_mock/reset").status == 204


def test_identities_are_read_again_on_reset(tmp_path: Path) -> None:
    text = (specs.fixtures() / "talkdesk/identities.yaml").read_text(encoding="utf-8")
    path = write(tmp_path, "talkdesk/identities.yaml", text)
    mock = made(fixtures=tmp_path)
    rule = {"match": {"role": "reader"}, "fault": {"kind": "rate-limit"}}
    assert ask(mock.app, "POST", "/_mock/faults", JSON, rule).status == 201
    name = ask(mock.app, "POST", "/_mock/sandboxes").json["id"]
    assert ask(mock.app, "GET", JOBS, TALKDESK).status == 200
    changed = text.replace("mock-talkdesk-writer", "my-writer").replace("role: reader", "role: me")
    path.write_text(changed, encoding="utf-8")
    assert ask(mock.app, "POST", "/_mock/reset").status == 204
    assert ask(mock.app, "GET", JOBS, TALKDESK).status == 401
    writer = {"authorization": "Bearer my-writer", "x-mock-sandbox": name}
    assert ask(mock.app, "GET", JOBS, writer).status == 200
    assert ask(mock.app, "POST", "/_mock/faults", JSON, rule).status == 400


def test_faults_of_a_file_are_for_every_sandbox(tmp_path: Path) -> None:
    path = write(tmp_path, "faults.json", '[{"id": "busy", "fault": {"kind": "rate-limit"}}]')
    mock = made(faults=path)
    assert ask(mock.app, "GET", JOBS, TALKDESK).status == 429
    name = ask(mock.app, "POST", "/_mock/sandboxes").json["id"]
    assert ask(mock.app, "GET", JOBS, TALKDESK | {"x-mock-sandbox": name}).status == 429
    assert ask(mock.app, "DELETE", "/_mock/faults").status == 204
    assert ask(mock.app, "GET", JOBS, TALKDESK).status == 200
    path.write_text("{fault: {kind: expired-token}}", encoding="utf-8")
    assert ask(mock.app, "POST", "/_mock/reset").status == 204
    assert ask(mock.app, "GET", JOBS, TALKDESK).status == 401


def test_scenario_may_set_the_clock(tmp_path: Path) -> None:
    clock = "{mode: real, speed: 60, now: '2026-01-31T23:59:00Z'}"
    write(tmp_path, "talkdesk/mine.yaml", f"vendor: talkdesk\nsummary: Late.\nclock: {clock}\n")
    mock = made(scenarios=tmp_path)
    shown = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"scenario": "mine"}).json["clock"]
    assert (shown["mode"], shown["speed"]) == ("real", 60)
    assert shown["now"].startswith("2026-01-31T23:59:")
    asked = {"scenario": "mine", "clock": {"mode": "manual"}}
    shown = ask(mock.app, "POST", "/_mock/sandboxes", JSON, asked).json["clock"]
    assert (shown["mode"], shown["now"]) == ("manual", "2026-01-31T23:59:00.000Z")
    assert ask(mock.app, "GET", "/_mock/clock").json["now"] == "2026-03-30T09:00:00.000Z"
    told = made(scenarios=tmp_path, scenario="mine")
    assert ask(told.app, "GET", "/_mock/clock").json["mode"] == "manual"  # the server was told so
    untold = create_app(Settings(scenarios=tmp_path, scenario="mine"))
    assert ask(untold.app, "GET", "/_mock/clock").json["speed"] == 60


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--scenario", "fials"], "--scenario fials is not known; did you mean fails"),
        (["--scenarios", "/nowhere"], "--scenarios /nowhere: no such folder"),
        (["--fixtures", "/nowhere"], "--fixtures /nowhere: no such folder"),
        (["--faults", "/nowhere.yaml"], "/nowhere.yaml: file: No such file or directory"),
    ],
)
def test_command_ends_with_2_and_a_reason(arguments: list[str], reason: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--port", "0", *arguments])
    assert done.exit_code == 2
    assert reason in done.stderr


def test_every_builtin_scenario_works_in_both_profiles() -> None:
    for profile in specs.PROFILES:
        repository = open_repository(profile=profile)
        for row in repository.scenarios():
            assert row.builtin
            assert repository.resolve_scenario(f"{row.vendor}/{row.name}").seeds


def test_builtin_scenarios_are_all_in_the_table() -> None:
    text = (specs.fixtures() / "README.md").read_text(encoding="utf-8")
    for path in specs.fixtures().glob("*/scenarios/*.yaml"):
        summary = specs.read_yaml(path)["summary"]
        assert f"| `{path.stem}` | {summary} |" in text


def test_edited_file_is_taken_up_and_a_wrong_one_is_told_once(tmp_path: Path) -> None:
    mock, told = made(scenarios=tmp_path), list[str]()
    mock.fixtures.watch(told.append)
    assert told == []
    write(tmp_path, "talkdesk/mine.yaml", MINE)
    mock.fixtures.watch(told.append)
    assert told.pop().startswith("Edited files are in use")
    assert "mine" in names(mock)
    assert status_after_a_minute(mock, {"x-mock-scenario": "mine"}) == "PROCESSING"
    write(tmp_path, "talkdesk/mine.yaml", "vendor: [")
    mock.fixtures.watch(told.append)
    mock.fixtures.watch(told.append)
    [reason] = told
    assert "talkdesk/mine.yaml" in reason
    answer = ask(mock.app, "GET", "/_mock/scenarios").json
    assert answer["problem"] in reason
    assert "mine" in names(mock)
    assert ask(mock.app, "GET", "/_mock/health").json["status"] == "ok"
    (tmp_path / "talkdesk/mine.yaml").unlink()
    mock.fixtures.watch(told.append)
    assert "problem" not in ask(mock.app, "GET", "/_mock/scenarios").json
    assert "mine" not in names(mock)


def test_edited_file_is_taken_up_by_a_running_server(tmp_path: Path) -> None:
    with serving("--watch", "--scenarios", str(tmp_path)) as served:
        write(tmp_path, "talkdesk/mine.yaml", MINE)
        served.log.wait_for(lambda rows: any("are in use" in str(row) for row in rows))
        write(tmp_path, "talkdesk/mine.yaml", "vendor: [")
        served.log.wait_for(lambda rows: any("not in use" in str(row) for row in rows))
