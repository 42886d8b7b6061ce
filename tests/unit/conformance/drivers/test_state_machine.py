"""The random walk through lives: repeatable, never stopped by what a target answers."""

from typing import Any

import pytest

from conformance.checks import Verdict, load_checks
from conformance.drivers import deterministic_hypothesis
from conformance.drivers.state_machine import MAX_REQUESTS, run_state_machine, shrink_histories
from conformance.errors import BudgetExceeded
from conformance.evaluation.evaluator import Evaluator
from conformance.job_client import LIFECYCLE, JobClient
from conformance.settings import Effort, Settings
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


def evaluator_of(client: Client, requirement: str) -> Evaluator:
    rows = [row for row in client.contract.requirements if row.id == requirement]
    return Evaluator(client.contract, load_checks(), rows, Settings())


def test_broken_history_is_shrunk_to_one_job_the_same_for_the_same_seed() -> None:
    found = []
    for _ in range(2):
        switches = ["td-done-goes-back"]
        with deterministic_hypothesis(), reference_client("talkdesk", switches) as client:
            evaluator, jobs = evaluator_of(client, "TD-LIFE-003"), JobClient(client, LIFECYCLE)
            run_state_machine(jobs, 1, Effort.DEFAULT)
            before = len(client.exchanges)
            shrink_histories(jobs, 1, Effort.DEFAULT, evaluator)
            assert before < len(client.exchanges) <= before + MAX_REQUESTS + 5
            (row,) = evaluator.results(client.exchanges, client.jobs)
        found.append([(e.number, e.request.method, e.request.path) for e in row.exchanges])
    assert found[0] == found[1]
    assert row.verdict is Verdict.FAIL
    created, *rest = row.exchanges
    assert (created.request.method, created.operation) == ("POST", "createReportJob")
    assert len(rest) <= 5
    assert {e.path_parameters["id"] for e in rest} == {created.json["job"]["id"]}
    assert all(exchange.number > before for exchange in row.exchanges)


@pytest.mark.parametrize(
    ("defects", "more"), [([], {}), (["td-done-goes-back"], {"max_created": 50})]
)
def test_nothing_is_shrunk_where_nothing_broke_or_jobs_are_counted(
    defects: list[str], more: dict[str, Any]
) -> None:
    with reference_client("talkdesk", defects, **more) as client:
        jobs = JobClient(client, LIFECYCLE)
        run_state_machine(jobs, 1, Effort.DEFAULT)
        before = len(client.exchanges)
        shrink_histories(jobs, 1, Effort.DEFAULT, evaluator_of(client, "TD-LIFE-003"))
        assert len(client.exchanges) == before
