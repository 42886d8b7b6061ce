"""Things on a shelf: numbered, named once, changed and removed whoever else writes."""

from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.sandbox.resources import NameConflict, Resource, ResourceCollection, insert_seeds
from mockserver.sandbox.sandbox import Sandbox
from tests.unit.mockserver.vendor_harness import make_sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def shelf() -> ResourceCollection:
    return ResourceCollection("thing", name=lambda data: data.get("name"))


def ids(rows: list[Resource]) -> list[str]:
    return [row.id for row in rows]


def test_numbers_pass_over_those_of_the_seed_data(
    sandbox: Sandbox, shelf: ResourceCollection
) -> None:
    insert_seeds(sandbox, shelf.seed_records("a", {"1": {"name": "x"}, "3": {"name": "y"}}))
    assert [shelf.add(sandbox, "a", {"name": name}).id for name in "pqr"] == ["2", "4", "5"]


def test_a_name_is_an_accounts_own(sandbox: Sandbox, shelf: ResourceCollection) -> None:
    shelf.add(sandbox, "a", {"name": "x"})
    shelf.add(sandbox, "b", {"name": "x"})
    with pytest.raises(NameConflict):
        shelf.add(sandbox, "a", {"name": "x"})
    assert shelf.count(sandbox, "a") == 1


def test_names_may_have_any_length_and_letters(sandbox: Sandbox, shelf: ResourceCollection) -> None:
    for name in ("", "\0", "x" * 100_000, "ü", "'; --"):
        shelf.add(sandbox, "a", {"name": name})
        with pytest.raises(NameConflict):
            shelf.add(sandbox, "a", {"name": name})


def test_things_are_found_by_their_account_only(
    sandbox: Sandbox, shelf: ResourceCollection
) -> None:
    thing = shelf.add(sandbox, "a", {})
    assert shelf.find(sandbox, "a", thing.id) == thing
    assert shelf.find(sandbox, "b", thing.id) is None


@pytest.mark.parametrize("removed", [[], [2, 4], [1, 2, 3]])
def test_pages_hold_all_there_is(
    sandbox: Sandbox, shelf: ResourceCollection, removed: list[int]
) -> None:
    things = [shelf.add(sandbox, "a", {"n": number}) for number in range(1, 8)]
    for number in removed:
        assert shelf.delete(sandbox, things[number - 1])
    left = [thing.id for thing in things if int(thing.id) not in removed]
    assert ids(list(shelf.iter_all(sandbox, "a"))) == left
    assert shelf.count(sandbox, "a") == len(left)
    for size in (1, 2, 3, 9):
        pages = [shelf.page(sandbox, "a", offset, size) for offset in range(0, 9, size)]
        assert [name for page in pages for name in ids(page)] == left


def test_a_change_is_made_to_the_latest_data(sandbox: Sandbox, shelf: ResourceCollection) -> None:
    stale = shelf.add(sandbox, "a", {"n": 1})
    shelf.change(sandbox, stale, lambda data: {**data, "m": 1})
    changed = shelf.change(sandbox, stale, lambda data: {**data, "n": data["n"] + 1})
    assert changed is not None
    assert changed.data == {"n": 2, "m": 1}


def test_a_change_of_what_has_gone_is_told(sandbox: Sandbox, shelf: ResourceCollection) -> None:
    thing = shelf.add(sandbox, "a", {"name": "x"})
    assert shelf.delete(sandbox, thing)
    assert not shelf.delete(sandbox, thing)
    assert shelf.change(sandbox, thing, lambda _: {"name": "y"}) is None
    shelf.add(sandbox, "a", {"name": "y"})


def test_a_new_name_frees_the_old_one(sandbox: Sandbox, shelf: ResourceCollection) -> None:
    thing = shelf.add(sandbox, "a", {"name": "x"})
    shelf.add(sandbox, "a", {"name": "z"})
    with pytest.raises(NameConflict):
        shelf.change(sandbox, thing, lambda _: {"name": "z"})
    changed = shelf.change(sandbox, thing, lambda _: {"name": "y"})
    assert changed is not None
    shelf.add(sandbox, "a", {"name": "x"})
    assert shelf.change(sandbox, changed, lambda _: {}) is not None
    shelf.add(sandbox, "a", {"name": "y"})


def test_of_two_renamings_at_once_one_is_made_again(
    sandbox: Sandbox, shelf: ResourceCollection
) -> None:
    thing = shelf.add(sandbox, "a", {"name": "x"})
    others: list[Mapping[str, Any]] = [{"name": "theirs"}]

    def step(data: Mapping[str, Any]) -> Mapping[str, Any]:
        if others:
            shelf.change(sandbox, thing, lambda _: others.pop())
        return {"name": "mine", "was": data["name"]}

    changed = shelf.change(sandbox, thing, step)
    assert changed is not None
    assert changed.data == {"name": "mine", "was": "theirs"}
    for free in ("x", "theirs"):
        shelf.add(sandbox, "a", {"name": free})
    with pytest.raises(NameConflict):
        shelf.add(sandbox, "a", {"name": "mine"})
