"""Journals in a database: two processes on it write and see the same one."""

import asyncio
from collections.abc import Iterator

import pytest

from mockserver.journal import JournalBackend, shared_journals
from mockserver.journal.base import Bounds
from mockserver.store.sql import SqlStore
from tests.store.conftest import SHARED
from tests.unit.mockserver.journal_entries import entry

pytestmark = pytest.mark.parametrize("backend", SHARED)


@pytest.fixture
def processes(url: str) -> Iterator[list[JournalBackend]]:
    """Two stores on one database, each with journals of five entries at most."""
    stores = [SqlStore(url), SqlStore(url)]
    for namespace in ("here", "there"):
        stores[0].create(namespace)
    yield [shared_journals(store.journals, Bounds(entries=5)) for store in stores if store.journals]
    for store in stores:
        store.close()


def write(process: JournalBackend, place: str, *paths: str) -> None:
    """Let a process journal exchanges, and wait as a request does before its reply."""

    async def exchanges() -> None:
        for path in paths:
            process.open(place).add(entry(path=path))
        assert process.flush is not None
        await process.flush()

    asyncio.run(exchanges())


def seen(process: JournalBackend, place: str) -> list[tuple[int, str]]:
    return [(row.number, row.path) for row in process.open(place).entries()]


def test_processes_see_one_journal(processes: list[JournalBackend]) -> None:
    one, other = processes
    write(one, "here", "/a", "/b")
    write(other, "here", "/c")
    write(one, "there", "/d")
    for process in processes:
        assert seen(process, "here") == [(1, "/a"), (2, "/b"), (3, "/c")]
        assert seen(process, "there") == [(1, "/d")]
        assert process.open("here").last == 3
        assert process.open("here").scope == "store"


def test_journal_forgets_the_oldest_and_says_so(processes: list[JournalBackend]) -> None:
    one, other = processes
    write(one, "here", "/1", "/2", "/3", "/4")
    write(other, "here", "/5", "/6", "/7")
    journal = one.open("here")
    assert [row.number for row in journal.entries()] == [3, 4, 5, 6, 7]
    assert (journal.last, journal.forgotten) == (7, 2)
    assert journal.bytes == 5 * entry().size


def test_cleared_journal_is_empty_for_all_and_counts_on(processes: list[JournalBackend]) -> None:
    one, other = processes
    write(one, "here", "/1", "/2")
    write(one, "there", "/3")
    other.open("here").clear()
    assert seen(one, "here") == []
    assert seen(one, "there") == [(1, "/3")]
    assert (one.open("here").last, one.open("here").forgotten) == (2, 0)
    write(one, "here", "/4")
    assert seen(other, "here") == [(3, "/4")]
