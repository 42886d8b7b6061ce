"""Things of a vendor that are no jobs: found, listed, added, changed and removed alike."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from mockserver.sandbox.sandbox import Sandbox
from mockserver.store.base import Conflict, Duplicate, NewRecord, Record

EVERYBODY = ""
"""The account of what belongs to all accounts."""

_PAGE = 500

UniqueKey = Callable[[Mapping[str, Any]], str | None]
"""The name that a thing's data has, if it has one."""


Drafts = list[NewRecord]
"""Records to be."""


class NameConflict(Exception):  # noqa: N818  (what happened, as in errors.ApiError)
    """Another thing of the account has the name that must be its alone."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing as it was read; `id` is text, also where the vendor shows a number."""

    id: str
    data: dict[str, Any]
    record: Record

    @property
    def account(self) -> str:
        """Whose it is."""
        return self.record.group


class ResourceCollection:
    """The things of one kind, apart by account.

    `name` tells the text that no two things of an account may share; None where there is none.
    """

    def __init__(self, kind: str, name: UniqueKey | None = None) -> None:
        self.kind = kind
        self._name = name

    def drafts(self, account: str, rows: Mapping[str, Mapping[str, Any]]) -> Drafts:
        """Return what the seed data puts on the shelf, by id."""
        things = [
            NewRecord(self.kind, key, account, row, interned=True) for key, row in rows.items()
        ]
        claims = [claim for key, row in rows.items() for claim in self._claims(account, row, key)]
        return things + claims

    def find(self, sandbox: Sandbox, account: str, key: str) -> Resource | None:
        """Return a thing of an account; None where it is not there or another's."""
        record = sandbox.records.get(self.kind, key)
        return _thing(record) if record and record.group == account else None

    def count(self, sandbox: Sandbox, account: str) -> int:
        return sandbox.records.count(self.kind, account)

    def page(self, sandbox: Sandbox, account: str, offset: int, limit: int) -> list[Resource]:
        """Return at most `limit` things in the order of their making, after `offset` others."""
        records = sandbox.records
        whole = records.last_number(self.kind, account) == records.count(self.kind, account)
        rows = records.page(
            self.kind,
            account,
            after=offset if whole else None,  # without gaps a number tells the place
            offset=0 if whole else offset,
            limit=limit,
            newest_first=False,
        )
        return [_thing(row) for row in rows]

    def iter_all(self, sandbox: Sandbox, account: str) -> Iterator[Resource]:
        """Yield all things of an account in the order of their making."""
        after = 0
        while rows := sandbox.records.page(
            self.kind, account, after=after, limit=_PAGE, newest_first=False
        ):
            yield from map(_thing, rows)
            after = rows[-1].number

    def add(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> Resource:
        """Put a thing on the shelf under the next free number.

        Raises:
            Taken: its name is another's.
        """
        while True:
            key = str(sandbox.records.next_number(self.kind))
            thing = NewRecord(self.kind, key, account, data)
            try:
                made = sandbox.records.insert_all([thing, *self._claims(account, data, key)])
                return _thing(made[0])
            except Duplicate:
                # A number of the seed data is passed over; a name is not.
                if self._holder(sandbox, account, data):
                    raise NameConflict from None

    def change(
        self, sandbox: Sandbox, thing: Resource, step: Callable[[dict[str, Any]], Mapping[str, Any]]
    ) -> Resource | None:
        """Return the thing with the data that `step` makes of its own; None if it has gone.

        Raises:
            Taken: its new name is another's.
        """
        found: Resource | None = thing
        while found is not None:
            data = step(found.data)
            is_renamed = self._name is not None and self._name(data) != self._name(found.data)
            claims = self._claim(sandbox, found, data) if is_renamed else []
            try:
                changed = _thing(sandbox.records.replace(found.record, data))
            except Conflict:
                self._release(sandbox, *claims)
                found = self.find(sandbox, found.account, found.id)
                continue
            if is_renamed:
                self._release(sandbox, self._holder(sandbox, found.account, found.data))
            return changed
        return None

    def delete(self, sandbox: Sandbox, thing: Resource) -> bool:
        """Take a thing away; tell whether it was still there."""
        found: Resource | None = thing
        while found is not None:
            try:
                sandbox.records.remove(found.record)
            except Conflict:
                found = self.find(sandbox, found.account, found.id)
                continue
            self._release(sandbox, self._holder(sandbox, found.account, found.data))
            return True
        return False

    def _claims(self, account: str, data: Mapping[str, Any], key: str) -> Drafts:
        """Return the record whose id is the name, if there is a name: a store lets it be once."""
        name = self._name(data) if self._name else None
        if name is None:
            return []
        # Hashed, because names may be of any length and the keys of stores may not.
        digest = blake2b(f"{account}\0{name}".encode(), digest_size=16).hexdigest()
        return [NewRecord(f"{self.kind}.name", digest, account, {"of": key})]

    def _claim(self, sandbox: Sandbox, thing: Resource, data: Mapping[str, Any]) -> list[Record]:
        try:
            return sandbox.records.insert_all(self._claims(thing.account, data, thing.id))
        except Duplicate:
            raise NameConflict from None

    def _holder(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> Record | None:
        for claim in self._claims(account, data, ""):
            return sandbox.records.get(claim.kind, str(claim.id))
        return None

    def _release(self, sandbox: Sandbox, *claims: Record | None) -> None:
        for claim in claims:
            if claim is not None:
                with suppress(Conflict):  # somebody else has released it
                    sandbox.records.remove(claim)


def _thing(record: Record) -> Resource:
    return Resource(record.id, record.data, record)


def insert_seeds(sandbox: Sandbox, drafts: Iterable[NewRecord]) -> None:
    """Insert seed data, all or nothing; nothing where it is there already."""
    try:
        sandbox.records.insert_all(drafts)
    except Duplicate:
        return
