"""How the dashboard is served, and what its files must never hold."""

import re
from pathlib import Path

import pytest

import specs
from mockserver.app import App
from mockserver.control import pages
from tests.unit.mockserver.asgi import ask

FOLDER = Path(pages.__file__).with_name("dashboard")
FILES = sorted(path.name for path in FOLDER.iterdir())
SCRIPTS = [name for name in FILES if name.endswith(".js")]
HOME = "/_mock/"


def text(name: str) -> str:
    return (FOLDER / name).read_text()


def test_home_is_the_page(mock: App) -> None:
    answer = ask(mock.app, "GET", HOME)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.body == (FOLDER / "index.html").read_bytes()


def test_home_without_its_slash_leads_to_it(mock: App) -> None:
    answer = ask(mock.app, "GET", "/_mock")
    assert (answer.status, answer.headers["location"]) == (308, HOME)


@pytest.mark.parametrize("name", FILES)
def test_file_is_served_and_known_again_by_its_etag(mock: App, name: str) -> None:
    path = f"/_mock/dashboard/{name}"
    answer = ask(mock.app, "GET", path)
    assert answer.body == (FOLDER / name).read_bytes()
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["cache-control"] == "no-cache"
    for known in (answer.headers["etag"], f'"x", W/{answer.headers["etag"]}', "*"):
        again = ask(mock.app, "GET", path, {"if-none-match": known})
        assert (again.status, again.body) == (304, b"")
    assert ask(mock.app, "GET", path, {"if-none-match": '"x"'}).status == 200


def test_head_is_a_get_without_its_body(mock: App) -> None:
    head, get = ask(mock.app, "HEAD", HOME), ask(mock.app, "GET", HOME)
    assert (head.status, head.headers, head.body) == (200, get.headers, b"")


@pytest.mark.parametrize("file", ["", "openapi.json", "documentation.js", "swagger-ui.css"])
def test_documentation_loads_from_its_own_origin_alone(mock: App, file: str) -> None:
    headers = ask(mock.app, "GET", f"/_mock/docs/talkdesk/{file}").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert headers["x-content-type-options"] == "nosniff"


def test_policy_lets_in_nothing_but_the_page_itself(mock: App) -> None:
    headers = ask(mock.app, "GET", HOME).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_page_is_only_read(mock: App, method: str) -> None:
    answer = ask(mock.app, method, HOME)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json["title"] == "Method Not Allowed"


def test_options_tells_the_methods_of_a_page(mock: App) -> None:
    answer = ask(mock.app, "OPTIONS", HOME)
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "name",
    ["", "nothing.js", "../pages.py", "..%2fpages.py", "%2e%2e/pages.py", "/etc/passwd", "a/b.js"],
)
def test_no_other_file_is_served(mock: App, name: str) -> None:
    answer = ask(mock.app, "GET", f"/_mock/dashboard/{name}")
    assert answer.status == 404
    assert answer.json["title"] == "Not Found"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.test"},
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [HOME, "/_mock/dashboard/app.js", "/_mock/requests"])
def test_page_is_kept_from_other_sites(mock: App, path: str, headers: dict[str, str]) -> None:
    assert ask(mock.app, "GET", path, headers).status == 403


def test_documentation_is_still_beside_it(mock: App) -> None:
    for name in (*specs.vendors(), "control"):
        assert ask(mock.app, "GET", f"/_mock/docs/{name}/").status == 200
        assert ask(mock.app, "GET", f"/_mock/docs/{name}/openapi.json").json["openapi"]


def test_page_runs_no_script_and_has_no_style_of_its_own() -> None:
    page = text("index.html")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:", page)


def test_every_reference_leads_to_a_file() -> None:
    used = set(re.findall(r'(?:href|src)="dashboard/([^"]+)"', text("index.html")))
    for name in SCRIPTS:
        used |= set(re.findall(r'from "\./([^"]+)"', text(name)))
    assert used | {"index.html"} == set(FILES)


def test_every_element_that_scripts_look_for_is_on_the_page() -> None:
    there = set(re.findall(r'\bid="([^"]+)"', text("index.html")))
    wanted = {found for name in SCRIPTS for found in re.findall(r'byId\("([^"]+)"\)', text(name))}
    assert wanted <= there


def test_no_file_names_another_server() -> None:
    for name in FILES:
        found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", text(name)))
        assert found <= {"http://www.w3.org/2000/svg"}, name


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_reads_html_or_code(name: str) -> None:
    sinks = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function"
    )
    assert not re.search(sinks, text(name))


@pytest.mark.parametrize("name", [*SCRIPTS, "index.html", "base.css", "panels.css"])
def test_states_and_operations_are_named_by_the_contracts_alone(name: str) -> None:
    contracts = [specs.load(vendor) for vendor in specs.vendors()]
    facts = {state for contract in contracts for state in contract.lifecycle.states}
    facts |= {operation for contract in contracts for operation in contract.operations}
    facts |= set(specs.vendors())
    words = set(re.findall(r"\w+", text(name)))
    assert not facts & words
