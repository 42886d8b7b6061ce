"""A copy of the contract files that a test may spoil."""

import shutil
from pathlib import Path

import pytest

from specs.files import ROOT


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """The folder of the copy, laid out like `specs/`."""
    copy = tmp_path / "specs"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy
