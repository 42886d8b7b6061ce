"""The result as JUnit XML: a suite for each operation, a test case for each requirement."""

from collections import defaultdict

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from conformance.outcome import Verdict
from conformance.report.clean import printable
from conformance.traffic.curl import curl
from conformance.verdicts.result import Result, Row

NO_OPERATION = "any operation"


def render(result: Result) -> bytes:
    """Return the result as JUnit XML; a WARN passes, and says so in its output."""
    document = JUnitXml(f"conformance {result.contract.vendor}")
    by_operation: dict[str, list[Row]] = defaultdict(list)
    for row in result.rows:
        by_operation[row.requirement.operation or NO_OPERATION].append(row)
    for operation, rows in by_operation.items():
        document.add_testsuite(_suite(result, operation, rows))
    document.update_statistics()  # type: ignore[no-untyped-call]
    xml: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return xml


def _suite(result: Result, operation: str, rows: list[Row]) -> TestSuite:
    suite = TestSuite(f"{result.contract.vendor}.{operation}")
    suite.add_property("profile", result.contract.profile)
    suite.add_property("seed", str(result.seed))
    for row in rows:
        suite.add_testcase(_case(result, operation, row))
    return suite


def _case(result: Result, operation: str, row: Row) -> TestCase:
    requirement = row.requirement
    name = printable(f"{requirement.id} {requirement.text}")
    case = TestCase(name, classname=f"{result.contract.vendor}.{operation}")
    reason = printable(row.reason)
    if row.verdict is Verdict.FAIL:
        case.result = [_with_text(Failure(reason, requirement.source), row)]
    elif row.verdict is Verdict.ERROR:
        case.result = [_with_text(Error(reason, requirement.source), row)]
    elif row.verdict is Verdict.SKIP:
        case.result = [Skipped(reason)]
    elif row.verdict is Verdict.WARN:
        case.system_out = printable(f"WARN: {row.reason}\n{_proof(row)}")
    return case


def _with_text(outcome: Failure | Error, row: Row) -> Failure | Error:
    outcome.text = printable(_proof(row))
    return outcome


def _proof(row: Row) -> str:
    return "\n".join(curl(exchange) for exchange in row.exchanges)
