"""The judges: ours, Schemathesis as it comes and with our checks, and Specmatic's test mode."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from xml.etree import ElementTree as ET

import specs
from tests.benchmarks import npm
from tests.benchmarks.contender import Workshop
from tests.benchmarks.contenders import specmatic
from tests.benchmarks.suite.narrowed import narrow
from tests.benchmarks.suite.reference import credentials
from tests.benchmarks.suite.tool import Found, Job, Started, Tool

OURS = "conformance"
_SEED = "1"
# Untold, Specmatic sends every combination of optional parts: thousands, for minutes.
_COMBINATIONS = "20"
_FINDINGS = {"FAIL", "WARN"}


def ours(_: Workshop, __: int | None = None) -> Tool:
    """Our suite at its defaults, with the control plane that it is made for."""

    def start(job: Job) -> Started:
        where = ("--base-url", job.base_url, "--control-url", f"{job.base_url}/_mock")
        report = ("--report", "json=report.json")
        command = ("run", job.fault.vendor, *where, *report, "--seed", _SEED)
        return Started(command, "conformance.cli:main")

    def read(job: Job, output: str) -> Found:
        rows = json.loads((job.folder / "report.json").read_text("utf-8"))["requirements"]
        found = {f"{row['verdict']} {row['id']}" for row in rows if row["verdict"] in _FINDINGS}
        return Found(frozenset(found), _number(r"(\d+) requests", output))

    return Tool(OURS, "this tree", start, read, re.compile(r"^(broken|FAIL|WARN)\b +\S+-"))


def schemathesis(_: Workshop, examples: int | None = None) -> Tool:
    """`st run`: our contract, one credential, all checks, a seed; else as it comes.

    `examples` is how many requests of an operation are drawn, where not as many as it comes with.
    """
    return _st_run("Schemathesis", {}, examples)


def schemathesis_with_our_checks(_: Workshop, examples: int | None = None) -> Tool:
    """The same, with our requirements as further checks."""
    hooks = {"SCHEMATHESIS_HOOKS": "conformance.st_checks"}
    return _st_run("Schemathesis, our checks", hooks, examples)


def _st_run(name: str, environment: Mapping[str, str], examples: int | None) -> Tool:
    def start(job: Job) -> Started:
        contract = _contract(job.fault.vendor)
        document = job.folder / "openapi.json"
        document.write_text(json.dumps(contract.openapi), "utf-8")
        headers = [f"{name}: {value}" for name, value in credentials(contract).values()]
        options = [part for header in headers for part in ("-H", header)]
        report = ("--report", "json", "--report-json-path", "report.json", "--seed", _SEED)
        if examples is not None:
            options += ["--max-examples", str(examples)]
        command = ("run", str(document), "--url", job.base_url, *options, *report)
        return Started(command, "schemathesis.cli:schemathesis", environment)

    def read(job: Job, _: str) -> Found:
        report = json.loads((job.folder / "report.json").read_text("utf-8"))
        found = {
            f"{one['code']} {one['title']} {operation}"
            for one in report["failures"]
            for operation in one["operations"]
        }
        return Found(frozenset(found), report["test_cases"]["generated"])

    return Tool(name, version("schemathesis"), start, read, re.compile("❌"))


def specmatic_test(workshop: Workshop, _: int | None = None) -> Tool:
    """Specmatic's contract tests on a copy of the contract that names what exists."""
    program = specmatic.program(workshop)

    def start(job: Job) -> Started:
        contract = _contract(job.fault.vendor)
        document = job.folder / "openapi.json"
        document.write_text(json.dumps(narrow(contract, job.held)), "utf-8")
        (job.folder / "specmatic.yaml").write_text(specmatic.CONFIG, "ascii")
        environment = {
            scheme: value.removeprefix("Bearer ")
            for scheme, (_, value) in credentials(contract).items()
        } | {"MAX_TEST_REQUEST_COMBINATIONS": _COMBINATIONS}
        report = ("--testBaseURL", job.base_url, "--junitReportDir", "report")
        return Started((*program, "test", *report, str(document)), environment=environment)

    def read(job: Job, output: str) -> Found:
        (file,) = (job.folder / "report").glob("*.xml")
        cases = ET.parse(file).iter("testcase")  # written by the tool that we started
        found = {_scenario(case) for case in cases if case.find("failure") is not None}
        return Found(frozenset(found), _number(r"Tests run: (\d+)", output))

    name = npm.version(workshop.modules, "specmatic")
    return Tool("Specmatic", name, start, read, re.compile(r"\bFAILED\b"), 2)


TOOLS: Mapping[str, Callable[[Workshop, int | None], Tool]] = {
    OURS: ours,
    "Schemathesis": schemathesis,
    "Schemathesis, our checks": schemathesis_with_our_checks,
    "Specmatic": specmatic_test,
}


@cache
def _contract(vendor: str) -> specs.Contract:
    return specs.load(vendor)


def _scenario(case: ET.Element) -> str:
    """A test's name up to its drawn part: the operation, the status and what was varied."""
    return case.get("name", "").rpartition(" > ")[2]


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"nothing like {pattern!r} in the output")
    return int(found[1])
