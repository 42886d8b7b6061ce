"""The pytest plugin: a sandbox for each test, side by side, in any order, on any server."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from mockserver.testing import MockServer

pytest_plugins = ["pytester"]

# Inside, warnings are errors: who uses the plugin may have it so. Schemathesis's plugin, which
# comes with the suite, costs 2.5 s.
RUN = ("-W", "error", "-p", "no:cacheprovider", "-p", "no:schemathesis")

APART = """
import pytest, requests

DAY = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
ORDER = {"format": "csv", "timespan": DAY}

@pytest.mark.parametrize("number", range(12))
def test_apart(mock_vendor, number):
    jobs = mock_vendor.base_url + "/data/reports/calls/jobs"
    writer = mock_vendor.headers("talkdesk", "writer")
    assert len(mock_vendor.requests()) == 0
    begin = mock_vendor.clock.now()
    made = requests.post(jobs, headers=writer, json=ORDER).json()["job"]
    mock_vendor.clock.advance(seconds=number)
    assert (mock_vendor.clock.now() - begin).total_seconds() == number
    polled = requests.get(f"{jobs}/{made['id']}", headers=writer).json()["job"]
    assert polled["status"] == ("CREATED" if number < 5 else "PROCESSING")
    mock_vendor.verify(operation="createReportJob", exactly=1)
    mock_vendor.verify({"operation": "createReportJob"}, {"operation": "getReportJob"}, order=True)
    mock_vendor.reset()
    assert mock_vendor.clock.now() == begin
"""

SURFACE = """
from datetime import UTC, datetime, timedelta
import pytest, requests
from mockserver.testing.client import ControlError
from mockserver.testing.client import VerificationError

DAY = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
ORDER = {"format": "csv", "timespan": DAY}

@pytest.fixture
def calls(mock_vendor):
    return mock_vendor.base_url + "/data/reports/calls/jobs"

def test_credentials_choose_the_sandbox_of_every_vendor(mock_vendor):
    secret = mock_vendor.credentials["energycap"]["manager"]
    assert secret.endswith(mock_vendor.id)
    assert mock_vendor.headers("energycap", "manager") == {"ECI-ApiKey": secret}
    assert mock_vendor.headers("clinicalone", "viewer")["Authorization"].startswith("Bearer ")
    reply = requests.post(
        mock_vendor.base_url + "/oauth/token",
        headers=mock_vendor.headers("talkdesk", "client"),
        data={"grant_type": "client_credentials"},
    )
    assert reply.json()["token_type"] == "Bearer"
    with pytest.raises(LookupError, match="writer"):
        mock_vendor.headers("talkdesk", "king")
    with pytest.raises(LookupError, match="energycap"):
        mock_vendor.headers("nobody", "king")

def test_outcome_decides_a_job(mock_vendor, calls):
    writer = mock_vendor.headers("talkdesk", "writer")
    made = requests.post(calls, headers=writer, json=ORDER).json()["job"]
    assert mock_vendor.outcome("talkdesk", made["id"], "FAILED")["outcome"] == "FAILED"
    mock_vendor.clock.advance("PT1H")
    assert requests.get(f"{calls}/{made['id']}", headers=writer).json()["job"]["status"] == "FAILED"
    assert made["id"] in {job["id"] for job in mock_vendor.jobs("talkdesk")}
    with pytest.raises(ControlError, match="404"):
        mock_vendor.outcome("talkdesk", "nothing", "FAILED")

def test_faults_come_and_go(mock_vendor, calls):
    writer = mock_vendor.headers("talkdesk", "writer")
    rule = mock_vendor.fault("rate-limit", match={"operation": "listReportJobs"}, times=1)
    assert rule["label"] == "valid"
    assert [requests.get(calls, headers=writer).status_code for _ in range(2)] == [429, 200]
    mock_vendor.fault({"kind": "server-error", "status": 500})
    mock_vendor.clear_faults()
    assert requests.get(calls, headers=writer).status_code == 200

