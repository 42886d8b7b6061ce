"""`mockserver serve` as a process of its own, for as long as a `with` lasts."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Any

import orjson

ROOT = Path(__file__).parents[1]
PATIENCE = 120


class Log:
    """What a server writes to stderr, a JSON object a line, as it comes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.rows: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self._more = Condition()
        self._thread = Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def wait_for(self, seen: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Return once the lines so far are as `seen` wants them."""
        with self._more:
            assert self._more.wait_for(lambda: seen(self.rows), PATIENCE), self.raw[-5:]

    def join(self) -> None:
        """Return once nobody can write any more."""
        self._thread.join(PATIENCE)

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            with self._more:
                self.raw.append(line)
                with suppress(orjson.JSONDecodeError):
                    self.rows.append(orjson.loads(line))
                self._more.notify_all()


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    started: Mapping[str, Any]
    log: Log

    @property
    def base_url(self) -> str:
        url: str = self.started["url"]
        return url

    @property
    def control_url(self) -> str:
        return f"{self.base_url}/_mock"

    @property
    def ca_file(self) -> str | None:
        """The authority that clients have to trust, where there is TLS."""
        path: str | None = self.started["ca_file"]
        return path

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.base_url.partition("://")[2].rsplit(":", 1)
        return host, int(port)

    def kill(self) -> None:
        """End it with all its workers as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, order: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; return its exit code."""
        self.process.send_signal(order)
        return self.process.wait(PATIENCE)


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[Served]:
    """Run a server on a free port; yield it once it answers."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--log-format", "json"]
    process = subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stderr
    log = Log(process.stderr)
    try:
        line = process.stdout.readline()
        if not line:
            log.join()
        assert line, log.raw
        yield Served(process, orjson.loads(line), log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.join()
        process.stdout.close()
        process.stderr.close()


def wait_until_gone(pid: int) -> None:
    """Return once a process that is no child of ours has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    assert waiting.poll(PATIENCE * 1000)
    os.close(handle)
