"""Every block of the documentation runs as written, in order, in a fresh environment.

Each file is one session of bash: those of a developer in a copy of the checkout, those of a user
in an empty folder with the package installed. Only the ports are others, so that sessions run side
by side.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

import pytest

from tests.clients._environments import program
from tests.repo._checkout import ROOT, files, name, text
from tests.repo._documents import Command, commands, printed, script
from tests.repo._environment import QUICK_STARTS, make_environment

pytestmark = pytest.mark.slow

DOCUMENTS = [name(path) for path in files() if path.suffix == ".md" and any(commands(text(path)))]
IN_A_CHECKOUT = {"README.md", "CONTRIBUTING.md", "specs/README.md"}
INSTALLS = "README.md"
"""The document that begins before the installation."""

NEEDS = {"mockserver/javascript/README.md": ("npm", "npm")}
"""A program besides those of a Python environment and curl, and its package in Debian."""

PORTS = ("4010", "8443")
PLUGINS = ("anyio", "randomly", "requests_mock", "respx", "schemathesis", "socket", "time_machine")
"""Plugins of the tests' environment that no document uses, and that are slow to load."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout, with the environment of the tests as its own."""
    root = tmp_path / "checkout"
    for path in files():
        (root / name(path)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, root / name(path))
    (root / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        (root / ".venv" / path.name).symlink_to(path)
    stamp = root / ".venv" / ".report-contracts"  # by which make knows that it is complete
    stamp.unlink(missing_ok=True)
    stamp.touch()
    return root


@pytest.fixture
def folder(document: str, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where the session of a document begins."""
    if document in IN_A_CHECKOUT:
        root: Path = request.getfixturevalue("checkout")
        return root
    empty = tmp_path / "empty"
    empty.mkdir()
    return empty


@pytest.fixture
def environment(document: str, tmp_path: Path) -> dict[str, str]:
    """A fresh environment of Python; what pip would fetch is borrowed from that of the tests."""
    fresh = tmp_path / "fresh"
    make_environment(fresh, installed=document != INSTALLS)
    tools = Path(sysconfig.get_path("scripts"))
    return {
        "PATH": f"{fresh}/bin:{tools}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        **QUICK_STARTS,
        "PIP_NO_COMPILE": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PYTEST_ADDOPTS": " ".join(f"-p no:{plugin}" for plugin in PLUGINS),
    }


def run(program: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a script of bash; what it leaves running is stopped. Return its exit code and output."""
    output = folder.parent / "output"
    with output.open("w") as stream:
        shell = subprocess.Popen(
            ("bash", "-c", program),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = shell.wait()
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
    return code, output.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_blocks_do_what_the_document_says(
    document: str, folder: Path, environment: dict[str, str]
) -> None:
    if document in NEEDS:
        program(*NEEDS[document])
    ports = {port: _free_port() for port in PORTS}
    found = list(commands(re.sub("|".join(ports), lambda it: ports[it[0]], text(ROOT / document))))
    code, output = run(script(found), folder, environment | {"MOCKSERVER_PORT": ports[PORTS[0]]})
    outputs = printed(output)
    last = found[max(outputs)]
    assert code == 0, f"{document}:{last.line}: {last.text}: exit code {code}\n{output[-3000:]}"
    for number, command in enumerate(found):
        _check_output(document, command, outputs[number])


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def _check_output(document: str, command: Command, output: str) -> None:
    for expected, pattern in command.expected():
        assert re.search(pattern, output, re.MULTILINE), (
            f"{document}:{command.line}: {expected!r} is not in {output!r}"
        )


def test_a_block_that_says_nothing_of_itself_is_refused() -> None:
    with pytest.raises(AssertionError, match="line 4: a block of sh names no file"):
        list(commands("# Title\n\n```sh\nmake\n```\n"))


def test_a_server_s_port_is_waited_for() -> None:
    (command,) = commands("```console\n$ mockserver serve --port 4011 &\n```\n")
    assert command.readiness == "http://localhost:4011/_mock/health"
