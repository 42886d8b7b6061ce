"""Fixtures of one's own: laid over the built-in ones, checked like them, read again on reset."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import specs
from mockserver import vendors
from mockserver.bootstrap import build
from mockserver.cli import main
from mockserver.clock import Mode, Pace
from mockserver.contract.schemas import Schemas
from mockserver.errors import SetupError
from mockserver.faults.forecast import Forecast
from mockserver.faults.reading import Reader
from mockserver.mock import Mock
from mockserver.scenarios.folders import Folders
from mockserver.scenarios.library import Library
from mockserver.scenarios.reading import ScenarioReader
from mockserver.scenarios.scenario import Seed
from mockserver.settings import Settings
from mockserver.vendors.base import Vendor
from tests.unit.mockserver._asgi import CREATE, JSON, TALKDESK, ask
from tests.unit.mockserver._played import contract_of, make_sandbox
from tests.unit.mockserver.test_faults_labels import party_of

JOBS = "/data/reports/calls/jobs"
MINE = "vendor: talkdesk\nsummary: Mine.\njobs: [{stuck: PROCESSING}]\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def made(**told: Any) -> Mock:
    return build(Settings(pace=Pace(Mode.MANUAL), **told))


@cache
def vendors_of(profile: str) -> dict[str, Vendor]:
    return {name: vendors.create(contract_of(name, profile)) for name in specs.vendors()}


def opened(
    fixtures: Path | None = None,
    scenarios: Path | None = None,
    profile: str = specs.DOCUMENTED,
) -> Library:
    """Return the library of a server, without the server."""

    def check(vendor: str, seed: Seed) -> None:
        vendors_of(profile)[vendor].seed(make_sandbox(profile=profile), seed)

    contracts = {name: contract_of(name, profile) for name in specs.vendors()}
    folders = Folders(specs.fixtures(), fixtures, scenarios, tuple(contracts))
    library = Library(folders, contracts, None, check)
    parties = {name: party_of(name, profile) for name in contracts}
    schemas = Schemas(specs.load_control())
    rules = Reader(schemas, contracts, library.roles, Forecast(parties), 30_000)
    library.open(ScenarioReader(contracts, rules))
    return library


def names(mock: Mock) -> dict[str, bool]:
    rows = ask(mock.app, "GET", "/_mock/scenarios?vendor=talkdesk").json["scenarios"]
    return {row["name"]: row["builtin"] for row in rows}


def status_after_a_minute(mock: Mock, headers: dict[str, str]) -> str:
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
    usual = {row.name: True for row in opened().scenarios() if row.vendor == "talkdesk"}
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


def test_whole_copy_of_the_builtin_fixtures_works(tmp_path: Path) -> None:
    shutil.copytree(specs.fixtures(), tmp_path / "copy")
    assert {row.builtin for row in opened().scenarios()} == {True}
    assert {row.builtin for row in opened(tmp_path / "copy").scenarios()} == {False}


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
    assert f"{path}: /jobs/0/stuck: there is no state 'LOST'" in answer.json["detail"]
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
    untold = build(Settings(scenarios=tmp_path, scenario="mine"))
    assert ask(untold.app, "GET", "/_mock/clock").json["speed"] == 60


SCENARIO_FAULTS = {
    "no scenario at all": ("a: 1", "/: "),
    "nothing": ("", "/: null is not of type"),
    "another vendor": (MINE.replace("talkdesk", "energycap"), "/vendor: is not the folder's name"),
    "a member too many": (MINE + "surprise: 1\n", "/: Additional properties"),
    "no part": ("vendor: talkdesk\nsummary: x\n", "/: "),
    "an unknown state": (MINE.replace("PROCESSING", "LOST"), "/jobs/0/stuck: there is no state"),
    "a bad duration": (
        MINE.replace("stuck: PROCESSING", "ends: {in: FAILED, after: soon}"),
        "/jobs/0/ends/after: ",
    ),
    "an unknown operation": (
        MINE + "faults: [{match: {operation: nope}, fault: {kind: reset}}]\n",
        "/faults/0: match.operation: nope is not known",
    ),
    "another vendor's operation": (
        MINE + "faults: [{match: {operation: downloadReport}, fault: {kind: reset}}]\n",
        "/faults/0: match.operation: downloadReport is one of clinicalone",
    ),
    "a fault of no kind": (MINE + "faults: [{fault: {kind: x}}]\n", "/faults/0: fault.kind"),
    "a number beyond JSON": (
        MINE + f"faults: [{{fault: {{kind: wrong-type, value: {9**30}}}}}]\n",
        "/faults/0: fault: cannot be written as JSON",
    ),
    "a moment that is none": (MINE + "clock: {now: tomorrow}\n", "/clock/now: "),
    "a day that is none": (MINE + "clock: {now: '2026-02-30T00:00:00Z'}\n", "/clock/now: "),
    "seed data of another shape": (
        MINE + "seed: {replace: {jobs: [{id: 1}]}}\n",
        "/seed, then /jobs/0",
    ),
    "seed data that cannot work": (
        MINE + "seed: {add: {jobs: [{id: a, account: acme, type: calls, held: LOST, format: csv, "
        "timespan: {from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z'}}]}}\n",
        "/seed, then /jobs/7",
    ),
    "rows for what is no list": (MINE + "seed: {add: {vendor: [1]}}\n", "/seed/add/vendor: is no"),
}


@pytest.mark.parametrize("name", SCENARIO_FAULTS)
def test_scenario_with_a_fault_stops_the_start(tmp_path: Path, name: str) -> None:
    text, reason = SCENARIO_FAULTS[name]
    path = write(tmp_path, "talkdesk/mine.yaml", text)
    with pytest.raises(SetupError) as refused:
        opened(scenarios=tmp_path)
    assert str(refused.value).startswith(f"{path}: {reason}")


IDENTITY = "{role: a, scheme: bearer, secret: s, account: acme, grants: ['data-reports:read']}"
FIXTURE_FAULTS = {
    "talkdesk/identities.yaml": [
        ("vendor: talkdesk\n", "/: "),
        ("vendor: energycap\nidentities: [" + IDENTITY + "]\n", "/vendor: is not the folder's"),
        ("vendor: talkdesk\nidentities: [{role: a}]\n", "/identities/0: "),
        (
            "vendor: talkdesk\nidentities: [" + IDENTITY.replace("read", "raed") + "]\n",
            "/identities/0/grants: data-reports:raed is none of data-reports:read",
        ),
        (
            "vendor: talkdesk\nidentities: [" + IDENTITY + ", " + IDENTITY + "]\n",
            "/identities/1/secret: another row has it",
        ),
        (
            "vendor: talkdesk\nidentities: ["
            + IDENTITY + ", " + IDENTITY.replace("secret: s", "secret: t") + "]\n",
            "/identities/1/role: a stands twice",
        ),
        (
            "vendor: talkdesk\nidentities: [" + IDENTITY.replace(" s,", " 's t',") + "]",
            "/identities/0/secret: ",
        ),
    ],
    "talkdesk/seed.yaml": [("vendor: talkdesk\n", "/: "), ("- 1\n", "/: ")],
    "talkdesk/sede.yaml": [("a: 1\n", "file: is not known; known: identities.yaml")],
    "talkdesk/scenarios/Mine.yaml": [(MINE, "file: a scenario's name has lower-case")],
    "talkdesk/scenarios/mine.yml": [(MINE, "file: a scenario's name")],
    "talkdesk/scenarios/none.yaml": [(MINE, "file: none stands for no scenario")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [(name, text, reason) for name, rows in FIXTURE_FAULTS.items() for text, reason in rows],
)
def test_fixture_with_a_fault_stops_the_start(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(SetupError) as refused:
        opened(fixtures=tmp_path)
    assert str(refused.value).startswith(f"{path}: {reason}")


def test_folders_that_are_none_or_nobodys_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"--fixtures .*: there is no such folder"):
        opened(fixtures=tmp_path / "none")
    with pytest.raises(SetupError, match=r"--scenarios .*: there is no such folder"):
        opened(scenarios=tmp_path / "none")
    write(tmp_path, "talkdesc/mine.yaml", MINE)
    with pytest.raises(SetupError, match=r"talkdesc: is no vendor's folder; known: clinicalone"):
        opened(scenarios=tmp_path)


def test_links_out_of_the_folders_stop_the_start(tmp_path: Path) -> None:
    outside = write(tmp_path, "outside.yaml", MINE)
    (tmp_path / "mine/talkdesk/scenarios").mkdir(parents=True)
    (tmp_path / "mine/talkdesk/scenarios/mine.yaml").symlink_to(outside)
    with pytest.raises(SetupError, match="leads out of"):
        opened(fixtures=tmp_path / "mine")
    (tmp_path / "theirs/talkdesk").mkdir(parents=True)
    (tmp_path / "theirs/talkdesk/seed.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SetupError, match="No such file"):
        opened(fixtures=tmp_path / "theirs")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--scenario", "fials"], "--scenario fials is not known; do you mean fails"),
        (["--scenarios", "/nowhere"], "--scenarios /nowhere: there is no such folder"),
        (["--fixtures", "/nowhere"], "--fixtures /nowhere: there is no such folder"),
        (["--faults", "/nowhere.yaml"], "/nowhere.yaml: file: No such file or directory"),
    ],
)
def test_command_ends_with_2_and_a_reason(arguments: list[str], reason: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--port", "0", *arguments])
    assert done.exit_code == 2
    assert reason in done.stderr


def test_every_builtin_scenario_works_in_both_profiles() -> None:
    for profile in specs.PROFILES:
        library = opened(profile=profile)
        for row in library.scenarios():
            assert row.builtin
            assert library.begin(f"{row.vendor}/{row.name}").seeds


def test_builtin_scenarios_are_all_in_the_table() -> None:
    text = (specs.fixtures() / "README.md").read_text(encoding="utf-8")
    for path in specs.fixtures().glob("*/scenarios/*.yaml"):
        summary = specs.read_yaml(path)["summary"]
        assert f"| `{path.stem}` | {summary} |" in text
