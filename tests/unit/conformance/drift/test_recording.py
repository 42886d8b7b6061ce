"""Recorded traffic becomes a scenario that the mock plays, and nobody is in it."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from conformance import cli
from conformance.drift.recording import Anonymizer
from mockserver.testing.server import MockServer
from tests.unit.conformance._cases import contract

BEGAN = datetime(2027, 5, 4, 3, 2, 1, tzinfo=UTC)
ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
JOBS = "/data/reports/calls/jobs"
JOB, FILE = f"{JOBS}/{ID}", f"/data/reports/calls/files/{ID}"
NAME, MAIL, TOKEN = "Planted Person", "planted.person@corp.example", "planted-token-1234567890"
SPAN = {"from": "2027-04-01T00:00:00Z", "to": "2027-04-02T00:00:00Z"}


def job(state: str) -> dict[str, Any]:
    return {
        "job": {
            "id": ID, "name": NAME, "timezone": "Europe/Lisbon", "status": state, "format": "csv",
            "timespan": SPAN, "owner": {MAIL: {"mail": MAIL, "phone": 4915112345678}},
        }
    }  # fmt: skip


def entry(
    seconds: float, method: str, path: str, status: int, body: Any = None, **more: Any
) -> dict[str, Any]:
    """One entry of an HTTP archive, with planted personal data in every place."""
    text = body if isinstance(body, str) else json.dumps(body)
    media = more.get("media", "application/json")
    sent = {"format": "csv", "name": NAME, "timespan": SPAN}
    return {
        "startedDateTime": (BEGAN + timedelta(seconds=seconds)).isoformat(),
        "time": 10,
        "request": {
            "method": method,
            "url": f"https://api.corp.example{path}",
            "headers": [
                {"name": "Authorization", "value": f"Bearer {TOKEN}"},
                {"name": "X-User", "value": MAIL},
                {"name": "Content-Type", "value": "application/json"},
            ],
            **({"postData": {"text": json.dumps(sent)}} if method == "POST" else {}),
        },
        "response": {
            "status": status,
            "headers": [
                {"name": "Content-Type", "value": media},
                {"name": "Set-Cookie", "value": f"user={MAIL}"},
                *({"name": n, "value": v} for n, v in more.get("headers", {}).items()),
            ],
            "content": {"text": text},
        },
    }


ENTRIES = [
    entry(0, "POST", JOBS, 202, job("CREATED")),
    entry(4, "GET", f"{JOBS}/{ID}?user={MAIL}", 200, job("CREATED")),
    entry(6, "GET", JOB, 503, {"code": "x", "message": MAIL}, headers={"Retry-After": "2"}),
    entry(8, "GET", JOB, 200, job("PROCESSING")),
    entry(24, "GET", JOB, 200, job("PROCESSING")),
    entry(28, "GET", JOB, 300, job("DONE"), headers={"Location": FILE}),
    entry(29, "GET", FILE, 200, f'a,b\n"{NAME}\n",1\n{MAIL},2\n', media="text/csv"),
    entry(30, "GET", "/somewhere/else", 200, {"name": NAME}),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    har = tmp_path / "session.har"
    har.write_text(json.dumps({"log": {"version": "1.2", "entries": ENTRIES}}))
    folder = tmp_path / "scenarios"
    done = record(har, folder)
    assert done.exit_code == 0, done.output
    return folder


def record(har: Path, folder: Path) -> Any:
    arguments = ["record", "talkdesk", "--har", str(har), "--output", str(folder)]
    return CliRunner().invoke(cli.main, arguments)


def scenario(folder: Path) -> Mapping[str, Any]:
    return yaml.safe_load((folder / "talkdesk" / "recorded.yaml").read_text())


def test_timings_of_states_are_the_plan(folder: Path) -> None:
    future, usual = scenario(folder)["jobs"]
    assert (
        future["plan"]
        == usual["plan"]
        == [
            {"state": "CREATED", "lasts": "PT6S"},
            {"state": "PROCESSING", "lasts": "PT20S"},
            {"state": "DONE"},
        ]
    )
    assert (future["nth"], future["rows"]) == (1, 2)
    assert usual.keys() == {"plan"}


def plans(tmp_path: Path, *entries: Any) -> list[Any]:
    har = tmp_path / "other.har"
    har.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    assert record(har, tmp_path / "other").exit_code == 0
    return [row["plan"] for row in scenario(tmp_path / "other").get("jobs", ())]


def test_what_the_client_did_is_no_plan(tmp_path: Path) -> None:
    cancelled = [entry(5, "DELETE", JOB, 204, ""), entry(6, "GET", JOB, 200, job("DELETED"))]
    assert plans(tmp_path, ENTRIES[0], ENTRIES[1], *cancelled) == []


def test_refusal_under_load_is_a_fault(folder: Path) -> None:
    assert scenario(folder)["faults"] == [
        {
            "match": {"operation": "getReportJob", "nth": 2},
            "fault": {"kind": "server-error", "status": 503, "retry_after": 2},
        }
    ]


def test_mock_plays_what_was_recorded(folder: Path) -> None:
    with MockServer(scenarios=folder, scenario="recorded", clock="manual") as mock:
        headers = {"Authorization": "Bearer mock-talkdesk-writer"}
        body = {"format": "csv", "timespan": SPAN}
        made = requests.post(mock.base_url + JOBS, json=body, headers=headers, timeout=20).json()
        path = f"{mock.base_url}{JOBS}/{made['job']['id']}"
        seen = []
        for advance in (0, 5, 2, 18, 2):
            requests.post(
                f"{mock.control_url}/clock", json={"advance": f"PT{advance}S"}, timeout=20
            )
            reply = requests.get(path, headers=headers, allow_redirects=False, timeout=20)
            seen.append(reply.json()["job"]["status"] if reply.status_code < 400 else 503)
        file = requests.get(path.replace("jobs", "files"), headers=headers, timeout=20).text
    assert seen == ["CREATED", 503, "PROCESSING", "PROCESSING", "DONE"]
    assert len(list(csv.reader(io.StringIO(file, newline="")))) == 3


def test_nothing_that_was_planted_is_left(folder: Path) -> None:
    written = "".join(path.read_text() for path in folder.rglob("*.*") if path.is_file())
    for planted in (NAME, MAIL, TOKEN, ID, "Planted", "corp.example", "4915112345678", "Lisbon"):
        assert planted not in written
    assert "2027-04" not in written


def test_the_same_thing_is_replaced_by_the_same(folder: Path) -> None:
    lines = (folder / "talkdesk-recorded.jsonl").read_text().splitlines()
    session = [json.loads(line) for line in lines]
    ids = {row["received"]["job"]["id"] for row in session if "job" in (row["received"] or {})}
    assert len(ids) == 1
    assert {row["target"].rpartition("/")[2].partition("?")[0] for row in session[1:]} == ids
    assert session[0]["received"]["job"]["timespan"]["from"].startswith("2026-02")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", "is not an HTTP archive"),
        ('{"log": {"entries": [{}]}}', "is not an HTTP archive"),
        ('{"log": {"entries": []}}', "no request of an operation"),
        ("[" * 100_000, "is not an HTTP archive"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: str, message: str) -> None:
    har = tmp_path / "x.har"
    har.write_text(content)
    refused = record(har, tmp_path / "out")
    assert refused.exit_code == 2, refused.output
    assert message in refused.output
    assert not (tmp_path / "out").exists()


def changed(part: str, **members: Any) -> dict[str, Any]:
    row = entry(1, "POST", JOBS, 202, job("CREATED"))
    return {**row, part: {**row[part], **members}}


@pytest.mark.parametrize(
    "other",
    [
        changed("response", content={"text": None}),
        changed("response", content={"encoding": "base64", "text": "eyJqb2IiOnt9\nfQ"}),
        changed("response", headers=None),
        changed("response", status="202"),
        changed("request", headers=[{"name": "X", "value": None}]),
        changed("request", method="post"),
        changed("request", postData={"params": [{"name": "name", "value": NAME}]}),
        {**ENTRIES[0], "startedDateTime": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_archive_of_any_browser_is_read(tmp_path: Path, other: Any) -> None:
    har = tmp_path / "x.har"
    har.write_text(json.dumps({"log": {"entries": [other]}}))
    done = record(har, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "HAR 1.2" not in done.output
    session = (tmp_path / "out" / "talkdesk-recorded.jsonl").read_text()
    assert '"operation":"createReportJob"' in session
    assert NAME not in session


@pytest.mark.parametrize(
    "broken",
    [{}, None, {**ENTRIES[0], "response": None}, {**ENTRIES[0], "request": {"url": "http://[x"}}],
)
def test_entry_that_is_none_costs_no_other(tmp_path: Path, broken: Any) -> None:
    har = tmp_path / "x.har"
    har.write_text(json.dumps({"log": {"entries": [broken, *ENTRIES]}}))
    done = record(har, tmp_path / "out")
    assert done.exit_code == 0
    assert "1 entries are not as HAR 1.2 has them" in done.output


LEAVES: st.SearchStrategy[Any] = (
    st.text(min_size=6, max_size=30) | st.emails() | st.uuids().map(str)
)
LEAVES |= (
    st.floats(0.123456, 9.87654)
    | st.integers(100_000, 10**15)
    | st.dates(max_value=date(2026, 1, 1)).map(str)
)
BODIES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=6), inner)
)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*map(str, value), *(leaf for v in value.values() for leaf in leaves(v))]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [str(value)]


@cache
def words_of_talkdesk() -> set[str]:
    """Return what its contract says: it stays, and Hypothesis tries some of it."""
    read = contract("talkdesk")
    paths = {part for path in read.openapi["paths"] for part in path.split("/")}
    return {*leaves(read.openapi), *paths, *(it.wire for it in read.lifecycle.states.values())}


def test_date_far_from_the_session_is_replaced_and_one_of_it_is_moved() -> None:
    anonymizer = Anonymizer(contract("talkdesk"), datetime(2026, 3, 30, 9, tzinfo=UTC))
    born = [anonymizer.text(text) for text in ("1974-02-11", "1974-02-11T10:00:00Z", "1980-01-01")]
    assert born[0] == born[1][:10] != born[2]
    assert not {text[:4] for text in born} & {"1974", "1980"}
    assert anonymizer.text("2026-03-29T09:00:00Z") == "2026-03-29T09:00:00Z"


@given(BODIES)
@example(["FAILED", "application/json"])
def test_no_value_of_any_body_is_left(body: Any) -> None:
    planted = [leaf for leaf in leaves(body) if len(leaf.strip()) > 5]
    written = leaves(Anonymizer(contract("talkdesk"), BEGAN).json(body))
    assert not {leaf for leaf in planted if leaf in written} - words_of_talkdesk()


@given(st.text(st.characters(codec="ascii", exclude_characters="/?#%"), min_size=6), LEAVES)
def test_no_value_of_any_target_is_left(segment: str, value: Any) -> None:
    anonymizer = Anonymizer(contract("talkdesk"), BEGAN)
    target = anonymizer.target(f"/data/reports/{segment}?name={value}")
    assert target.startswith("/data/reports/")
    assert segment not in target.split("/")
    assert len(str(value)) < 6 or f"={value}" not in target
