"""A copy of the contract files that a test may change."""

import shutil
from pathlib import Path

import pytest

from specs.files import ROOT
from specs.lint_cache import LintCache, in_folder


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """The folder of the copy, laid out like `specs/`."""
    copy = tmp_path / "specs"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__", "meta", "lint", "*.md")
    )
    return copy


@pytest.fixture(scope="session")
def lint_cache(tmp_path_factory: pytest.TempPathFactory) -> LintCache:
    """A lint cache that all tests share: an openapi.yaml that no test changes is linted once."""
    return in_folder(tmp_path_factory.mktemp("lint_cache"))
