"""The command: what it prints, what it refuses, and that it stops when told."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest
import requests
from click.testing import CliRunner

from mockserver.cli import main

SERVE = (sys.executable, "-m", "mockserver", "serve", "--port", "0")


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run `mockserver serve`; yield the process and the lines that it printed at its start."""
    with subprocess.Popen([*SERVE, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, list(_welcome(process.stdout))
        finally:
            process.kill()


def _welcome(stdout: IO[str]) -> Iterator[str]:
    for line in stdout:
        yield line.rstrip("\n")
        if line.startswith("For tests only"):
            return


def test_version_is_printed() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("mockserver")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--port", "70000"], "--port"),
        (["--port", "x"], "--port"),
        (["--profile", "strict"], "documented"),
        (["--seed", "-1"], "--seed"),
        (["--speed", "0"], "--speed"),
        (["--speed", "nan"], "--speed"),
        (["--clock", "fast"], "manual"),
        (["--host", "no such host"], "--host"),
        (["--nonsense"], "--nonsense"),
        (["extra"], "extra"),
    ],
)
def test_bad_options_exit_2_with_one_clear_line(options: list[str], text: str) -> None:
    result = CliRunner().invoke(main, ["serve", *options])
    assert result.exit_code == 2
    assert text in result.output
    assert "Traceback" not in result.output


def test_port_in_use_exits_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, ["serve", "--port", port])
    assert result.exit_code == 2
    assert port in result.output
    assert "--port" in result.output


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_where_it_is_and_stops_in_peace(number: signal.Signals) -> None:
    with serving("--speed", "60") as (process, lines):
        base_url = lines[0].rsplit(" ", 1)[-1]
        assert requests.get(f"{base_url}/_mock/health", timeout=10).json()["status"] == "ok"
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    text = "\n".join(lines)
    for secret in ("mock-talkdesk-writer", "mock-clinicalone-manager", "mock-energycap-viewer"):
        assert secret in text
    assert "credentials" in text.partition("pages of any origin may call the vendors")[2]
    assert max(map(len, lines)) <= 80


def test_arazzo_prints_the_life_of_a_job_without_a_server() -> None:
    done = CliRunner().invoke(main, ["arazzo", "talkdesk", "--openapi", "https://a.example/o.json"])
    printed = json.loads(done.output)
    assert printed["sourceDescriptions"][0]["url"] == "https://a.example/o.json"
    assert [it["workflowId"] for it in printed["workflows"]] == ["complete", "delete", "cancel"]


def test_arazzo_of_an_unknown_vendor_is_wrong_usage() -> None:
    done = CliRunner().invoke(main, ["arazzo", "nobody"])
    assert (done.exit_code, "unknown vendor; known are" in done.output) == (2, True)
