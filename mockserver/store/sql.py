"""The journals of sandboxes in a database: see `Journals`."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import IntegrityError

from mockserver.store import sql_statements as sql
from mockserver.store.base import (
    Conflict,
    Duplicate,
    JournalRow,
    JournalStats,
    JournalStore,
    NewRecord,
    Record,
)
from mockserver.store.sql_engine import Engines, open_engines

_COUNTER = "journal"
_CLEARED = "journal cleared"


class SqlJournals:
    """Writes in haste, because a journal is not worth waiting for the disk."""

    def __init__(self, engines: Engines) -> None:
        self._reader = engines.reader
        self._writer = engines.relaxed
        self._dialect = engines.dialect

    def append(self, lines: Iterable[JournalRow]) -> None:
        by_sandbox: dict[str, list[JournalRow]] = {}
        for line in lines:
            by_sandbox.setdefault(line.sandbox, []).append(line)
        with self._writer.begin() as connection:
            for sandbox in sorted(by_sandbox):  # in order, so that none waits for one that waits
                group = by_sandbox[sandbox]
                wanted = {"the_sandbox": sandbox, "the_name": _COUNTER, "more": len(group)}
                last = connection.execute(sql.next_number(self._dialect), wanted).scalar_one()
                first = last - len(group) + 1
                rows = [
                    {"sandbox": sandbox, "number": number, "size": line.size, "data": line.text}
                    for number, line in enumerate(group, first)
                ]
                connection.execute(sql.WRITE_EXCHANGES, rows)
                if last > group[-1].most:
                    most = {"the_sandbox": sandbox, "up_to": last - group[-1].most}
                    connection.execute(sql.TRIM_EXCHANGES, most)

    def read(self, sandbox: str) -> list[tuple[int, str]]:
        with self._reader.connect() as connection:
            rows = connection.execute(sql.READ_EXCHANGES, {"the_sandbox": sandbox})
            return [(row.number, row.data) for row in rows]

    def last(self, sandbox: str) -> int:
        return self._number(sandbox, _COUNTER)

    def extent(self, sandbox: str) -> JournalStats:
        with self._reader.connect() as connection:
            row = connection.execute(sql.WEIGH_EXCHANGES, {"the_sandbox": sandbox}).one()
        return JournalStats(
            self.last(sandbox), row[0], int(row[1]), self._number(sandbox, _CLEARED)
        )

    def clear(self, sandbox: str) -> None:
        counter = {"the_sandbox": sandbox, "the_name": _COUNTER}
        with self._writer.begin() as connection:
            last = connection.execute(sql.NUMBER, counter).scalar() or 0
            connection.execute(sql.TRIM_EXCHANGES, {"the_sandbox": sandbox, "up_to": last})
            cleared = {"the_sandbox": sandbox, "the_name": _CLEARED, "to": last}
            connection.execute(sql.put_number(self._dialect), cleared)

    def _number(self, sandbox: str, counter: str) -> int:
        wanted = {"the_sandbox": sandbox, "the_name": counter}
        with self._reader.connect() as connection:
            return connection.execute(sql.NUMBER, wanted).scalar() or 0


_Row = Mapping[str, Any] | RowMapping


class SqlStore:
    """A write is one transaction, over before the method returns; a read is one statement.

    A transaction locks tallies first, by name, and records then, so that none ever waits for one
    that waits for it. Ids and groups must not hold NUL, which PostgreSQL does not take.
    """

    shared = True

    def __init__(self, url: str) -> None:
        """Open the database and make the tables that it lacks.

        Raises:
            ConfigurationError: it cannot be used; the text says why.
        """
        engines = open_engines(url)
        self._reader, self._writer, self._engines = engines.reader, engines.writer, engines
        self._dialect = engines.dialect
        self.journals: JournalStore | None = SqlJournals(engines)

    def get(self, sandbox: str, kind: str, id: str) -> Record | None:  # noqa: A002
        if "\0" in id:
            return None
        wanted = {"the_sandbox": sandbox, "the_kind": kind, "the_id": id}
        with self._reader.connect() as connection:
            row = connection.execute(sql.GET, wanted).mappings().first()
        return _record(row) if row else None

    def insert_all(self, sandbox: str, drafts: Iterable[NewRecord]) -> list[Record]:
        drafts = list(drafts)
        if not drafts:
            return []
        try:
            with self._writer.begin() as connection:
                free = self._count_in(connection, sandbox, drafts)
                records, listed = _place(sandbox, drafts, free)
                in_order = sorted(records, key=lambda row: (row["kind"], row["id"]))
                connection.execute(sql.INSERT_RECORDS, in_order)
                connection.execute(sql.INSERT_LISTINGS, listed)
        except IntegrityError as error:
            raise Duplicate(f"{drafts[0].kind}: an id is taken") from error
        return [_record(row) for row in records]

    def replace(self, sandbox: str, record: Record, data: Mapping[str, Any]) -> Record:
        change = _key(sandbox, record) | {"new_data": orjson.dumps(data).decode()}
        with self._writer.begin() as connection:
            row = connection.execute(sql.REPLACE, change).mappings().first()
        if row is None:
            raise Conflict(f"{record.kind} {record.id} was changed or removed")
        return _record(row)

    def remove(self, sandbox: str, record: Record) -> None:
        group = {"the_sandbox": sandbox, "the_kind": record.kind, "the_grp": record.group}
        with self._writer.begin() as connection:
            connection.execute(sql.COUNT_OUT, group)
            row = connection.execute(sql.REMOVE, _key(sandbox, record)).first()
            if row is None:
                raise Conflict(f"{record.kind} {record.id} was changed or removed")
            if row.shared:
                raise ValueError(f"{record.kind} {record.id} is listed in further groups")
            if row.grp != record.group:  # removed, and made again elsewhere
                raise Conflict(f"{record.kind} {record.id} was changed or removed")
            connection.execute(sql.UNLIST, group | {"the_number": row.number})

    def page(  # noqa: PLR0913
        self,
        sandbox: str,
        kind: str,
        group: str,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        newest_first: bool = True,
        offset: int = 0,
    ) -> list[Record]:
        statement = sql.page(after is not None, before is not None, newest_first)
        wanted: dict[str, Any] = {"the_sandbox": sandbox, "the_kind": kind, "the_grp": group}
        bounds = {"after": after, "before": before, "most": limit, "passed_over": offset}
        wanted |= {name: value for name, value in bounds.items() if value is not None}
        with self._reader.connect() as connection:
            return [_record(row) for row in connection.execute(statement, wanted).mappings()]

    def last_number(self, sandbox: str, kind: str, group: str) -> int:
        return self._counted(sandbox, kind, group)[0]

    def count(self, sandbox: str, kind: str, group: str) -> int:
        return self._counted(sandbox, kind, group)[1]

    def groups(self, sandbox: str, kind: str) -> list[str]:
        wanted = {"the_sandbox": sandbox, "the_kind": kind}
        with self._reader.connect() as connection:
            return sorted(connection.scalars(sql.GROUPS, wanted))

    def next_number(self, sandbox: str, counter: str) -> int:
        wanted = {"the_sandbox": sandbox, "the_name": counter, "more": 1}
        with self._writer.begin() as connection:
            number: int = connection.execute(sql.next_number(self._dialect), wanted).scalar_one()
        return number

    def number(self, sandbox: str, counter: str) -> int:
        wanted = {"the_sandbox": sandbox, "the_name": counter}
        with self._reader.connect() as connection:
            number: int | None = connection.execute(sql.NUMBER, wanted).scalar()
        return number or 0

    def drop(self, sandbox: str) -> None:
        with self._writer.begin() as connection:
            for statement in sql.forget(sandbox):
                connection.execute(statement)

    def close(self) -> None:
        self._engines.close()

    def _counted(self, sandbox: str, kind: str, group: str) -> tuple[int, int]:
        wanted = {"the_sandbox": sandbox, "the_kind": kind, "the_grp": group}
        with self._reader.connect() as connection:
            row = connection.execute(sql.COUNTED, wanted).first()
        return (row.last, row.live) if row else (0, 0)

    def _count_in(
        self, connection: Connection, sandbox: str, drafts: list[NewRecord]
    ) -> dict[tuple[str, str], int]:
        """Take numbers for `drafts`; return the first of them for each kind and group."""
        more: dict[tuple[str, str], int] = {}
        for draft in drafts:
            for group in (draft.group, *draft.extra_groups):
                more[draft.kind, group] = more.get((draft.kind, group), 0) + 1
        filed = {(draft.kind, draft.group) for draft in drafts}
        free: dict[tuple[str, str], int] = {}
        for kind, group in sorted(more):
            count = more[kind, group]
            row = {"the_sandbox": sandbox, "the_kind": kind, "the_grp": group, "more": count}
            row["is_filed"] = (kind, group) in filed
            last = connection.execute(sql.count_in(self._dialect), row).scalar_one()
            free[kind, group] = last - count + 1
        return free


def _place(
    sandbox: str, drafts: list[NewRecord], free: dict[tuple[str, str], int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of the records and of their listings, numbered from `free` on."""
    records, listed = [], []
    for draft in drafts:
        number = free[draft.kind, draft.group]
        name = draft.id if isinstance(draft.id, str) else draft.id(number)
        key = {"sandbox": sandbox, "kind": draft.kind, "id": name}
        data = orjson.dumps(draft.data).decode()
        filed = {"grp": draft.group, "number": number, "shared": bool(draft.extra_groups)}
        records.append({**key, **filed, "version": 1, "data": data})
        for group in (draft.group, *draft.extra_groups):
            listed.append({**key, "grp": group, "number": free[draft.kind, group]})
            free[draft.kind, group] += 1
    return records, listed


def _key(sandbox: str, record: Record) -> dict[str, Any]:
    return {
        "the_sandbox": sandbox,
        "the_kind": record.kind,
        "the_id": record.id,
        "the_version": record.version,
    }


def _record(row: _Row) -> Record:
    data = orjson.loads(row["data"])
    return Record(row["kind"], row["id"], row["grp"], row["number"], row["version"], data)
