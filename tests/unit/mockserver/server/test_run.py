"""Running a server: what the signals that stop it do to the process."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio
import os
import signal
import sys

from mockserver.config import Settings
from mockserver.server.run import UvicornServer, listen

number = signal.Signals[sys.argv[1]]
if sys.argv[2] == "asyncio":
    sys.modules["uvloop"] = None
settings = Settings(port=0)


def send() -> None:
    os.kill(os.getpid(), number)


class Runner(asyncio.Runner):
    def close(self) -> None:
        super().close()
        send()


async def app(*_):
    pass


asyncio.Runner = Runner
class Last:
    def __del__(self, kill=os.kill, own=os.getpid(), number=number) -> None:
        kill(own, number)


UvicornServer(app, listen(settings), settings).run(on_start=send, signals=[number])
send()
last = Last()
"""
"""Stops a server by a signal; sends it again once the event loop is closed, after the run, and
while the interpreter ends, when Python has given up its own signal handlers."""


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signal_after_the_stop_does_not_change_the_exit_code(number: str, loop: str) -> None:
    if not hasattr(signal, number):
        pytest.skip("not on this platform")
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, number, loop],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
