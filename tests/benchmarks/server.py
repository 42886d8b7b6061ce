"""A server under measurement: started, paused, weighed and stopped by its own handle."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.benchmarks import processes
from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.request import HOST, Request

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_ANSWER_SECONDS = 10.0
# Short against any start that is measured, long enough to leave the core to the server.
_RETRY_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """A running process group that listens on `port`; its output goes to `log`."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    started: float

    @classmethod
    def start(cls, name: str, command: Sequence[str], folder: Path, **extra: str) -> Self:
        """Start `command` in `folder`, with a free port for `{port}` and `extra` environment."""
        port = free_port()
        log = folder / f"{name.lower().replace(' ', '-')}.log"
        started = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [part.replace("{port}", str(port)) for part in command],
                cwd=folder,
                env={**os.environ, **extra},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its children can be paused and stopped with it
            )
        return cls(name, process, port, log, started)

    def ask(self, request: Request) -> Answer:
        """Send one request on its own connection; raises OSError or HTTPException."""
        link = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_SECONDS)
        try:
            link.request(request.method, request.path, request.body or None, dict(request.headers))
            reply = link.getresponse()
            return Answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            link.close()

    def first_answer(self, request: Request) -> float:
        """Wait for the first 200; return the seconds since the process was started."""
        last: object = "no answer"
        while time.perf_counter() - self.started < _START_SECONDS:
            if self.process.poll() is not None:
                code = self.process.returncode
                raise UnhealthyError(f"ended with code {code}: {self._last_words()}")
            try:
                answer = self.ask(request)
            except (OSError, http.client.HTTPException) as failure:
                last = failure
            else:
                if answer.status == 200:
                    return time.perf_counter() - self.started
                last = f"{answer.status} {answer.body[:200]!r}"
            time.sleep(_RETRY_SECONDS)
        raise UnhealthyError(f"no 200 within {_START_SECONDS:.0f} s: {last}; {self._last_words()}")

    def memory(self) -> int:
        """Proportional set size of all its processes, in bytes."""
        return processes.memory(self.process.pid)

    def processor(self) -> float:
        """Processor time of all its processes so far, in seconds."""
        return processes.processor(self.process.pid)

    def pause(self) -> None:
        """Take it off the processors without losing its state."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run on."""
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it and its children; a server that does not listen is killed."""
        for order in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGCONT)
                os.killpg(self.process.pid, order)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS)
                if order is signal.SIGKILL or not self._group_alive():
                    return

    def _group_alive(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _last_words(self) -> str:
        lines = self.log.read_text("utf-8", "replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "(no output)"


@contextmanager
def running(name: str, command: Sequence[str], folder: Path, **extra: str) -> Iterator[Server]:
    """A server for the length of a `with` block."""
    server = Server.start(name, command, folder, **extra)
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