def test_clock_is_set_run_and_stopped(mock_vendor):
    there = datetime(2027, 1, 1, tzinfo=UTC)
    assert mock_vendor.clock.set(there) == there
    assert mock_vendor.clock.advance(timedelta(days=400, microseconds=1000)) > there
    assert mock_vendor.clock.set("2026-01-01T00:00:00Z") < there
    mock_vendor.clock.run(speed=1000)
    begin = mock_vendor.clock.stop()
    assert mock_vendor.clock.now() == begin
    with pytest.raises(ValueError, match="set it"):
        mock_vendor.clock.advance(seconds=-1)

def test_what_was_not_called_is_told_with_what_came_close(mock_vendor, calls):
    requests.get(calls, headers=mock_vendor.headers("talkdesk", "reader"))
    with pytest.raises(VerificationError, match="exactly 2") as caught:
        mock_vendor.verify(operation="listReportJobs", status=404, exactly=2)
    assert "status 200 instead of 404" in str(caught.value)
    assert isinstance(caught.value, AssertionError)

@pytest.mark.mock_vendor(seed=7, clock="real", speed=1000)
def test_mark_tells_how_it_begins(mock_vendor):
    assert mock_vendor.seed == 7
    begin = mock_vendor.clock.now()
    while mock_vendor.clock.now() == begin:
        pass

@pytest.mark.mock_vendor(scenario="no-such-scenario")
@pytest.mark.xfail(raises=ControlError, strict=True)
def test_unknown_scenario_is_named(mock_vendor):
    pass

def test_a_test_may_delete_its_sandbox_itself(mock_vendor, mock_server):
    url = f"{mock_server.control_url}/sandboxes/{mock_vendor.id}"
    assert requests.delete(url).status_code == 204
"""


PATCHED = """
import http.client
import socket
import urllib.request

import freezegun
import pytest
import requests
import requests_mock
import responses
import respx
import time_machine
import vcr

PATCHES = {
    "responses": responses.mock,
    "requests_mock": requests_mock.Mocker(),
    "respx": respx.mock,
    "vcrpy": vcr.use_cassette("nothing.yaml", record_mode="none"),
    "freezegun": freezegun.freeze_time("2020-01-01"),
    "time_machine": time_machine.travel("2020-01-01"),
}

@pytest.mark.disable_socket
def test_no_sockets_at_all_and_the_server_is_still_to_start(mock_vendor):
    mock_vendor.clock.advance(minutes=5)
    mock_vendor.reset()
    mock_vendor.verify(operation="getReportJob", exactly=0)

