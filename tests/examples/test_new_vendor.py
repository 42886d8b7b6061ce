"""From an OpenAPI document to a mock: `mockserver new-vendor` on facts of two public documents."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import specs
from mockserver.cli import main
from mockserver.testing import MockServer
from mockserver.testing.client import open_vendor
from specs.convert import Losses, convert, schema_of
from specs.discover import discover
from tests.examples.conftest import EXAMPLES, Caller

DOCUMENTS = EXAMPLES / "documents"


def run(name: str, document: Path, out: Path, *flags: str) -> Any:
    command = ["new-vendor", name, "--openapi", str(document), "--out", str(out), *flags]
    return CliRunner().invoke(main, command)


@contextmanager
def playing(folder: Path) -> Iterator[Caller]:
    with MockServer(vendors=[folder]) as server, open_vendor(server.base_url) as sandbox:
        yield Caller(sandbox, folder.name)


def test_an_export_service_is_found_without_a_question(tmp_path: Path) -> None:
    result = run("shipping", DOCUMENTS / "exports-3.0.yaml", tmp_path)
    assert result.exit_code == 0, result.output
    for line in (
        "create: POST /exports (createExport)",
        "poll: GET /exports/{id}/status (getExportStatus)",
        "list: GET /exports (getExports)",
        "fetch: GET /exports/{id} (downloadExport)",
        "delete: DELETE /exports/{id} (deleteExport)",
        "not kept: 1 paths that are not about these jobs (1)",
        f"  mockserver serve --vendors {tmp_path / 'shipping'}",
    ):
        assert line in result.output.splitlines()
    with playing(tmp_path / "shipping") as call:
        order = {"name": "x", "format": "csv", "sources": [{"application": "a", "resource": "b"}]}
        made = call("POST", "/api/export/v1/exports", json=order)
        assert made.status_code == 202, made.text
        assert made.json()["sources"][0].keys() == {"application", "resource", "id"}
        one = f"/api/export/v1/exports/{made.json()['id']}"
        assert call("GET", one).status_code == 409
        call.sandbox.clock.advance(minutes=1)
        assert call("GET", f"{one}/status").json()["status"] == "complete"
        assert call("GET", one).headers["Content-Type"] == "application/zip"
        listed = call("GET", "/api/export/v1/exports?application=other").json()
        assert listed["meta"] == {"count": 0} or listed["data"]
        assert call("DELETE", one).status_code == 202
        assert call("GET", f"{one}/status").status_code == 404


def test_batches_of_openapi_3_1_are_found_and_paged_by_id(tmp_path: Path) -> None:
    result = run("batches", DOCUMENTS / "batches-3.1.yaml", tmp_path)
    assert result.exit_code == 0, result.output
    assert "not played" not in result.output
    assert "not kept: webhooks: 3.0 has none (1)" in result.output
    assert "not kept: `propertyNames` in schemas (1)" in result.output
    order = {"input_file_id": "f", "endpoint": "/v1/answers", "completion_window": "24h"}
    with playing(tmp_path / "batches") as call:
        made = [call("POST", "/v1/batches", json=order).json() for _ in range(5)]
        assert made[0].items() >= {**order, "status": "validating", "object": "batch"}.items()
        assert isinstance(made[0]["created_at"], int)
        listed: list[str] = []
        more, after = True, ""
        while more:
            page = call("GET", f"/v1/batches?limit=2{after}").json()
            listed += [row["id"] for row in page["data"]]
            more, after = page["has_more"], f"&after={page['data'][-1]['id']}"
            assert page["last_id"] == listed[-1]
        assert listed == [row["id"] for row in made[::-1]]
        cancelled = call("POST", f"/v1/batches/{made[0]['id']}/cancel").json()
        assert cancelled["status"] == "cancelling"
        assert call("POST", f"/v1/batches/{made[0]['id']}/cancel").json() == cancelled
        call.sandbox.clock.advance(seconds=5)
        assert call("GET", f"/v1/batches/{made[0]['id']}").json()["status"] == "cancelled"
        call.sandbox.clock.advance(minutes=2)
        assert call("GET", f"/v1/batches/{made[1]['id']}").json()["status"] == "completed"
        wrong = call("POST", "/v1/batches", json={**order, "completion_window": "1h"})
        assert wrong.status_code == 400


def test_jobs_in_the_style_of_json_api_are_played(tmp_path: Path) -> None:
    result = run("jsonapi", DOCUMENTS / "imports-json-api.yaml", tmp_path)
    assert result.exit_code == 0, result.output
    for line in (
        "not kept: `additionalProperties: false` beside `allOf`: it forbids its members (2)",
        "not kept: `oneOf` of alternatives that overlap: it is taken as `anyOf` (1)",
        "not kept: the media type */*: it is taken as JSON (1)",
    ):
        assert line in result.output.splitlines()
    media = "application/vnd.api+json"
    with playing(tmp_path / "jsonapi") as call:
        headers = {"revision": "2026-01-15", "Content-Type": media}
        order = {"data": {"type": "import", "attributes": {"source": "a.csv", "limit": 3}}}
        made = call("POST", "/imports", json=order, headers=headers)
        assert made.status_code == 202, made.text
        job = made.json()["data"]
        assert job["attributes"].items() >= {"source": "a.csv", "status": "queued"}.items()
        listed = call("GET", "/imports", headers=headers)
        assert (listed.json()["data"], listed.headers["Content-Type"]) == ([job], media)
        assert call("GET", f"/imports/{job['id']}", headers=headers).json()["data"] == job
        wrong = call("POST", "/imports", json={}, headers=headers)
        assert (wrong.status_code, wrong.json()["errors"][0]["id"][-3:]) == (400, "400")
        assert call("GET", "/imports/", headers=headers).status_code == 404


DOCUMENT_NAMES = ["exports-3.0.yaml", "batches-3.1.yaml", "reports-2.0.json"]


@pytest.mark.parametrize("name", [*DOCUMENT_NAMES, "imports-json-api.yaml"])
def test_what_is_written_is_valid_in_itself(tmp_path: Path, name: str) -> None:
    run("made", DOCUMENTS / name, tmp_path)
    result = CliRunner().invoke(main, ["validate", str(tmp_path / "made")])
    assert (result.exit_code, result.output) == (0, "made: no faults\n")
    contract = specs.load("made", folder=tmp_path / "made")
    assert all("-AUTO-" in row.id for row in contract.requirements)


def test_swagger_2_becomes_openapi_3(tmp_path: Path) -> None:
    result = run("sellers-eu", DOCUMENTS / "reports-2.0.json", tmp_path)
    assert result.exit_code == 0, result.output
    for line in (
        "create: POST /reports (createReport)",
        "cancel: DELETE /reports/{reportId} (cancelReport)",
        "not played: PAUSED",
        "not kept: #/responses/NotThere, which is not there (1)",
        "not kept: 200 of createReport: the mock answers 202 (1)",
        "not kept: defaults that are not valid by their schemas (1)",
        "not kept: https://example.com/x.json#/Error, which is not there (1)",
    ):
        assert line in result.output.splitlines()
    with playing(tmp_path / "sellers-eu") as call:
        made = call("POST", "/reports/v1/reports", json={"reportType": "x", "dataStartTime": None})
        assert made.status_code == 202, made.text
        assert call("POST", "/reports/v1/reports", json={}).json()["errors"][0]["code"]
        call.sandbox.clock.advance(minutes=1)
        one = call("GET", f"/reports/v1/reports/{made.json()['reportId']}").json()
        assert one["processingStatus"] == "DONE"
        page = call("GET", "/reports/v1/reports?reportTypes=a,b&pageSize=1").json()
        assert [row["reportId"] for row in page["reports"]] == [one["reportId"]]


def test_a_document_of_several_files_is_read_as_one(tmp_path: Path) -> None:
    document = specs.read_yaml(DOCUMENTS / "exports-3.0.yaml")
    schemas = document["components"].pop("schemas")
    text = yaml.safe_dump(document).replace("#/components/schemas/", "models/all.yaml#/")
    (tmp_path / "models").mkdir()
    models = yaml.safe_dump(schemas).replace("#/components/schemas/", "#/")
    (tmp_path / "models" / "all.yaml").write_text(models, encoding="utf-8")
    (tmp_path / "root.yaml").write_text(text, encoding="utf-8")
    assert run("whole", DOCUMENTS / "exports-3.0.yaml", tmp_path).exit_code == 0
    result = run("files", tmp_path / "root.yaml", tmp_path)
    assert result.exit_code == 0, result.output
    whole, files = (
        specs.load(name, folder=tmp_path / name).openapi["components"]["schemas"]
        for name in ("whole", "files")
    )
    assert files == whole
    (tmp_path / "models" / "all.yaml").write_text("{}", encoding="utf-8")
    result = run("gone", tmp_path / "root.yaml", tmp_path)
    assert result.exit_code == 2
    assert re.search(r"root.yaml: /paths/.*: \$ref models/all.yaml#/\w+: there is", result.output)


def test_files_that_lead_to_each_other_are_told(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        content = f"openapi: 3.0.0\npaths: {{/x: {{$ref: {other}.yaml#/paths/~1x}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
    result = run("x", tmp_path / "a.yaml", tmp_path)
    assert (result.exit_code, "it leads to itself" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("status", "path", "states"),
    [
        ({"type": "integer", "enum": [1, 2]}, "/jobs/{taskId}", "1=running,2=success"),
        ({"type": "boolean"}, "/jobs/{taskId}/status", None),
        ({"type": "string", "enum": ["NOT_READY", "EXPORT_READY"]}, "/tasks/{taskId}", None),
        (None, "/jobs/{taskId}", None),
    ],
)
def test_jobs_are_found_however_they_are_shown(
    tmp_path: Path, status: Any, path: str, states: str | None
) -> None:
    name = "isRunning" if status == {"type": "boolean"} else "status"
    attributes = {"properties": {name: status} if status else {"note": {"type": "string"}}}
    members = {
        "statusUrl": {"type": "string", "format": "uri"},
        "data": {"properties": {"attributes": attributes}},
    }
    schemas = {"Job": {"properties": members, "required": ["statusUrl"]}}

    def response(description: str) -> dict[str, Any]:
        schema = {"$ref": "#/components/schemas/Job"}
        return {"description": description, "content": {"*/*": {"schema": schema}}}

    parameter = {"name": "taskId", "in": "path", "required": True, "schema": {"type": "integer"}}
    reads = {"200": response("it"), **({} if status else {"202": response("runs")})}
    document = {
        "openapi": "3.0.1",
        "info": {"title": "Jobs", "version": "1"},
        "paths": {
            "/jobs": {"post": {"operationId": "go", "responses": {"202": response("taken")}}},
            path: {"get": {"operationId": "see", "parameters": [parameter], "responses": reads}},
        },
        "components": {"schemas": schemas},
    }
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    result = run("d", tmp_path / "d.yaml", tmp_path, *(("--states", states) if states else ()))
    assert result.exit_code == 0, result.output
    assert f"poll: GET {path} (see)" in result.output
    with playing(tmp_path / "d") as call:
        link = call("POST", "/jobs", role=None).json()["statusUrl"]
        before = call("GET", link, role=None)
        call.sandbox.clock.advance(minutes=1)
        after = call("GET", link, role=None)
        assert (before.status_code, before.json()) != (after.status_code, after.json())


def test_a_question_names_its_option_and_what_may_be_answered(tmp_path: Path) -> None:
    document = specs.read_yaml(DOCUMENTS / "batches-3.1.yaml")
    for suffix in ("", "/{batch_id}", "/{batch_id}/cancel"):
        item = yaml.safe_load(yaml.safe_dump(document["paths"][f"/batches{suffix}"]))
        for row in item.values():
            row["operationId"] = f"{row['operationId']}Too"
        document["paths"][f"/jobs{suffix}"] = item
    path = tmp_path / "two.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    result = run("two", path, tmp_path)
    assert result.exit_code == 2
    text = "which operation creates a job? Answer with --create. One of: "
    assert text in result.output
    assert {"createBatch", "createBatchToo"} <= set(
        result.output.replace(",", "").replace(".", "").split()
    )
    assert not (tmp_path / "two").exists()
    answered = run("two", path, tmp_path, "--create", "createBatchToo")
    assert "create: POST /jobs (createBatchToo)" in answered.output


def test_a_state_without_an_enum_is_asked_for(tmp_path: Path) -> None:
    document = specs.read_yaml(DOCUMENTS / "exports-3.0.yaml")
    document["components"]["schemas"]["ExportStatus"]["properties"]["status"] = {"type": "string"}
    path = tmp_path / "plain.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert "Answer with --states." in run("plain", path, tmp_path).output
    result = run("plain", path, tmp_path, "--states", "new,busy,running,done,broken,failed")
    assert "not played: busy, broken" in result.output
    states = specs.load("plain", folder=tmp_path / "plain").lifecycle.states
    assert [row.wire for row in states.values()] == ["new", "running", "done", "failed"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("swagger: '1.2'\n", "must be 3.0.x or 3.1.x, or Swagger 2.0"),
        ("openapi: 4.0.0\n", "must be 3.0.x or 3.1.x"),
        ("a: [\n", "line 2"),
        ("openapi: 3.0.0\ninfo: {title: x, version: '1'}\npaths: {}\n", "which operation creates"),
    ],
)
def test_a_document_that_cannot_be_used_is_told(tmp_path: Path, content: str, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(content, encoding="utf-8")
    result = run("x", path, tmp_path)
    assert result.exit_code == 2
    assert text in result.output


def test_names_and_folders_that_cannot_be_are_told(tmp_path: Path) -> None:
    document = DOCUMENTS / "exports-3.0.yaml"
    assert run("My Vendor", document, tmp_path).exit_code == 2
    (tmp_path / "there").mkdir()
    assert "is there already" in run("there", document, tmp_path).output


SCHEMAS: list[tuple[Any, Any]] = [
    ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    ({"const": 1}, {"enum": [1]}),
    (
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
    ),
    (
        {"anyOf": [{"$ref": "#/a"}, {"type": "null"}]},
        {"allOf": [{"$ref": "#/a"}], "nullable": True},
    ),
    ({"$ref": "#/a", "description": "x"}, {"$ref": "#/a"}),
    ({"$ref": "#/a", "default": 1}, {"allOf": [{"$ref": "#/a"}], "default": 1}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    ({"examples": [3, 4]}, {"example": 3}),
    ({"contentEncoding": "base64", "type": "string"}, {"type": "string", "format": "byte"}),
    ({"type": "object", "required": []}, {"type": "object"}),
    ({"properties": {"const": {"const": "x"}}}, {"properties": {"const": {"enum": ["x"]}}}),
    (True, {}),
]


@pytest.mark.parametrize(("new", "old"), SCHEMAS)
def test_schemas_of_3_1_become_those_of_3_0(new: Any, old: Any) -> None:
    assert schema_of(new, Losses()) == old
    assert schema_of(old, Losses()) == old


def test_a_pre_signed_url_on_another_path_is_found(tmp_path: Path) -> None:
    result = run("ex", EXAMPLES / "exports" / "openapi.yaml", tmp_path)
    assert "fetch: GET /download/{export_id} (downloadExport)" in result.output
    assert "cancel: DELETE /api/exports/{export_id} (cancelExport)" in result.output
    with playing(tmp_path / "ex") as call:
        made = call("POST", "/api/exports", json={"dataset": "orders"}).json()
        call.sandbox.clock.advance(minutes=1)
        url = call("GET", f"/api/exports/{made['id']}").json()["download_url"]
        assert call("GET", url, role=None).status_code == 200


def test_a_flag_with_an_error_shows_the_state(tmp_path: Path) -> None:
    result = run("ops", EXAMPLES / "operations" / "openapi.yaml", tmp_path)
    assert "states: told by a flag" in result.output
    with playing(tmp_path / "ops") as call:
        made = call("POST", "/v1/projects/film/renders", json={"scene": "x"})
        assert made.status_code == 202
        location = made.headers["Location"]
        call.sandbox.clock.advance(minutes=1)
        done = call("GET", location).json()
        assert (done["done"], "error" in done, "response" in done) == (True, False, True)


def test_a_flag_with_an_error_is_a_state() -> None:
    document = convert(specs.read_yaml(EXAMPLES / "operations" / "openapi.yaml"), "x", Losses())
    found = discover(document, {})
    assert {name: row.id for name, row in found.operations.items()} == {
        "create": "startRender",
        "poll": "getOperation",
        "list": "listOperations",
        "fetch": "downloadFrames",
        "delete": "deleteOperation",
        "cancel": "cancelOperation",
    }


def test_a_contract_with_profiles_becomes_the_one_that_is_documented(tmp_path: Path) -> None:
    contract = specs.files.ROOT / "talkdesk" / "openapi.yaml"
    result = run("mine", contract, tmp_path, "--fetch", "getReportFile")
    assert result.exit_code == 0, result.output
    assert "fetch: GET /data/reports/{type}/files/{id} (getReportFile)" in result.output
    assert "x-profiles" not in (tmp_path / "mine" / "openapi.yaml").read_text(encoding="utf-8")


def test_a_list_below_a_parameter_is_not_about_one_job(tmp_path: Path) -> None:
    contract = specs.files.ROOT / "talkdesk" / "openapi.yaml"
    run("talkdesk", contract, tmp_path, "--fetch", "getReportFile")
    order = {
        "format": "csv",
        "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
    }
    with playing(tmp_path / "talkdesk") as call:
        made = call("POST", "/data/reports/calls/jobs", json=order)
        assert made.status_code == 202, made.text
        listed = call("GET", "/data/reports/calls/jobs").json()["_embedded"]["jobs"]
        assert [row["id"] for row in listed] == [made.json()["id"]]
        assert call("GET", "/data/reports/user_status/jobs").json()["_embedded"]["jobs"] == []
