"""Running a program of `programs/` and reading what it reports."""

import json
import os
import subprocess
from typing import Any

from tests.clients._environments import PROGRAMS

_PATIENCE = 120


def run(command: list[str], file: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """Return the results that the program writes as the last line of its output."""
    done = subprocess.run(
        [*command, str(PROGRAMS / file), *arguments],
        env={**os.environ, "NO_PROXY": "*", **environment},
        capture_output=True,
        check=False,
        timeout=_PATIENCE,
    )
    assert done.returncode == 0, done.stderr.decode()
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return results
