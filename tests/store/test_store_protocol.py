"""What every store promises, each promise by itself."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from mockserver.store.base import (
    Conflict,
    Duplicate,
    NamespaceDropped,
    NewRecord,
    Record,
    Records,
    Store,
)


@pytest.fixture
def records(store: Store) -> Records:
    return Records(store, "a")


def numbers(rows: list[Record]) -> list[int]:
    return [row.number for row in rows]


def fill(records: Records, count: int, group: str = "g") -> None:
    records.insert_all(
        NewRecord("job", f"{group}{n}", group, {"n": n}) for n in range(1, count + 1)
    )


def test_insert_gives_number_version_and_a_copy(records: Records) -> None:
    data = {"text": "ąβ\0\n", "list": [1, None, True], "big": 2**53}
    record = records.insert("job", "x", "g", data)
    assert record == Record("job", "x", "g", 1, 1, data)
    record.data["text"] = "changed"
    found = records.get("job", "x")
    assert found is not None
    assert found.data == data


def test_get_of_what_is_not_there_is_none(records: Records) -> None:
    fill(records, 1)
    assert records.get("job", "other") is None
    assert records.get("other", "g1") is None
    assert records.get("job", "g1\0") is None
    assert records.group_of("job", "g1") == "g"
    assert records.group_of("job", "other") is None
    assert records.group_of("other", "g1") is None


def test_numbers_are_dense_in_each_group(records: Records) -> None:
    for group in "ggh":
        records.insert("job", lambda n, group=group: f"{group}-{n}", group, {})  # type: ignore[misc]
    assert records.get("job", "g-2") is not None
    assert records.get("job", "h-1") is not None
    assert (records.last_number("job", "g"), records.last_number("job", "h")) == (2, 1)
    assert records.last_number("job", "nothing") == records.count("job", "nothing") == 0


def test_duplicate_leaves_no_trace(records: Records) -> None:
    fill(records, 2)
    drafts = [
        NewRecord("job", "new", "g", {}),
        NewRecord("fresh", "f", "f", {}),
        NewRecord("job", "g2", "g", {}),
    ]
    with pytest.raises(Duplicate):
        records.insert_all(drafts)
    assert records.get("job", "new") is None
    assert records.get("fresh", "f") is None
    assert records.groups("fresh") == []
    assert records.insert("job", "new", "g", {}).number == 3


def test_duplicate_within_one_insert_is_refused(records: Records) -> None:
    with pytest.raises(Duplicate):
        records.insert_all([NewRecord("job", "x", "g", {}), NewRecord("job", "x", "h", {})])
    assert records.count("job", "g") == 0


def test_inserting_nothing_is_fine(records: Records) -> None:
    assert records.insert_all([]) == []


def test_replace_swaps_one_version_for_the_next(records: Records) -> None:
    first = records.insert("job", "x", "g", {"n": 1})
    second = records.replace(first, {"n": 2})
    assert (second.version, second.number, second.data) == (2, 1, {"n": 2})
    with pytest.raises(Conflict):
        records.replace(first, {"n": 3})
    assert records.get("job", "x") == second


def test_remove_takes_the_version_that_was_read(records: Records) -> None:
    first = records.insert("job", "x", "g", {})
    second = records.replace(first, {"n": 2})
    with pytest.raises(Conflict):
        records.remove(first)
    records.remove(second)
    assert records.get("job", "x") is None
    for gone in (records.remove, lambda row: records.replace(row, {})):
        with pytest.raises(Conflict):
            gone(second)


def test_a_removed_number_is_not_given_again(records: Records) -> None:
    fill(records, 3)
    for name in ("g1", "g3"):
        record = records.get("job", name)
        assert record is not None
        records.remove(record)
    assert records.insert("job", "g3", "g", {}).number == 4
    assert (records.count("job", "g"), records.last_number("job", "g")) == (2, 4)
    assert numbers(records.page("job", "g", limit=9)) == [4, 2]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"limit": 3}, [9, 8, 7]),
        ({"limit": 3, "newest_first": False}, [1, 2, 3]),
        ({"limit": 3, "before": 4}, [3, 2, 1]),
        ({"limit": 3, "before": 1}, []),
        ({"limit": 3, "before": -5}, []),
        ({"limit": 3, "before": 10**12}, [9, 8, 7]),
        ({"limit": 3, "after": 7}, [9, 8]),
        ({"limit": 3, "after": 7, "newest_first": False}, [8, 9]),
        ({"limit": 9, "after": 2, "before": 5}, [4, 3]),
        ({"limit": 2, "offset": 3}, [6, 5]),
        ({"limit": 2, "offset": 3, "newest_first": False}, [4, 5]),
        ({"limit": 9, "offset": 8}, [1]),
        ({"limit": 9, "offset": 10**12}, []),
        ({"limit": 0}, []),
    ],
)
def test_page(records: Records, window: dict, expected: list[int]) -> None:
    fill(records, 9)
    fill(records, 2, group="other")
    assert numbers(records.page("job", "g", **window)) == expected


def test_page_of_an_unknown_group_is_empty(records: Records) -> None:
    assert records.page("job", "g", limit=5) == []


def test_further_groups_list_with_numbers_of_their_own(records: Records) -> None:
    fill(records, 2)
    records.insert_all([NewRecord("job", "x", "g", {"x": 1}, extra_groups=("few", "fewer"))])
    (row,) = records.page("job", "few", limit=5)
    assert (row.id, row.group, row.number) == ("x", "g", 1)
    assert numbers(records.page("job", "g", limit=1)) == [3]
    assert records.groups("job") == ["g"]
    changed = records.replace(row, {"x": 2})
    assert (changed.number, changed.version) == (3, 2)
    assert records.page("job", "fewer", limit=5)[0].data == {"x": 2}


def test_what_further_groups_list_stays(records: Records) -> None:
    record = records.insert_all([NewRecord("job", "x", "g", {}, extra_groups=("few",))])[0]
    with pytest.raises(ValueError, match="further groups"):
        records.remove(record)
    assert records.get("job", "x") == record
    assert records.count("job", "g") == 1


def test_counters_count_apart(records: Records) -> None:
    assert [records.next_number("a") for _ in range(3)] == [1, 2, 3]
    assert records.next_number("b") == 1
    assert [records.number(name) for name in "abc"] == [3, 1, 0]


def test_sandboxes_are_apart_and_dropped_alone(store: Store) -> None:
    mine, other = Records(store, "a"), Records(store, "b")
    for records in (mine, other):
        fill(records, 2)
        records.next_number("c")
    record = mine.get("job", "g1")
    assert record is not None
    mine.replace(record, {"mine": True})
    assert other.get("job", "g1") == Record("job", "g1", "g", 1, 1, {"n": 1})
    store.drop("a")
    assert mine.get("job", "g1") is None
    assert mine.page("job", "g", limit=1) == []
    assert (mine.groups("job"), mine.last_number("job", "g"), mine.number("c")) == ([], 0, 0)
    assert (other.count("job", "g"), other.next_number("c")) == (2, 2)
    store.drop("never was")


def test_a_writer_leaves_nothing_in_a_dropped_namespace(store: Store) -> None:
    """Whatever a writer does while its namespace is dropped: it is told, or all of it goes."""
    for number in range(5):
        namespace = f"n{number}"
        store.create(namespace)
        records = Records(store, namespace)

        def write(records: Records = records) -> int:
            try:
                for n in count(1):
                    records.insert("job", f"j{n}", "g", {})
                    records.next_number("c")
            except NamespaceDropped:
                return n
            return 0

        with ThreadPoolExecutor(3) as pool:
            writer = pool.submit(write)
            while not records.count("job", "g"):
                pass
            store.drop(namespace)
            assert writer.result() > 0
        assert records.page("job", "g", limit=9) == []
        assert (records.last_number("job", "g"), records.number("c")) == (0, 0)
        assert records.get("job", "j1") is None


def test_writers_at_once_share_the_numbers(store: Store) -> None:
    records = Records(store, "a")

    def write(_: int) -> None:
        for _ in range(10):
            records.insert("job", lambda n: f"j{n}", "g", {})
            records.next_number("c")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert numbers(records.page("job", "g", limit=99, newest_first=False)) == list(range(1, 41))
    assert records.next_number("c") == 41


def test_one_writer_wins_each_version(store: Store) -> None:
    records = Records(store, "a")
    records.insert("job", "x", "g", {"n": 0})

    def increment(_: int) -> None:
        for _ in range(10):
            while True:
                record = records.get("job", "x")
                assert record is not None
                try:
                    records.replace(record, {"n": record.data["n"] + 1})
                    break
                except Conflict:
                    continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(increment, range(4)))
    record = records.get("job", "x")
    assert record is not None
    assert (record.data["n"], record.version) == (40, 41)


def test_one_name_is_given_once(store: Store) -> None:
    records = Records(store, "a")

    def claim(number: int) -> int:
        try:
            records.insert_all(
                [
                    NewRecord("group", f"{number}", "g", {}),
                    NewRecord("name", "CODE", "g", {"of": number}),
                ]
            )
        except Duplicate:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(8))) == 1
    assert records.count("group", "g") == records.count("name", "g") == 1
