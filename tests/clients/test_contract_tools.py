"""Tools of other people read the contracts as a mock serves them, and what they make works."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from specs.files import CONTROL, DOCUMENTED, PROFILES, vendors
from tests._serving import Served
from tests.clients._environments import Environments, program
from tests.clients._run import run
from tests.clients._sandbox import Sandbox, new_sandbox

pytestmark = pytest.mark.slow

STUDY = "CFD8129A430A473C8A02F4BA5DAAD865"
LISTS = {
    "talkdesk": ("/data/reports/calls/jobs", "writer"),
    "energycap": ("/api/v3/report/reportgroup", "manager"),
    "clinicalone": (f"/ec-reporting-svc/rest/v1.0/reportmetadata?studyId={STUDY}", "manager"),
    CONTROL: ("/_mock/health", ""),
}
"""A request without a body of each contract, and the role whose credentials it bears."""

MODELS = {
    "talkdesk": "JobPage",
    "energycap": "ReportGroupResponse",
    "clinicalone": "ReportMetadataList",
    CONTROL: "Health",
}
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
_PATIENCE = 300


@dataclass(frozen=True, slots=True)
class Document:
    """A contract as a mock in `profile` serves it, in a file."""

    name: str
    profile: str
    sandbox: Sandbox
    path: Path

    @property
    def request(self) -> dict[str, Any]:
        """A request that the contract's server answers."""
        path, role = LISTS[self.name]
        known = self.sandbox.control("GET", f"sandboxes/{self.sandbox.id}")["headers"]
        headers = known.get(self.name, {}).get(role, {})
        return {"document": str(self.path), "path": path, "headers": headers}

    def read(self) -> Any:
        """Return the document."""
        return json.loads(self.path.read_text("utf-8"))


@pytest.fixture(scope="module")
def documents(
    served: Callable[[str], Served], tmp_path_factory: pytest.TempPathFactory
) -> list[Document]:
    """Every contract in every profile."""
    folder = tmp_path_factory.mktemp("contracts")
    found = []
    for profile in PROFILES:
        sandbox = new_sandbox(served(profile))
        for name in (*vendors(), CONTROL):
            url = f"{sandbox.served.control_url}/docs/{name}/openapi.json"
            path = folder / f"{name}-{profile}.json"
            path.write_bytes(requests.get(url, timeout=30).content)
            found.append(Document(name, profile, sandbox, path))
    return found


@pytest.fixture(scope="module")
def node(environments: Environments) -> list[str]:
    """The command of Node."""
    return ["env", f"NODE_PATH={environments.node_modules()}", program("node", "nodejs")]


def read_by(node: list[str], tool: str, documents: list[Document]) -> list[Any]:
    """Return what a library made of each document."""
    file = documents[0].path.with_name("requests.txt")
    file.write_text(json.dumps([document.request for document in documents]), "utf-8")
    results: list[Any] = run(node, "contract_readers.mjs", tool, str(file))["results"]
    return results


def lint(command: list[str], folder: Path) -> str:
    """Return the output of a linter, which has to be content."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-8000:]
    return output


def test_redocly_has_no_warning(documents: list[Document], environments: Environments) -> None:
    redocly = environments.node_modules() / "@redocly/cli/bin/cli.js"
    files = [document.path.name for document in documents]
    command = [program("node", "nodejs"), str(redocly), "lint", *files]
    output = lint([*command, "--extends", "recommended-strict"], documents[0].path.parent)
    assert all(f"{file}: validated" in output for file in files)


def test_spectral_has_no_warning(documents: list[Document], environments: Environments) -> None:
    spectral = environments.node_modules() / "@stoplight/spectral-cli/dist/index.js"
    folder = documents[0].path.parent
    (folder / "ruleset.yaml").write_text("extends: [[spectral:oas, recommended]]\n", "ascii")
    files = [document.path.name for document in documents]
    command = [program("node", "nodejs"), str(spectral), "lint", *files]
    output = lint([*command, "--ruleset", "ruleset.yaml", "--fail-severity", "hint"], folder)
    assert "No results" in output


def test_specmatic_finds_them_valid(documents: list[Document], environments: Environments) -> None:
    java = program("java", "default-jre-headless")
    jar = environments.node_modules() / "specmatic/specmatic.jar"
    folder = documents[0].path.parent
    (folder / "specmatic.yaml").write_text("version: 2\ndisable_telemetry: true\n", "ascii")
    command = [java, "-XX:TieredStopAtLevel=1", "-jar", str(jar), "validate", "--dir=."]
    output = lint(command, folder)
    assert f"Passed: {len(documents):>5} | Failed:     0" in output, output[-2000:]


@pytest.fixture(scope="module")
def workflows(documents: list[Document]) -> list[Path]:
    """The life of each vendor's job as a mock serves it, with jobs that end at once."""
    found = []
    for document in vendors_of(documents):
        served = document.sandbox.served
        headers = {"X-Mock-Sandbox": new_sandbox(served, speed=100_000).id}
        url = f"{served.control_url}/collections/{document.name}?format=arazzo"
        path = document.path.with_suffix(".arazzo.json")
        path.write_bytes(requests.get(url, headers=headers, timeout=30).content)
        found.append(path)
    return found


