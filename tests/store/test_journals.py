"""Journals in a database: numbered for all who write, bounded, cleared, dropped with the rest."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.journal.bounds import Bounds
from mockserver.journal.entry import Entry, Fault, Touch, Verdict
from mockserver.journal.keeping import InStore, keeping
from mockserver.journal.packing import pack, unpack
from mockserver.journal.ring import Journal
from mockserver.store.base import Journals, Line
from mockserver.store.memory import MemoryStore
from mockserver.store.sql import SqlStore
from tests.store.conftest import SHARED

TEXT = st.text(max_size=20)
HEADERS = st.dictionaries(TEXT, TEXT, max_size=3)
ENTRIES = st.builds(
    Entry,
    number=st.just(1),
    at=st.integers(-(2**60), 2**60),
    took=st.integers(0, 2**40),
    method=TEXT,
    path=TEXT,
    query=TEXT,
    vendor=st.none() | TEXT,
    operation=st.none() | TEXT,
    caller=st.none() | TEXT,
    status=st.integers(100, 599),
    verdict=st.sampled_from(Verdict),
    reason=TEXT,
    faults=st.lists(st.builds(Fault, TEXT, TEXT), max_size=2).map(tuple),
    touched=st.lists(st.builds(Touch, TEXT, st.none() | TEXT, TEXT), max_size=2).map(tuple),
    request_headers=HEADERS,
    request_body=st.binary(max_size=50),
    sent=st.integers(0, 2**40),
    reply_headers=HEADERS,
    reply_body=st.binary(max_size=50),
    told=st.integers(-1, 2**40),
    file=st.none() | TEXT,
    size=st.integers(0, 2**40),
)


def line(number: int, sandbox: str = "a", most: int = 5) -> Line:
    return Line(sandbox, 10, f"line {number}", most)


@pytest.fixture(params=SHARED)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(url: str) -> Iterator[SqlStore]:
    store = SqlStore(url)
    yield store
    store.close()


@pytest.fixture
def journals(opened: SqlStore) -> Journals:
    assert opened.journals is not None
    return opened.journals


@given(ENTRIES)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    assert unpack(1, pack(entry)) == entry
    assert "\0" not in pack(entry)


def test_each_sandbox_counts_its_own_and_keeps_the_last(journals: Journals) -> None:
    journals.append([line(1), line(1, "b"), line(2)])
    journals.append([line(number) for number in range(3, 9)])
    assert journals.read("a") == [(number, f"line {number}") for number in range(4, 9)]
    assert journals.read("b") == [(1, "line 1")]
    assert (journals.last("a"), journals.last("b"), journals.last("c")) == (8, 1, 0)
    assert tuple(journals.extent("a")) == (8, 5, 50, 0)


def test_cleared_lines_are_gone_and_numbers_go_on(journals: Journals) -> None:
    journals.append([line(1), line(2)])
    journals.clear("a")
    journals.append([line(3)])
    assert journals.read("a") == [(3, "line 3")]
    assert tuple(journals.extent("a")) == (3, 1, 10, 2)
    journals.clear("never was")


def test_a_dropped_sandbox_begins_anew(opened: SqlStore, journals: Journals) -> None:
    journals.append([line(1)])
    opened.drop("a")
    journals.append([line(2)])
    assert journals.read("a") == [(1, "line 2")]


def test_many_writers_share_the_numbers(journals: Journals) -> None:
    def write(first: int) -> None:
        for number in range(20):
            journals.append([line(first + number, name, 1000) for name in ("a", "b")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, (0, 100, 200, 300)))
    for sandbox in ("a", "b"):
        rows = journals.read(sandbox)
        assert [number for number, _ in rows] == list(range(1, 81))
        assert len({text for _, text in rows}) == 80


def test_exchanges_are_written_once_settled(opened: SqlStore, journals: Journals, url: str) -> None:
    other = SqlStore(url)
    kept, seen = InStore(journals, Bounds(entries=50)), keeping(other, Bounds(), 1)
    numbers = count(1)

    async def exchange() -> None:
        entry = unpack(0, pack(_entry(next(numbers))))
        kept.open("a").add(entry)
        assert kept.settle is not None
        await kept.settle()
        assert entry.at in {row.at for row in seen.open("a").entries()}

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

    kept = InStore(Broken(), Bounds())  # type: ignore[arg-type]

    async def exchange() -> None:
        kept.open("a").add(_entry(1))
        assert kept.settle is not None
        await kept.settle()

    asyncio.run(exchange())
    assert "the journal could not be written" in caplog.text


def test_in_memory_a_journal_is_a_ring_of_this_process() -> None:
    kept = keeping(MemoryStore(), Bounds(), 2**20)
    assert isinstance(kept.open("a"), Journal)
    assert (kept.open("a").scope, kept.settle) == ("process", None)


def _entry(at: int) -> Entry:
    return Entry(
        number=0, at=at, took=1, method="GET", path="/", query="", vendor=None, operation=None,
        caller=None, status=200, verdict=Verdict.OK, reason="", faults=(), touched=(),
        request_headers={}, request_body=b"", sent=0, reply_headers={}, reply_body=b"", told=0,
        file=None, size=1,
    )  # fmt: skip
