"""Journal entries for tests, each with only what matters to it."""

from typing import Any

from msgspec.structs import replace

from mockserver.journal.base import Entry, Outcome

_PLAIN = Entry(
    number=1,
    at=0,
    took=0,
    method="GET",
    path="/data/reports/calls/jobs/1",
    query="",
    vendor="talkdesk",
    operation="getReportJob",
    caller="writer",
    status=200,
    verdict=Outcome.OK,
    reason="",
    faults=(),
    touched=(),
    request_headers={},
    request_body=b"",
    request_length=0,
    response_headers={},
    response_body=b"",
    response_length=0,
    file=None,
    size=100,
)


def entry(**changes: Any) -> Entry:
    """Return an entry that differs from a plain poll by `changes`."""
    return replace(_PLAIN, **changes)
