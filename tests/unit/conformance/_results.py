"""A result with a row of each verdict, for the tests of the reports."""

from conformance.checks import Verdict
from conformance.evaluation import RequirementResult, Result
from conformance.evaluation.coverage import measure_coverage
from conformance.http import Exchange, RecordedRequest, RecordedResponse
from conformance.target.tracker import ResourceTracker
from tests.unit.conformance._tiny_vendor import contract, row

NASTY = 'it says <script>alert(1)</script> & \x00 "quoted" | `code` \ud7ff'


def exchange(number: int, operation: str, body: bytes, status: int | None = 200) -> Exchange:
    path = "/jobs/job-1-with-a-rather-long-name-that-does-not-fit-into-eighty-columns"
    sent = RecordedRequest(
        "GET",
        f"http://127.0.0.1:8000{path}",
        path,
        (),
        {"Authorization": "Bearer $TINY_TOKEN"},
        None,
        "primary",
    )
    received = (
        RecordedResponse(status, {"Content-Type": "application/json"}, body) if status else None
    )
    failure = None if status else "the connection was refused"
    return Exchange(number, operation, sent, received, failure, "examples", True, {"id": "job-1"})


def result() -> Result:
    """Return a result with one row of each verdict, and a job that moved."""
    rows = {
        "FAIL": row("TY-ONE-001", "a_check", operation="getJob", text="The `state` is text."),
        "WARN": row("TY-TWO-001", "a_check", operation="getJob", level="should"),
        "ERROR": row("TY-THR-001", "a_check", operation="deleteJob"),
        "SKIP": row("TY-FOU-001", not_tested="Nobody can see it.", source="assumed"),
        "PASS": row("TY-FIV-001", "a_check"),
    }
    found = contract(*rows.values())
    exchanges = [
        exchange(1, "getJob", b'{"id": "job-1", "state": "new"}'),
        exchange(2, "getJob", b'{"id": "job-1", "state": "old"}'),
        exchange(3, "deleteJob", b"", status=None),
    ]
    ledger = ResourceTracker(found)
    for one in exchanges:
        ledger.observe(one)
    proofs = {"FAIL": (exchanges[0],), "ERROR": (exchanges[2],), "WARN": (exchanges[1],)}
    reasons = {"FAIL": NASTY, "WARN": "a bare date", "ERROR": "the connection was refused"}
    return Result(
        contract=found,
        base_url="http://127.0.0.1:8000",
        seed=7,
        requirements=tuple(
            RequirementResult(
                requirement, Verdict(name), reasons.get(name, ""), proofs.get(name, ()), 3, 2
            )
            for name, requirement in rows.items()
        ),
        coverage=measure_coverage(found, ledger.jobs, exchanges),
        jobs=ledger.jobs,
        notes=("Try --profile observed.",),
        requests=3,
        duration=1.25,
    )
