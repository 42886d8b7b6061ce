"""The suite's README names what the commands take, and its examples work."""

import re
from pathlib import Path

import click
import pytest
import yaml

import conformance
from conformance.cli import main
from conformance.evaluation import read_baseline
from conformance.settings import Effort

FOLDER = Path(conformance.__file__).parent
README, REFERENCE = (
    (FOLDER / name).read_text(encoding="utf-8") for name in ("README.md", "docs/reference.md")
)


def options(command: str) -> list[str]:
    found = main.get_command(click.Context(main), command)
    assert found is not None
    return [name for option in found.params for name in option.opts if name.startswith("--")]


def test_every_option_of_a_run_is_named() -> None:
    assert [name for name in options("run") if f"{name}" not in REFERENCE] == []


@pytest.mark.parametrize("command", ["list", "explain", "init", "replay", "selftest", "run"])
def test_every_command_is_named(command: str) -> None:
    assert f"conformance {command}" in REFERENCE
    assert command in main.commands


def test_efforts_are_named() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == {e.value for e in Effort}


def test_the_baseline_of_the_example_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "baseline.yaml").write_text(example, encoding="utf-8")
    (row,) = read_baseline(tmp_path / "baseline.yaml")
    assert row.requirement == yaml.safe_load(example)[0]["requirement"]
