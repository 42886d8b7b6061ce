"""A signal ends the proxy with its exit code; recording and report are written."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.conformance.drift._upstream import Reply, send, upstream

ID = "3707a692-af6d-441c-918b-5a1d199b0e45"
SPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
# Its name must be a string.
JOB = {
    "id": ID, "name": None, "timezone": "UTC", "status": "DONE", "format": "csv", "timespan": SPAN
}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "fail_on", "code"), [(signal.SIGTERM, "documented", 1), (signal.SIGINT, "never", 0)]
)
def test_signal_ends_the_process_with_its_exit_code_and_the_recording(
    tmp_path: Path, order: signal.Signals, fail_on: str, code: int
) -> None:
    report = tmp_path / "journal.json"
    command = [sys.executable, "-m", "conformance", "proxy", "talkdesk", "--port", "0"]
    command += ["--record", str(tmp_path), "--report", str(report), "--fail-on", fail_on]
    body = json.dumps({"job": JOB}).encode()
    with upstream() as state:
        state.reply = Reply(200, [("Content-Type", "application/json")], body)
        process = subprocess.Popen(
            [*command, "--upstream", state.url], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout
            url = process.stdout.readline().split()[0]
            headers = {"Authorization": "Bearer planted-secret-of-the-client-0123456789"}
            path = f"/data/reports/calls/jobs/{ID}"
            assert send(url, "GET", path, None, headers)[0] == 200
            process.send_signal(order)
            rest = process.communicate(timeout=60)[0]
        finally:
            process.kill()
            process.communicate()
    assert process.returncode == code, rest
    assert "TD-JOB-004" in rest
    assert (tmp_path / "talkdesk" / "recorded.yaml").is_file()
    assert len(json.loads(report.read_text())["entries"]) == 1
