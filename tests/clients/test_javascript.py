"""The npm package: installed from the mock, used in Node, Playwright, Vitest and TypeScript."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests._browser import FLAGS, find_chromium
from tests._serving import Served
from tests.clients._environments import Environments, program
from tests.clients._javascript import TYPES, Project, generate_types, make_project

pytestmark = pytest.mark.slow

COMMAND = json.dumps([sys.executable, "-m", "mockserver"])


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory,
    environments: Environments,
    served: Callable[..., Served],
) -> Project:
    program("node", "nodejs")
    folder = tmp_path_factory.mktemp("project")
    return make_project(folder, environments.node_modules(), served("documented").base_url)


def test_package_is_of_the_mocks_version(project: Project) -> None:
    from mockserver.version import VERSION

    manifest = project.folder / "node_modules/report-contracts-mock/package.json"
    assert json.loads(manifest.read_bytes())["version"] == VERSION


def test_types_are_those_of_the_contracts(environments: Environments, tmp_path: Path) -> None:
    program("node", "nodejs")
    tool = environments.node_modules() / ".bin" / "openapi-typescript"
    committed = {path.name: path.read_text(encoding="utf-8") for path in TYPES.glob("*.d.ts")}
    fresh = generate_types(tool, tmp_path)
    assert sorted(committed) == sorted(fresh)
    stale = [name for name, content in fresh.items() if committed[name] != content]
    assert not stale, "write them with: python -m tests.clients._javascript"


def test_node(project: Project, served: Callable[..., Served]) -> None:
    url = served("documented").base_url
    done = project.run("node", "--test", "api.test.mjs", MOCK_COMMAND=COMMAND, MOCK_URL=url)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def compiled(project: Project) -> Project:
    """The project with its client compiled in strict mode."""
    done = project.run("tsc", "--project", "tsconfig.json")
    assert done.returncode == 0, done.stdout
    return project


@pytest.mark.parametrize(("profile", "status"), [("documented", "300"), ("observed", "303")])
def test_strict_typescript(
    compiled: Project, served: Callable[..., Served], profile: str, status: str
) -> None:
    done = compiled.run("node", "built/client.js", served(profile).base_url, status)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["header"].startswith("call_id,")


def test_vitest(project: Project, served: Callable[..., Served]) -> None:
    done = project.run("vitest", "run", MOCK_URL=served("documented").base_url)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((project.folder / "vitest.json").read_bytes())
    assert report["numPassedTests"] == 2


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        """Say nothing."""


@pytest.fixture
def pages(project: Project) -> Iterator[str]:
    """Where the project's pages are: a page that a test makes up may not call loopback."""
    handler = partial(QuietHandler, directory=str(project.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def playwright(project: Project, file: str, **variables: str) -> dict[str, Any]:
    """Return the report of a Playwright run."""
    browser = {"CHROMIUM": find_chromium(), "CHROMIUM_FLAGS": " ".join(FLAGS)}
    done = project.run("playwright", "test", file, **browser, **variables)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.browser
def test_five_playwright_tests_in_sandboxes_of_their_own(
    project: Project, pages: str, served: Callable[..., Served]
) -> None:
    file = project.folder / "export.spec.mjs"
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 30
    report = playwright(project, file.name, MOCK_URL=served("documented").base_url, PAGES_URL=pages)
    assert report["stats"]["expected"] == 5, report
    assert report["stats"]["unexpected"] == 0, report


@pytest.mark.browser
def test_journal_is_attached_to_a_playwright_test_that_fails(
    project: Project, served: Callable[..., Served]
) -> None:
    report = playwright(project, "failing.spec.mjs", MOCK_URL=served("documented").base_url)
    assert report["stats"]["unexpected"] == 1
    assert '"mock-journal.json"' in json.dumps(report)
