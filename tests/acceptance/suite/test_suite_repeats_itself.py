"""The same seed against the same target gives the same requests and the same verdicts."""

import functools
import re

import pytest

from conformance.evaluation import Result
from conformance.settings import Effort, Settings
from tests.acceptance.suite._runs import judge
from tests.acceptance.suite._spy import Spy, spying

_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}|[0-9]+")


def run(vendor: str, seed: int, effort: Effort) -> tuple[Spy, Result]:
    """Judge a fresh app, whose clock only the suite moves."""
    with spying() as spy:
        settings = Settings(seed=seed, effort=effort)
        return spy, judge(vendor, spy, settings=settings, in_process=True)


first_run = functools.cache(run)


def requests(spy: Spy) -> list[str]:
    """Return what was asked for, without ids and order.

    What is made side by side gets its ids in the order in which the requests happen to arrive.
    """
    return sorted(_ID.sub("ID", repr(seen.line)) for seen in spy.seen)


@pytest.mark.parametrize(
    ("vendor", "effort"),
    [("talkdesk", Effort.DEFAULT), ("clinicalone", Effort.QUICK), ("energycap", Effort.QUICK)],
)
def test_the_same_seed_gives_the_same_requests_and_verdicts(vendor: str, effort: Effort):
    spy, result = first_run(vendor, 11, effort)
    again, same = run(vendor, 11, effort)
    assert requests(again) == requests(spy)
    assert [(row.requirement.id, row.verdict, row.reason) for row in same.requirements] == [
        (row.requirement.id, row.verdict, row.reason) for row in result.requirements
    ]
    assert same.coverage == result.coverage


def test_another_seed_walks_another_way():
    spy, _ = first_run("clinicalone", 11, Effort.QUICK)
    other, _ = run("clinicalone", 12, Effort.QUICK)
    assert [seen.line for seen in other.seen] != [seen.line for seen in spy.seen]
