"""Collections of a vendor's resources that are not jobs: read, listed, added, changed, deleted."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from mockserver.sandbox.sandbox import Sandbox
from mockserver.store.base import Conflict, Duplicate, NewRecord, Record

ALL_ACCOUNTS = ""
"""The account of what belongs to all accounts."""

_PAGE_SIZE = 500

UniqueKey = Callable[[Mapping[str, Any]], str | None]
"""Returns the name that must be unique in an account, None if the data has none."""

SeedRecords = list[NewRecord]


class NameConflict(Exception):  # noqa: N818  (what happened, as in errors.ApiError)
    """Another resource of the account has the name."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it was read; `id` is text, also where the vendor shows a number."""

    id: str
    data: dict[str, Any]
    record: Record

    @property
    def account(self) -> str:
        """The account that it belongs to."""
        return self.record.group


class ResourceCollection:
    """The resources of one kind, separate by account.

    `name` returns the text that no two resources of an account may share, None for no such text.
    """

    def __init__(self, kind: str, name: UniqueKey | None = None) -> None:
        self.kind = kind
        self._name = name

    def seed_records(self, account: str, rows: Mapping[str, Mapping[str, Any]]) -> SeedRecords:
        """Return the records of seed data by id."""
        resources = [
            NewRecord(self.kind, id_, account, row, interned=True) for id_, row in rows.items()
        ]
        claims = [claim for id_, row in rows.items() for claim in self._claims(account, row, id_)]
        return resources + claims

    def find(self, sandbox: Sandbox, account: str, id_: str) -> Resource | None:
        """Return a resource of an account; None if it does not exist or is another account's."""
        record = sandbox.records.get(self.kind, id_)
        return _resource(record) if record and record.group == account else None

    def exists(self, sandbox: Sandbox, account: str, id_: str) -> bool:
        """Return whether an account has a resource; its data is not read."""
        return sandbox.records.group_of(self.kind, id_) == account

    def count(self, sandbox: Sandbox, account: str) -> int:
        return sandbox.records.count(self.kind, account)

    def page(self, sandbox: Sandbox, account: str, offset: int, limit: int) -> list[Resource]:
        """Return at most `limit` resources in the order of their creation, after `offset`."""
        records = sandbox.records
        has_gaps = records.last_number(self.kind, account) != records.count(self.kind, account)
        page = records.page(
            self.kind,
            account,
            after=None if has_gaps else offset,  # without gaps a number is a position
            offset=offset if has_gaps else 0,
            limit=limit,
            newest_first=False,
        )
        return [_resource(record) for record in page]

    def iter_all(self, sandbox: Sandbox, account: str) -> Iterator[Resource]:
        """Yield all resources of an account in the order of their creation."""
        after = 0
        while page := sandbox.records.page(
            self.kind, account, after=after, limit=_PAGE_SIZE, newest_first=False
        ):
            yield from map(_resource, page)
            after = page[-1].number

    def add(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> Resource:
        """Add a resource under the next free number.

        Raises:
            NameConflict: its name is taken.
        """
        while True:
            id_ = str(sandbox.records.next_number(self.kind))
            new = NewRecord(self.kind, id_, account, data)
            try:
                inserted = sandbox.records.insert_all([new, *self._claims(account, data, id_)])
                return _resource(inserted[0])
            except Duplicate:
                # A number of the seed data is skipped; a name is not.
                if self._find_claim(sandbox, account, data):
                    raise NameConflict from None

    def change(
        self,
        sandbox: Sandbox,
        resource: Resource,
        update: Callable[[dict[str, Any]], Mapping[str, Any]],
    ) -> Resource | None:
        """Apply `update` to the current data of a resource; return None if it has been deleted.

        Raises:
            NameConflict: its new name is taken.
        """
        current: Resource | None = resource
        while current is not None:
            data = update(current.data)
            is_renamed = self._name is not None and self._name(data) != self._name(current.data)
            claims = self._claim(sandbox, current, data) if is_renamed else []
            try:
                changed = _resource(sandbox.records.replace(current.record, data))
            except Conflict:
                self._release(sandbox, *claims)
                current = self.find(sandbox, current.account, current.id)
                continue
            if is_renamed:
                self._release(sandbox, self._find_claim(sandbox, current.account, current.data))
            return changed
        return None

    def delete(self, sandbox: Sandbox, resource: Resource) -> bool:
        """Delete a resource; return False if it was deleted before."""
        current: Resource | None = resource
        while current is not None:
            try:
                sandbox.records.remove(current.record)
            except Conflict:
                current = self.find(sandbox, current.account, current.id)
                continue
            self._release(sandbox, self._find_claim(sandbox, current.account, current.data))
            return True
        return False

    def _claims(self, account: str, data: Mapping[str, Any], id_: str) -> SeedRecords:
        """Return a record whose id is derived from the name, if any: the store keeps it unique."""
        name = self._name(data) if self._name else None
        if name is None:
            return []
        # Hashed, because names may be of any length and the keys of stores may not.
        digest = blake2b(f"{account}\0{name}".encode(), digest_size=16).hexdigest()
        return [NewRecord(f"{self.kind}.name", digest, account, {"of": id_})]

    def _claim(self, sandbox: Sandbox, resource: Resource, data: Mapping[str, Any]) -> list[Record]:
        try:
            return sandbox.records.insert_all(self._claims(resource.account, data, resource.id))
        except Duplicate:
            raise NameConflict from None

    def _find_claim(self, sandbox: Sandbox, account: str, data: Mapping[str, Any]) -> Record | None:
        for claim in self._claims(account, data, ""):
            return sandbox.records.get(claim.kind, str(claim.id))
        return None

    def _release(self, sandbox: Sandbox, *claims: Record | None) -> None:
        for claim in claims:
            if claim is not None:
                with suppress(Conflict):  # another request has released it
                    sandbox.records.remove(claim)


def _resource(record: Record) -> Resource:
    return Resource(record.id, record.data, record)


def insert_seeds(sandbox: Sandbox, new_records: Iterable[NewRecord]) -> None:
    """Insert seed data, all or nothing; nothing where it exists already."""
    with suppress(Duplicate):
        sandbox.records.insert_all(new_records)
