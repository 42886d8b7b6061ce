"""Every store behaves as a plain dict and a list would, whatever is done to it in any order."""

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from mockserver.store.base import (
    Conflict,
    Duplicate,
    NamespaceDropped,
    NewRecord,
    Record,
    Records,
    Store,
)

GROUPS = st.sampled_from(["g", "h"])
NAMES = st.sampled_from(["a", "b", "c", "d", "é", "'; --"])
DATA = st.dictionaries(st.text(max_size=3), st.none() | st.integers(-9, 9) | st.text(max_size=5))
BOUNDS = st.none() | st.integers(-1, 12)


class Machine(RuleBasedStateMachine):
    """Does everything twice: to the store and to a model of it."""

    seen = Bundle("seen")

    def __init__(self, store: Store, sandbox: str) -> None:
        super().__init__()
        store.create(sandbox)
        self.records = Records(store, sandbox)
        self.store, self.sandbox = store, sandbox
        self.model: dict[str, Record] = {}
        self.last = {"g": 0, "h": 0}
        self.listed: list[str] = []
        self.counted = 0

    @rule(target=seen, name=NAMES, group=GROUPS, data=DATA)
    def insert(self, name: str, group: str, data: dict) -> Record:
        if name in self.model:
            with pytest.raises(Duplicate):
                self.records.insert("k", name, group, data)
            return self.model[name]
        self.last[group] += 1
        self.model[name] = Record("k", name, group, self.last[group], 1, data)
        assert self.records.insert("k", name, group, data) == self.model[name]
        return self.model[name]

    @rule(target=seen, group=GROUPS, data=DATA)
    def insert_numbered(self, group: str, data: dict) -> Record:
        self.last[group] += 1
        name = f"{group}{self.last[group]}"
        self.model[name] = Record("k", name, group, self.last[group], 1, data)
        made = self.records.insert("k", lambda number: f"{group}{number}", group, data)
        assert made == self.model[name]
        return made

    @rule(data=DATA)
    def insert_listed(self, data: dict) -> None:
        name = f"listed{len(self.listed)}"
        self.last["g"] += 1
        self.listed.append(name)
        self.model[name] = Record("k", name, "g", self.last["g"], 1, data)
        self.records.insert_all([NewRecord("k", name, "g", data, extra_groups=("few",))])

    @rule(names=st.lists(NAMES, max_size=3), group=GROUPS)
    def insert_all(self, names: list[str], group: str) -> None:
        drafts = [NewRecord("k", name, group, {}) for name in names]
        if len(set(names)) < len(names) or set(names) & set(self.model):
            with pytest.raises(Duplicate):
                self.records.insert_all(drafts)
            return
        self.records.insert_all(drafts)
        for name in names:
            self.last[group] += 1
            self.model[name] = Record("k", name, group, self.last[group], 1, {})

    @rule(target=seen, record=seen, data=DATA)
    def replace(self, record: Record, data: dict) -> Record:
        present = self.model.get(record.id)
        if present is None or present.version != record.version:
            with pytest.raises(Conflict):
                self.records.replace(record, data)
            return record
        # A record that was removed and made again may have the version of an older one.
        self.model[record.id] = replace(present, version=present.version + 1, data=data)
        assert self.records.replace(record, data) == self.model[record.id]
        return self.model[record.id]

    @rule(record=consumes(seen))
    def remove(self, record: Record) -> None:
        present = self.model.get(record.id)
        known = (record.version, record.group)
        if present is None or (present.version, present.group) != known:
            with pytest.raises(Conflict):
                self.records.remove(record)
            return
        self.records.remove(record)
        del self.model[record.id]

    @rule()
    def next_number(self) -> None:
        self.counted += 1
        assert self.records.next_number("c") == self.counted

    @rule(
        group=GROUPS,
        before=BOUNDS,
        after=BOUNDS,
        limit=st.integers(0, 5),
        offset=st.integers(0, 3),
        newest_first=st.booleans(),
    )
    def page(
        self,
        group: str,
        before: int | None,
        after: int | None,
        limit: int,
        offset: int,
        newest_first: bool,
    ) -> None:
        rows = [
            row
            for row in self.model.values()
            if row.group == group
            and (before is None or row.number < before)
            and (after is None or row.number > after)
        ]
        rows.sort(key=lambda row: row.number, reverse=newest_first)
        found = self.records.page(
            "k",
            group,
            before=before,
            after=after,
            limit=limit,
            offset=offset,
            newest_first=newest_first,
        )
        assert found == rows[offset : offset + limit]

    @rule(data=DATA)
    def drop(self, data: dict) -> None:
        self.store.drop(self.sandbox)
        with pytest.raises(NamespaceDropped):
            self.records.insert("k", "a", "g", data)
        with pytest.raises(NamespaceDropped):
            self.records.next_number("c")
        self.store.create(self.sandbox)
        self.model, self.last, self.listed, self.counted = {}, {"g": 0, "h": 0}, [], 0

    @rule(name=NAMES)
    def get(self, name: str) -> None:
        record = self.model.get(name)
        assert self.records.get("k", name) == record
        assert self.records.group_of("k", name) == (record and record.group)

    @invariant()
    def counts_agree(self) -> None:
        for group, last in self.last.items():
            live = sum(row.group == group for row in self.model.values())
            assert self.records.last_number("k", group) == last
            assert self.records.count("k", group) == live
        assert self.records.groups("k") == [group for group in "gh" if self.last[group]]
        few = self.records.page("k", "few", limit=99, newest_first=False)
        assert [row.id for row in few] == self.listed
        assert [row.number for row in few] == list(range(1, len(few) + 1))


def machines(store: Store) -> Callable[[], Machine]:
    """Return what makes machines, each in a sandbox of its own."""
    numbers = count()
    return lambda: Machine(store, f"sandbox-{next(numbers)}")


def test_store_behaves_as_its_model(store: Store) -> None:
    run_state_machine_as_test(
        machines(store),  # type: ignore[arg-type]  # a factory is as good as a class
        settings=settings(max_examples=25, stateful_step_count=30),
    )
