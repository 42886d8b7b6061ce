"""The mock plays vendors of three files each; the suite passes it, and finds its faults."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from conformance.contract_queries import shown_path
from conformance.evaluation import Result
from conformance.report.finding import findings
from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from mockserver.cli import main
from mockserver.testing import MockServer

EXAMPLES = Path(__file__).parents[2] / "examples"

# By vendor: the operation, the fault of the mock, and the row that must detect it.
FAULTS: dict[str, list[tuple[str, dict[str, Any], str]]] = {
    "operations": [
        ("getOperation", {"kind": "drop-field", "pointer": "/done"}, "BODY-getOperation"),
        ("getOperation", {"kind": "drop-field", "pointer": "/name"}, "BODY-getOperation"),
        ("getOperation", {"kind": "wrong-type", "pointer": "/done"}, "BODY-getOperation"),
        ("getOperation", {"kind": "drop-field", "pointer": "/error/code"}, "ERROR-getOperation"),
        ("getOperation", {"kind": "server-error", "status": 500}, "SERVER-getOperation"),
        ("getOperation", {"kind": "wrong-length", "delta": 3}, "WHOLE"),
        ("startRender", {"kind": "wrong-type", "pointer": "/metadata"}, "BODY-startRender"),
        ("startRender", {"kind": "server-error", "status": 500}, "SERVER-startRender"),
        ("listOperations", {"kind": "drop-field", "pointer": "/operations"}, "BODY-listOperations"),
        ("listOperations", {"kind": "server-error", "status": 500}, "SERVER-listOperations"),
        ("cancelOperation", {"kind": "drop-field", "pointer": "/done"}, "BODY-cancelOperation"),
        ("downloadFrames", {"kind": "truncate", "part": 0.5}, "WHOLE"),
        ("downloadFrames", {"kind": "server-error", "status": 500}, "SERVER-downloadFrames"),
    ],
    "exports": [
        ("getExport", {"kind": "unknown-enum", "pointer": "/status"}, "STATE-getExport"),
        ("getExport", {"kind": "drop-field", "pointer": "/created_at"}, "BODY-getExport"),
        ("getExport", {"kind": "wrong-type", "pointer": "/dataset"}, "BODY-getExport"),
        ("getExport", {"kind": "server-error", "status": 500}, "SERVER-getExport"),
        ("createExport", {"kind": "drop-field", "pointer": "/status"}, "BODY-createExport"),
        ("createExport", {"kind": "unknown-enum", "pointer": "/status"}, "STATE-createExport"),
        ("createExport", {"kind": "drop-field", "pointer": "/message"}, "ERROR-createExport"),
        ("createExport", {"kind": "server-error", "status": 500}, "SERVER-createExport"),
        ("listExports", {"kind": "drop-field", "pointer": "/total"}, "BODY-listExports"),
        ("listExports", {"kind": "unknown-enum", "pointer": "/data/0/status"}, "STATE-listExports"),
        ("cancelExport", {"kind": "server-error", "status": 500}, "SERVER-cancelExport"),
        ("downloadExport", {"kind": "truncate", "part": 0.5}, "WHOLE"),
        ("downloadExport", {"kind": "server-error", "status": 500}, "SERVER-downloadExport"),
    ],
}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(vendors=[EXAMPLES]) as server:
        yield server


def judge(mock: MockServer, vendor: str, *only: str, effort: Effort = Effort.QUICK) -> Result:
    runner = create_runner(
        vendor,
        mock.base_url,
        control_url=f"{mock.base_url}/_mock",
        settings=Settings(effort=effort, only=frozenset(only)),
        environment={},
        vendors=[EXAMPLES],
    )
    runner.fail_fast = bool(only)
    return runner.run()


@pytest.mark.parametrize("vendor", FAULTS)
def test_the_mock_of_three_files_passes(mock: MockServer, vendor: str) -> None:
    # The jobs of other tests would make its lists too long to be walked to their end.
    requests.post(f"{mock.base_url}/_mock/reset", timeout=10).raise_for_status()
    result = judge(mock, vendor, effort=Effort.DEFAULT)
    assert not {row.requirement.id: row.reason for row in result.problems}
    generated = [row for row in result.requirements if "-AUTO-" in row.requirement.id]
    assert not [row.requirement.id for row in generated if not row.is_judged]
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("vendor", "operation", "fault", "row"),
    [(vendor, *fault) for vendor, faults in FAULTS.items() for fault in faults],
)
def test_each_fault_of_the_mock_is_detected(
    mock: MockServer, vendor: str, operation: str, fault: dict[str, Any], row: str
) -> None:
    control = f"{mock.base_url}/_mock"
    rule = {"match": {"vendor": vendor, "operation": operation}, "fault": fault}
    requests.post(f"{control}/faults", json=rule, timeout=10).raise_for_status()
    try:
        result = judge(mock, vendor, id_ := f"{vendor.upper()}-AUTO-{row}")
    finally:
        requests.delete(f"{control}/faults", timeout=10).raise_for_status()
    assert [row.requirement.id for row in result.problems] == [id_]
    assert result.exit_code == 1
    again = f"conformance replay RESULT.json --vendors {shown_path(EXAMPLES / vendor)} --id {id_}"
    assert [finding.replay_command for finding in findings(result)] == [again]


@pytest.mark.parametrize(
    ("name", "row"),
    [("batches-3.1", "PAGES-listBatches"), ("imports-json-api", "ID-getImport")],
)
def test_the_mock_of_a_public_document_passes(tmp_path: Path, name: str, row: str) -> None:
    document = EXAMPLES / "documents" / f"{name}.yaml"
    command = ["new-vendor", "made", "--openapi", str(document), "--out", str(tmp_path)]
    assert CliRunner().invoke(main, command).exit_code == 0
    with MockServer(vendors=[tmp_path]) as mock:
        settings = Settings(effort=Effort.QUICK)
        control = f"{mock.base_url}/_mock"
        result = create_runner(
            "made",
            mock.base_url,
            control_url=control,
            settings=settings,
            environment={},
            vendors=[tmp_path],
        ).run()
    assert not {row.requirement.id: row.reason for row in result.problems}
    judged = {row.requirement.id for row in result.requirements if row.is_judged}
    assert f"MADE-AUTO-{row}" in judged


@pytest.mark.parametrize("vendor", FAULTS)
def test_an_example_has_no_code(vendor: str) -> None:
    assert {path.suffix for path in (EXAMPLES / vendor).rglob("*") if path.is_file()} == {".yaml"}
