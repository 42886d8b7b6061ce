"""The journal: numbered, and never over its bounds of number and of bytes."""

from hypothesis import given
from hypothesis import strategies as st

from mockserver.journal.base import Bounds
from mockserver.journal.memory import MemoryBudget, MemoryJournal
from tests.unit.mockserver.journal_entries import entry

ADDS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400)), max_size=200)


def test_journal_keeps_the_last_and_counts_on() -> None:
    journal = MemoryJournal(Bounds(entries=3), MemoryBudget())
    for _ in range(10):
        journal.add(entry(number=journal.next_number()))
    assert [row.number for row in journal.entries()] == [8, 9, 10]
    assert journal.forgotten == 7
    journal.clear()
    assert journal.entries() == ()
    assert journal.forgotten == 0
    assert journal.next_number() == 11


def test_journal_drops_an_entry_that_is_too_large_for_it() -> None:
    budget = MemoryBudget()
    journal = MemoryJournal(Bounds(bytes=100), budget)
    journal.add(entry(size=101))
    assert len(journal.entries()) == journal.bytes == budget.used == 0


def test_budget_is_paid_by_the_journal_that_is_idle_longest() -> None:
    budget = MemoryBudget(300)
    idle, busy = MemoryJournal(Bounds(), budget), MemoryJournal(Bounds(), budget)
    idle.add(entry(size=100))
    for number in range(1, 6):
        busy.add(entry(number=number, size=100))
    assert len(idle.entries()) == 0
    assert [row.number for row in busy.entries()] == [3, 4, 5]


@given(ADDS, st.integers(1, 20), st.integers(1, 2000), st.integers(1, 3000))
def test_journals_never_exceed_their_bounds(
    adds: list[tuple[int, int]], entries: int, size: int, total: int
) -> None:
    budget = MemoryBudget(total)
    journals = [MemoryJournal(Bounds(entries, size), budget) for _ in range(3)]
    for which, weight in adds:
        journal = journals[which]
        journal.add(entry(number=journal.next_number(), size=weight))
        if weight % 50 == 0:
            journal.clear()
        for one in journals:
            assert len(one.entries()) <= entries
            assert one.bytes == sum(row.size for row in one.entries()) <= size
        assert budget.used == sum(one.bytes for one in journals) <= total
