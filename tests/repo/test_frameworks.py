"""Frameworks are used by their public names: a private one breaks with any release."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo._checkout import files, name, text

FRAMEWORKS = {"connexion", "hypothesis", "schemathesis", "urllib3", "uvicorn"}
SHIPPED = [path for path in files("mockserver", "conformance", "specs") if path.suffix == ".py"]
USED = {
    "connexion": {
        "exceptions.ProblemException",
        "middleware.ConnexionMiddleware",
        "middleware.security.SecurityAPI",
        "middleware.security.SecurityMiddleware",
        "middleware.security.SecurityOperation",
        "middleware.swagger_ui.SwaggerUIMiddleware",
        "options.SwaggerUIOptions",
        "resolver.Resolver",
    },
    "uvicorn": {"Config", "Server", "server.ServerState"},
}
"""The names that are taken from the frameworks of the mock; a new one is a decision."""


def names(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield framework, dotted name below it and line, of all that a module takes from one."""
    tree = ast.parse(text(path))
    local: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name_here, bound, dotted in imported(node):
                local[name_here] = bound
                yield *split(dotted), node.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            if first in local and re.fullmatch(r"[\w.]+", rest):
                yield *split(f"{local[first]}.{rest}"), node.lineno


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str]]:
    """Yield the local name, what it is bound to, and the whole name of each framework import."""
    prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        dotted = f"{prefix}{alias.name}"
        framework = dotted.split(".", maxsplit=1)[0]
        if framework in FRAMEWORKS:
            bound = dotted if prefix or alias.asname else framework
            yield alias.asname or alias.name.split(".")[0], bound, dotted


def split(dotted: str) -> tuple[str, str]:
    """Return the framework, and the name below it."""
    framework, _, below = dotted.partition(".")
    return framework, below


def is_private(dotted: str) -> bool:
    """Return True for a name with a leading underscore, or one of Hypothesis's internals."""
    parts = dotted.split(".")
    return any(part.startswith("_") and not part.startswith("__") for part in parts) or (
        "internal" in parts
    )


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_no_private_name_of_a_framework_is_used(path: Path) -> None:
    private = [
        f"{framework}.{dotted}:{line}"
        for framework, dotted, line in names(path)
        if is_private(dotted)
    ]
    assert private == []


@pytest.mark.parametrize("framework", USED)
def test_names_that_the_mock_takes_are_listed(framework: str) -> None:
    taken = {
        dotted
        for path in files("mockserver")
        if path.suffix == ".py"
        for used, dotted, _ in names(path)
        if used == framework and dotted.split(".")[-1][:1].isupper()
    }
    assert taken == USED[framework]


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("from connexion.spec import _Private", "spec._Private"),
        ("import hypothesis.internal.conjecture", "internal.conjecture"),
        ("from hypothesis.internal import constants", "internal.constants"),
        ("import uvicorn\nuvicorn.config._x", "config._x"),
    ],
)
def test_private_names_are_noticed(code: str, seen: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(code)
    private = [dotted for _, dotted, _ in names(module) if is_private(dotted)]
    assert private == [seen]


def test_no_test_double_is_shipped() -> None:
    assert [name(path) for path in SHIPPED if "unittest.mock" in text(path)] == []
