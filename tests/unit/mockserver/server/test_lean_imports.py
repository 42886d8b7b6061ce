"""`mockserver serve` loads what it uses; what it keeps away is there for whoever wants it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

START = """
import sys
from mockserver.cli import main
from mockserver.server.lean_imports import lean_imports
with lean_imports():
    from mockserver.server.run import serve
"""
WANTED = (
    ("import httpx; print(httpx.Client.__module__)", "httpx"),
    ("import connexion.security; print(connexion.security.httpx.Client.__module__)", "httpx"),
    ("from starlette.testclient import TestClient as it; print(it.__module__)",
     "starlette.testclient"),
    ("from connexion.middleware.swagger_ui import SwaggerUIAPI as it; print(it.__module__)",
     "connexion.middleware.swagger_ui"),
    ("import flask; print(flask.Flask.__module__)", "flask.app"),
    ("from uvicorn.supervisors import Multiprocess as it; print(it.__module__)",
     "uvicorn.supervisors.multiprocess"),
    ("from werkzeug.test import Client as it; print(it.__module__)", "werkzeug.test"),
    ("from werkzeug.serving import run_simple as it; print(it.__module__)", "werkzeug.serving"),
    ("import logging.config; print(logging.config.dictConfig.__module__)", "logging.config"),
)  # fmt: skip
IN_A_COPY_EACH = f"""
import os
for use, _ in {WANTED}:
    child = os.fork()
    if not child:
        exec(use)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""
"""What one use loads is not there for the next."""
HEAVY = (
    "flask", "hypothesis", "httpx", "jinja2", "logging.config", "mockserver.vendors.generic",
    "multiprocessing", "openapi_spec_validator", "requests", "rich", "tarfile", "werkzeug.test",
)  # fmt: skip


def run(code: str) -> str:
    """Return what a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_heavy_is_loaded() -> None:
    assert run(f"print([name for name in {HEAVY} if name in sys.modules])") == "[]"


def test_what_was_kept_away_can_be_had() -> None:
    assert run(IN_A_COPY_EACH).splitlines() == [where for _, where in WANTED]


def test_what_is_there_already_stays() -> None:
    code = "import flask\nwith lean_imports():\n    print(sys.modules['flask'] is flask)"
    assert run(code) == "True"
