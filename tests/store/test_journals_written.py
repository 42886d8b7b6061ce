"""Journals in a database as they are written: many writers, batches, and a database that fails."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from mockserver.journal import journal_backend, shared_journals
from mockserver.journal.base import Bounds
from mockserver.journal.memory import MemoryJournal
from mockserver.store.base import JournalRow, JournalStore
from mockserver.store.memory import MemoryStore
from mockserver.store.sql import SqlStore
from tests.store.conftest import SHARED
from tests.unit.mockserver.journal_entries import entry


def line(number: int, sandbox: str = "a", most: int = 5) -> JournalRow:
    return JournalRow(sandbox, 10, f"line {number}", most)


@pytest.fixture(params=SHARED)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(url: str) -> Iterator[SqlStore]:
    store = SqlStore(url)
    for namespace in "ab":
        store.create(namespace)
    yield store
    store.close()


@pytest.fixture
def journals(opened: SqlStore) -> JournalStore:
    assert opened.journals is not None
    return opened.journals


def test_a_dropped_namespace_takes_no_lines(opened: SqlStore, journals: JournalStore) -> None:
    journals.append([line(1), line(1, "b")])
    opened.drop("a")
    journals.append([line(2), line(2, "b")])
    assert journals.read("a") == []
    assert journals.read("b") == [(1, "line 1"), (2, "line 2")]
    opened.create("a")
    journals.append([line(3)])
    assert journals.read("a") == [(1, "line 3")]


def test_many_writers_share_the_numbers(journals: JournalStore) -> None:
    def write(first: int) -> None:
        for number in range(20):
            journals.append([line(first + number, name, 1000) for name in ("a", "b")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, (0, 100, 200, 300)))
    for sandbox in ("a", "b"):
        rows = journals.read(sandbox)
        assert [number for number, _ in rows] == list(range(1, 81))
        assert len({text for _, text in rows}) == 80


def test_exchanges_are_written_once_settled(
    opened: SqlStore, journals: JournalStore, url: str
) -> None:
    other = SqlStore(url)
    kept, seen = shared_journals(journals, Bounds(entries=50)), journal_backend(other, Bounds(), 1)
    numbers = count(1)

    async def exchange() -> None:
        path = f"/{next(numbers)}"
        kept.open("a").add(entry(path=path))
        assert kept.flush is not None
        await kept.flush()
        assert path in {row.path for row in seen.open("a").entries()}

    async def exchanges() -> None:
        await asyncio.gather(*(exchange() for _ in range(50)))
        for _ in range(10):
            await exchange()

    asyncio.run(exchanges())
    journal = seen.open("a")
    assert (journal.last, journal.forgotten, len(journal.entries())) == (60, 10, 50)
    assert journal.scope == "store"
    journal.clear()
    assert (journal.last, journal.forgotten, journal.entries()) == (60, 0, ())
    other.close()


def test_a_journal_that_cannot_be_written_is_told_and_harms_no_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def append(self, _lines: object) -> None:
            raise OSError("the disk is full")

    kept = shared_journals(Broken(), Bounds())  # type: ignore[arg-type]

    async def exchange() -> None:
        kept.open("a").add(entry())
        assert kept.flush is not None
        await kept.flush()

    asyncio.run(exchange())
    assert "The journal could not be written" in caplog.text


def test_in_memory_a_journal_is_a_ring_of_this_process() -> None:
    kept = journal_backend(MemoryStore(), Bounds(), 2**20)
    assert isinstance(kept.open("a"), MemoryJournal)
    assert (kept.open("a").scope, kept.flush) == ("process", None)
