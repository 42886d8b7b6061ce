"""Warming up: load until an answer no longer gets cheaper, however busy the machine is."""

from collections.abc import Callable

from tests.benchmarks.load import Sample

MOST_SPELLS = 45
_WINDOW = 5
ENOUGH_ANSWERS = 100_000
_GAIN = 0.95


def warm_up(spell: Callable[[], Sample]) -> int:
    """Repeat `spell` until 100,000 answers have come and five spells gained under 5 %.

    A compiler at run time needs so many, and gains little by little: the best of five spells is
    compared with the best before them. Returns how many spells it took, 45 at most.
    """
    costs: list[float] = []
    answers = 0
    while len(costs) < MOST_SPELLS:
        sample = spell()
        answers += sample.answers
        costs.append(sample.cost)
        before, last = costs[:-_WINDOW], costs[-_WINDOW:]
        if answers >= ENOUGH_ANSWERS and before and min(last) > min(before) * _GAIN:
            break
    return len(costs)
