"""A target that misbehaves ends in ERROR or FAIL with a plain sentence, soon, never a traceback."""

import os
import re
import socket
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from conformance import report
from conformance.checks import Verdict
from conformance.errors import TargetUnavailable
from conformance.evaluation import Result
from conformance.runner import create_runner
from conformance.session import MAX_REQUESTS
from conformance.settings import Effort, Settings
from tests.acceptance.suite._wild import SLOW, UNANSWERED, WILD
from tests.unit.conformance._clock import FakeClock
from tests.unit.conformance._raw import Answer, reply, serving

PATIENCE = 0.2
DEFAULT_PATIENCE = Settings().timeout
# What only a programmer could want to read.
JARGON = re.compile(r"Traceback|0x[0-9a-f]{6}|urllib3|Error\(|Exception|crashed|object at")
VENDORS = ("talkdesk", "clinicalone", "energycap")
EVERY = [(kind, VENDORS[number % 3]) for number, kind in enumerate(WILD)]


def judged(vendor: str, answer: Answer) -> tuple[Result | str, int]:
    """Judge such a target; return the result, or the sentence without one, and the requests."""
    settings = Settings(effort=Effort.QUICK, timeout=PATIENCE, max_time=60.0)
    with serving(answer) as server:
        made = create_runner(vendor, server.url, settings=settings)
        made.clock = FakeClock()
        try:
            result: Result | str = made.run()
        except TargetUnavailable as error:
            result = str(error)
        return result, len(server.requests)


def friendly_at_first(answer: Answer, times: int = 1) -> Answer:
    """Answer the first requests as a service might, the rest badly."""
    number = count()

    def talk(request: bytes, connection: socket.socket, over: Event) -> None:
        if next(number) < times:
            connection.sendall(reply(200, b"{}", Content_Type="application/json"))
        else:
            answer(request, connection, over)

    return talk


# The others answer the first request too, so that the run goes on as with a friendly answer.
@pytest.mark.parametrize("kind", UNANSWERED)
def test_a_target_that_misbehaves_from_the_start(kind: str):
    result, requests = judged(dict(EVERY)[kind], WILD[kind])
    assert isinstance(result, str)
    assert requests <= 2 * MAX_REQUESTS
    _is_told_plainly(result)


@pytest.mark.parametrize(("kind", "vendor"), EVERY, ids=list(WILD))
def test_a_target_that_misbehaves_later(kind: str, vendor: str):
    result, requests = judged(vendor, friendly_at_first(WILD[kind]))
    _is_told_plainly(result)
    if kind in SLOW:
        assert requests * DEFAULT_PATIENCE <= 60


def _is_told_plainly(result: Result | str) -> None:
    if isinstance(result, str):
        assert re.match(r"http://127\.0\.0\.1:\d+ (cannot be reached|redirects instead)", result)
        assert JARGON.search(result) is None
        return
    assert result.verdict in {Verdict.FAIL, Verdict.ERROR}
    assert result.exit_code in {1, 3}
    told = [row.reason for row in result.requirements] + list(result.notes)
    assert [reason for reason in told if JARGON.search(reason)] == []
    assert all(row.reason for row in result.requirements if row.verdict is not Verdict.PASS)
    for kind in report.RENDERERS:
        report.write(result, kind, Path(os.devnull))
