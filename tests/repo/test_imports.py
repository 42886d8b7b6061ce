"""The import contracts of pyproject.toml hold, name real modules, and would notice a breach."""

import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration

from tests.repo._checkout import ROOT

PACKAGES = ("specs", "mockserver", "conformance")
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract
    for contract in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
}
MODULE_FIELDS = (
    "source_modules",
    "forbidden_modules",
    "protected_modules",
    "allowed_importers",
    "modules",
)
# contract, a module that it binds, and an import which that module must not have
BREACHES = [
    ("specs-stands-alone", "specs.files", "mockserver.errors"),
    ("two-programs", "mockserver.errors", "conformance.verdict"),
    ("two-programs", "conformance.verdict", "mockserver.errors"),
    ("reference-stands-alone", "conformance.reference.clock", "specs.files"),
    ("reference-stands-alone", "conformance.reference.clock", "conformance.verdict"),
    ("suite-has-layers", "conformance.checks.registry", "conformance.report"),
    ("vendors-know-no-machinery", "mockserver.vendors.talkdesk", "mockserver.store.base"),
    ("vendors-know-no-machinery", "mockserver.vendors.talkdesk", "connexion"),
    (
        "vendors-know-no-vendor",
        "mockserver.vendors.talkdesk",
        "mockserver.vendors.energycap",
    ),
    ("mock-has-layers", "mockserver.store.base", "mockserver.sandbox.sandbox"),
    ("mock-has-layers", "mockserver.http.context", "mockserver.app"),
    ("leaves", "mockserver.clock", "mockserver.sandbox.sandbox"),
    ("http-knows-no-store", "mockserver.http.transfer", "mockserver.store.base"),
    ("connexion-has-two-places", "mockserver.clock", "connexion"),
    ("bootstrap-is-the-top", "mockserver.clock", "mockserver.app"),
]


def module_file(root: Path, module: str) -> Path | None:
    """The file of a module of ours under `root`, or None where there is no such module."""
    path = root.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def lint(root: Path, contract: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    command: list[str | Path] = [program, "--no-logo", "--no-cache", "--contract", contract]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def copy_of_the_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("code")
    shutil.copy(ROOT / "pyproject.toml", root)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return root


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    graph = grimp.build_graph(package, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert set(TopologicalSorter(imports).static_order()) == set(imports)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contract_names_modules_that_exist(contract: str) -> None:
    named = [module for field in MODULE_FIELDS for module in CONTRACTS[contract].get(field, ())]
    ours = [module for module in named if module.split(".")[0] in PACKAGES and "*" not in module]
    absent = [module for module in ours if module_file(ROOT, module) is None]
    assert not absent, f"write them, or correct the contract {contract!r} in pyproject.toml"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contract_is_kept(contract: str) -> None:
    done = lint(ROOT, contract)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("contract", "module", "forbidden"), BREACHES)
def test_contract_notices_a_breach(
    contract: str, module: str, forbidden: str, copy_of_the_code: Path
) -> None:
    file = module_file(copy_of_the_code, module)
    assert file is not None, f"there is no module {module}"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\nimport {forbidden}\n", encoding="utf-8")
    try:
        done = lint(copy_of_the_code, contract)
    finally:
        file.write_text(before, encoding="utf-8")
    assert "1 broken" in done.stdout, done.stdout + done.stderr


def test_every_contract_has_a_breach_to_notice() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)
