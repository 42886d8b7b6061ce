"""The life of a job as an Arazzo document: a client that follows it gets to the end."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

import specs
from mockserver.app import App, create_app
from mockserver.config import Settings
from specs import PROFILES, pointer, vendors
from specs.arazzo import CREDENTIAL, document
from tests.unit.mockserver.asgi import JSON, ask

FILTER = re.compile(r"\$\.\.\[\?\(@\.(\w+) == (\{.+?\}) && @\.(\w+) == '(.+?)'\)\]")
SIMPLE = re.compile(r"(\$\S+) == '?(.+?)'?")


@pytest.fixture
def mock(profile: str) -> App:
    return create_app(Settings(clock="manual", profile=profile))


class Client:
    """Follows a workflow as the Arazzo specification has it; to wait is to move the clock."""

    def __init__(self, mock: App, vendor: str, contract: specs.Contract) -> None:
        self.mock = mock
        self.contract = contract
        made = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {}).json
        self.sandbox = {"x-mock-sandbox": made["id"]}
        url = f"/_mock/collections/{vendor}?format=arazzo"
        self.document = ask(mock.app, "GET", url, self.sandbox).json
        self.outputs: dict[str, Any] = {}

    def value(self, text: Any, workflow: Any) -> Any:
        if not isinstance(text, str) or not text.startswith("$"):
            return text
        if text.startswith("$inputs."):
            return workflow["inputs"]["properties"][text.removeprefix("$inputs.")]["default"]
        _, step, _, name = text.split(".")
        return self.outputs[f"{step}.{name}"]

    def run(self, workflow: Any) -> None:
        for step in workflow["steps"]:
            retries = iter(range(step.get("onFailure", [{"retryLimit": 0}])[0]["retryLimit"]))
            while not self.step(step, workflow):
                next(retries)
                pause = step["onFailure"][0]["retryAfter"]
                move = {"advance": f"PT{pause}S"}
                ask(self.mock.app, "POST", "/_mock/clock", {**self.sandbox, **JSON}, move)

    def step(self, step: Any, workflow: Any) -> bool:
        operation = self.contract.operations[step["operationId"]]
        given: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
        for row in step["parameters"]:
            given[row["in"]][row["name"]] = self.value(row["value"], workflow)
        path = operation.path
        for name, value in given["path"].items():
            path = path.replace(f"{{{name}}}", str(value))
        body = step.get("requestBody")
        headers = {name.lower(): value for name, value in given["header"].items()}
        headers |= {"content-type": body["contentType"]} if body else {}
        query = urlencode(given["query"], doseq=True)
        content = orjson.dumps(body["payload"]) if body else None
        answer = ask(self.mock.app, operation.method, f"{path}?{query}", headers, content)
        if not all(self.holds(row, answer) for row in step["successCriteria"]):
            return False
        for name, expression in step.get("outputs", {}).items():
            found = pointer.find(answer.json, expression.removeprefix("$response.body#"))
            self.outputs[f"{step['stepId']}.{name}"] = found
        return True

    def holds(self, criterion: Any, answer: Any) -> bool:
        condition = criterion["condition"]
        if criterion.get("type") == "jsonpath":
            match = FILTER.fullmatch(condition)
            assert match is not None
            id_, job, state, wire = match.groups()
            job = self.value(job.strip("{}"), None)
            return any(it.get(id_) == job and it.get(state) == wire for it in objects(answer.json))
        match = SIMPLE.fullmatch(condition)
        assert match is not None
        if match[1] == "$statusCode":
            return answer.status == int(match[2])
        found = pointer.find(answer.json, match[1].removeprefix("$response.body#"))
        return bool(found == match[2])


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from objects(child)


@pytest.mark.parametrize("vendor", vendors())
@pytest.mark.parametrize("profile", PROFILES)
def test_each_action_of_a_job_can_be_followed(mock: App, vendor: str, profile: str) -> None:
    contract = specs.load(vendor, profile)
    client = Client(mock, vendor, contract)
    for workflow in client.document["workflows"]:
        client.run(workflow)
    journal = ask(mock.app, "GET", "/_mock/requests?limit=1000", client.sandbox).json["requests"]
    actions = contract.lifecycle.actions
    followed = {row["operation"] for row in journal}
    assert followed >= {it.operation for name, it in actions.items() if name != "list"}
    assert client.document["sourceDescriptions"][0]["url"].endswith(
        f"/_mock/docs/{vendor}/openapi.json"
    )


def test_what_no_example_gives_is_an_input() -> None:
    contract = specs.load("talkdesk")
    for row in contract.openapi["components"]["parameters"].values():
        if row["name"] == "type":
            row.pop("example", None)
            row["schema"] = {"type": "string"}
    (workflow, *_) = document(contract, "openapi.json")["workflows"]
    assert workflow["inputs"]["required"] == [CREDENTIAL, "type"]
    assert "default" not in workflow["inputs"]["properties"][CREDENTIAL]
