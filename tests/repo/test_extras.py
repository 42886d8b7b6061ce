"""The plain installation is the mock alone; a command that needs an extra says which."""

import subprocess
import sysconfig
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from packaging.requirements import Requirement

from tests.repo._checkout import ROOT
from tests.repo._environment import QUICK_STARTS

OURS = "report-contracts"
ONLY_IN_EXTRAS = {
    "flask", "hypothesis", "openapi-spec-validator", "psycopg", "pytest", "rich",
    "schemathesis", "trustme",
}  # fmt: skip
RUN = ("run", "talkdesk", "--base-url", "http://127.0.0.1:9")


def needed(name: str, *extras: str) -> dict[str, Distribution]:
    """Return a distribution and all that it needs with some of its extras, by name."""
    seen: dict[tuple[str, str], Distribution] = {}
    waiting = [(name, extra) for extra in ("", *extras)]
    while waiting:
        wanted, extra = waiting.pop()
        if (wanted, extra) in seen:
            continue
        seen[wanted, extra] = found = distribution(wanted)
        for requirement in map(Requirement, found.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(requirement.name, each) for each in ("", *requirement.extras)]
    return {wanted.lower(): found for (wanted, _), found in seen.items()}


def environment(folder: Path, distributions: dict[str, Distribution]) -> Path:
    """Return the Python of a new environment that has these distributions and no other."""
    venv.create(folder, with_pip=False)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    for found in distributions.values():
        tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
        for top in tops - {"__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(found.locate_file(top))))
    (site / "checkout.pth").write_text(str(ROOT), encoding="utf-8")
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("plain"), needed(OURS))


def run(python: Path, *arguments: str, cwd: Path) -> CompletedProcess[str]:
    return subprocess.run(
        (python, *arguments),
        cwd=cwd,
        env={"HOME": str(cwd), "LC_ALL": "C.UTF-8", **QUICK_STARTS},
        capture_output=True,
        text=True,
        check=False,
    )


def test_plain_installation_is_small() -> None:
    names = set(needed(OURS))
    assert not names & ONLY_IN_EXTRAS
    assert len(names) <= 40


def test_all_is_every_extra() -> None:
    assert set(needed(OURS, "all")) >= ONLY_IN_EXTRAS


def test_plain_mock_serves(plain: Path, tmp_path: Path) -> None:
    program = (
        "from urllib.request import urlopen\n"
        "from mockserver.testing import MockServer\n"
        "with MockServer() as server:\n"
        "    print(urlopen(server.base_url + '/_mock/health').status)\n"
    )
    done = run(plain, "-c", program, cwd=tmp_path)
    assert done.stdout == "200\n", done.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("conformance", *RUN), "conformance"),
        (("conformance", "selftest"), "conformance"),
        (("conformance", "checks"), "conformance"),
        (("mockserver", "serve", "--store", "postgresql://u@127.0.0.1:9/x"), "postgres"),
        (("mockserver", "serve", "--tls", "self-signed"), "tls"),
    ],
)
def test_missing_extra_is_named(
    plain: Path, tmp_path: Path, command: tuple[str, ...], extra: str
) -> None:
    done = run(plain, "-m", *command, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"pip install 'report-contracts[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_own_contract_files_need_the_lint(plain: Path, tmp_path: Path) -> None:
    done = run(plain, "-m", "specs", cwd=tmp_path)
    assert done.returncode
    assert "pip install 'report-contracts[lint]'" in done.stdout + done.stderr


def test_plugins_cost_a_pytest_run_nothing(tmp_path: Path) -> None:
    python = environment(tmp_path / "plain", needed(OURS) | needed("pytest"))
    (tmp_path / "test_one.py").write_text(
        "import sys\n"
        "HEAVY = {'connexion', 'jsonschema_rs', 'orjson', 'requests', 'sqlalchemy', 'yaml'}\n"
        "def test_one(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('mockserver')\n"
        "    assert not HEAVY & set(sys.modules)\n",
        encoding="utf-8",
    )
    done = run(python, "-m", "pytest", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_suites_plugin_names_its_extra(tmp_path: Path) -> None:
    python = environment(tmp_path / "plain", needed(OURS) | needed("pytest"))
    options = ("--conformance", "talkdesk", "--conformance-url", "http://127.0.0.1:9")
    done = run(python, "-m", "pytest", *options, cwd=tmp_path)
    assert "pip install 'report-contracts[conformance]'" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
