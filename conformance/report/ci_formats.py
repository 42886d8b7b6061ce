"""The result for CI systems: SARIF, annotations of GitHub, and JUnit XML."""

import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from xml.etree import ElementTree as ET

import orjson

from conformance.checks import Verdict
from conformance.errors import UsageError
from conformance.evaluation import RequirementResult, Result
from conformance.report.exchange_text import visible
from conformance.report.finding import (
    Finding,
    findings,
    headline,
    judged_line,
    promises,
    requirement_lines,
    requirements_file,
)
from conformance.report.json_report import body_text
from conformance.report.text import render_markdown
from specs import Requirement

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
SUMMARY: Final = "GITHUB_STEP_SUMMARY"
MAX_SUMMARY: Final = 1_000_000  # bytes; GitHub takes 1 MiB of a step
FINGERPRINT: Final = "requirement/v1"
_COMMANDS: Final = MappingProxyType(
    {Verdict.FAIL: "error", Verdict.ERROR: "warning", Verdict.WARN: "warning"}
)


def render_sarif(result: Result) -> bytes:
    """Return the problems as SARIF 2.1.0, each at its requirement's row; rules have help texts."""
    lines = requirement_lines(result.contract)
    ids = [row.requirement.id for row in result.requirements]
    run = {
        "tool": {
            "driver": {
                "name": "conformance",
                "version": _version(),
                "rules": [
                    _rule(result, row.requirement, lines.get(row.requirement.id, 1))
                    for row in result.requirements
                ],
            }
        },
        "automationDetails": {"id": f"conformance/{result.contract.vendor}/"},
        "invocations": [
            {
                "executionSuccessful": result.verdict is not Verdict.ERROR,
                "exitCode": result.exit_code,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": visible(note)}}
                    for note in (judged_line(result), *result.notes)
                ],
            }
        ],
        "originalUriBaseIds": {
            "SRCROOT": {"description": {"text": "The root of the repository with specs/."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, ids.index(finding.id)) for finding in findings(result)],
        "properties": {
            "vendor": result.contract.vendor,
            "profile": result.contract.profile,
            "seed": result.seed,
            "requests": result.requests,
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2) + b"\n"


def _version() -> str:
    try:
        return version("report-contracts")
    except PackageNotFoundError:
        return "0"


def _rule(result: Result, requirement: Requirement, line: int) -> dict[str, Any]:
    promised = promises(result, requirement)
    place = f"{requirements_file(result.contract, requirement)}:{line}"
    help_text = "\n".join(
        [
            requirement.text,
            f"Promised ({requirement.source}, {requirement.level}):",
            *promised,
            f"`conformance explain {requirement.id}` shows the check. The row is {place}.",
        ]
    )
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.text},
        "fullDescription": {"text": " ".join(promised)},
        "help": {"text": help_text, "markdown": help_text.replace("\n", "\n\n")},
        "defaultConfiguration": {"level": _level(requirement)},
        "properties": {
            "tags": [requirement.source, requirement.level, requirement.operation or "any"],
        },
    }


def _level(requirement: Requirement) -> str:
    """Return the level of a failure: error for a documented must, note for a habit of clients."""
    if requirement.source == "documented" and requirement.level == "must":
        return "error"
    return "note" if requirement.source in {"observed", "assumed"} else "warning"


def _result(finding: Finding, index: int) -> dict[str, Any]:
    row = finding.row
    failed = row.verdict is not Verdict.ERROR
    level = "error" if row.verdict is Verdict.FAIL else _level(row.requirement)
    region = {"startLine": max(1, finding.line)}
    vendor = finding.result.contract.vendor
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {
                "uri": requirements_file(finding.result.contract, row.requirement),
                "uriBaseId": "SRCROOT",
            },
            "region": region,
        }
    }
    if row.requirement.operation is not None:
        name = f"{vendor}.{row.requirement.operation}"
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "function"}]
    return {
        "ruleId": finding.id,
        "ruleIndex": index,
        "kind": "fail" if failed else "open",
        # Only what failed has a level (3.27.10 of the specification).
        "level": ("warning" if row.verdict is Verdict.WARN and level == "error" else level)
        if failed
        else "none",
        "message": {"text": _message(finding)},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding)},
        **_traffic(finding),
        **_suppression(row),
    }


