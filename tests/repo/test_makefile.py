"""`make` alone tells a stranger what there is, and says plainly what it lacks."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.repo._checkout import ROOT, text

MAKEFILE = text(ROOT / "Makefile")
TARGETS = re.findall(r"^([a-z]+):(?!=| (?:export )?[A-Z_]+ \??= )", MAKEFILE, re.MULTILINE)
EXPECTED = ["help", "demo", "test", "lint", "types", "serve", "selftest", "bench", "wheel", "clean"]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_is_the_default_and_describes_every_target() -> None:
    described = re.findall(r"^  make (\w+) +\S", make().stdout, re.MULTILINE)
    assert described == TARGETS


def test_targets_are_the_promised_ones_and_phony() -> None:
    phony = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert set(EXPECTED) <= set(TARGETS)
    assert set(TARGETS) == set(" ".join(phony).split())


@pytest.mark.parametrize("python", ["", "/nowhere/python3", "false"])
def test_no_usable_python_is_said_plainly(python: str, tmp_path: Path) -> None:
    done = make("setup", f"PYTHON={python}", f"VENV={tmp_path}/venv")
    assert done.returncode == 2
    assert "Python >= 3.11" in done.stderr
