"""The random walk through lives: repeatable, never stopped by what a target answers."""

import pytest

from conformance.drivers.state_machine import run_state_machine
from conformance.errors import BudgetExceeded
from conformance.job_client import LIFECYCLE, JobClient
from conformance.settings import Effort
from conformance.target.client import Client
from tests.unit.conformance._reference import reference_client


def walked(
    client: Client, seed: int, effort: Effort = Effort.QUICK
) -> list[tuple[str, str, bytes | None]]:
    run_state_machine(JobClient(client, LIFECYCLE), seed, effort)
    return [(e.request.method, e.request.path, e.request.body) for e in client.exchanges]


@pytest.mark.parametrize("vendor", ["talkdesk", "clinicalone", "energycap"])
def test_walk_is_the_same_for_the_same_seed(vendor: str) -> None:
    with reference_client(vendor) as one, reference_client(vendor) as other:
        assert walked(one, 3) == walked(other, 3)


def test_walk_differs_by_seed() -> None:
    with reference_client("talkdesk") as one, reference_client("talkdesk") as other:
        assert walked(one, 3) != walked(other, 4)


@pytest.mark.parametrize("defect", ["td-processing-goes-back", "td-crash-bulk", "td-job-list"])
def test_walk_is_not_stopped_by_a_broken_target(defect: str) -> None:
    with reference_client("talkdesk", [defect]) as client:
        assert len(walked(client, 1, Effort.DEFAULT)) > 20


def test_walk_interleaves_several_jobs() -> None:
    with reference_client("talkdesk") as client:
        run_state_machine(JobClient(client, LIFECYCLE), 1, Effort.DEFAULT)
        assert sum(job.created_by_us for job in client.jobs) > 3


def test_walk_gives_way_when_the_requests_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with reference_client("talkdesk") as client:
        jobs = JobClient(client, LIFECYCLE)

        def used_up(*_: object) -> None:
            raise BudgetExceeded("all gone")

        monkeypatch.setattr(jobs, "create", used_up)
        with pytest.raises(BudgetExceeded, match="all gone"):
            run_state_machine(jobs, 1, Effort.QUICK)
        assert list(client.exchanges) == []
