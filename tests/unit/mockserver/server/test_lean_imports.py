"""`mockserver serve` loads what it uses; what it keeps away is there for whoever wants it."""

import subprocess
import sys

import pytest

START = """
import sys
from mockserver.cli import main
from mockserver.server.lean_imports import lean_imports
with lean_imports():
    from mockserver.server.run import serve
"""
HEAVY = ("flask", "hypothesis", "httpx", "jinja2", "openapi_spec_validator", "requests", "rich")


def run(code: str) -> str:
    """Return what a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_heavy_is_loaded() -> None:
    assert run(f"print([name for name in {HEAVY} if name in sys.modules])") == "[]"


@pytest.mark.parametrize(
    "use",
    [
        "import httpx; print(httpx.Client.__module__)",
        "import connexion.security; print(connexion.security.httpx.Client.__module__)",
        "from starlette.testclient import TestClient; print(TestClient.__module__)",
        "from connexion.middleware import swagger_ui; print(swagger_ui.SwaggerUIAPI.__module__)",
        "import flask; print(flask.Flask.__module__)",
    ],
)
def test_what_was_kept_away_can_be_had(use: str) -> None:
    told = run(use)
    assert told in {
        "httpx",
        "starlette.testclient",
        "connexion.middleware.swagger_ui",
        "flask.app",
    }


def test_what_is_there_already_stays() -> None:
    code = "import flask\nwith lean_imports():\n    print(sys.modules['flask'] is flask)"
    assert run(code) == "True"
