"""Tests of verdicts."""

import pytest

from conformance.checks import WORST_FIRST, Verdict, failed, load_checks, passed, skipped
from conformance.evaluation.evaluator import Evaluator
from conformance.settings import Settings
from tests.unit.conformance._cases import contract, exchange, numbered, requirement


def test_verdicts_are_ordered_from_best_to_worst():
    ordered = [Verdict.PASS, Verdict.SKIP, Verdict.WARN, Verdict.ERROR, Verdict.FAIL]
    assert sorted(set(ordered), key=lambda verdict: verdict.rank) == ordered
    assert list(WORST_FIRST) == ordered[::-1]
    assert [verdict for verdict in ordered if verdict.is_problem] == ordered[2:]


def test_judgements_say_whether_the_rule_was_kept():
    assert passed().passed is True
    assert failed("no id").passed is False
    assert (skipped("no job").passed, skipped("no job").reason) == (None, "no job")


@pytest.mark.parametrize(
    ("status", "verdict"), [(400, Verdict.SKIP), (204, Verdict.WARN), (409, Verdict.WARN)]
)
def test_refused_values_are_no_sign_that_an_operation_is_offered(
    status: int, verdict: Verdict
) -> None:
    row = requirement("TD-CAN-002")
    evaluator = Evaluator(contract("talkdesk"), load_checks(), [row], Settings())
    tried = [exchange("cancelReportJob", answer) for answer in (405, status, 405)]
    evaluator.evaluate(numbered(*tried))
    evaluator.record(row, failed("was rejected with 405, not 403", tried[-1]))
    (result,) = evaluator.results(tried, [])
    assert result.verdict is verdict
