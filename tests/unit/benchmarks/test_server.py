"""Servers under measurement are weighed, paused and stopped by their own handle."""

import sys
from pathlib import Path

import pytest

from tests.benchmarks import processes
from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.request import Request
from tests.benchmarks.server import running

SERVE = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")
# A parent whose child holds memory of its own; both end with the group.
FAMILY = """
import subprocess, sys, http.server
child = subprocess.Popen([sys.executable, "-c", "x = bytes(range(256)) * 200_000; input()"],
                         stdin=subprocess.PIPE)
handler = http.server.SimpleHTTPRequestHandler
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), handler).serve_forever()
"""
INDEX = Request("GET", "/")


def test_server_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    with running("plain", SERVE, tmp_path) as server:
        assert server.first_answer(INDEX) > 0
        assert server.ask(INDEX).status == 200
        assert server.processor() > 0
    assert server.process.returncode is not None
    with pytest.raises(ConnectionError):
        server.ask(INDEX)


def test_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no such thing')")
    with (
        running("ends", command, tmp_path) as server,
        pytest.raises(UnhealthyError, match=r"code 1.*no such thing"),
    ):
        server.first_answer(INDEX)


def test_paused_server_takes_no_processor_time(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "while True: pass")
    with running("busy", command, tmp_path) as server:
        server.pause()
        while Path(f"/proc/{server.process.pid}/stat").read_text("ascii").split()[2] != "T":
            pass
        before = server.processor()
        assert sum(range(1_000_000))
        assert server.processor() == before
        server.resume()


@pytest.mark.skipif(not processes.supported(), reason="no /proc/<pid>/smaps_rollup here")
def test_memory_counts_the_whole_family(tmp_path: Path) -> None:
    command = (sys.executable, "-c", FAMILY, "{port}")
    with running("alone", SERVE, tmp_path) as alone, running("both", command, tmp_path) as both:
        alone.first_answer(INDEX)
        both.first_answer(INDEX)
        while both.memory() < alone.memory() + 50_000_000:
            assert both.process.poll() is None
    assert both.memory() == 0
