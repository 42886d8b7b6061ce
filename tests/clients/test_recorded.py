"""Published clients get the same data from a mock and from what was recorded of it."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.drift.recording import write_recording
from tests._serving import Served, serving
from tests.clients._environments import PROGRAMS, Environments
from tests.unit.conformance.drift._upstream import proxied

pytestmark = pytest.mark.slow
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?")
BUSY = {
    "match": {"operation": "getReportGroup", "nth": 1},
    "fault": {"kind": "server-error", "status": 503, "retry_after": 1},
}


@contextmanager
def recording(served: Served, vendor: str, profile: str, folder: Path) -> Iterator[str]:
    """Serve a proxy before a mock, and write the scenario of what passed."""
    with proxied(served.base_url, vendor, profile=profile) as (base_url, journal):
        yield base_url
    write_recording(journal, folder, "recorded", datetime.now(UTC))


def client(python: Path, program: str, *arguments: str) -> Any:
    command = [str(python), str(PROGRAMS / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(MOMENT.sub("{time}", done.stdout.splitlines()[-1]))


def test_streams_of_a_published_client_are_the_same(
    environments: Environments, tmp_path: Path
) -> None:
    python = environments.python("talkdesk-explore")
    asked = ("mock-talkdesk-client:mock-talkdesk-secret", "calls")
    profile = ("--profile", "observed")
    with (
        serving("--speed", "10", *profile) as mock,
        recording(mock, "talkdesk", "observed", tmp_path) as base_url,
    ):
        original = client(python, "talkdesk_explore.py", base_url, *asked)
    again = ("--scenarios", str(tmp_path), "--scenario", "recorded")
    with serving(*again, *profile) as mock:
        served = client(python, "talkdesk_explore.py", mock.base_url, *asked)
    assert served == original
    assert original["streams"]["calls"]["rows"] > 24


def test_every_method_of_the_vendors_client_has_the_same_result(
    environments: Environments, tmp_path: Path
) -> None:
    python, key = environments.python("energycap-sdk"), "mock-energycap-manager"
    with (
        serving("--clock", "real") as mock,
        recording(mock, "energycap", "documented", tmp_path) as base_url,
    ):
        reply = requests.post(f"{mock.control_url}/faults", json=BUSY, timeout=30)
        reply.raise_for_status()
        original = client(python, "energycap_sdk.py", base_url, key)
    with serving("--scenarios", str(tmp_path), "--scenario", "recorded") as mock:
        served = client(python, "energycap_sdk.py", mock.base_url, key)
    assert served == original
    assert original["get_report_group"]["status"] == 200
