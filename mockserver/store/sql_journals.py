"""The journals of sandboxes in a database: see `Journals`."""

from collections.abc import Iterable

from mockserver.store import sql_statements as sql
from mockserver.store.base import Extent, Line
from mockserver.store.sql_engine import Engines

_COUNTER = "journal"
_CLEARED = "journal cleared"


class SqlJournals:
    """Writes in haste, because a journal is not worth waiting for the disk."""

    def __init__(self, engines: Engines) -> None:
        self._reader = engines.reader
        self._writer = engines.hasty
        self._dialect = engines.dialect

    def append(self, lines: Iterable[Line]) -> None:
        by_sandbox: dict[str, list[Line]] = {}
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

    def extent(self, sandbox: str) -> Extent:
        with self._reader.connect() as connection:
            row = connection.execute(sql.WEIGH_EXCHANGES, {"the_sandbox": sandbox}).one()
        return Extent(self.last(sandbox), row[0], int(row[1]), self._number(sandbox, _CLEARED))

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