def _message(finding: Finding) -> str:
    before = [f"Before: {line}" for line in finding.before]
    lines = [f"{finding.text} {finding.reason}", *before, f"Again: {finding.again}"]
    return "\n".join(visible(line) for line in lines)


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same from run to run, whatever seed, ids and values were."""
    contract = finding.result.contract
    text = f"{contract.vendor} {contract.profile} {finding.id}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _suppression(row: RequirementResult) -> dict[str, Any]:
    if row.accepted is None:
        return {}
    accepted = row.accepted
    why = visible(f"{accepted.owner}: {accepted.reason} (until {accepted.expires})")
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": why}]}


def _traffic(finding: Finding) -> dict[str, Any]:
    exchange = finding.shown
    if exchange is None:
        return {}
    request, response = exchange.request, exchange.response
    sent: dict[str, Any] = {
        "method": request.method,
        "target": visible(request.url),
        "headers": _headers(request.headers),
    }
    if request.body is not None:
        sent["body"] = {"text": visible(body_text(request.body))}
    if response is None:
        return {"webRequest": sent, "webResponse": {"noResponseReceived": True}}
    seen = {
        "statusCode": response.status,
        "headers": _headers(response.headers),
        "body": {"text": visible(body_text(response.body))},
    }
    return {"webRequest": sent, "webResponse": seen}


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {visible(name): visible(value) for name, value in headers.items()}


def render_github(result: Result) -> str:
    """Return an annotation for each problem, as workflow commands of GitHub Actions."""
    lines = [_annotation(finding) for finding in findings(result)]
    name = f"{result.contract.vendor} ({result.contract.profile}) {headline(result)}"
    lines.append(f"::notice title={_property(name)}::{_data(judged_line(result))}")
    return "\n".join(lines) + "\n"


def _annotation(finding: Finding) -> str:
    file = requirements_file(finding.result.contract, finding.row.requirement)
    command = _COMMANDS[finding.row.verdict]
    title = f"{finding.row.verdict} {finding.id} {finding.text}"
    before = [f"Before: {line}" for line in finding.before]
    excerpt = finding.excerpt
    seen = ["Sent:", *excerpt.sent, "Seen:", *excerpt.seen] if excerpt else []
    promised = [f"Promised ({finding.source}): {promise}" for promise in finding.promises]
    message = "\n".join([finding.reason, *promised, *before, *seen, f"Again: {finding.again}"])
    place = f"file={_property(file)},line={max(1, finding.line)},title={_property(title)}"
    return f"::{command} {place}::{_data(message)}"


def _data(text: str) -> str:
    """Escape the message of a workflow command, as GitHub's toolkit does."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property of a workflow command, as GitHub's toolkit does."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def write_github(result: Result) -> None:
    """Print the annotations, and append the Markdown report to the summary of the step.

    Raises:
        UsageError: the file that GitHub names for the summary cannot be written.
    """
    sys.stdout.write(render_github(result))
    sys.stdout.flush()
    path = os.environ.get(SUMMARY)
    if not path:
        return
    content = render_markdown(result).encode()
    if len(content) > MAX_SUMMARY:
        note = "\n\n… the report is longer than a summary may be.\n".encode()
        content = content[:MAX_SUMMARY].rpartition(b"\n")[0] + note
    try:
        with Path(path).open("ab") as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"--report: {path} cannot be written: {error.strerror}") from error


NO_OPERATION: Final = "any operation"
_OUTCOMES: Final = MappingProxyType({Verdict.FAIL: "failure", Verdict.ERROR: "error"})


