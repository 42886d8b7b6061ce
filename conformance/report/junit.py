"""The result as JUnit XML: a suite for each operation, a test case for each requirement."""

from collections import defaultdict
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

from conformance.checks import Verdict
from conformance.evaluation import RequirementResult, Result
from conformance.report.exchange_text import visible
from conformance.report.finding import Finding, findings, judged_line, requirements_file

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
