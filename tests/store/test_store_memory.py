"""The store in memory is lean: a million jobs must fit beside everything else."""

import tracemalloc
from uuid import UUID

from mockserver.store.base import NewRecord, Records
from mockserver.store.memory import MemoryStore

JOB = {
    "account": "acme",
    "created_at": 1774861200000,
    "details": {
        "format": "csv",
        "timezone": "UTC",
        "timespan": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"},
    },
}


def growth(store: MemoryStore, namespace: str, drafts: int, *, common: bool = False) -> float:
    """Return the bytes that each of many new records takes."""
    store.create(namespace)
    records = Records(store, namespace)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(drafts):
        name = str(UUID(int=number))
        records.insert_all([NewRecord("job", name, "acme/calls", JOB, interned=common)])
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown / drafts


def test_a_job_takes_less_than_half_a_kilobyte() -> None:
    assert growth(MemoryStore(), "a", 20_000) < 500


def test_seed_data_that_many_sandboxes_share_is_kept_once() -> None:
    store = MemoryStore()
    growth(store, "a", 5_000, common=True)
    again = growth(store, "b", 5_000, common=True)
    apart = growth(store, "c", 5_000)
    assert again < apart * 0.7
    names = ("a", "b", "c")
    assert len({str(store.get(name, "job", str(UUID(int=7)))) for name in names}) == 1


def test_what_a_dropped_sandbox_held_is_given_back() -> None:
    store = MemoryStore()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    store.create("a")
    Records(store, "a").insert_all(NewRecord("job", f"{n}", "g", JOB) for n in range(5_000))
    held = tracemalloc.get_traced_memory()[0] - before
    store.drop("a")
    left = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert left < held / 20
