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
from conformance.reference.defects import DEFECTS
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
    ("vendor", "defect", "weaker"),
    [
        ("talkdesk", "td-status-number", ("TD-LIST-001", "TD-NEW-003")),
        ("clinicalone", "c1-kickoff-log-list", ()),
        ("energycap", "ec-group-id-string", ()),
    ],
)
def test_planted_defect_is_found_with_its_source_and_nothing_else_is_accused(
    vendor: str, defect: str, weaker: tuple[str, ...], tmp_path: Path
) -> None:
    """Of rows whose source is not documented, only with CONFORMANCE_STRICT."""
    contract = specs.load(vendor)
    broken = {*DEFECTS[defect].requirements, *weaker}
    rows = [row for row in contract.requirements if row.id in broken]
    strict = "1" if weaker else ""
    options = ("--phases", "examples,fuzzing")
    run, found = st_run(vendor, [defect], tmp_path, *options, CONFORMANCE_STRICT=strict)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "Fuzzing" in run.stdout
    assert {failure["title"] for failure in found} == {
        f"{OWN}: `{row.id.lower().replace('-', '_')}`" for row in rows
    }
    said = " ".join(run.stdout.split())
    for row in rows:
        titles = [contract.statements[id_].title for id_ in row.statements]
        for text in (f"{row.id}: {row.text}", f"source: {row.source}", *titles):
            assert " ".join(text.split()) in said


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
