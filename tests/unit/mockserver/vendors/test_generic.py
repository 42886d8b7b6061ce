"""The generic vendor on contracts of many styles, each as small as it can be."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.errors import ConfigurationError
from mockserver.testing import MockServer
from mockserver.testing.client import MockVendor, open_vendor

Change = Callable[[dict[str, Any], dict[str, Any]], object]

JOB: dict[str, Any] = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "enum": ["waiting", "done", "failed"]},
        "file_url": {"type": "string", "format": "uri"},
        "created_at": {"type": "string", "format": "date-time"},
    },
}


def json_of(schema: Any) -> dict[str, Any]:
    return {"description": "x", "content": {"application/json": {"schema": schema}}}


def contract() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0, "maximum": 50}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Small", "version": "1"},
        "security": [{"key": []}],
        "paths": {
            "/jobs": {
                "post": {
                    "operationId": "createJob",
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {"label": {"type": "string"}},
                                }
                            }
                        }
                    },
                    "responses": {"201": json_of({"$ref": "#/components/schemas/Job"})},
                },
                "get": {
                    "operationId": "listJobs",
                    "parameters": [
                        {"name": "offset", "in": "query", "schema": number},
                        {"name": "limit", "in": "query", "schema": number},
                        {"name": "status", "in": "query", "schema": {"type": "string"}},
                    ],
                    "responses": {
                        "200": json_of(
                            {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}
                        )
                    },
                },
            },
            "/jobs/{id}": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "get": {
                    "operationId": "getJob",
                    "responses": {"200": json_of({"$ref": "#/components/schemas/Job"})},
                },
            },
            "/jobs/{id}/file": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "get": {
                    "operationId": "getFile",
                    "responses": {
                        "200": {
                            "description": "x",
                            "content": {"text/csv": {"schema": {"type": "string"}}},
                        }
                    },
                },
            },
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
            "schemas": {"Job": JOB},
        },
    }


def lifecycle() -> dict[str, Any]:
    location = {"id": "/id", "status": "/status"}
    return {
        "states": {
            "WAITING": {"wire": "waiting"},
            "DONE": {"wire": "done", "file": True, "final": True},
            "FAILED": {"wire": "failed", "final": True},
        },
        "edges": [
            {"from": "WAITING", "to": "DONE", "by": "time"},
            {"from": "WAITING", "to": "FAILED", "by": "time"},
        ],
        "timeline": [{"state": "WAITING", "lasts": "PT10S"}, {"state": "DONE"}],
        "actions": {
            "create": {"operation": "createJob", "enters": "WAITING"},
            "poll": {"operation": "getJob"},
            "list": {"operation": "listJobs"},
            "fetch": {"operation": "getFile", "allowed": ["DONE"]},
        },
        "locations": {
            "createJob": dict(location),
            "getJob": dict(location),
            "listJobs": {"items": "", **location},
        },
    }


def write(folder: Path, change: Change = lambda _openapi, _lifecycle: None) -> Path:
    """Write a vendor called `small` with a change to its two files."""
    openapi, cycle = json.loads(json.dumps([contract(), lifecycle()]))
    change(openapi, cycle)
    (folder / "small").mkdir(parents=True)
    for name, content in (("openapi", openapi), ("lifecycle", cycle)):
        text = yaml.safe_dump(content, sort_keys=False)
        (folder / "small" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "small"


class Client:
    """Calls the vendor in one sandbox."""

    def __init__(self, sandbox: MockVendor) -> None:
        self.sandbox = sandbox
        self.headers = {"X-Mock-Sandbox": sandbox.id, "X-Key": "mock-small-user"}

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = self.headers | more.pop("headers", {})
        return requests.request(
            method,
            path if path.startswith("http") else f"{self.sandbox.base_url}{path}",
            headers=headers,
            timeout=30,
            allow_redirects=False,
            **more,
        )

    def create(self, **body: Any) -> Any:
        answer = self("POST", "/jobs", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@contextmanager
def playing(folder: Path, change: Change = lambda _openapi, _lifecycle: None) -> Iterator[Client]:
    with (
        MockServer(vendors=[write(folder, change)]) as server,
        open_vendor(server.base_url) as sandbox,
    ):
        yield Client(sandbox)


def test_what_is_not_declared_is_read_off_names(tmp_path: Path) -> None:
    with playing(tmp_path) as call:
        made = call.create(label="x")
        assert made == {"id": made["id"], "status": "waiting", "created_at": made["created_at"]}
        assert call("GET", f"/jobs/{made['id']}/file").status_code == 409
        call.sandbox.clock.advance(seconds=10)
        done = call("GET", f"/jobs/{made['id']}").json()
        assert call("GET", done["file_url"]).headers["Content-Type"].startswith("text/csv")


def test_a_link_is_relative_where_its_schema_allows_it(tmp_path: Path) -> None:
    def change(openapi: Any, _cycle: Any) -> None:
        job = openapi["components"]["schemas"]["Job"]
        job["properties"]["self_url"] = {"type": "string", "format": "uri-reference"}

    with playing(tmp_path, change) as call:
        made = call.create(label="x")
        assert made["self_url"] == f"/jobs/{made['id']}"
        assert call("GET", made["self_url"]).json() == made


def test_errors_are_problem_details_where_the_contract_has_none(tmp_path: Path) -> None:
    with playing(tmp_path) as call:
        answer = call("GET", "/jobs/none")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "Unknown job.",
        }


def test_a_declared_error_body(tmp_path: Path) -> None:
    def change(_openapi: Any, cycle: Any) -> None:
        cycle["errors"] = {
            "/ok": False,
            "/fault/text": {"error": "message"},
            "/fault/where": {"error": "field"},
            "/fault/kind": {"error": "code"},
        }

    with playing(tmp_path, change) as call:
        assert call("GET", "/jobs/none").json() == {
            "ok": False,
            "fault": {"text": "Unknown job.", "where": "id", "kind": "not_found"},
        }


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_offset_pages_are_complete(tmp_path: Path, size: int) -> None:
    with playing(tmp_path) as call:
        made = [call.create()["id"] for _ in range(3)]
        listed: list[str] = []
        while page := call("GET", f"/jobs?offset={len(listed)}&limit={size}").json():
            listed += [row["id"] for row in page]
        assert listed == made[::-1]


def test_a_list_is_filtered_by_state(tmp_path: Path) -> None:
    with playing(tmp_path) as call:
        failed, waiting = call.create()["id"], call.create()["id"]
        call.sandbox.outcome("small", failed, "FAILED")
        found = {
            state: [row["id"] for row in call("GET", f"/jobs?status={state}").json()]
            for state in ("waiting", "failed", "done")
        }
        assert found == {"waiting": [waiting], "failed": [failed], "done": []}


SCHEMES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "query": ({"type": "apiKey", "in": "query", "name": "who"}, {"params": {"who": "{}"}}),
    "header": ({"type": "apiKey", "in": "header", "name": "X-Who"}, {"headers": {"X-Who": "{}"}}),
    "cookie": (
        {"type": "apiKey", "in": "cookie", "name": "session"},
        {"headers": {"Cookie": "a=b; session={}"}},
    ),
    "basic": ({"type": "http", "scheme": "basic"}, {}),
    "bearer": ({"type": "http", "scheme": "bearer"}, {"headers": {"Authorization": "Bearer {}"}}),
    "oauth2": (
        {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "https://x.example/t", "scopes": {}}},
        },
        {"headers": {"Authorization": "Bearer {}"}},
    ),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_kind_of_credential(tmp_path: Path, scheme: str) -> None:
    declared, sent = SCHEMES[scheme]

    def change(openapi: Any, _cycle: Any) -> None:
        openapi["components"]["securitySchemes"]["key"] = declared

    def as_role(role: str) -> dict[str, Any]:
        if scheme == "basic":
            return {"auth": (f"mock-small-{role}", "mock-secret")}
        filled: dict[str, Any] = json.loads(json.dumps(sent).replace("{}", f"mock-small-{role}"))
        return filled

    with playing(tmp_path, change) as call:
        call.headers.pop("X-Key")
        made = call("POST", "/jobs", json={}, **as_role("user"))
        assert made.status_code == 201, made.text
        path = f"/jobs/{made.json()['id']}"
        statuses = {
            role: call("GET", path, **as_role(role)).status_code
            for role in ("user", "other", "nobody")
        }
        assert statuses == {"user": 200, "other": 404, "nobody": 401}
        assert call("GET", path).status_code == 401
        journal = call("GET", "/_mock/requests").text
    assert '"caller":"user"' in journal
    assert "mock-small-user" not in journal


def test_a_contract_without_credentials(tmp_path: Path) -> None:
    with playing(tmp_path, lambda openapi, _: openapi.pop("security")) as call:
        call.headers.pop("X-Key")
        made = call.create()
        assert call("GET", f"/jobs/{made['id']}").status_code == 200


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"type": "integer"}, lambda id_: isinstance(id_, int)),
        ({"type": "string", "format": "uuid"}, lambda id_: len(id_) == 36),
        ({"type": "string", "pattern": "^exp_[a-z0-9]{12}$"}, lambda id_: id_[:4] == "exp_"),
        ({"type": "string", "maxLength": 8}, lambda id_: len(id_) <= 8),
    ],
)
def test_ids_have_the_form_of_the_contract(
    tmp_path: Path, schema: Any, fits: Callable[[Any], bool]
) -> None:
    def change(openapi: Any, _cycle: Any) -> None:
        openapi["components"]["schemas"]["Job"]["properties"]["id"] = schema

    with playing(tmp_path, change) as call:
        made = [call.create()["id"] for _ in range(3)]
        assert all(map(fits, made))
        assert len(set(made)) == 3
        for id_ in made:
            assert call("GET", f"/jobs/{id_}").json()["id"] == id_


def test_an_id_that_cannot_be_made_ends_the_start(tmp_path: Path) -> None:
    def change(openapi: Any, _cycle: Any) -> None:
        openapi["components"]["schemas"]["Job"]["properties"]["id"]["pattern"] = "^(a|b)(?=c)d$"

    with pytest.raises(ConfigurationError, match=r"small/openapi\.yaml: no id .* fits the pattern"):
        MockServer(vendors=[write(tmp_path, change)]).start()


def test_the_state_may_be_the_http_status_and_the_poll_lead_to_the_file(tmp_path: Path) -> None:
    def change(openapi: Any, cycle: Any) -> None:
        poll = openapi["paths"]["/jobs/{id}"]["get"]["responses"]
        poll |= {
            "202": {"description": "x"},
            "303": {
                "description": "x",
                "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
            },
        }
        cycle["actions"]["poll"]["answers"] = {"WAITING": 202, "DONE": 303}
        cycle["locations"]["getJob"] = {"id": "/id"}

    with playing(tmp_path, change) as call:
        made = call.create()
        path = f"/jobs/{made['id']}"
        assert call("GET", path).status_code == 202
        call.sandbox.clock.advance(seconds=10)
        answer = call("GET", path)
        assert answer.status_code == 303
        assert call("GET", answer.headers["Location"]).status_code == 200


def test_poll_and_fetch_may_be_one_operation(tmp_path: Path) -> None:
    def change(openapi: Any, cycle: Any) -> None:
        openapi["paths"].pop("/jobs/{id}/file")
        openapi["paths"]["/jobs/{id}"]["get"]["responses"] = {
            "202": json_of({"$ref": "#/components/schemas/Job"}),
            "200": {"description": "x", "content": {"application/pdf": {"schema": {}}}},
            "410": {"description": "x"},
        }
        cycle["actions"]["fetch"] = {"operation": "getJob", "allowed": ["DONE"]}
        cycle["actions"]["poll"]["answers"] = {"WAITING": 202, "FAILED": 202}
        cycle["locations"]["getJob"] = {"id": {"link": "/id"}}
        cycle["locations"].pop("getJob")

    with playing(tmp_path, change) as call:
        path = f"/jobs/{call.create()['id']}"
        assert call("GET", path).status_code == 202
        call.sandbox.clock.advance(seconds=10)
        assert call("GET", path).content.startswith(b"%PDF")


@pytest.mark.parametrize("poll", ["listJobs", "getJob"])
def test_a_list_may_be_the_poll_the_file_in_a_query_and_the_new_id_inside(
    tmp_path: Path, poll: str
) -> None:
    def change(openapi: Any, cycle: Any) -> None:
        paths = openapi["paths"]
        result = {"type": "object", "properties": {"id": {"type": "string"}}}
        envelope = {"type": "object", "properties": {"result": result}}
        location = {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}
        paths["/jobs"]["post"]["responses"]["201"] = {**json_of(envelope), "headers": location}
        parameters = paths["/jobs"]["get"]["parameters"]
        for row in parameters[:2]:
            row["required"] = True
        parameters.append({"name": "id", "in": "query", "schema": {"type": "string"}})
        file = paths["/file"] = paths.pop("/jobs/{id}/file")
        file["parameters"][0] |= {"in": "query", "name": "job"}
        cycle["actions"]["poll"] = {"operation": poll}
        if poll == "listJobs":
            del paths["/jobs/{id}"], cycle["locations"]["getJob"]
        cycle["locations"]["createJob"] = {"id": "/result/id"}

    with playing(tmp_path, change) as call:
        call("POST", "/jobs", json={})
        answer = call("POST", "/jobs", json={})
        call("POST", "/jobs", json={})
        job = answer.json()["result"]["id"]
        shown_at = {"listJobs": f"/file?job={job}", "getJob": f"/jobs/{job}"}
        assert answer.headers["Location"] == shown_at[poll]
        for state, status in (("waiting", 409), ("done", 200)):
            (row,) = call("GET", f"/jobs?offset=0&limit=5&id={job}").json()
            assert (row["id"], row["status"]) == (job, state)
            assert call("GET", f"/file?job={job}").status_code == status
            call.sandbox.clock.advance(seconds=10)


def test_media_types_of_json_are_json(tmp_path: Path) -> None:
    def change(openapi: Any, _cycle: Any) -> None:
        for item in openapi["paths"].values():
            for operation in (row for row in item.values() if isinstance(row, dict)):
                for response in operation["responses"].values():
                    content = response["content"]
                    if "application/json" in content:
                        content["application/vnd.small+json"] = content.pop("application/json")

    with playing(tmp_path, change) as call:
        answer = call("POST", "/jobs", json={})
        assert answer.headers["Content-Type"] == "application/vnd.small+json"
        assert answer.json()["status"] == "waiting"


def test_operations_of_no_job_are_answered_with_an_example_and_named(tmp_path: Path) -> None:
    def change(openapi: Any, _cycle: Any) -> None:
        item = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
        openapi["paths"]["/datasets"] = {
            "get": {"operationId": "listDatasets", "responses": {"200": json_of(item)}}
        }

    with playing(tmp_path, change) as call:
        assert call("GET", "/datasets").json().keys() == {"name"}
    with MockServer(vendors=[tmp_path / "small"]) as server:
        assert server.mock.vendors["small"].stateless == ("listDatasets",)


def test_fixtures_in_the_vendors_folder(tmp_path: Path) -> None:
    folder = write(tmp_path)
    files = {
        "identities.yaml": {
            "vendor": "small",
            "identities": [
                {"role": "boss", "scheme": "apiKey", "secret": "k", "account": "a", "grants": []}
            ],
        },
        "seed.yaml": {
            "jobs": [
                {"id": "old", "account": "a", "held": "DONE", "created_at": "2026-01-02T00:00:00Z"}
            ]
        },
        "scenarios/late.yaml": {
            "vendor": "small",
            "summary": "Every job fails.",
            "jobs": [{"ends": {"in": "FAILED"}}],
        },
    }
    for name, content in files.items():
        path = folder / "fixtures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with (
        MockServer(vendors=[folder]) as server,
        open_vendor(server.base_url, scenario="small/late") as sandbox,
    ):
        call = Client(sandbox)
        call.headers |= sandbox.headers("small", "boss")
        assert [row["id"] for row in call("GET", "/jobs").json()] == ["old"]
        assert call("GET", "/jobs/old/file").status_code == 200
        made = call.create()
        sandbox.clock.advance(seconds=10)
        assert call("GET", f"/jobs/{made['id']}").json()["status"] == "failed"


@pytest.mark.parametrize(
    ("scenario", "after", "status"),
    [
        ("quick", 0, "done"),
        ("slow", 100, "waiting"),
        ("stuck", 10_000, "waiting"),
        ("fails", 6, "failed"),
        ("small/fails", 6, "failed"),
    ],
)
def test_the_usual_scenarios_are_there_without_a_file(
    tmp_path: Path, scenario: str, after: int, status: str
) -> None:
    with playing(tmp_path) as call:
        made = call("POST", "/jobs", json={}, headers={"X-Mock-Scenario": scenario}).json()
        call.sandbox.clock.advance(seconds=after)
        assert call("GET", f"/jobs/{made['id']}").json()["status"] == status


def test_a_broken_fixture_ends_the_start(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "seed.yaml").write_text("jobs: [{id: a, account: b, held: X}]\n")
    with pytest.raises(ConfigurationError, match=r"seed\.yaml: /jobs/0: unknown state 'X'"):
        MockServer(vendors=[folder]).start()


def test_validate_is_content_or_names_every_fault(tmp_path: Path) -> None:
    good = CliRunner().invoke(main, ["validate", str(write(tmp_path / "good"))])
    assert (good.exit_code, good.output) == (0, "small: no faults\n")

    def change(_openapi: Any, cycle: Any) -> None:
        cycle["values"] = {"default": {"/created_at": {"constant": "yesterday"}}}

    bad = CliRunner().invoke(main, ["validate", str(write(tmp_path / "bad", change))])
    assert bad.exit_code == 2
    assert "lifecycle.yaml: createJob: the response breaks the contract" in bad.output
    none = CliRunner().invoke(main, ["validate", str(tmp_path / "none")])
    assert (none.exit_code, len(none.output.splitlines())) == (2, 1)


def test_a_replaced_vendor_is_named_on_stderr(tmp_path: Path) -> None:
    mine = write(tmp_path).rename(tmp_path / "talkdesk")
    options = ["serve", "--port", "0", "--vendors", str(mine), "--scenario", "none-of-these"]
    result = CliRunner().invoke(main, options)  # the scenario ends the start
    assert result.exit_code == 2
    assert f"talkdesk: {mine} replaces the vendor of this name" in result.stderr


def test_folders_in_the_variable_are_separated_as_in_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKSERVER_VENDORS", f"{tmp_path / 'a b'}:{tmp_path / 'c'}")
    result = CliRunner().invoke(main, ["serve", "--port", "0"])
    assert result.exit_code == 2
    assert [line.split(": folder")[0] for line in result.output.splitlines()[-2:]] == [
        f"Error: {tmp_path / 'a b'}",
        f"{tmp_path / 'c'}",
    ]
