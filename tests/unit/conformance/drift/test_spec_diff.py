"""Changes of a contract are named by whom they hurt, and by the requirements they are about."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from conformance import cli
from conformance.drift.spec_diff import compare_documents
from specs.files import read_openapi
from tests.unit.conformance._cases import contract

OLD = read_openapi("talkdesk", "documented")
POLL = "/data/reports/{type}/jobs/{id}"
CREATE = "/data/reports/{type}/jobs"
Edit = Callable[[dict[str, Any]], Any]


def schema(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: document["components"]["schemas"][name]


def edited(edit: Edit) -> dict[str, Any]:
    document = copy.deepcopy(OLD)
    edit(document)
    return document


def changes(edit: Edit, *, back: bool = False) -> Any:
    pair = (edited(edit), OLD) if back else (OLD, edited(edit))
    return list(compare_documents(*pair, contract("talkdesk")))


def enum_of_format(document: dict[str, Any]) -> list[str]:
    member = schema("Job")(document)["properties"]["format"]
    while "$ref" in member:
        member = document["components"]["schemas"][member["$ref"].rpartition("/")[2]]
    return member["enum"]


def test_equal_documents_have_no_change() -> None:
    assert changes(lambda _: None) == []


# An edit, whom it hurts, and whom its opposite hurts.
EDITS: dict[str, tuple[Edit, set[str], set[str]]] = {
    "operation": (lambda d: d["paths"][POLL].pop("get"), {"client"}, {"server"}),
    "status": (lambda d: d["paths"][POLL]["get"]["responses"].pop("404"), {"server"}, {"client"}),
    "required parameter": (
        lambda d: d["paths"][CREATE]["get"].setdefault("parameters", []).append(
            {"name": "since", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        {"client"},
        {"client"},
    ),
    "member of a response": (
        lambda d: schema("Job")(d)["properties"].pop("timezone"), {"client"}, {"nobody"},
    ),
    "type of a response": (
        lambda d: schema("Job")(d)["properties"].update(name={"type": ["string", "null"]}),
        {"client"},
        {"server"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", EDITS)
def test_change_hurts_one_side_and_its_opposite_the_other(kind: str) -> None:
    edit, forth, back = EDITS[kind]
    assert {change.hurts for change in changes(edit)} == forth
    assert {change.hurts for change in changes(edit, back=True)} == back


def test_value_in_request_and_response_hurts_both() -> None:
    found = changes(lambda d: enum_of_format(d).append("parquet"))
    assert {(c.hurts, c.place.partition(" ")[0]) for c in found} >= {("client", "200")}
    assert all("parquet" in change.text for change in found)
    assert "TD-JOB-008" in {id_ for change in found for id_ in change.requirements}


def test_name_of_a_path_parameter_is_no_change() -> None:
    def rename(document: dict[str, Any]) -> None:
        item = document["paths"].pop(POLL)
        document["paths"][POLL.replace("{id}", "{jobId}")] = item

    assert changes(rename) == []


def run(*arguments: object) -> Any:
    return CliRunner().invoke(cli.main, ["diff-spec", *map(str, arguments)])


def test_command_fails_for_whom_it_was_told(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(yaml.safe_dump(OLD))
    new.write_text(yaml.safe_dump(edited(EDITS["status"][0])))
    broken = run(old, new)
    assert broken.exit_code == 1
    assert "TD-STAT-003" in broken.output
    assert run(old, new, "--fail-on", "client").exit_code == 0
    assert run(old, old).exit_code == 0
    new.write_text("no: document")
    assert run(old, new).exit_code == 2


LOOP = {"$ref": "#/components/parameters/A"}
LOOP_ITSELF = {"parameters": {"A": LOOP}}


@pytest.mark.parametrize(
    "document",
    [
        {"swagger": "2.0", "paths": {}},
        {"paths": {"/a": None}},
        {"paths": {"/a": {"get": {"responses": None}}}},
        {"paths": {"/a": {"get": {"parameters": [{"in": "query"}]}}}},
        {"paths": {"/a": {"get": {"parameters": [{"$ref": "other.yaml#/a"}]}}}},
        {
            "paths": {"/a": {"get": {"parameters": [LOOP]}}},
            "components": {"parameters": {"A": LOOP}},
        },
    ],
)
def test_foreign_document_is_one_clear_line(tmp_path: Path, document: Any) -> None:
    good, foreign = tmp_path / "good.yaml", tmp_path / "foreign.yaml"
    good.write_text(yaml.safe_dump({"paths": {}}))
    foreign.write_text(json.dumps(document))
    for pair in ((good, foreign), (foreign, good)):
        refused = run(*pair)
        assert refused.exit_code == 2
        assert refused.output.startswith(f"conformance: {foreign}: is ")
        assert refused.output.count("\n") == 1


def test_rows_of_a_vendor_of_ones_own_are_named(tmp_path: Path) -> None:
    folder = Path("tests/examples/exports").resolve()
    new = yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))
    poll = next(
        operation
        for item in new["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "200" in operation.get("responses", {})
    )
    del poll["responses"]["200"]
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(new), encoding="utf-8")
    own = ("--vendor", "exports", "--vendors", folder.parent)
    assert "EXPORTS-AUTO-" in run(folder, file, *own).output
    unknown = run(folder, file, "--vendor", "exports")
    assert (unknown.exit_code, "--vendors DIR" in str(unknown.output)) == (2, True)
