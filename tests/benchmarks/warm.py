"""Warming up: load until an answer no longer gets cheaper, however busy the machine is."""

from collections.abc import Callable

from tests.benchmarks.load import Sample

_SPELLS = 15
_ANSWERS = 100_000
_GAIN = 0.95


def warm_up(spell: Callable[[], Sample]) -> int:
    """Repeat `spell` until 100,000 answers have come and two spells in a row gain under 5 %.

    A compiler at run time needs so many. Returns how many spells it took, 15 at most.
    """
    best, idle, answers = float("inf"), 0, 0
    for number in range(1, _SPELLS + 1):
        sample = spell()
        answers += sample.answers
        idle = 0 if sample.cost < best * _GAIN else idle + 1
        best = min(best, sample.cost)
        if idle >= 2 and answers >= _ANSWERS:
            return number
    return _SPELLS
