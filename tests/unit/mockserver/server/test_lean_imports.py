"""`mockserver serve` loads what it uses; what it keeps away is there for whoever wants it."""

import ast
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

START = """
import sys
from mockserver.cli import main
from mockserver.server.lean_imports import lean_imports
with lean_imports(is_alone=True):
    from mockserver.server.run import serve
"""
IN_A_TEST = """
import sys
from mockserver.testing import MockServer
"""
WHOLE = """
import logging, warnings
warnings.simplefilter("ignore")
logging.disable()
import connexion
from connexion.middleware.main import SwaggerUIMiddleware
app = connexion.AsyncApp("program")
client = app.test_client()
print(type(client).__module__, client.get("/nowhere").status_code)
import flask
print(flask.Flask("program").test_client().get("/nowhere").status_code)
class Own(SwaggerUIMiddleware): pass
print(Own.__mro__[1].__module__, isinstance(Own(None), SwaggerUIMiddleware))
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
    ("import uvicorn; print(bool(uvicorn.Config(None).log_config))", "True"),
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
    "flask", "hypothesis", "httpx", "jinja2", "logging.config",
    "multiprocessing", "openapi_spec_validator", "requests", "rich", "tarfile", "werkzeug.test",
)  # fmt: skip


def run(code: str, start: str = START) -> str:
    """Return what a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_heavy_is_loaded() -> None:
    assert run(f"print([name for name in {HEAVY} if name in sys.modules])") == "[]"


def test_what_was_kept_away_can_be_had() -> None:
    assert run(IN_A_COPY_EACH).splitlines() == [where for _, where in WANTED]


def test_what_is_there_already_stays() -> None:
    code = (
        "import flask\nwith lean_imports(is_alone=True):\n    print(sys.modules['flask'] is flask)"
    )
    assert run(code) == "True"


def test_mock_in_a_test_process_loads_nothing_heavy_but_flask() -> None:
    code = f"print([name for name in {HEAVY[1:]} if name in sys.modules])"
    found = ast.literal_eval(run(code, IN_A_TEST))
    assert set(found) <= {"jinja2", "multiprocessing", "werkzeug.test"}  # what Flask brings


def test_connexion_is_whole_in_a_test_process() -> None:
    assert run(WHOLE, IN_A_TEST).splitlines() == [
        "starlette.testclient 404",
        "404",
        "connexion.middleware.swagger_ui True",
    ]


def test_garbage_is_collected_again_afterwards() -> None:
    assert run("import gc; print(gc.isenabled())", IN_A_TEST) == "True"