def vendors_of(documents: list[Document]) -> list[Document]:
    """Return the contracts that are not the mock's own."""
    return [document for document in documents if document.name != CONTROL]


def test_workflows_are_valid_by_the_schema_of_arazzo(
    workflows: list[Path], environments: Environments
) -> None:
    rules = environments.node_modules() / "@stoplight/spectral-rulesets/dist/arazzo/schemas"
    schema = json.loads((rules / "arazzo/v1.0/index.json").read_text("utf-8"))
    assert schema["$id"].startswith("https://spec.openapis.org/arazzo/1.0/schema/")
    for path in workflows:
        Draft202012Validator(schema).validate(json.loads(path.read_text("utf-8")))


def test_spectral_has_no_warning_of_workflows(
    workflows: list[Path], environments: Environments
) -> None:
    spectral = environments.node_modules() / "@stoplight/spectral-cli/dist/index.js"
    folder = workflows[0].parent
    (folder / "arazzo.yaml").write_text("extends: [[spectral:arazzo, recommended]]\n", "ascii")
    command = [program("node", "nodejs"), str(spectral), "lint", *(it.name for it in workflows)]
    output = lint([*command, "--ruleset", "arazzo.yaml", "--fail-severity", "hint"], folder)
    assert "No results" in output


def test_redocly_reads_and_runs_workflows(
    documents: list[Document], workflows: list[Path], environments: Environments
) -> None:
    redocly = environments.node_modules() / "@redocly/cli/bin/cli.js"
    command, folder = [program("node", "nodejs"), str(redocly)], workflows[0].parent
    names = [path.name for path in workflows]
    lint([*command, "lint", *names, "--extends", "recommended-strict"], folder)
    for document, path in zip(vendors_of(documents), workflows, strict=True):
        if document.profile == DOCUMENTED:  # Redocly follows the 303 of the other by itself
            server = f"{document.name}={document.sandbox.served.base_url}"
            run_it = ["respect", path.name, "--workflow", "complete", "--server", server]
            assert "Workflows: 1 passed, 1 total" in lint([*command, *run_it], folder)


def test_swagger_parser_validates_them(documents: list[Document], node: list[str]) -> None:
    paths = [len(document.read()["paths"]) for document in documents]
    assert read_by(node, "swagger-parser", documents) == paths


def test_openapi_typescript_has_a_type_for_every_path(
    documents: list[Document], node: list[str]
) -> None:
    paths = [len(document.read()["paths"]) for document in documents]
    assert read_by(node, "openapi-typescript", documents) == paths


def test_prism_answers_with_the_examples(documents: list[Document], node: list[str]) -> None:
    for document, reply in zip(documents, read_by(node, "prism", documents), strict=True):
        path = LISTS[document.name][0].partition("?")[0].replace("/calls/", "/{type}/")
        contract = document.read()
        media = contract["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        schema = contract["components"]["schemas"][MODELS[document.name]]
        examples = [row["value"] for row in media.get("examples", {}).values()]
        assert reply["status"] == 200, reply
        assert reply["body"] in (examples or [schema["example"]])


@pytest.mark.parametrize("profile", PROFILES)
def test_generated_python_clients_do_a_whole_job(
    profile: str, documents: list[Document], environments: Environments
) -> None:
    interpreter = environments.python("openapi-python-client")
    sandbox = next(document.sandbox for document in documents if document.profile == profile)
    arguments = (str(documents[0].path.parent), profile, sandbox.served.base_url)
    path = f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}"  # its formatter is ruff
    results = run([str(interpreter)], "openapi_python_client_job.py", *arguments, PATH=path)
    states = {"documented": ["CREATED", "DONE"], "observed": ["created", "done"]}[profile]
    redirect = 300 if profile == DOCUMENTED else 303
    assert results == {
        "talkdesk": {"states": states, "redirect": redirect, "file": "call_id,"},
        "energycap": {"states": ["In Progress", "Complete"], "errors": ""},
        "clinicalone": {"states": ["SUCCEEDED"], "file": "ROW_ID,"},
    }


def test_generated_models_hold_what_the_mock_answers(
    documents: list[Document], environments: Environments
) -> None:
    rows = []
    for document in documents:
        path, headers = document.request["path"], document.request["headers"]
        url = f"{document.sandbox.served.base_url}{path}"
        body = requests.get(url, headers=headers, timeout=30).json()
        model, sample = MODELS[document.name], body[0] if isinstance(body, list) else body
        rows.append({"document": str(document.path), "model": model, "body": sample})
    file = documents[0].path.with_name("bodies.txt")
    file.write_text(json.dumps(rows), "utf-8")
    interpreter = [str(environments.python("datamodel-code-generator"))]
    results = run(interpreter, "datamodel_models.py", str(file))["results"]
    assert whole_seconds(results) == whole_seconds([{"code": 0, "body": it["body"]} for it in rows])


def whole_seconds(value: Any) -> Any:
    """Return a copy in which times have no milliseconds if these are zero: so pydantic has them."""
    return json.loads(json.dumps(value).replace(".000Z", "Z"))
