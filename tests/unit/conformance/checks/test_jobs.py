"""The history checks of states, and of files that come and go with them."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.http import Exchange
from conformance.job_client import DOWNLOAD
from tests.unit.conformance._cases import BASE, exchange, history, job, numbered

PASSED, FAILED, SKIPPED = {True}, {False}, {None}


def looks(*states: str) -> tuple[Exchange, ...]:
    return numbered(*(job(state=state) for state in states))


@pytest.mark.parametrize(
    ("row", "states", "verdict"),
    [
        ("TD-LIFE-001", ("CREATED", "PROCESSING", "DONE"), PASSED),
        ("TD-LIFE-001", ("CREATED", "DONE"), PASSED),
        ("TD-LIFE-001", ("CREATED", "FAILED"), PASSED),
        ("TD-LIFE-001", ("CREATED", "DELETED"), PASSED),
        ("TD-LIFE-001", ("CREATED", "CREATED"), PASSED),
        ("TD-LIFE-001", ("CREATED",), SKIPPED),
        ("TD-LIFE-002", ("FAILED", "FAILED"), PASSED),
        ("TD-LIFE-002", ("FAILED", "DONE"), FAILED),
        ("TD-LIFE-002", ("FAILED", "DELETED"), FAILED),
        ("TD-LIFE-003", ("DONE", "DELETED"), PASSED),
        ("TD-LIFE-003", ("DONE", "PROCESSING"), FAILED),
        ("TD-LIFE-003", ("DONE", "FAILED"), FAILED),
        ("TD-LIFE-004", ("DELETED", "DELETED"), PASSED),
        ("TD-LIFE-004", ("DELETED", "DONE"), FAILED),
    ],
)
def test_never_back(row: str, states: tuple[str, ...], verdict: set[bool | None]) -> None:
    assert history(row, *looks(*states)) == verdict


def test_never_back_blames_one_row_alone() -> None:
    back = looks("CREATED", "PROCESSING", "CREATED")
    assert history("TD-LIFE-001", *back) == {True, False}
    for row in ("TD-LIFE-002", "TD-LIFE-003", "TD-LIFE-004"):
        assert history(row, *back) == SKIPPED


def test_never_back_passes_over_words_that_nobody_knows() -> None:
    assert history("TD-LIFE-003", *looks("DONE", "ARCHIVED", "DONE")) == PASSED


def test_never_back_keeps_jobs_apart() -> None:
    other = exchange("getReportJob", 200, {"job": {"status": "CREATED"}}, path={"id": "J2"})
    assert history("TD-LIFE-003", *numbered(job(state="DONE"), other, job(state="DONE"))) == PASSED


def fetch(status: int = 200, **more: object) -> Exchange:
    return exchange("getReportFile", status, b"a,b\r\n", **more)  # type: ignore[arg-type]


def test_file_in_a_state_that_has_one() -> None:
    seen = job(state="DONE")
    assert history("TD-FILE-001", *numbered(seen, fetch(200))) == PASSED
    assert history("TD-FILE-001", *numbered(seen, fetch(404))) == FAILED
    assert history("TD-FILE-001", *numbered(seen)) == SKIPPED


def moved(to: str) -> Exchange:
    return exchange("getReportFile", 303, headers={"Location": to})


def download(status: int, url: str, **headers: str) -> Exchange:
    own = exchange("getReportFile", status, b"a,b\r\n", headers=headers, driver=DOWNLOAD)
    return replace(own, operation=None, request=replace(own.request, url=url))


def test_file_is_what_its_redirects_lead_to() -> None:
    url = f"{BASE}/storage/1"
    seen, first = job(state="DONE"), moved("/storage/1")
    ok, refused = download(200, url), download(400, url)
    assert history("TD-FILE-001", *numbered(seen, first, ok)) == PASSED
    assert history("TD-FILE-001", *numbered(seen, first, refused, ok)) == PASSED  # unsigned
    assert history("TD-FILE-001", *numbered(seen, first, refused)) == FAILED
    assert history("TD-FILE-001", *numbered(seen, first)) == SKIPPED
    assert history("TD-FILE-001", *numbered(seen, fetch(303))) == FAILED  # without a Location


def test_file_that_redirects_to_itself_is_out_of_reach() -> None:
    url = exchange("getReportFile").request.url
    first, (second, third) = moved(url), (download(303, url, Location=url) for _ in range(2))
    assert history("TD-FILE-001", *numbered(job(state="DONE"), first, second, third)) == FAILED
    assert history("TD-FILE-001", *numbered(job(state="DONE"), first, second)) == SKIPPED
    assert history("TD-FILE-002", *numbered(job(), first, second, third, job())) == SKIPPED


@pytest.mark.parametrize(("status", "verdict"), [(200, FAILED), (202, SKIPPED), (404, PASSED)])
def test_file_before_its_time_is_one_that_is_given_out(
    status: int, verdict: set[bool | None]
) -> None:
    assert history("TD-FILE-002", *numbered(job(), fetch(status), job())) == verdict


def test_file_in_leaves_server_errors_and_odd_requests_to_others() -> None:
    seen = job(state="DONE")
    assert history("TD-FILE-001", *numbered(seen, fetch(500))) == SKIPPED
    assert history("TD-FILE-001", *numbered(seen, fetch(404, valid=None))) == SKIPPED
    assert history("TD-FILE-001", *numbered(seen, fetch(404, role="foreign"))) == SKIPPED
    assert history("TD-FILE-001", *numbered(seen, fetch(404, driver="fuzz"))) == SKIPPED


def test_file_in_knows_what_we_deleted_ourselves() -> None:
    deleted = exchange("deleteReportFile", 204, None)
    assert history("TD-FILE-001", *numbered(job(state="DONE"), deleted, fetch(404))) == SKIPPED


def test_no_file_in_a_passing_state_needs_a_look_before_and_after() -> None:
    early, late, done = job(state="CREATED"), job(state="PROCESSING"), job(300, "DONE")
    assert history("TD-FILE-002", *numbered(early, fetch(404), late)) == PASSED
    assert history("TD-FILE-002", *numbered(early, fetch(200), late)) == FAILED
    assert history("TD-FILE-002", *numbered(early, fetch(200), done)) == SKIPPED
    assert history("TD-FILE-002", *numbered(early, fetch(200))) == SKIPPED


@pytest.mark.parametrize(("row", "state"), [("TD-FILE-003", "FAILED"), ("TD-FILE-004", "DELETED")])
def test_no_file_in_a_final_state(row: str, state: str) -> None:
    assert history(row, *numbered(job(state=state), fetch(404))) == PASSED
    assert history(row, *numbered(job(state=state), fetch(200))) == FAILED


def test_a_file_that_breaks_off_was_given_out_all_the_same() -> None:
    cut = fetch(200, complete=False)
    assert history("TD-FILE-001", *numbered(job(state="DONE"), cut)) == PASSED
    assert history("TD-FILE-003", *numbered(job(state="FAILED"), cut)) == FAILED


def test_observed_states_are_matched_by_their_own_names() -> None:
    seen = looks("canceled", "done")
    assert history("TD-LIFE-004", *seen, profile="observed") == FAILED
    seen = looks("uploading", "done")
    assert history("TD-LIFE-001", *seen, profile="observed") == PASSED


def create(id_: str, **asked: object) -> Exchange:
    return exchange("createReportJob", 202, {"job": {"id": id_}}, sent=asked)


def test_unique_ids() -> None:
    assert history("TD-NEW-005", *numbered(create("J1"), create("J2"))) == PASSED
    assert history("TD-NEW-005", *numbered(create("J1"), create("J1"))) == FAILED
    assert history("TD-NEW-005", *numbered(create("J1"))) == SKIPPED


def test_unique_ids_over_all_that_create() -> None:
    def made(operation: str, status: int) -> Exchange:
        body = {"result": {"jobId": "A"}}
        return exchange(operation, status, body, vendor="clinicalone")

    pair = numbered(made("createReport", 200), made("createDirectReport", 202))
    assert history("C1-NEW-003", *pair) == FAILED


def test_created_is_readable() -> None:
    assert history("TD-NEW-006", *numbered(create("J1"), job())) == PASSED
    lost = exchange("getReportJob", 404, {})
    assert history("TD-NEW-006", *numbered(create("J1"), lost)) == FAILED
    assert history("TD-NEW-006", *numbered(create("J1"))) == SKIPPED


@pytest.mark.parametrize(
    ("asked", "shown", "verdict"),
    [
        ({}, "Europe/Lisbon", PASSED),
        ({}, "Europe/Atlantis", PASSED),
        ({}, "EST5EDT", PASSED),
        ({}, "PDT8", FAILED),
        ({}, "Mars/Phobos", FAILED),
        ({"timezone": "UTC"}, "GMT+3", FAILED),
        ({"timezone": "GMT+3"}, "GMT+3", SKIPPED),
        ({}, None, SKIPPED),
    ],
)
def test_zone_of_known_area(
    asked: dict[str, Any], shown: str | None, verdict: set[bool | None]
) -> None:
    creation = exchange("createReportJob", 202, {"job": {"id": "J1"}}, sent=asked)
    polled: dict[str, Any] = {} if shown is None else {"timezone": shown}
    assert history("TD-JOB-016", *numbered(creation, job(**polled))) == verdict


def test_stable() -> None:
    assert history("TD-JOB-013", *numbered(job(name="a"), job(300, "DONE", name="a"))) == PASSED
    assert history("TD-JOB-013", *numbered(job(name="a"), job(300, "DONE", name="b"))) == FAILED
    assert history("TD-JOB-013", *numbered(job(), job(name="a"))) == SKIPPED


@pytest.mark.parametrize(
    ("row", "asked", "shown", "verdict"),
    [
        ("TD-NEW-007", {"name": "a"}, {"name": "a"}, PASSED),
        ("TD-NEW-007", {"name": "a"}, {"name": "b"}, FAILED),
        ("TD-NEW-007", {}, {"name": "b"}, SKIPPED),
        ("TD-NEW-007", {"name": "a"}, {}, SKIPPED),
        ("TD-NEW-009", {"timespan": {"timezone": "UTC"}}, {"timezone": "UTC"}, PASSED),
        ("TD-NEW-009", {"timezone": "UTC"}, {"timezone": "Europe/Rome"}, FAILED),
        (
            "TD-NEW-010",
            {"timespan": {"from": "2026-03-01T00:00:00", "to": "2026-03-02T00:00:00Z"}},
            {"timespan": {"from": "2026-03-01T00:00:00.000Z", "to": "2026-03-02T01:00:00+01:00"}},
            PASSED,
        ),
        (
            "TD-NEW-010",
            {"timespan": {"from": "2026-03-01T00:00:00Z"}},
            {"timespan": {"from": "2026-03-01t00:00:00z"}},
            PASSED,
        ),
        (
            "TD-NEW-010",
            {"timespan": {"from": "2026-03-01T00:00:00Z"}},
            {"timespan": {"from": "2026-03-01T01:00:00Z"}},
            FAILED,
        ),
    ],
)
def test_echoed(
    row: str, asked: dict[str, Any], shown: dict[str, Any], verdict: set[bool | None]
) -> None:
    assert history(row, *numbered(create("J1", **asked), job(**shown))) == verdict


def test_a_deletion_without_a_response_may_have_been_made():
    deletion = exchange("deleteReportFile", path={"type": "calls", "id": "J1"})
    lost = replace(deletion, response=None, failure="the connection was closed")
    done, after = job(state="DONE"), job(state="FAILED")
    assert history("TD-LIFE-003", *numbered(done, after)) == FAILED
    assert history("TD-LIFE-003", *numbered(done, lost, after)) == SKIPPED
