"""Tests of verdicts."""

import pytest

from conformance.outcome import Verdict, broken, kept, skipped


def test_verdicts_are_ordered_from_best_to_worst():
    ordered = [Verdict.PASS, Verdict.SKIP, Verdict.WARN, Verdict.ERROR, Verdict.FAIL]
    assert sorted(set(ordered)) == ordered
    assert max(Verdict.WARN, Verdict.ERROR) is Verdict.ERROR


@pytest.mark.parametrize("first", Verdict)
@pytest.mark.parametrize("second", Verdict)
def test_verdict_only_worsens(first: Verdict, second: Verdict):
    assert first.worsened(second) >= first
    assert first.worsened(second) in {first, second}


def test_judgements_say_whether_the_rule_was_kept():
    assert kept().kept is True
    assert broken("no id").kept is False
    assert (skipped("no job").kept, skipped("no job").reason) == (None, "no job")
