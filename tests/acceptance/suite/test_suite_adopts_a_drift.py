"""What a mock does otherwise is adopted by its contract; applied, only the listed rest differs."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import specs
from conformance.drift import compare_results
from conformance.report.json_report import to_data
from conformance.runner import create_runner
from conformance.settings import Effort, Settings
from mockserver.testing import MockServer
from specs.__main__ import main as lint
from tests.unit.conformance.drift._runs import EXAMPLES, suggested

Edit = tuple[str, str, str]

OPENAPI, LIFECYCLE = "openapi.yaml", "lifecycle.yaml"
SHOWN = "          content:\n            application/json:\n"
SHOWN += '              schema: {$ref: "#/components/schemas/Operation"}\n'
CANCEL = "operationId: cancelOperation\n      responses:\n"
NOW = "          description: The operation as it is now.\n"
WHOLE_SECONDS = "            Retry-After: {schema: {type: integer, minimum: 0}}\n"
MESSAGE = "error_message: {type: string}\n"
ERRORS = "errors: {/code: {error: code}, /message: {error: message}, /kind: export_error}\n"
WORKER = "worker: {type: object, required: [name], properties: {name: {type: string, example: w}}}"
# What drifts, by kind: file, old text, new text.
EXPORTS: Mapping[str, tuple[Edit, ...]] = {
    "a longer state": ((LIFECYCLE, "WORKING, lasts: PT50S", "WORKING, lasts: PT10M"),),
    "a new member": (
        (OPENAPI, MESSAGE, f"{MESSAGE}        region: {{type: string, example: eu}}\n"),
    ),
    "a member less": (
        (OPENAPI, "        finished_at: {type: string, format: date-time, nullable: true}\n", ""),
    ),
    "another type": (
        (OPENAPI, "expires_at: {type: integer,", "expires_at: {type: string, format: date-time,"),
        (LIFECYCLE, "{time: expires_at, format: epoch, when", "{time: expires_at, when"),
    ),
    "another name of a state": (
        (LIFECYCLE, "wire: working", "wire: in_progress"),
        (OPENAPI, "queued, working,", "queued, in_progress,"),
    ),
    "another success": ((OPENAPI, '"201":', '"202":'),),
    "another error body": ((LIFECYCLE, "file:\n  columns", f"{ERRORS}file:\n  columns"),),
    "another column": ((LIFECYCLE, "name: country, is", "name: region, is"),),
    "a new header": (
        (
            LIFECYCLE,
            "values:\n  default:\n",
            "values:\n  default:\n    header X-V: {constant: v}\n",
        ),
    ),
}
OPERATIONS: Mapping[str, tuple[Edit, ...]] = {
    "another order": (
        (LIFECYCLE, "  - {state: RUNNING, lasts: PT25S}\n", ""),
        (LIFECYCLE, "edges:\n", "edges:\n  - {from: PENDING, to: SUCCEEDED, by: time}\n"),
    ),
    "another refusal": ((LIFECYCLE, "refused: {default: 404}", "refused: {default: 409}"),),
    "no header": (
        (LIFECYCLE, "    header Retry-After: {retry_after: true, when: [PENDING, RUNNING]}\n", ""),
        (OPENAPI, WHOLE_SECONDS, ""),
        (OPENAPI, f"          headers:\n{WHOLE_SECONDS}", ""),
    ),
    "no body": (
        (OPENAPI, f'{CANCEL}        "200":\n{NOW}{SHOWN}', f'{CANCEL}        "204":\n{NOW}'),
        (LIFECYCLE, "  cancelOperation: {id: /name, shown: *shown}\n", ""),
    ),
    "an object": ((OPENAPI, "progress: {", f"{WORKER}\n            progress: {{"),),
}


def drifted(vendor: str, edits: tuple[Edit, ...], root: Path) -> Path:
    """Return a folder with a copy of an example that has drifted."""
    shutil.copytree(EXAMPLES / vendor, root / vendor)
    for name, old, new in edits:
        path = root / vendor / name
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return root


def result_of(vendor: str, played: Path, contract: Path, effort: Effort) -> Mapping[str, Any]:
    """Return the result of a mock that plays one folder, judged by the contract of another."""
    with MockServer(vendors=[played], profile="observed") as mock:
        runner = create_runner(
            vendor,
            mock.base_url,
            control_url=mock.control_url,
            settings=Settings(effort=effort, profile="observed"),
            environment={},
            vendors=[contract],
        )
        return to_data(runner.run())


@cache
def undrifted(vendor: str, effort: Effort = Effort.QUICK) -> Mapping[str, Any]:
    return result_of(vendor, EXAMPLES, EXAMPLES, effort)


def applied(folder: Path, vendor: str, root: Path) -> Path:
    """Return a folder with a copy of the example to which the patch is applied."""
    shutil.copytree(EXAMPLES / vendor, root / vendor)
    patch = str(folder / "suggestion.patch")
    subprocess.run(["git", "apply", "--directory", "", patch], cwd=root, check=True)
    return root


@pytest.mark.parametrize(
    ("vendor", "names", "effort"),
    [
        ("exports", tuple(EXPORTS), Effort.QUICK),
        ("operations", tuple(n for n in OPERATIONS if n != "another order"), Effort.QUICK),
        pytest.param(
            "operations", ("another order",), Effort.DEFAULT, marks=pytest.mark.slow
        ),
    ],
    ids=["exports", "operations", "order"],
)  # fmt: skip
def test_what_drifted_is_adopted_and_only_the_rest_is_left(
    tmp_path: Path, vendor: str, names: tuple[str, ...], effort: Effort
) -> None:
    plants = EXPORTS if vendor == "exports" else OPERATIONS
    theirs = drifted(vendor, tuple(e for n in names for e in plants[n]), tmp_path / "theirs")
    before = result_of(vendor, theirs, EXAMPLES, effort)
    assert len(compare_results(before, undrifted(vendor, effort), vendors=[EXAMPLES]).differences)
    folder = suggested(tmp_path, before, undrifted(vendor, effort))
    ours = applied(folder, vendor, tmp_path / "ours")
    assert lint([str(ours)]) == 0
    results = [result_of(vendor, played, ours, effort) for played in (theirs, ours)]
    left = compare_results(*results, vendors=[ours]).differences
    listed = json.loads((folder / "rest.json").read_text(encoding="utf-8"))["differences"]
    assert {(d.kind, d.operation, d.subject) for d in left} <= {
        (row["kind"], row["operation"], row["subject"]) for row in listed
    }
    if effort is Effort.QUICK:  # nothing that was planted is beyond the files
        assert not listed
    text = (folder / "suggestion.md").read_text(encoding="utf-8")
    assert text.count("\n| ") > len(names)
    for profile, is_same in (("documented", True), ("observed", False)):
        was, now = (specs.load(vendor, profile, folder=f / vendor) for f in (EXAMPLES, ours))
        assert ((was.openapi, was.lifecycle) == (now.openapi, now.lifecycle)) is is_same


def test_one_implementation_gets_no_suggestion(tmp_path: Path) -> None:
    assert not suggested(tmp_path, undrifted("exports"), undrifted("exports")).exists()
