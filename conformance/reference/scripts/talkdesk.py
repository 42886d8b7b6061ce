"""Requests to Talkdesk in which every defect and variant of the vendor shows."""

from collections.abc import Iterator

from conformance.reference.scripts.script import Step

WRITER = {"Authorization": "Bearer mock-talkdesk-writer"}
READER = {"Authorization": "Bearer mock-talkdesk-reader"}
OTHER = {"Authorization": "Bearer mock-talkdesk-other"}
NOSCOPE = {"Authorization": "Bearer mock-talkdesk-noscope"}
BASIC = {"Authorization": "Basic bW9jay10YWxrZGVzay1jbGllbnQ6bW9jay10YWxrZGVzay1zZWNyZXQ="}
OTHER_SECRET = {"Authorization": "Basic bW9jay10YWxrZGVzay1jbGllbnQ6eA=="}
OTHER_SCHEME = {"Authorization": BASIC["Authorization"].replace("Basic", "Token")}
ISSUED = {"Authorization": "Bearer {token}"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

SPAN = {"from": "2025-12-01T00:00:00Z", "to": "2025-12-02T00:00:00Z"}
CSV = {"name": "Day", "format": "csv", "timezone": "Europe/Lisbon", "timespan": SPAN}
JSON = {"format": "json", "timespan": SPAN}
BULK = {"format": "json_bulk", "timespan": SPAN}
LONG_SPAN = {"from": "2025-10-01T00:00:00Z", "to": "2025-12-02T00:00:00Z"}

ROOT = "/data/reports"
# Five jobs are seeded; the script creates {5} csv, {6} json, {7} json_bulk, {8} to fail,
# {9} another account's, {10} to be cancelled.
JOBS = ("calls", 5), ("calls", 6), ("explore_calls", 7), ("calls", 8)


def _wait(seconds: int) -> Step:
    return Step("POST /_mock/clock", json={"advance": f"PT{seconds}S"})


def _status(kind: str, number: int) -> Step:
    return Step(f"GET {ROOT}/{kind}/jobs/{{{number}}}", READER)


def _fetch(kind: str, number: int) -> Step:
    return Step(f"GET {ROOT}/{kind}/files/{{{number}}}", READER)


def _create() -> Iterator[Step]:
    yield Step(f"POST {ROOT}/calls/jobs", WRITER, json=CSV)
    yield Step(f"POST {ROOT}/calls/jobs", WRITER, json=JSON)
    yield Step(f"POST {ROOT}/explore_calls/jobs", WRITER, json=BULK)
    yield Step(f"POST {ROOT}/calls/jobs", WRITER, json=CSV)
    yield Step(f"POST {ROOT}/calls/jobs", OTHER, json=CSV)
    yield Step("POST /_mock/jobs/talkdesk/{8}/outcome", json={"outcome": "FAILED"})
    yield Step(f"POST {ROOT}/calls/jobs", WRITER, json={**CSV, "format": "xlsx"})
    yield Step(f"POST {ROOT}/calls/jobs", WRITER, json={**CSV, "timespan": LONG_SPAN})
    yield Step(f"POST {ROOT}/calls/jobs", WRITER | {"Content-Type": "text/plain"}, data=b"\xff")
    yield Step(f"POST {ROOT}/calls/jobs", READER, json=CSV)


def _create_unusually() -> Iterator[Step]:
    """Create jobs of another account, so that the ids above stay as they are."""
    offset = {"from": "2025-12-01T00:00:00+02:00", "to": "2025-12-02T00:00:00+02:00"}
    for changes in (
        {"timespan": offset},
        {"name": "Å" * 80},
        {"name": "🚀"},
        {"name": "n" * 255},
        {"name": "\N{GRINNING FACE}"},
        {"format": "CSV"},
    ):
        yield Step(f"POST {ROOT}/calls/jobs", OTHER, json=CSV | changes)


def _live() -> Iterator[Step]:
    for seconds in (0, 6, 30):
        yield _wait(seconds)
        for kind, number in JOBS:
            yield from (_status(kind, number), _status(kind, number), _fetch(kind, number))
            yield from (_fetch(kind, number), _status(kind, number))
    yield _wait(25)
    yield _status("calls", 8)


def _end() -> Iterator[Step]:
    yield Step(f"DELETE {ROOT}/calls/jobs/{{5}}", WRITER)
    for _ in range(2):
        yield Step(f"DELETE {ROOT}/calls/files/{{5}}", WRITER)
        yield from (_status("calls", 5), _fetch("calls", 5))
    yield _status("calls", 5)


def _ask_wrongly() -> Iterator[Step]:
    job, file = f"GET {ROOT}/calls/jobs/{{6}}", f"GET {ROOT}/calls/files/{{6}}"
    for headers in ({}, OTHER, NOSCOPE, {"Authorization": "Bearer nobody"}):
        yield from (Step(job, headers), Step(file, headers))
    for value in ("Token {0}", "Bearer ", "{0}", "Bearer MOCK-TALKDESK-READER", "Bearer {0}xyz"):
        yield Step(job, {"Authorization": value.format("mock-talkdesk-reader")})
    yield Step(job, {"Authorization": "Bearer mock-talkdesk-expired"})
    yield Step(f"{job}x", READER)
    yield Step(f"GET {ROOT}/nonsense/jobs/{{6}}", READER)
    yield Step(f"GET {ROOT}/callsx/jobs/{{6}}", READER)
    yield Step(f"GET {ROOT}/contacts/jobs/{{6}}", READER)
    yield Step(f"GET {ROOT}/queue_intervals/jobs", READER)
    yield Step(f"GET {ROOT}/callsx/jobs", READER)
    yield Step(f"GET {ROOT}/calls/jobs/none", READER)
    yield Step(f"GET {ROOT}/calls/jobs/{'a' * 300}", READER)
    yield Step(f"{job}?verbose=1", READER)


def _list_and_token() -> Iterator[Step]:
    yield Step(f"GET {ROOT}/calls/jobs?per_page=2&page=2", READER)
    yield Step(f"GET {ROOT}/calls/jobs?per_page=2", READER | {"Accept-Encoding": "gzip"})
    yield Step(f"POST {ROOT}/calls/jobs", WRITER, json=CSV)
    yield Step(f"DELETE {ROOT}/calls/jobs/{{10}}", OTHER)
    yield from (Step(f"DELETE {ROOT}/calls/jobs/{{10}}", WRITER), _status("calls", 10))
    grant = b"grant_type=client_credentials"
    yield Step(f"GET {ROOT}/calls/jobs/{{6}}?access_token=mock-talkdesk-reader")
    for headers, data in ((BASIC, b""), (OTHER_SECRET, grant), (OTHER_SCHEME, grant)):
        yield Step("POST /oauth/token", headers | FORM, data=data)
    token = Step("POST /oauth/token", BASIC | FORM, data=b"grant_type=client_credentials")
    yield from (token, Step(f"GET {ROOT}/calls/jobs/{{6}}", ISSUED), _wait(601))
    yield Step(f"GET {ROOT}/calls/jobs/{{6}}", ISSUED)


def script() -> Iterator[Step]:
    """Yield the whole script."""
    for part in (_create, _live, _end, _ask_wrongly, _list_and_token, _create_unusually):
        yield from part()
