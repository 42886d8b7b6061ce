"""Every defect and variant of the reference app shows in a response, and only as it says."""

import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

from conformance.reference.app import create_app
from conformance.reference.concurrency import CROSSED, MERGED
from conformance.reference.defects import (
    DEFECTS,
    VARIANTS,
    Switches,
    UnknownSwitchError,
    clinicalone,
    energycap,
    talkdesk,
)
from conformance.reference.scripts import SCRIPTS, run_with_switches
from conformance.reference.scripts.script import Exchange, first_difference
from conformance.reference.serving import serve

TABLES = (talkdesk, clinicalone, energycap)
# What the end of a defect's id says: the app takes what it should refuse.
PERMISSIVE = re.compile(
    r"-(account-file|ok|ignored|unchecked|unneeded|taken|reads|prefix|capitals)$"
)


@pytest.fixture(scope="module")
def correct() -> dict[str, list[Exchange]]:
    return {vendor: list(run_with_switches(vendor)) for vendor in SCRIPTS}


@pytest.mark.parametrize("vendor", SCRIPTS)
def test_correct_app_is_repeatable(vendor: str, correct: dict[str, list[Exchange]]) -> None:
    assert first_difference(correct[vendor], run_with_switches(vendor)) is None


@pytest.mark.parametrize("vendor", SCRIPTS)
@pytest.mark.parametrize("profile", ["documented", "observed"])
def test_correct_app_meets_no_server_error(vendor: str, profile: str) -> None:
    assert [e.line for e in run_with_switches(vendor, profile=profile) if e.status >= 500] == []


CROSSINGS = {defect for defect, _ in (*CROSSED, *MERGED)}


@pytest.mark.parametrize("switch", sorted(DEFECTS.keys() - CROSSINGS))
def test_defect_shows(switch: str, correct: dict[str, list[Exchange]]) -> None:
    vendor = DEFECTS[switch].vendor
    pair = first_difference(correct[vendor], run_with_switches(vendor, switch))
    assert pair is not None
    right, wrong = pair
    assert (wrong.status == 500) == ("-crash-" in switch)
    if PERMISSIVE.search(switch):
        assert wrong.status < 400 <= right.status


SOCKET_ONLY = {name for name, variant in VARIANTS.items() if variant.needs_socket}


@pytest.mark.parametrize("switch", sorted(VARIANTS.keys() - SOCKET_ONLY))
def test_variant_shows_and_is_no_server_error(
    switch: str, correct: dict[str, list[Exchange]]
) -> None:
    vendor = VARIANTS[switch].vendor
    exchanges = list(run_with_switches(vendor, switch))
    assert first_difference(correct[vendor], exchanges) is not None
    assert {e.status for e in exchanges if e.status >= 500} <= {501, 503}


def test_ids_are_unique() -> None:
    rows = sum(len(table.DEFECTS) + len(table.VARIANTS) for table in TABLES)
    assert rows == len({*DEFECTS, *VARIANTS})


@pytest.mark.parametrize("vendor", SCRIPTS)
def test_vendor_has_enough_switches(vendor: str) -> None:
    defects = [defect for defect in DEFECTS.values() if defect.vendor == vendor]
    assert len([defect for defect in defects if defect.source == "documented"]) >= 30
    assert len([defect for defect in defects if defect.source != "documented"]) >= 3
    assert len([variant for variant in VARIANTS.values() if variant.vendor == vendor]) >= 14


def test_defects_have_a_known_source_and_level() -> None:
    assert {defect.source for defect in DEFECTS.values()} <= {"documented", "vendor", "observed"}
    assert {defect.level for defect in DEFECTS.values()} <= {"must", "should"}


FIRST_PATHS = {
    "talkdesk": "/data/reports/calls/jobs",
    "clinicalone": "/ec-reporting-svc/rest/v1.0/reportmetadata",
    "energycap": "/api/v3/report/reportgroup",
}


@pytest.mark.parametrize("switch", sorted(SOCKET_ONLY))
def test_socket_variant_shows(switch: str) -> None:
    path = FIRST_PATHS[VARIANTS[switch].vendor]
    with serve(create_app(defects=[switch])) as base:
        host, _, port = base.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            start = connection.recv(12)
    expected = b"HTTP/1.0 401" if switch.endswith("-http10") else b"HTTP/1.1 103"
    assert start == expected


def _jobs(client: FlaskClient) -> list[str]:
    jobs = client.get("/_mock/jobs").get_json()["jobs"]
    return [job["id"] for job in jobs if job["vendor"] == "talkdesk"]


def test_two_requests_at_once_get_each_others_job() -> None:
    app = create_app(defects=["td-crossed-jobs"])
    ids = _jobs(app.test_client())[:2]
    barrier = threading.Barrier(2)

    def read(job: str) -> str:
        barrier.wait(10)
        path = f"/data/reports/calls/jobs/{job}"
        token = {"Authorization": "Bearer mock-talkdesk-reader"}
        return str(app.test_client().get(path, headers=token).get_json()["job"]["id"])

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(read, ids)) == ids[::-1]


def test_unknown_switch_is_refused() -> None:
    with pytest.raises(UnknownSwitchError, match="td-nonsense"):
        Switches(["td-nonsense"])


def test_a_defect_is_no_variant() -> None:
    with pytest.raises(UnknownSwitchError, match="td-free-busy"):
        Switches().has_defect("td-free-busy")
    with pytest.raises(UnknownSwitchError, match="td-job-list"):
        Switches().has_variant("td-job-list")
