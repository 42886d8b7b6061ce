"""The directed tour: each state that can be reached is, and only our own things are touched."""

import pytest

from conformance.drivers.lifecycle import LifecycleScript
from conformance.job_client import LIFECYCLE, JobClient
from conformance.settings import Effort
from conformance.target.client import Client
from tests.unit.conformance._reference import reference_client


def toured(client: Client) -> set[str]:
    """The states seen on jobs that the tour made itself."""
    LifecycleScript(JobClient(client, LIFECYCLE), Effort.DEFAULT).run()
    own = [job for job in client.jobs if job.created_by_us]
    return {sighting.state for job in own for sighting in job.observations}


@pytest.mark.parametrize(
    ("vendor", "states"),
    [
        ("talkdesk", {"CREATED", "PROCESSING", "DONE", "FAILED", "DELETED"}),
        ("clinicalone", {"WAITING", "RUNNING", "SUCCEEDED", "FAILED"}),
        ("energycap", {"In Progress", "Complete", "Not sent", "Some reports not sent"}),
    ],
)
def test_tour_reaches_every_state(vendor: str, states: set[str]) -> None:
    with reference_client(vendor) as client:
        assert toured(client) == states


def test_tour_asks_for_each_format() -> None:
    with reference_client("talkdesk") as client:
        toured(client)
        bodies = [
            e.request.body or b"" for e in client.exchanges if e.operation == "createReportJob"
        ]
    for form in (b'"csv"', b'"json"', b'"json_bulk"'):
        assert any(form in body for body in bodies)


def test_tour_asks_for_files_before_and_after_the_job_is_done() -> None:
    with reference_client("talkdesk") as client:
        toured(client)
        found = {e.status for e in client.exchanges if e.operation == "getReportFile"}
    assert found == {200, 404}


@pytest.mark.parametrize("vendor", ["talkdesk", "clinicalone", "energycap"])
def test_tour_writes_nothing_where_it_may_only_read(vendor: str) -> None:
    with reference_client(vendor, writes=False) as client:
        assert toured(client) == set()
        assert {e.request.method for e in client.exchanges} <= {"GET"}
        assert len(client.exchanges) > 0


def test_tour_forces_only_what_could_come_by_itself() -> None:
    with reference_client("talkdesk", ["td-free-instant"]) as client:
        assert "FAILED" not in toured(client)


def test_tour_follows_a_file_to_its_storage_on_the_same_host() -> None:
    with reference_client("talkdesk", ["td-free-file-elsewhere"]) as client:
        toured(client)
        downloads = [e for e in client.exchanges if e.driver == "download"]
    assert downloads
    assert {e.status for e in downloads} == {200}
    assert {e.operation for e in downloads} == {None}
