"""What is declared, what is pinned and what is installed agree."""

import re
import tomllib
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repo._checkout import ROOT, text

PROJECT = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
LINES = [line for line in text(ROOT / "constraints.txt").splitlines() if line[:1] != "#"]
PINS = {canonicalize_name(name): pin for name, _, pin in (line.partition("==") for line in LINES)}
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = [
    line
    for declared in (PROJECT["dependencies"], *EXTRAS.values())
    for line in declared
    if Requirement(line).name != PROJECT["name"]
]
ASKED_FOR = {"connexion", "openapi-spec-validator", "schemathesis", "hypothesis", "flask", "pytest"}


def test_constraints_are_exact_pins_and_name_no_place() -> None:
    odd = [line for line in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)]
    assert not odd


def test_constraints_name_each_package_once() -> None:
    assert len(PINS) == len(LINES)


@pytest.mark.parametrize("declared", DECLARED)
def test_each_requirement_has_a_pin_within_its_bounds(declared: str) -> None:
    requirement = Requirement(declared)
    pin = PINS[canonicalize_name(requirement.name)]
    assert pin in requirement.specifier


def test_the_environment_is_the_pinned_one() -> None:
    installed = {name: version(name) for name in PINS}
    assert installed == PINS


def test_all_is_every_extra_and_development_has_it() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras | {"lint"} == set(EXTRAS) - {"all", "dev"}  # conformance has lint
    assert f"{PROJECT['name']}[all]" in EXTRAS["dev"]


def test_what_the_project_stands_on_is_declared() -> None:
    assert {Requirement(line).name for line in DECLARED} >= ASKED_FOR