def render(result: Result, *, gitlab: bool = False) -> bytes:
    """Return the result as JUnit XML; a WARN passes, and says so in its output.

    It is valid by the XML schemas of Jenkins (junit-4 and junit-10), which know properties of
    suites only, and no `file`. With `gitlab` each test case has its own properties and the `file`
    that GitLab documents.
    """
    vendor = result.contract.vendor
    shown = {finding.id: finding for finding in findings(result)}
    by_operation: dict[str, list[RequirementResult]] = defaultdict(list)
    for row in result.requirements:
        by_operation[row.requirement.operation or NO_OPERATION].append(row)
    root = ET.Element(
        "testsuites", {"name": f"conformance {vendor}"} | _counts(result.requirements)
    )
    for operation, rows in by_operation.items():
        name = {"name": f"{vendor}.{operation}"}
        suite = ET.SubElement(root, "testsuite", name | _counts(rows, skipped=True))
        _add_properties(suite, _suite_properties(result, [] if gitlab else rows))
        for row in rows:
            case = ET.SubElement(
                suite,
                "testcase",
                name=visible(f"{row.requirement.id} {row.requirement.text}"),
                classname=f"{vendor}.{operation}",
                time=_seconds([row]),
            )
            if gitlab:
                case.set("file", requirements_file(result.contract, row.requirement))
                _add_properties(case, [("requirement", row.requirement.id), *_about(row)])
            _add_outcome(case, row, shown.get(row.requirement.id))
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _counts(rows: Iterable[RequirementResult], *, skipped: bool = False) -> dict[str, str]:
    rows = list(rows)
    verdicts = [row.verdict for row in rows]
    counts = {
        "tests": len(rows),
        "failures": verdicts.count(Verdict.FAIL),
        "errors": verdicts.count(Verdict.ERROR),
    }
    if skipped:  # the root has no such attribute in Jenkins's schemas
        counts["skipped"] = verdicts.count(Verdict.SKIP)
    return {name: str(count) for name, count in counts.items()} | {"time": _seconds(rows)}


def _seconds(rows: Iterable[RequirementResult]) -> str:
    """Return how long the responses of the evidence took; Jenkins wants at most three decimals."""
    exchanges = [exchange for row in rows for exchange in row.exchanges]
    return f"{sum(e.response.elapsed for e in exchanges if e.response):.3f}"


def _add_properties(parent: ET.Element, pairs: Iterable[tuple[str, str]]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in pairs:
        ET.SubElement(properties, "property", name=name, value=visible(value))


def _suite_properties(result: Result, rows: list[RequirementResult]) -> list[tuple[str, str]]:
    """Return the properties of a suite, those of its requirements included."""
    return [
        ("profile", result.contract.profile),
        ("seed", str(result.seed)),
        ("judged", judged_line(result)),
        *((f"{row.requirement.id}.{name}", value) for row in rows for name, value in _about(row)),
    ]


def _about(row: RequirementResult) -> list[tuple[str, str]]:
    """Return a requirement's source and level, and its statements, one property each."""
    requirement = row.requirement
    return [
        ("source", requirement.source),
        ("level", requirement.level),
        *(("statement", id_) for id_ in requirement.statements),
    ]


def _add_outcome(case: ET.Element, row: RequirementResult, finding: Finding | None) -> None:
    if row.verdict is Verdict.SKIP:
        # The reason is its text: junit-4 knows no attribute of it.
        ET.SubElement(case, "skipped").text = visible(row.reason)
    elif finding is not None and row.verdict in _OUTCOMES:
        message, source = visible(row.reason), row.requirement.source
        outcome = ET.SubElement(case, _OUTCOMES[row.verdict], message=message, type=source)
        outcome.text = finding.details
    elif finding is not None:
        ET.SubElement(case, "system-out").text = f"{row.verdict}: {finding.details}"
