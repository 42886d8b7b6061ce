"""What is built holds all that is needed, and works installed, away from the checkout."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.repo._checkout import ROOT, files, name
from tests.repo._environment import QUICK_STARTS

pytestmark = pytest.mark.slow

OWNER = "somebody else"


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Run a command that must succeed; return what it printed."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(cwd)}
    done = subprocess.run(
        command, cwd=cwd, env=environment | more, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build = ("-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    run(sys.executable, *build, cwd=folder, **QUICK_STARTS)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def shipped(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with our wheel and a library that owns `fixtures`."""
    root = tmp_path_factory.mktemp("installed")
    venv.create(root, with_pip=False)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(root)}))
    (site / "fixtures").mkdir()
    (site / "fixtures" / "__init__.py").write_text(f"OWNER = {OWNER!r}\n", encoding="utf-8")
    python = root / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index"]
    run(sys.executable, "-m", "pip", "--python", python, *install, wheel, cwd=root)
    # The dependencies, borrowed: a plain path line adds the folder, not our editable install.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return root / "bin"


def test_sdist_holds_every_file(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {member.split("/", 1)[1] for member in archive.getnames() if "/" in member}
    assert {name(path) for path in files()} <= held


def test_wheel_has_no_top_level_but_ours(shipped: set[str]) -> None:
    tops = {file.split("/")[0] for file in shipped}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "specs",
        "mockserver",
        "conformance",
    }


@pytest.mark.parametrize("folder", ["specs", "mockserver", "conformance"])
def test_wheel_holds_every_file_of(folder: str, shipped: set[str]) -> None:
    assert {name(path) for path in files(folder)} <= shipped


def test_wheel_holds_the_fixtures_inside_specs(shipped: set[str]) -> None:
    data = {f"specs/_{name(path)}" for path in files("fixtures")}
    assert data
    assert data <= shipped


def test_description_reads_on_an_index(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (file,) = (it for it in archive.namelist() if it.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(file))
    text = metadata.get_payload()
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(text).startswith("# report-contracts")
    assert "mermaid" not in str(text)
    links = re.findall(r"\]\((.+?)\)", str(text))
    assert [link for link in links if not link.startswith(("http://", "https://", "#"))] == []
    assert metadata.get_all("Project-URL") is None  # there is no public address of the project


def test_installed_code_is_not_the_checkouts(installed: Path, tmp_path: Path) -> None:
    code = "import specs; print(specs.__file__); print(specs.fixtures())"
    module, fixtures = run(installed / "python", "-c", code, cwd=tmp_path).splitlines()
    assert module.startswith(str(installed.parent))
    assert fixtures == str(Path(module).with_name("_fixtures"))


def test_installed_contracts_are_not_linted_at_the_first_start(
    installed: Path, tmp_path: Path
) -> None:
    code = "import sys, specs; list(map(specs.load, specs.vendors())); print(*sys.modules)"
    loaded = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert "specs.loader" in loaded
    assert "specs.lint" not in loaded
    assert not list(tmp_path.rglob(".cache"))


def test_the_other_library_keeps_its_fixtures(installed: Path, tmp_path: Path) -> None:
    code = "import fixtures; print(fixtures.OWNER)"
    assert run(installed / "python", "-c", code, cwd=tmp_path).strip() == OWNER


def test_installed_specs_pass_their_check(installed: Path, tmp_path: Path) -> None:
    run(installed / "python", "-m", "specs", cwd=tmp_path)


@pytest.mark.parametrize("program", ["mockserver", "conformance"])
def test_installed_program_shows_its_help(program: str, installed: Path, tmp_path: Path) -> None:
    assert "Usage:" in run(installed / program, "--help", cwd=tmp_path)


@pytest.mark.parametrize("vendor", ["talkdesk", "clinicalone", "energycap"])
def test_installed_suite_lists_the_requirements(
    vendor: str, installed: Path, tmp_path: Path
) -> None:
    assert run(installed / "conformance", "list", vendor, cwd=tmp_path).strip()


def test_installed_api_is_typed_for_a_strict_program(installed: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests/repo/programs/public_api.py", tmp_path / "program.py")
    python = ("--python-executable", installed / "python")
    strict = ("--strict", "--warn-unreachable", "--cache-dir", tmp_path / "cache")
    checked = run(sys.executable, "-m", "mypy", *python, *strict, "program.py", cwd=tmp_path)
    assert checked.startswith("Success: no issues found in 1 source file")
