"""`mockserver serve` as a process of its own, for as long as a `with` lasts."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers; what it says of requests and of itself is in `log`."""

    process: subprocess.Popen[bytes]
    started: Mapping[str, Any]
    log: Path

    @property
    def base_url(self) -> str:
        url: str = self.started["url"]
        return url

    @property
    def control_url(self) -> str:
        return f"{self.base_url}/_mock"

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.base_url.removeprefix("http://").rsplit(":", 1)
        return host, int(port)

    def lines(self) -> list[dict[str, Any]]:
        """Return the log so far."""
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]

    def kill(self) -> None:
        """End it with all its workers as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


@contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Served]:
    """Run a server on a free port; yield it once it answers."""
    log = folder / f"{len(list(folder.glob('*.log')))}.log"
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--log-format", "json"]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, log.read_text("utf-8")
        yield Served(process, orjson.loads(line), log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout
        process.stdout.close()
