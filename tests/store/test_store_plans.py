"""Databases answer by their keys: no statement of the store reads a table from end to end."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url

from mockserver.store.base import NewRecord, Records
from mockserver.store.sql import SqlStore
from tests.store.conftest import SHARED

ROWS = 5000

USES: list[Callable[[Records], object]] = [
    lambda records: records.get("job", "j7"),
    lambda records: records.page("job", "g", limit=20),
    lambda records: records.page("job", "g", limit=20, before=2000),
    lambda records: records.page("job", "g", limit=20, after=2000, newest_first=False),
    lambda records: records.last_number("job", "g"),
    lambda records: records.count("job", "g"),
    lambda records: records.insert("job", "new", "g", {}),
    lambda records: records.replace(records.insert("job", "x", "g", {}), {}),
    lambda records: records.remove(records.insert("job", "y", "g", {})),
]


def explain(engine: Engine, statement: str, values: Any) -> str:
    """Return the plan of a statement as the database tells it."""
    is_sqlite = engine.dialect.name == "sqlite"
    prefix = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    with engine.connect() as connection:
        if not is_sqlite:
            connection.exec_driver_sql("ANALYZE")
        rows = connection.exec_driver_sql(prefix + statement, values).all()
        connection.rollback()
    return "\n".join(str(row[-1]) for row in rows)


def statements_of(uses: list[Callable[[Records], object]], records: Records) -> list[Any]:
    """Return what the store sends while it is used: statements with their values."""
    sent: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: bool) -> None:
        sent.setdefault(statement, values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for use in uses:
            use(records)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return [row for row in sent.items() if row[0].split()[0] in {"SELECT", "UPDATE", "DELETE"}]


@pytest.mark.parametrize("backend", SHARED)
def test_no_table_is_scanned(url: str) -> None:
    store = SqlStore(url)
    store.create("a")
    records = Records(store, "a")
    records.insert_all(NewRecord("job", f"g{n}", "g", {"n": n}) for n in range(ROWS))
    sent = statements_of(USES, records)
    store.close()
    assert len(sent) >= 7
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    for statement, values in sent:
        plan = explain(engine, statement, values)
        for table in ("record", "listing"):
            assert f"SCAN {table}" not in plan, f"{statement}\n{plan}"
            assert f"Seq Scan on {table}" not in plan, f"{statement}\n{plan}"
    engine.dispose()
