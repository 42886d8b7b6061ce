"""What clients leave in the journal: no secret of theirs, and never too much."""

import gc
import tracemalloc
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import App
from tests.unit.mockserver.asgi import CREATE, ENERGYCAP, JSON, TALKDESK, Answer, ask

JOBS = "/data/reports/calls/jobs"
SECRET = "hunter2-hunter2-hunter2"
TARGETS = st.sampled_from(
    [
        ("POST", JOBS),
        ("GET", f"{JOBS}/x"),
        ("POST", "/oauth/token"),
        ("POST", "/api/v3/report/reportgroup"),
        ("GET", "/ec-reporting-svc/rest/v2.0/reports/download"),
        ("GET", "/nowhere"),
    ]
)


FORM = {"content-type": "application/x-www-form-urlencoded"}
BASIC = b64encode(f"client:{SECRET}".encode()).decode()
PLANTED: dict[str, tuple[str, dict[str, str], str]] = {  # what follows the path, headers, body
    "bearer": ("", {"authorization": f"Bearer {SECRET}"}, ""),
    "basic": ("", {"authorization": f"Basic {BASIC}"}, ""),
    "apikey": ("", {"eci-apikey": SECRET}, ""),
    "cookie": ("", {"cookie": f"session={SECRET}"}, ""),
    "referer": ("", {"referer": f"http://x.test/?token={SECRET}"}, ""),
    "query": (f"?access_token={SECRET}", {}, ""),
    "signed": (f"?X-Amz-Credential={SECRET}&sig={SECRET}&code={SECRET}", {}, ""),
    "matrix": (f";jsessionid={SECRET}", {}, ""),
    "proxy": ("", {"proxy-authorization": f"Basic {BASIC}", "x-functions-key": SECRET}, ""),
    "escaped": (f"?{quote('%client_secret')}={SECRET}", {}, ""),
    "json": ("", {}, f'{{"format":"csv","nested":[{{"api_key":"{SECRET}"}}]}}'),
    "form": ("", FORM, f"grant_type=client_credentials&client_secret={SECRET}"),
    # A key that also stands where nobody looks for one.
    "twice": (
        f"/{SECRET}?{SECRET}=1",
        {"authorization": f"Bearer {SECRET}"},
        f'{{"format":"{SECRET}","note":"x{SECRET}"}}',
    ),
}
PLACES = st.sampled_from(sorted(PLANTED))


def plant(mock: App, place: str, method: str, path: str) -> Answer:
    """Send a request with SECRET in one place of it."""
    suffix, headers, body = PLANTED[place]
    sent = (body or '{"format":"csv"}').encode() if method == "POST" else b""
    return ask(mock.app, method, path + suffix, {**TALKDESK, **ENERGYCAP, **JSON, **headers}, sent)


@given(PLACES, TARGETS)
@settings(
    max_examples=2 * settings().max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_planted_secret_is_ever_kept(mock: App, place: str, target: tuple[str, str]) -> None:
    before = mock.sandboxes.default.journal.last
    plant(mock, place, *target)
    entries = mock.sandboxes.default.journal.entries()
    assert entries[-1].number == before + 1
    kept = repr(entries[-1])
    assert SECRET not in kept
    assert b64encode(SECRET.encode()).decode()[4:-4] not in kept


def test_issued_token_is_not_kept(mock: App) -> None:
    basic = b64encode(b"mock-talkdesk-client:mock-talkdesk-secret").decode()
    headers = {
        "authorization": f"Basic {basic}",
        "content-type": "application/x-www-form-urlencoded",
    }
    issued = ask(mock.app, "POST", "/oauth/token", headers, b"grant_type=client_credentials")
    kept = repr(mock.sandboxes.default.journal.entries())
    assert issued.json["access_token"] not in kept
    assert "mock-talkdesk-secret" not in kept
    assert '"token_type":"Bearer"' in kept


def test_journal_weighs_no_more_than_it_tells(mock: App) -> None:
    kept = mock.sandboxes.default.journal
    ask(mock.app, "POST", JOBS, {**TALKDESK, **JSON}, CREATE)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        told = kept.bytes
        for number in range(200):
            headers = {**TALKDESK, **JSON, "x-request-id": f"{number:0100}"}
            ask(mock.app, "GET", JOBS, headers)
        gc.collect()
        weight = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept.last == 201
    assert weight < (kept.bytes - told) * 1.1  # a little of it is nobody's


@pytest.mark.parametrize(
    "headers",
    [
        {f"x-{number}": "v" for number in range(5000)},
        {"x-long": "v" * 60_000},
        {"x" * 60_000: "v"},
    ],
    ids=["many", "long", "long name"],
)
def test_entry_has_a_limit_whatever_is_sent(mock: App, headers: dict[str, str]) -> None:
    body = {**CREATE, "name": "x" * 100_000}
    ask(mock.app, "POST", f"{JOBS}?{'q' * 60_000}", {**TALKDESK, **JSON, **headers}, body)
    (kept,) = mock.sandboxes.default.journal.entries()
    assert len(repr(kept)) < 40_000
    assert kept.size < 40_000
