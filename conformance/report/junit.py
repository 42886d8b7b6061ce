"""The result as JUnit XML: a suite for each operation, a test case for each requirement."""

from collections import defaultdict

from junitparser import (
    Error,
    Failure,
    JUnitXml,
    Properties,
    Property,
    Skipped,
    TestCase,
    TestSuite,
)

from conformance.evaluation.result import RequirementResult, Result
from conformance.http.curl import curl
from conformance.report.shared import judged_line, promises, xml_safe
from conformance.verdict import Verdict

NO_OPERATION = "any operation"


def render(result: Result) -> bytes:
    """Return the result as JUnit XML; a WARN passes, and says so in its output."""
    document = JUnitXml(f"conformance {result.contract.vendor}")
    by_operation: dict[str, list[RequirementResult]] = defaultdict(list)
    for row in result.requirements:
        by_operation[row.requirement.operation or NO_OPERATION].append(row)
    for operation, rows in by_operation.items():
        document.add_testsuite(_suite(result, operation, rows))
    document.update_statistics()  # type: ignore[no-untyped-call]
    xml: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return xml


def _suite(result: Result, operation: str, rows: list[RequirementResult]) -> TestSuite:
    suite = TestSuite(f"{result.contract.vendor}.{operation}")
    suite.add_property("profile", result.contract.profile)
    suite.add_property("seed", str(result.seed))
    suite.add_property("judged", xml_safe(judged_line(result)))
    for row in rows:
        suite.add_testcase(_case(result, operation, row))
    return suite


def _case(result: Result, operation: str, row: RequirementResult) -> TestCase:
    requirement = row.requirement
    name = xml_safe(f"{requirement.id} {requirement.text}")
    case = TestCase(name, classname=f"{result.contract.vendor}.{operation}")
    case.append(_properties(row))  # type: ignore[no-untyped-call]
    case.time = round(sum(e.response.elapsed for e in row.exchanges if e.response), 3)
    reason = xml_safe(row.reason)
    if row.verdict is Verdict.FAIL:
        case.result = [_with_text(Failure(reason, requirement.source), row, result)]
    elif row.verdict is Verdict.ERROR:
        case.result = [_with_text(Error(reason, requirement.source), row, result)]
    elif row.verdict is Verdict.SKIP:
        case.result = [Skipped(reason)]
    elif row.verdict is Verdict.WARN:
        case.system_out = xml_safe(f"WARN: {row.reason}\n{_details(row, result)}")
    return case


def _properties(row: RequirementResult) -> Properties:
    """Return the requirement, its source and level, and its statements, one property each."""
    requirement = row.requirement
    properties = Properties()  # type: ignore[no-untyped-call]
    for name, value in (
        ("requirement", requirement.id),
        ("source", requirement.source),
        ("level", requirement.level),
        *(("statement", id_) for id_ in requirement.statements),
    ):
        properties.add_property(Property(name, value))
    return properties


def _with_text(outcome: Failure | Error, row: RequirementResult, result: Result) -> Failure | Error:
    outcome.text = xml_safe(_details(row, result))
    return outcome


def _details(row: RequirementResult, result: Result) -> str:
    promised = promises(result, row.requirement)
    return "\n".join([*promised, *(curl(exchange) for exchange in row.exchanges)])
