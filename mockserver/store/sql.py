"""The store in a database: SQLite or PostgreSQL through SQLAlchemy Core."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping

from mockserver.store import sql_statements as sql
from mockserver.store.base import (
    Conflict,
    JournalRow,
    JournalStats,
    JournalStore,
    NamespaceDropped,
    NewRecord,
    Record,
)
from mockserver.store.sql_engine import Engines, open_engines

_JOURNAL = "journal"
_CLEARED = "journal cleared"
_PROBE = "availability probe"


class SqlJournals:
    """Journals in a database; their transactions do not wait for the disk."""

    def __init__(self, engines: Engines) -> None:
        self._reader = engines.reader
        self._writer = engines.relaxed
        self._dialect = engines.dialect

    def append(self, rows: Iterable[JournalRow]) -> None:
        by_namespace: dict[str, list[JournalRow]] = {}
        for row in rows:
            by_namespace.setdefault(row.namespace, []).append(row)
        with self._writer.begin() as connection:
            for namespace in sorted(by_namespace):  # in one order, so that writers never deadlock
                self._append(connection, namespace, by_namespace[namespace])

    def _append(self, connection: Connection, namespace: str, rows: list[JournalRow]) -> None:
        counter = {"the_namespace": namespace, "the_name": _JOURNAL, "value": len(rows)}
        last = connection.execute(sql.next_number(self._dialect), counter).scalar()
        if last is None:  # the namespace was dropped, and its journal with it
            return
        values = [
            {"namespace": namespace, "number": number, "size": row.size, "data": row.text}
            for number, row in enumerate(rows, last - len(rows) + 1)
        ]
        connection.execute(sql.APPEND_JOURNAL, values)
        excess = last - rows[-1].max_entries
        if excess > 0:
            connection.execute(sql.TRIM_JOURNAL, {"the_namespace": namespace, "up_to": excess})

    def read(self, namespace: str) -> list[tuple[int, str]]:
        with self._reader.connect() as connection:
            rows = connection.execute(sql.READ_JOURNAL, {"the_namespace": namespace})
            return [(row.number, row.data) for row in rows]

    def last_number(self, namespace: str) -> int:
        return self._counter(namespace, _JOURNAL)

    def stats(self, namespace: str) -> JournalStats:
        with self._reader.connect() as connection:
            count, size = connection.execute(sql.JOURNAL_SIZE, {"the_namespace": namespace}).one()
        return JournalStats(
            self.last_number(namespace), count, int(size), self._counter(namespace, _CLEARED)
        )

    def clear(self, namespace: str) -> None:
        counter = {"the_namespace": namespace, "the_name": _JOURNAL}
        with self._writer.begin() as connection:
            last = connection.execute(sql.READ_COUNTER, counter).scalar() or 0
            connection.execute(sql.TRIM_JOURNAL, {"the_namespace": namespace, "up_to": last})
            cleared = {"the_namespace": namespace, "the_name": _CLEARED, "value": last}
            connection.execute(sql.set_number(self._dialect), cleared)

    def _counter(self, namespace: str, name: str) -> int:
        key = {"the_namespace": namespace, "the_name": name}
        with self._reader.connect() as connection:
            return connection.execute(sql.READ_COUNTER, key).scalar() or 0


class SqlStore:
    """A store in a database: a write is one transaction, a read is one statement.

    A transaction locks its namespace, then group counters in order of their names, then records,
    so that none deadlocks. Ids and groups must not hold NUL, which PostgreSQL does not accept.
    """

    shared = True

    def __init__(self, url: str) -> None:
        """Open the database and create missing tables.

        Raises:
            ConfigurationError: it cannot be used; the text says why.
        """
        engines = open_engines(url)
        self._reader, self._writer, self._engines = engines.reader, engines.writer, engines
        self._dialect = engines.dialect
        self.journals: JournalStore | None = SqlJournals(engines)

    def get(self, namespace: str, kind: str, id: str) -> Record | None:  # noqa: A002
        if "\0" in id:
            return None
        key = {"the_namespace": namespace, "the_kind": kind, "the_id": id}
        with self._reader.connect() as connection:
            row = connection.execute(sql.GET, key).mappings().first()
        return _record(row) if row else None

    def group_of(self, namespace: str, kind: str, id: str) -> str | None:  # noqa: A002
        record = self.get(namespace, kind, id)
        return record.group if record else None

    def insert_all(self, namespace: str, new_records: Iterable[NewRecord]) -> list[Record]:
        new_records = list(new_records)
        if not new_records:
            return []
        with self._writer.begin() as connection:
            first_numbers = self._reserve_numbers(connection, namespace, new_records)
            records, listings = _rows(namespace, new_records, first_numbers)
            ordered = sorted(records, key=lambda row: (row["kind"], row["id"]))
            connection.execute(sql.INSERT_RECORDS, ordered)
            connection.execute(sql.INSERT_LISTINGS, listings)
        return [_record(row) for row in records]

    def replace(self, namespace: str, record: Record, data: Mapping[str, Any]) -> Record:
        change = _key(namespace, record) | {"new_data": orjson.dumps(data).decode()}
        with self._writer.begin() as connection:
            row = connection.execute(sql.REPLACE, change).mappings().first()
        if row is None:
            raise Conflict(f"{record.kind} {record.id} was changed or removed")
        return _record(row)

    def remove(self, namespace: str, record: Record) -> None:
        group = _group(namespace, record.kind, record.group)
        with self._writer.begin() as connection:
            connection.execute(sql.DECREMENT_GROUP, group)
            row = connection.execute(sql.REMOVE, _key(namespace, record)).first()
            if row is not None and row.shared:
                raise ValueError(f"{record.kind} {record.id} is listed in further groups")
            # The group is another one if it was removed and inserted again elsewhere.
            if row is None or row.group_name != record.group:
                raise Conflict(f"{record.kind} {record.id} was changed or removed")
            connection.execute(sql.DELETE_LISTING, group | {"the_number": row.number})

    def page(  # noqa: PLR0913
        self,
        namespace: str,
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
        window = {"after": after, "before": before, "limit": limit, "offset": offset}
        parameters = _group(namespace, kind, group)
        parameters |= {name: value for name, value in window.items() if value is not None}
        with self._reader.connect() as connection:
            return [_record(row) for row in connection.execute(statement, parameters).mappings()]

    def last_number(self, namespace: str, kind: str, group: str) -> int:
        return self._read_group(namespace, kind, group)[0]

    def count(self, namespace: str, kind: str, group: str) -> int:
        return self._read_group(namespace, kind, group)[1]

    def groups(self, namespace: str, kind: str) -> list[str]:
        key = {"the_namespace": namespace, "the_kind": kind}
        with self._reader.connect() as connection:
            return sorted(connection.scalars(sql.GROUPS, key))

    def next_number(self, namespace: str, counter: str) -> int:
        parameters = {"the_namespace": namespace, "the_name": counter, "value": 1}
        with self._writer.begin() as connection:
            number: int | None = connection.execute(
                sql.next_number(self._dialect), parameters
            ).scalar()
        if number is None:
            raise NamespaceDropped(namespace)
        return number

    def number(self, namespace: str, counter: str) -> int:
        key = {"the_namespace": namespace, "the_name": counter}
        with self._reader.connect() as connection:
            number: int | None = connection.execute(sql.READ_COUNTER, key).scalar()
        return number or 0

    def create(self, namespace: str) -> None:
        with self._writer.begin() as connection:
            connection.execute(sql.create_namespace(self._dialect), {"the_namespace": namespace})

    def drop(self, namespace: str) -> None:
        with self._writer.begin() as connection:
            for statement in sql.DROP_NAMESPACE:
                connection.execute(statement, {"the_namespace": namespace})

    def check(self) -> None:
        parameters = {"the_namespace": _PROBE}
        with self._engines.relaxed.begin() as connection:
            connection.execute(sql.create_namespace(self._dialect), parameters)
            connection.execute(sql.DROP_NAMESPACE[0], parameters)

    def close(self) -> None:
        self._engines.close()

    def _read_group(self, namespace: str, kind: str, group: str) -> tuple[int, int]:
        with self._reader.connect() as connection:
            row = connection.execute(sql.READ_GROUP, _group(namespace, kind, group)).first()
        return (row[0], row[1]) if row else (0, 0)

    def _reserve_numbers(
        self, connection: Connection, namespace: str, new_records: list[NewRecord]
    ) -> dict[tuple[str, str], int]:
        """Reserve numbers for records; return the first of them by kind and group."""
        counts: dict[tuple[str, str], int] = {}
        for new in new_records:
            for group in (new.group, *new.extra_groups):
                counts[new.kind, group] = counts.get((new.kind, group), 0) + 1
        main_groups = {(new.kind, new.group) for new in new_records}
        first_numbers: dict[tuple[str, str], int] = {}
        for kind, group in sorted(counts):
            parameters = _group(namespace, kind, group) | {
                "more": counts[kind, group],
                "is_main": (kind, group) in main_groups,
            }
            statement = sql.reserve_numbers(self._dialect)
            last = connection.execute(statement, parameters).scalar()
            if last is None:
                raise NamespaceDropped(namespace)
            first_numbers[kind, group] = last - counts[kind, group] + 1
        return first_numbers


def _rows(
    namespace: str, new_records: list[NewRecord], numbers: dict[tuple[str, str], int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of records and of their listings, with `numbers` from the first on."""
    records, listings = [], []
    for new in new_records:
        number = numbers[new.kind, new.group]
        id_ = new.id if isinstance(new.id, str) else new.id(number)
        key = {"namespace": namespace, "kind": new.kind, "id": id_}
        record = {
            "group_name": new.group,
            "number": number,
            "version": 1,
            "shared": bool(new.extra_groups),
            "data": orjson.dumps(new.data).decode(),
        }
        records.append(key | record)
        for group in (new.group, *new.extra_groups):
            listings.append(key | {"group_name": group, "number": numbers[new.kind, group]})
            numbers[new.kind, group] += 1
    return records, listings


def _key(namespace: str, record: Record) -> dict[str, Any]:
    return {
        "the_namespace": namespace,
        "the_kind": record.kind,
        "the_id": record.id,
        "the_version": record.version,
    }


def _group(namespace: str, kind: str, group: str) -> dict[str, Any]:
    return {"the_namespace": namespace, "the_kind": kind, "the_group_name": group}


def _record(row: Mapping[str, Any] | RowMapping) -> Record:
    data = orjson.loads(row["data"])
    return Record(row["kind"], row["id"], row["group_name"], row["number"], row["version"], data)
