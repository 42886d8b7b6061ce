"""The npm package: installed from the mock, used in Node, Playwright, Vitest and TypeScript."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests._browser import FLAGS, find_chromium
from tests._serving import Served
from tests.clients._environments import Environments, program
from tests.clients._javascript import TYPES, Project, generate_types, make_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("javascript")]

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


@pytest.mark.parametrize(("profile", "status"), [("documented", "300"), ("observed", "303")])
def test_strict_typescript(
    project: Project, served: Callable[..., Served], profile: str, status: str
) -> None:
    compiled = project.run("tsc", "--project", "tsconfig.json")
    assert compiled.returncode == 0, compiled.stdout
    done = project.run("node", "built/client.js", served(profile).base_url, status)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["header"].startswith("call_id,")


def test_vitest(project: Project, served: Callable[..., Served]) -> None:
    done = project.run("vitest", "run", MOCK_URL=served("documented").base_url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["numPassedTests"] == 2


def playwright(project: Project, url: str, file: str) -> "dict[str, object]":
    """Return the report of a Playwright run."""
    variables = {"CHROMIUM": find_chromium(), "CHROMIUM_FLAGS": " ".join(FLAGS), "MOCK_URL": url}
    done = project.run("playwright", "test", file, **variables)
    report: dict[str, object] = json.loads(done.stdout)
    return report


@pytest.mark.browser
def test_five_playwright_tests_in_sandboxes_of_their_own(
    project: Project, served: Callable[..., Served]
) -> None:
    file = project.folder / "export.spec.mjs"
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 30
    report = playwright(project, served("documented").base_url, file.name)
    assert report["stats"]["expected"] == 5, report  # type: ignore[index]
    assert report["stats"]["unexpected"] == 0, report  # type: ignore[index]


@pytest.mark.browser
def test_journal_is_attached_to_a_playwright_test_that_fails(
    project: Project, served: Callable[..., Served]
) -> None:
    report = playwright(project, served("documented").base_url, "failing.spec.mjs")
    assert report["stats"]["unexpected"] == 1  # type: ignore[index]
    assert '"mock-journal.json"' in json.dumps(report)
