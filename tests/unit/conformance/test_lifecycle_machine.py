"""The random walk through lives: repeatable, never stopped by what a target answers."""

import pytest

from conformance.access.client import Client
from conformance.drivers.machine import Walk, walk_at_random
from conformance.failures import BudgetSpent
from conformance.jobs.askers import LIFECYCLE
from conformance.jobs.pilot import Pilot
from conformance.settings import Effort
from tests.unit.conformance._reference import reference_client


def walked(
    client: Client, seed: int, effort: Effort = Effort.QUICK
) -> list[tuple[str, str, bytes | None]]:
    walk_at_random(Walk(Pilot(client, LIFECYCLE)), seed, effort)
    return [(e.sent.method, e.sent.path, e.sent.body) for e in client.exchanges]


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
        walk_at_random(Walk(Pilot(client, LIFECYCLE)), 1, Effort.DEFAULT)
        assert sum(job.created_by_us for job in client.jobs) > 3


def test_walk_gives_way_when_the_requests_are_used_up() -> None:
    with reference_client("talkdesk") as client:
        walk = Walk(Pilot(client, LIFECYCLE))
        walk.spent = BudgetSpent("all gone")
        with pytest.raises(BudgetSpent, match="all gone"):
            walk_at_random(walk, 1, Effort.QUICK)
        assert list(client.exchanges) == []
