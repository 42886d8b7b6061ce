"""The requests that a user downloads: each succeeds, in the order of the file."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from mockserver.app import App, create_app
from mockserver.config import Settings
from specs import PROFILES, pointer, vendors
from tests.unit.mockserver.asgi import JSON, Answer, ask

each = pytest.mark.parametrize("vendor", vendors())
each_profile = pytest.mark.parametrize("profile", PROFILES)
VARIABLE = re.compile(r"{{(.+?)}}")
KEPT = re.compile(r'pm\.collectionVariables\.set\("(.+)", pm\.response\.json\(\)((?:\[.+?\])+)\);')
HOST = {"host": "127.0.0.1:5"}


@pytest.fixture
def mock(profile: str) -> App:
    return create_app(Settings(clock="manual", profile=profile))


def new_sandbox(mock: App) -> dict[str, str]:
    made = ask(mock.app, "POST", "/_mock/sandboxes", JSON, {"id": "shop-1"})
    assert made.status == 201
    return {"x-mock-sandbox": "shop-1", **HOST}


def fetch(mock: App, vendor: str, kind: str) -> Answer:
    path = f"/_mock/collections/{vendor}?format={kind}"
    answer = ask(mock.app, "GET", path, new_sandbox(mock))
    assert answer.status == 200
    return answer


def send(mock: App, method: str, url: str, headers: dict[str, str], body: str | None) -> Any:
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("http", "127.0.0.1:5")
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lower = {name.lower(): value for name, value in {**headers, **HOST}.items()}
    answer = ask(mock.app, method, target, lower, body.encode() if body is not None else None)
    assert 200 <= answer.status < 400, (method, url, answer.body)
    return answer


def operations(mock: App, vendor: str) -> set[str]:
    api = next(api for api in mock.apis if api.name == vendor)
    return set(api.operations)


def journal(mock: App) -> list[dict[str, Any]]:
    answer = ask(mock.app, "GET", "/_mock/requests", {"x-mock-sandbox": "shop-1"})
    return list(answer.json["requests"])


@each
@each_profile
def test_each_request_of_the_http_file_succeeds(mock: App, vendor: str) -> None:
    answer = fetch(mock, vendor, "http")
    assert answer.headers["content-disposition"] == f'attachment; filename="{vendor}.http"'
    head, *blocks = answer.body.decode().split("\n### ")
    variables = dict(re.findall(r"^@(\S+) = (.*)$", head, re.MULTILINE))
    responses: dict[str, Any] = {}

    def value(match: re.Match[str]) -> str:
        name, dot, path = match[1].partition(".response.body.$.")
        return str(
            pointer.find(responses[name], f"/{path.replace('.', '/')}") if dot else variables[name]
        )

    for block in blocks:
        start, _, body = VARIABLE.sub(value, block.rstrip("\n")).partition("\n\n")
        _, name, line, *rows = start.splitlines()
        method, url = line.split(" ", 1)
        headers = dict(row.split(": ", 1) for row in rows)
        answer = send(mock, method, url, headers, body or None)
        if answer.body[:1] in {b"{", b"["}:
            responses[name.removeprefix("# @name ")] = orjson.loads(answer.body)
    assert {row["operation"] for row in journal(mock)} == operations(mock, vendor)


@each
@each_profile
def test_each_request_of_the_postman_collection_succeeds(mock: App, vendor: str) -> None:
    collection = fetch(mock, vendor, "postman").json
    variables = {row["key"]: row["value"] for row in collection["variable"]}

    def filled(text: str) -> str:
        return VARIABLE.sub(lambda match: variables[match[1]], text)

    for item in collection["item"]:
        request = item["request"]
        url, parts = request["url"]["raw"], request["url"]
        query = "&".join(f"{row['key']}={row['value']}" for row in parts["query"])
        assert url == "/".join((*parts["host"], *parts["path"])) + (f"?{query}" if query else "")
        headers = {row["key"]: filled(row["value"]) for row in request["header"]}
        body = request.get("body", {}).get("raw")
        answer = send(mock, request["method"], filled(url), headers, body)
        for event in item.get("event", ()):
            for line in event["script"]["exec"]:
                kept = KEPT.fullmatch(line)
                assert kept is not None
                tokens = re.findall(r'\["(.+?)"\]', kept[2])
                variables[kept[1]] = str(pointer.find(answer.json, "/" + "/".join(tokens)))
    assert {row["operation"] for row in journal(mock)} == operations(mock, vendor)


@pytest.mark.parametrize("profile", ["documented"])
def test_unknown_vendor_has_no_collection(mock: App) -> None:
    answer = ask(mock.app, "GET", "/_mock/collections/nobody")
    assert (answer.status, answer.json["field"]) == (404, "vendor")


@pytest.mark.parametrize("kind", ["http", "postman", "arazzo"])
def test_identities_of_a_user_may_lack_a_client(kind: str, tmp_path: Path) -> None:
    (tmp_path / "talkdesk").mkdir()
    identity = "{role: me, scheme: bearer, secret: mine, account: acme, grants: []}"
    identities = f"vendor: talkdesk\nidentities: [{identity}]\n"
    (tmp_path / "talkdesk" / "identities.yaml").write_text(identities, encoding="utf-8")
    mock = create_app(Settings(fixtures=tmp_path))
    assert fetch(mock, "talkdesk", kind).body
