"""Generated data alone, judged by the engine, finds planted defects of each vendor."""

import dataclasses
from collections.abc import Sequence

import pytest

import specs
from conformance import runner
from conformance.checks import Verdict
from conformance.evaluation import RequirementResult, Result
from conformance.plan import Plan, make_plan
from conformance.reference.defects import DEFECTS
from tests.defects._run import judge

# Defects that do not hide each other are planted together: a run takes seconds.
FOUND: dict[str, list[tuple[str, ...]]] = {
    "talkdesk": [("td-status-number", "td-links-string", "td-id-number", "td-timezone-offset")],
    "clinicalone": [("c1-kickoff-log-list", "c1-crash-large-sequence"), ("c1-kickoff-no-body",)],
    "energycap": [("ec-group-id-string", "ec-group-code-null"), ("ec-group-id-float",)],
}


@pytest.fixture(autouse=True)
def fuzz_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every step out of the plan but the driver of generated data."""

    def only_fuzz(*arguments: object) -> Plan:
        plan = make_plan(*arguments)  # type: ignore[arg-type]
        steps = tuple(step for step in plan.steps if step.name == "fuzz")
        return dataclasses.replace(plan, steps=steps)

    monkeypatch.setattr(runner, "make_plan", only_fuzz)


def failed(result: Result) -> Sequence[RequirementResult]:
    return [row for row in result.requirements if row.verdict is Verdict.FAIL]


@pytest.mark.parametrize(
    ("vendor", "planted"),
    [(vendor, planted) for vendor, rows in FOUND.items() for planted in rows],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_generated_data_alone_finds_the_defects(vendor: str, planted: tuple[str, ...]) -> None:
    result = judge(vendor, planted)
    found = {row.requirement.id for row in failed(result)}
    assert [name for name in planted if not found & set(DEFECTS[name].requirements)] == []
    assert not result.crashed
    assert all(e.driver == "fuzz" for row in failed(result) for e in row.exchanges[:1])


@pytest.mark.parametrize("vendor", specs.vendors())
def test_generated_data_accuses_no_healthy_app(vendor: str) -> None:
    result = judge(vendor)
    assert len([name for planted in FOUND[vendor] for name in planted]) >= 3
    assert failed(result) == []
    assert not result.crashed
    assert result.requests > 100


def test_same_seed_finds_and_shrinks_in_the_same_way() -> None:
    one, other = (judge("talkdesk", ["td-status-number"]) for _ in range(2))
    assert [(r.requirement.id, r.reason) for r in failed(one)] == [
        (r.requirement.id, r.reason) for r in failed(other)
    ]
    sent = [
        [
            (e.request.method, e.request.url, e.request.body)
            for r in failed(run)
            for e in r.exchanges
        ]
        for run in (one, other)
    ]
    assert sent[0] == sent[1]
