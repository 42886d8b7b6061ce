"""A published client of Talkdesk Explore reads its streams, unmodified but for its base URL."""

import json
import subprocess
from typing import Any

import pytest

from tests._serving import serving
from tests.clients._environments import PROGRAMS, Environments

# The client waits five seconds between two polls; a token lasts ten virtual minutes.
SPEED = 10


@pytest.mark.slow
def test_a_published_client_reads_its_streams(environments: Environments) -> None:
    python = environments.python("talkdesk-explore")
    with serving("--speed", str(SPEED), "--profile", "observed") as mock:
        command = [str(python), str(PROGRAMS / "talkdesk_explore.py"), mock.base_url]
        command += ["mock-talkdesk-client:mock-talkdesk-secret", "calls", "user_status"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert results["ready"]
    assert results["streams"].keys() == {"calls", "user_status"}
    for stream, key in (("calls", "call_id"), ("user_status", "user_id")):
        read = results["streams"][stream]
        assert read["rows"] > 24
        assert read["first"][key]
        assert all(read["state"].values())
