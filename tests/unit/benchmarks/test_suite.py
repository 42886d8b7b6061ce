"""Judges are compared fairly: new findings kill, samples are fixed, the narrowed contract fits."""

import re
import sys
from pathlib import Path

import pytest

import specs
from specs import pointer
from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.suite.kills import Score
from tests.benchmarks.suite.narrowed import narrow
from tests.benchmarks.suite.reference import Fault, credentials, draw, healthy
from tests.benchmarks.suite.tool import Found, Job, Run, Started, Tool, watch_command

HELD = {state: f"id-of-{state}" for state in ("CREATED", "PROCESSING", "DONE")}
PROGRAM = "print('begun'); print('found: X'); print('end, 7 requests')"


def tool(program: str = PROGRAM) -> Tool:
    def read(job: Job, output: str) -> Found:
        return Found(frozenset(re.findall(r"found: (\w)", output)), int(output.split()[-2]))

    start = Started((sys.executable, "-c", program))
    return Tool("any", "1", lambda _: start, read, re.compile("^found"))


def run(*findings: str) -> Run:
    return Run(3.0, Found(frozenset(findings), 10), processor=2.0)


def score() -> Score:
    found = Score(tool())
    found.healthy = {"talkdesk": [run("usual"), run("at times")], "energycap": [run()]}
    found.planted = {
        Fault("talkdesk", "td-seen"): run("usual", "new"),
        Fault("talkdesk", "td-unseen"): run("usual", "at times"),
        Fault("energycap", "ec-seen"): run("usual"),
    }
    return found


def test_defect_is_killed_by_a_finding_that_the_healthy_app_never_had() -> None:
    assert [fault.defect for fault in score().killed] == ["td-seen", "ec-seen"]


def test_alarms_are_the_distinct_findings_on_the_healthy_app() -> None:
    assert score().alarms == 2


def test_rate_is_of_processor_time() -> None:
    assert score().rate == 5.0


def test_run_reads_what_a_tool_says(tmp_path: Path) -> None:
    made = tool().run(Job(Fault("talkdesk", None), "", {}, tmp_path))
    assert made.found == Found(frozenset("X"), 7)
    assert made.seconds > 0


def test_command_is_read_to_its_first_finding_and_ended(tmp_path: Path) -> None:
    endless = Started((sys.executable, "-c", f"{PROGRAM}\nwhile True: pass"))
    output = watch_command(endless, tmp_path, tool().sight)
    assert output == "begun\nfound: X\n"


def test_function_is_a_command_that_loads_its_modules_itself(tmp_path: Path) -> None:
    started = Started(("--version",), "mockserver.cli:main").as_command()
    assert "mockserver" in watch_command(started, tmp_path)


def test_tool_without_a_report_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(UnhealthyError, match="out of order"):
        tool("print('out of order')").run(Job(Fault("talkdesk", None), "", {}, tmp_path))


def test_draw_is_the_same_for_a_seed_and_takes_the_vendors_in_turn() -> None:
    drawn = draw(7, seed=3)
    assert drawn == draw(7, seed=3)
    assert drawn != draw(7, seed=4)
    assert len(set(drawn)) == 7
    vendors = [fault.vendor for fault in drawn[:6]]
    assert vendors == ["talkdesk", "clinicalone", "energycap"] * 2
    assert healthy(drawn) == [Fault(vendor, None) for vendor in vendors[:3]]


@pytest.mark.parametrize("vendor", specs.vendors())
def test_narrowed_contract_names_only_what_the_contract_has(vendor: str) -> None:
    contract = specs.load(vendor)
    known = specs.read_yaml(Path(narrow.__code__.co_filename).with_name("known.yaml"))[vendor]
    for operation, values in known["parameters"].items():
        names = {entry["name"] for entry in contract.operations[operation].parameters}
        assert set(values) <= names, operation
    for place in known["bodies"]:
        assert pointer.find(contract.openapi, place), place


@pytest.mark.parametrize("vendor", specs.vendors())
def test_narrowed_contract_allows_what_is_known_and_leaves_the_original(vendor: str) -> None:
    contract = specs.load(vendor)
    before = repr(contract.openapi)
    document = narrow(contract, HELD)
    assert repr(contract.openapi) == before
    assert "'examples'" not in repr(_bodies(document))
    if vendor == "talkdesk":
        parameters = document["paths"]["/data/reports/{type}/jobs/{id}"]["get"]["parameters"]
        allowed = {entry["name"]: entry["schema"]["enum"] for entry in parameters}
        assert allowed == {"type": ["calls"], "id": ["id-of-PROCESSING"]}


def _bodies(document: dict) -> list[object]:
    return [
        operation.get("requestBody")
        for item in document["paths"].values()
        for operation in item.values()
    ]


def test_credentials_are_those_of_the_main_identity() -> None:
    assert credentials(specs.load("talkdesk")) == {
        "bearer": ("Authorization", "Bearer mock-talkdesk-writer")
    }
    assert credentials(specs.load("energycap")) == {
        "apiKey": ("ECI-ApiKey", "mock-energycap-manager")
    }
