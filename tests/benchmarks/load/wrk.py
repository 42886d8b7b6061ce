"""Load by `wrk`: one thread, kept connections, closed loop."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.errors import UnhealthyError
from tests.benchmarks.load.sample import Sample
from tests.benchmarks.request import HOST

_SCRIPT = Path(__file__).with_name("wrk.lua")
_GRACE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Wrk:
    """The program at `path`, with so many connections."""

    path: str
    connections: int
    name: str = "wrk"

    def run(self, port: int, requests: Sequence[bytes], seconds: float) -> Sample:
        """Send `requests` in turn for whole `seconds`, and return what was measured."""
        with tempfile.NamedTemporaryFile(suffix=".requests") as file:
            for request in requests:
                file.write(b"%d\n%b" % (len(request), request))
            file.flush()
            return self._measure(port, file.name, max(1, round(seconds)))

    def _measure(self, port: int, file: str, seconds: int) -> Sample:
        options = ["-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "10s"]
        command = [self.path, *options, "-s", str(_SCRIPT)]
        try:
            done = subprocess.run(
                [*command, f"http://{HOST}:{port}", "--", file],
                capture_output=True,
                text=True,
                timeout=seconds + _GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise UnhealthyError(f"wrk did not end within {late.timeout:.0f} s") from late
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines or not lines[-1].startswith("{"):
            raise UnhealthyError(f"wrk could not measure: {(done.stderr or done.stdout).strip()}")
        return Sample(**json.loads(lines[-1]))
