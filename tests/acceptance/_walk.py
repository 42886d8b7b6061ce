"""One long walk through the surface of the mock, written down byte for byte."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import requests

_TIMESPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
WRITER = {"Authorization": "Bearer mock-talkdesk-writer"}
MANAGER = {"Authorization": "Bearer mock-clinicalone-manager"}
KEY = {"ECI-ApiKey": "mock-energycap-manager"}


_OWN = {"date", "content-length"}


class Written(NamedTuple):
    """An answer as it came, but for the date; the length is that of the body."""

    asked: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(slots=True)
class Walker:
    """Sends requests, each on a connection of its own, and writes down the answers.

    Of several servers each gets a request in turn.
    """

    base_urls: tuple[str, ...]
    written: list[Written] = field(default_factory=list)

    def ask(self, method: str, path: str, headers: Any = None, json: Any = None) -> Any:
        """Return the JSON of the answer, if it is any."""
        sent = {"Connection": "close", **(headers or {})}
        base_url = self.base_urls[len(self.written) % len(self.base_urls)]
        reply = requests.request(
            method, f"{base_url}{path}", headers=sent, json=json, timeout=60,
            allow_redirects=False,
        )  # fmt: skip
        kept = sorted((k.lower(), v) for k, v in reply.headers.items() if k.lower() not in _OWN)
        # What a journal knows is the one thing that a server tells about its own build.
        body = reply.content.replace(b'"scope":"store"', b'"scope":"process"')
        row = Written(f"{method} {path}", reply.status_code, tuple(kept), body)
        self.written.append(row)
        assert reply.status_code < 500, row
        is_json = reply.headers.get("content-type") == "application/json"
        return reply.json() if is_json else None

    def pass_time(self, **move: Any) -> None:
        self.ask("POST", "/_mock/clock", json=move)


def walk(*base_urls: str) -> list[Written]:
    """Walk where time stands still, and return what was answered."""
    walker = Walker(base_urls)
    talkdesk(walker, WRITER)
    clinicalone(walker)
    energycap(walker)
    control(walker)
    walker.ask("POST", "/_mock/reset")
    talkdesk(walker, WRITER)
    return walker.written


def talkdesk(walker: Walker, caller: dict[str, str]) -> None:
    """Create jobs, let them end, fetch and delete a file."""
    jobs = "/data/reports/calls/jobs"
    made = [
        walker.ask("POST", jobs, caller, {"format": kind, "timespan": _TIMESPAN, "name": kind})
        for kind in ("csv", "json", "json_bulk")
    ]
    ids = [row["job"]["id"] for row in made]
    for seconds in (0, 6, 30):
        walker.pass_time(advance=f"PT{seconds}S")
        for name in ids:
            walker.ask("GET", f"{jobs}/{name}", caller)
    for name in ids:
        walker.ask("GET", f"/data/reports/calls/files/{name}", caller)
    walker.ask("DELETE", f"/data/reports/calls/files/{ids[0]}", caller)
    walker.ask("DELETE", f"/data/reports/calls/files/{ids[0]}", caller)
    walker.ask("DELETE", f"{jobs}/{ids[1]}", caller)
    walker.ask("GET", f"{jobs}?per_page=4", caller)
    walker.ask("GET", f"{jobs}?per_page=4&page=2", caller)
    walker.ask("POST", jobs, caller, {"format": "xml"})


def clinicalone(walker: Walker) -> None:
    """Create a report's job, kick it off, wait, list and download."""
    service = "/ec-reporting-svc/rest"
    study = "mode=test&studyId=CFD8129A430A473C8A02F4BA5DAAD865"
    listing = f"{service}/v2.0/reportmetadata/downloadList?limit=10&offset=0&mode=test"
    reports = walker.ask("GET", f"{service}/v1.0/reportmetadata?{study.split('&')[1]}", MANAGER)
    report = reports["result"][0]["reportId"]
    asked = f"{service}/v1.0/reports?reportid={report}&format=csv&{study}"
    made = walker.ask("POST", asked, MANAGER, {})
    job = made["result"]["jobId"]
    walker.ask("POST", f"{service}/v1.0/report/job/{job}?{study}", MANAGER, {})
    walker.ask("GET", listing, MANAGER)
    walker.pass_time(advance="PT2M")
    walker.ask("GET", listing, MANAGER)
    walker.ask("GET", f"{service}/v2.0/reports/download?id={job}&{study}", MANAGER)


def energycap(walker: Walker) -> None:
    """Make a group, change and remove it; run a distribution to its end."""
    groups = "/api/v3/report/reportgroup"
    made = walker.ask("POST", groups, KEY, {"reportGroupCode": "walk", "reportGroupInfo": "Walk"})
    walker.ask("POST", groups, KEY, {"reportGroupCode": "walk", "reportGroupInfo": "Again"})
    walker.ask("GET", groups, KEY)
    if made and "reportGroupId" in made:
        walker.ask("DELETE", f"{groups}/{made['reportGroupId']}", KEY)
    walker.ask("POST", "/api/v202106/reportdistribution/1/exec", KEY)
    walker.pass_time(advance="PT11S")
    walker.ask("GET", "/api/v202106/reportdistribution/log?includeInProgress=true", KEY)


def control(walker: Walker) -> None:
    """Force outcomes, plan faults, and play in a sandbox of one's own."""
    walker.ask("GET", "/_mock/jobs?vendor=talkdesk")
    asked = {"seed": 7, "clock": {"mode": "manual"}}
    other = walker.ask("POST", "/_mock/sandboxes", json=asked)
    mine = {"Authorization": f"Bearer {other['credentials']['talkdesk']['writer']}"}
    here = {"X-Mock-Sandbox": other["id"]}
    rule = {"match": {"operation": "getReportJob", "nth": 2}, "fault": {"kind": "rate-limit"}}
    walker.ask("POST", "/_mock/faults", here, [rule])
    jobs = "/data/reports/contacts/jobs"
    made = walker.ask("POST", jobs, mine, {"format": "csv", "timespan": _TIMESPAN})
    job = f"{jobs}/{made['job']['id']}"
    for _ in range(3):
        walker.ask("GET", job, mine)
    outcome = f"/_mock/jobs/talkdesk/{made['job']['id']}/outcome"
    walker.ask("POST", outcome, here, {"outcome": "FAILED"})
    walker.ask("POST", "/_mock/clock", here, {"advance": "PT1H", "mode": "manual"})
    walker.ask("GET", job, mine)
    walker.ask("GET", "/_mock/faults", here)
    walker.ask("POST", "/_mock/reset", here)
    walker.ask("GET", job, mine)
    walker.ask("GET", "/_mock/clock", here)
    walker.ask("GET", "/_mock/sandboxes")
    calls = [{"operation": "getReportJob", "count": {"min": 2}}, {"method": "DELETE"}]
    for headers in ({}, here):
        walker.ask("POST", "/_mock/verify", headers, {"calls": calls, "order": True})
    walker.ask("DELETE", f"/_mock/sandboxes/{other['id']}")
    walker.ask("GET", job, mine)
