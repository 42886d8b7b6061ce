"""Tests of verdicts."""

from conformance.checks import WORST_FIRST, Verdict, failed, passed, skipped


def test_verdicts_are_ordered_from_best_to_worst():
    ordered = [Verdict.PASS, Verdict.SKIP, Verdict.WARN, Verdict.ERROR, Verdict.FAIL]
    assert sorted(set(ordered), key=lambda verdict: verdict.rank) == ordered
    assert list(WORST_FIRST) == ordered[::-1]
    assert [verdict for verdict in ordered if verdict.is_problem] == ordered[2:]


def test_judgements_say_whether_the_rule_was_kept():
    assert passed().passed is True
    assert failed("no id").passed is False
    assert (skipped("no job").passed, skipped("no job").reason) == (None, "no job")
