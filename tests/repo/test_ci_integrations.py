"""What other repositories include: the action, the GitLab template, the pre-commit hook."""

import json
import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from werkzeug.serving import make_server

from conformance.reference.app import create_app
from tests.repo._checkout import ROOT, text
from tests.repo._environment import QUICK_STARTS

PROGRAMS = Path(sysconfig.get_path("scripts"))
ACTION = yaml.safe_load(text(ROOT / "action.yml"))
ASKED = "--effort quick --only TD-JOB-001"
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.gitlab-ci", ".ci/gitlab.yml"),
        ("vendor.compose-spec", "compose.yaml"),
    ],
)
def test_file_is_valid_by_its_schema(schema: str, file: str) -> None:
    command = (PROGRAMS / "check-jsonschema", "--builtin-schema", schema, ROOT / file)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Runner:
    """Runs the steps of the action as GitHub does: with bash, and files for what a step says."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.folder = folder
        (folder / "temp").mkdir()
        self.output, self.summary = folder / "output", folder / "summary"
        self.output.touch()
        self.inputs = {name: row.get("default") for name, row in ACTION["inputs"].items()}
        self.inputs |= {name.replace("_", "-"): value for name, value in inputs.items()}
        assert None not in self.inputs.values()

    def step(self, name: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run one step."""
        step = STEPS[name]
        assert step["shell"] == "bash"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            **QUICK_STARTS,
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **{key: self._filled(value) for key, value in step["env"].items()},
            **variables,
        }
        return subprocess.run(
            ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]),
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def _filled(self, value: str) -> str:
        name = value.removeprefix("${{ inputs.").removesuffix(" }}")
        return str(self.inputs[name])

    def judge(self) -> "subprocess.CompletedProcess[str]":
        """Run the second step on the programs of this environment."""
        (self.folder / "temp" / "report-contracts").mkdir()
        (self.folder / "temp" / "report-contracts" / "bin").symlink_to(PROGRAMS)
        return self.step("Judge")

    @property
    def outputs(self) -> dict[str, str]:
        """What the step said for later steps."""
        lines = self.output.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def broken() -> Any:
    """A Talkdesk with a defect on a free port."""
    server = make_server("127.0.0.1", 0, create_app(defects={"td-id-number"}), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def python_that_borrows(folder: Path) -> Path:
    """Return a Python whose `-m venv FOLDER` borrows pip and all else from this environment.

    Without a pip of its own to install, that takes a tenth of the time; test_extras.py shows that
    no dependency is missing.
    """
    program = "import sys; from tests.repo import _environment as it; it.make_environment({})"
    call = f"{sys.executable} -c '{program.format('it.Path(sys.argv[3])')}'"
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {call} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return python


@pytest.mark.slow
def test_action_installs_what_it_runs(tmp_path: Path) -> None:
    runner = Runner(tmp_path, vendor="talkdesk", python=str(python_that_borrows(tmp_path)))
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    done = runner.step("Install", **offline)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "temp/report-contracts/bin/conformance").exists()
    assert (tmp_path / "temp/report-contracts/bin/mockserver").exists()


Judged = tuple[Runner, "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The action after it has judged the mock."""
    runner = Runner(tmp_path_factory.mktemp("judged"), vendor="talkdesk", arguments=ASKED)
    return runner, runner.judge()


@pytest.mark.slow
def test_action_passes_on_the_mock(judged: Judged) -> None:
    runner, done = judged
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::error" not in done.stdout
    assert runner.outputs["exit-code"] == "0"
    written = {path.name for path in Path(runner.outputs["reports"]).iterdir()}
    assert written == {"result.json", "report.html", "junit.xml", "report.sarif"}
    assert runner.summary.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(("fail_on", "code"), [("fail", 1), ("warn", 1), ("never", 0)])
def test_action_tells_what_breaks(tmp_path: Path, broken: str, fail_on: str, code: int) -> None:
    asked = "--effort quick --only TD-JOB-001 --only TD-JOB-002"
    arguments = f"{asked} --control-url {broken}/_mock"
    runner = Runner(
        tmp_path, vendor="talkdesk", base_url=broken, fail_on=fail_on, arguments=arguments
    )
    done = runner.judge()
    assert done.returncode == code, done.stdout + done.stderr
    assert "::error " in done.stdout
    assert runner.outputs["exit-code"] == "1"


@pytest.mark.slow
@pytest.mark.parametrize("code", [0, 1], ids=["same", "other"])
def test_action_compares_with_another_result(judged: Judged, tmp_path: Path, code: int) -> None:
    other = json.loads(Path(judged[0].outputs["reports"], "result.json").read_text())
    for case in other["behaviour"]["cases"] if code else ():
        case["outcomes"] = {"418": 1}
    file = tmp_path / "other.json"
    file.write_text(json.dumps(other))
    compared = Runner(tmp_path, vendor="talkdesk", arguments=ASKED, compare_with=str(file))
    done = compared.judge()
    assert done.returncode == code, done.stdout + done.stderr
    reports = Path(compared.outputs["reports"])
    assert "difference" in (reports / "drift.md").read_text()
    assert "difference" in compared.summary.read_text()


def test_action_names_a_wrong_input(tmp_path: Path) -> None:
    done = Runner(tmp_path, vendor="talkdesk", fail_on="sometimes").judge()
    assert done.returncode == 2
    assert "::error title=report-contracts::fail-on is fail, warn or never" in done.stdout


def test_hook_lints_a_folder(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load(text(ROOT / ".pre-commit-hooks.yaml"))
    program, *arguments = shlex.split(hook["entry"])
    assert program == "python"
    done = subprocess.run(
        (sys.executable, *arguments, str(tmp_path)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no folder in it has a lifecycle.yaml" in done.stderr
    assert hook["additional_dependencies"] == [line.replace(" ", "") for line in _lint_extra()]


def _lint_extra() -> list[str]:
    import tomllib

    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    lines: list[str] = project["optional-dependencies"]["lint"]
    return lines
