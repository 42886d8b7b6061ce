"""What breaks is told while a run goes on."""

import pytest

from conformance.checks import CheckKind, RegisteredCheck, failed, passed
from conformance.drivers import lifecycle
from conformance.runner import Runner
from conformance.settings import Effort, Settings
from tests.unit.conformance._tiny_vendor import (
    CHECKS,
    TinyServer,
    contract,
    row,
    send_valid_requests_only,
    target,
)

ROWS = (
    row("TY-ONE-001", "no_server_error"),
    row("TY-ONE-002", "soon", operation=None),
    row("TY-ONE-003", "fine", operation=None),
    row("TY-ONE-004", "late", operation=None),
)


def soon(_):
    yield failed("not yet")
    yield failed("nor then")


def fine(_):
    yield passed()


def late(_):
    yield failed("at the end")


def check(kind, function):
    return RegisteredCheck(function.__name__, kind, function)


FOUND = {
    **CHECKS,
    "soon": check(CheckKind.ACTIVE, soon),
    "fine": check(CheckKind.ACTIVE, fine),
    "late": check(CheckKind.HISTORY, late),
}


def twist(method, path, *_):
    return (500, {"message": "oops"}) if method == "POST" else None


@pytest.fixture
def heard(monkeypatch):
    """Return what a run reports that sends little but valid requests and active checks."""
    send_valid_requests_only(monkeypatch)
    monkeypatch.setattr(lifecycle, "drive", lambda _: None)
    lines: list[str] = []
    settings = Settings(effort=Effort.QUICK, timeout=5.0)
    with TinyServer(twist) as server:
        runner = Runner(
            contract(*ROWS), FOUND, target(server.url), settings, on_progress=lines.append
        )
        runner.on_failure = lambda requirement, reason: lines.append(f"{requirement.id}: {reason}")
        return lines, runner.run()


def test_what_breaks_is_told_once_and_as_soon_as_its_step_ends(heard):
    lines, _ = heard
    first = lines.index("negative")
    assert lines[first:] == [
        "negative",
        "TY-ONE-001: answered 500",
        "check soon",
        "TY-ONE-002: not yet",
        "check fine",
        "clean-up",
    ]


def test_what_was_told_is_in_the_result_beside_what_only_the_end_shows(heard):
    _, result = heard
    broke = {
        found.requirement.id: found.failures for found in result.requirements if found.failures
    }
    assert broke == {"TY-ONE-001": 3, "TY-ONE-002": 2, "TY-ONE-004": 1}
