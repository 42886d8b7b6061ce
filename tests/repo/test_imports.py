"""The import contracts of pyproject.toml hold, name real modules, and would notice a breach."""

import os
import re
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
    ("two-programs", "mockserver.errors", "conformance.checks"),
    ("two-programs", "conformance.checks", "mockserver.errors"),
    ("reference-stands-alone", "conformance.reference.clock", "specs.files"),
    ("reference-stands-alone", "conformance.reference.clock", "conformance.checks"),
    ("suite-has-layers", "conformance.checks", "conformance.report"),
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


def lint(root: Path) -> str:
    """Return what import-linter reports on the packages under `root`."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=root,
        env={**os.environ, "COLUMNS": "250"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def breached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is reported on a copy of the code with all breaches, for each contract."""
    root = tmp_path_factory.mktemp("code")
    shutil.copy(ROOT / "pyproject.toml", root)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for _, module, forbidden in BREACHES:
        file = module_file(root, module)
        assert file is not None, f"there is no module {module}"
        with file.open("a", encoding="utf-8") as source:
            source.write(f"\nimport {forbidden}\n")
    details = lint(root).partition("Broken contracts")[2]
    names = {options["name"]: contract for contract, options in CONTRACTS.items()}
    headings = "|".join(map(re.escape, names))
    _, *parts = re.split(rf"^({headings})\n-+$", details, flags=re.MULTILINE)
    return {names[name]: text for name, text in zip(parts[::2], parts[1::2], strict=True)}


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


def test_contracts_are_kept() -> None:
    report = lint(ROOT)
    assert f"{len(CONTRACTS)} kept, 0 broken" in report, report


@pytest.mark.parametrize(("contract", "module", "forbidden"), BREACHES)
def test_contract_notices_a_breach(
    contract: str, module: str, forbidden: str, breached: dict[str, str]
) -> None:
    assert f"{module} -> {forbidden} (l." in breached.get(contract, ""), breached


def test_every_contract_has_a_breach_to_notice() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)