def test_methods_of_classes(mock_vendor, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the plugin uses what tests patch")

    monkeypatch.setattr(http.client.HTTPConnection, "request", refuse)
    monkeypatch.setattr(http.client.HTTPConnection, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    mock_vendor._client._connection.close()
    assert mock_vendor.jobs("talkdesk")

@pytest.mark.parametrize("name", PATCHES)
def test_patched(mock_vendor, name):
    with PATCHES[name]:
        before = mock_vendor.clock.now()
        assert (mock_vendor.clock.advance(minutes=5) - before).seconds == 300
        mock_vendor.fault("rate-limit")
        mock_vendor.verify(operation="getReportJob", exactly=0)

@responses.activate
def test_decorated(mock_vendor):
    assert mock_vendor.jobs("talkdesk")
    assert len(responses.calls) == 0

def test_standard_library(mock_vendor, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the plugin uses what tests patch")

    for module, name in (
        (http.client, "HTTPConnection"),
        (urllib.request, "urlopen"),
        (requests.Session, "send"),
        (requests.Session, "request"),
    ):
        monkeypatch.setattr(module, name, refuse)
    assert mock_vendor.jobs("talkdesk")

@pytest.mark.allow_hosts(["127.0.0.1"])
def test_sockets_allowed_for_the_mock_alone(mock_vendor):
    assert mock_vendor.jobs("talkdesk")
"""


@pytest.mark.slow
def test_what_tests_patch_does_not_catch_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PATCHED)
    result = pytester.runpytest_subprocess(*RUN, "-p", "no:randomly")
    result.assert_outcomes(passed=11)


def test_server_that_runs_is_not_started_again() -> None:
    with MockServer() as server:
        before = set(threading.enumerate())  # other tests of this process may have a server
        with pytest.raises(RuntimeError, match=f"running already, at {server.base_url}"):
            server.start()
        assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("name", ["base_url", "control_url"])
def test_server_that_does_not_run_has_no_address(name: str) -> None:
    server = MockServer()
    with pytest.raises(RuntimeError, match="call start"):
        getattr(server, name)
    with server:
        assert getattr(server, name).startswith("http://127.0.0.1:")
    with pytest.raises(RuntimeError, match="not running"):
        getattr(server, name)


@pytest.fixture
def ours_alone(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Arguments of runs that load no plugin but the mock's and pytest-xdist."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return (
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "-p",
        "mockserver.pytest_plugin",
        "-p",
        "xdist",
    )


@pytest.mark.slow
def test_sandboxes_are_apart_in_parallel_and_shuffled(
    pytester: pytest.Pytester, ours_alone: tuple[str, ...]
) -> None:
    pytester.makepyfile(APART)
    result = pytester.runpytest_subprocess(*ours_alone, "-p", "pytest_randomly", "-n", "2")
    result.assert_outcomes(passed=12)


@pytest.mark.slow
def test_a_server_that_runs_already_is_shared_by_all_workers(
    pytester: pytest.Pytester, ours_alone: tuple[str, ...]
) -> None:
    pytester.makepyfile(APART)
    with MockServer(control_token="mock-control-token") as server:
        options = ("--mock-url", server.base_url + "/", "--mock-token", "mock-control-token")
        result = pytester.runpytest_subprocess(*ours_alone, "-n", "2", *options)
        result.assert_outcomes(passed=12)
        assert len(server.mock.sandboxes) == 1


@pytest.mark.slow
def test_everything_that_a_test_can_do(
    pytester: pytest.Pytester, ours_alone: tuple[str, ...]
) -> None:
    pytester.makepyfile(SURFACE)
    result = pytester.runpytest_subprocess(*ours_alone)
    result.assert_outcomes(passed=7, xfailed=1)


@pytest.mark.slow
def test_no_server_is_a_clear_error(pytester: pytest.Pytester, ours_alone: tuple[str, ...]) -> None:
    pytester.makepyfile("def test_it(mock_vendor): pass")
    result = pytester.runpytest_subprocess(*ours_alone, "--mock-url", "http://127.0.0.1:1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no mock answers at http://127.0.0.1:1*"])
    result = pytester.runpytest_subprocess(*ours_alone, "--mock-vendors", "nowhere")
    result.stdout.fnmatch_lines(["*nowhere: folder: there is no such folder"])


SECURE = """
import requests

def test_it(mock_vendor, mock_server):
    assert mock_vendor.base_url.startswith("https://")
    assert mock_vendor.ca_file == mock_server.ca_file
    mock_vendor.clock.advance(minutes=1)
    calls = mock_vendor.base_url + "/data/reports/calls/jobs"
    writer = mock_vendor.headers("talkdesk", "writer")
    assert requests.get(calls, headers=writer, verify=mock_vendor.ca_file).ok
    mock_vendor.verify(operation="listReportJobs", exactly=1)
"""


@pytest.fixture(scope="module")
def secure() -> Iterator[MockServer]:
    with MockServer(tls="self-signed", control_token="mock-control-token") as server:
        yield server


def told(server: MockServer) -> dict[str, str]:
    """Return what the plugin has to be told of a server, by option."""
    options = {"url": server.base_url, "token": "mock-control-token", "ca": str(server.ca_file)}
    return {f"mock_{name}": value for name, value in options.items()}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["flags", "environment", "file"])
def test_a_server_with_tls_is_trusted_by_its_authority(
    pytester: pytest.Pytester,
    ours_alone: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    secure: MockServer,
    way: str,
) -> None:
    pytester.makepyfile(SECURE)
    flags: list[str] = []
    for name, value in told(secure).items():
        if way == "flags":
            flags += [f"--{name.replace('_', '-')}", value]
        elif way == "environment":
            monkeypatch.setenv(name.upper(), value)
    if way == "file":
        (pytester.path / "ca.pem").write_bytes(Path(str(secure.ca_file)).read_bytes())
        rows = {**told(secure), "mock_ca": "ca.pem"}
        pytester.makeini("[pytest]\n" + "\n".join(f"{n} = {v}" for n, v in rows.items()))
    pytester.runpytest_subprocess(*ours_alone, *flags).assert_outcomes(passed=1)


@pytest.mark.slow
def test_flags_count_before_the_environment(
    pytester: pytest.Pytester,
    ours_alone: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    secure: MockServer,
) -> None:
    pytester.makepyfile(SECURE)
    for name, value in told(secure).items():
        monkeypatch.setenv(name.upper(), value)
    flags = ("--mock-url", "http://127.0.0.1:1")
    result = pytester.runpytest_subprocess(*ours_alone, *flags)
    result.stdout.fnmatch_lines(["*no mock answers at http://127.0.0.1:1*"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "*--mock-ca FILE*"),
        (b"junk", "*no authority can be read from*"),
        ("missing", "*--mock-ca *none.pem: there is no such file*"),
    ],
)
def test_an_authority_that_does_not_help_is_named(
    pytester: pytest.Pytester,
    ours_alone: tuple[str, ...],
    secure: MockServer,
    content: bytes | str | None,
    expected: str,
) -> None:
    pytester.makepyfile(SECURE)
    flags = ["--mock-url", secure.base_url, "--mock-token", "mock-control-token"]
    if isinstance(content, bytes):
        (pytester.path / "junk.pem").write_bytes(content)
        flags += ["--mock-ca", "junk.pem"]
    elif content is not None:
        flags += ["--mock-ca", "none.pem"]
    result = pytester.runpytest_subprocess(*ours_alone, *flags)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([expected])


@pytest.mark.slow
def test_an_installed_plugin_costs_nothing_until_it_is_used(tmp_path: Path) -> None:
    (plugin,) = [row for row in entry_points(group="pytest11") if row.name == "mockserver"]
    (tmp_path / "test_it.py").write_text("import sys\ndef test_it():\n print(*sys.modules)\n")
    command = [sys.executable, "-m", "pytest", "-s", "-q", "-p", plugin.value, "test_it.py"]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path, env=alone
    )
    ours = {name for name in done.stdout.split() if name.split(".")[0] in {"mockserver", "specs"}}
    testing = {"mockserver.testing", "mockserver.testing.client"}
    assert ours == {"mockserver", "mockserver.pytest_plugin", *testing}
    assert not {"requests", "connexion", "uvicorn", "sqlalchemy"} & set(done.stdout.split())


@pytest.mark.slow
def test_fixtures_and_mark_are_listed(
    pytester: pytest.Pytester, ours_alone: tuple[str, ...]
) -> None:
    result = pytester.runpytest_subprocess(*ours_alone, "--fixtures")
    result.stdout.fnmatch_lines(["mock_vendor*", "*A sandbox for this test alone*"])
    result = pytester.runpytest_subprocess(*ours_alone, "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.mock_vendor(*"])


OWN = """
import requests

def test_own(mock_vendor):
    headers = mock_vendor.headers("exports", "user")
    answer = requests.post(
        mock_vendor.base_url + "/api/exports", headers=headers, json={"dataset": "orders"}
    )
    assert answer.status_code == 201
    assert [job["id"] for job in mock_vendor.jobs("exports")] == [answer.json()["id"]]
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["flag", "variable", "configuration"])
def test_vendors_of_ones_own_are_played(
    pytester: pytest.Pytester,
    ours_alone: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    folder = Path(__file__).parents[2] / "examples"
    pytester.makepyfile(OWN)
    if how == "variable":
        monkeypatch.setenv("MOCK_VENDORS", str(folder))
    if how == "configuration":
        pytester.makeini(f"[pytest]\nmock_vendors = {folder}\n")
    flags = (f"--mock-vendors={folder}",) if how == "flag" else ()
    pytester.runpytest_subprocess(*ours_alone, *flags).assert_outcomes(passed=1)
