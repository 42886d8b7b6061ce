"""`st run` with our checks: planted defects are found, a healthy app is not accused."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import specs
from conformance.reference.app import create_app
from conformance.reference.serving import serve
from tests.benchmarks.suite.reference import credentials

ST = Path(sys.executable).parent / "st"
OWN = "Custom check failed"


def st_run(
    vendor: str,
    defects: Sequence[str],
    folder: Path,
    *options: str,
    document: Mapping[str, object] | None = None,
    **environment: str,
) -> tuple[subprocess.CompletedProcess[str], list[dict[str, object]]]:
    """Run Schemathesis's command on the reference app; return it, and what our checks found."""
    contract = specs.load(vendor)
    (folder / "openapi.json").write_text(json.dumps(document or contract.openapi))
    headers = [f"{name}: {value}" for name, value in credentials(contract).values()]
    with serve(create_app(defects=defects, speed=60)) as url:
        run = subprocess.run(
            [str(ST), "run", "openapi.json", "--url", url, "--seed", "1", "--max-examples", "5"]
            + [part for header in headers for part in ("-H", header)]
            + ["--report", "json", "--report-json-path", "report.json", *options],
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "conformance.st_checks", **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    report = folder / "report.json"
    failures = json.loads(report.read_text())["failures"] if report.exists() else []
    return run, [failure for failure in failures if failure["title"].startswith(OWN)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("vendor", "defect", "requirement"),
    [
        ("talkdesk", "td-status-number", "TD-LIST-001"),
        ("clinicalone", "c1-kickoff-log-list", "C1-KICK-003"),
        ("energycap", "ec-group-id-string", "EC-GRP-005"),
    ],
)
def test_planted_defect_is_found_with_its_source(
    vendor: str, defect: str, requirement: str, tmp_path: Path
) -> None:
    contract = specs.load(vendor)
    row = next(row for row in contract.requirements if row.id == requirement)
    operation = row.operation or contract.lifecycle.actions["create"].operation
    options = ("--phases", "examples,fuzzing", "--include-operation-id", operation)
    weak = "" if row.source == "documented" else "1"
    run, found = st_run(vendor, [defect], tmp_path, *options, CONFORMANCE_STRICT=weak)
    assert run.returncode == 1, run.stdout + run.stderr
    assert {failure["title"] for failure in found} >= {
        f"{OWN}: `{requirement.lower().replace('-', '_')}`"
    }
    said = " ".join(run.stdout.split())
    titles = [contract.statements[id_].title for id_ in row.statements]
    for text in (f"{requirement}: {row.text}", f"source: {row.source}", *titles):
        assert " ".join(text.split()) in said


@pytest.mark.slow
@pytest.mark.parametrize("vendor", specs.vendors())
def test_healthy_app_is_not_accused(vendor: str, tmp_path: Path) -> None:
    run, found = st_run(vendor, [], tmp_path, "--phases", "examples,fuzzing")
    assert run.returncode in {0, 1}, run.stdout + run.stderr  # 1: what stock checks say
    assert "Fuzzing" in run.stdout
    assert found == []


def test_schema_of_nobody_is_told(tmp_path: Path) -> None:
    nobody = {
        "openapi": "3.0.3",
        "info": {"title": "Other", "version": "1"},
        "paths": {"/else": {"get": {"responses": {"200": {"description": "Fine."}}}}},
    }
    run, _ = st_run("talkdesk", [], tmp_path, "--phases", "examples", document=nobody)
    assert "no operation of this schema" in run.stderr


def test_unknown_vendor_is_refused(tmp_path: Path) -> None:
    run, _ = st_run("talkdesk", [], tmp_path, CONFORMANCE_VENDOR="acme-reports")
    assert run.returncode != 0
    assert "acme-reports" in run.stdout + run.stderr
