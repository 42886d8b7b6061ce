"""The tables of the SQL store. Every key begins with the sandbox, so that one goes as a whole."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    MetaData,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

METADATA = MetaData()

RECORD = Table(
    "record",
    METADATA,
    Column("sandbox", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("grp", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""A record; `grp` and `number` are where it is filed, `shared` whether further groups list it."""

LISTING = Table(
    "listing",
    METADATA,
    Column("sandbox", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("grp", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    sqlite_with_rowid=False,
)
"""The groups by number: a page is a stretch of the primary key."""

TALLY = Table(
    "tally",
    METADATA,
    Column("sandbox", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("grp", String, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("live", BigInteger, nullable=False),
    Column("filed", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""The last number of a group, how many records it has, and whether any is filed under it."""

COUNTER = Table(
    "counter",
    METADATA,
    Column("sandbox", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

EXCHANGE = Table(
    "exchange",
    METADATA,
    Column("sandbox", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The journals; numbers are those of a counter."""


_R, _L, _T, _E = RECORD.c, LISTING.c, TALLY.c, EXCHANGE.c


def _is(table: Any, *names: str) -> list[Any]:
    """Return the condition that the columns equal what is bound as `the_<column>`."""
    return [table.c[name] == bindparam(f"the_{name}") for name in names]


GET = select(RECORD).where(*_is(RECORD, "sandbox", "kind", "id"))

# Asked to return something, SQLAlchemy sends many rows in one statement and not in a pipeline of
# many, which would complain to the log about every duplicate.
INSERT_RECORDS = insert(RECORD).returning(_R.number)
INSERT_LISTINGS = insert(LISTING).returning(_L.number)

REPLACE = (
    update(RECORD)
    .where(*_is(RECORD, "sandbox", "kind", "id", "version"))
    .values(version=_R.version + 1, data=bindparam("new_data"))
    .returning(*RECORD.c)
)

REMOVE = (
    delete(RECORD)
    .where(*_is(RECORD, "sandbox", "kind", "id", "version"))
    .returning(_R.grp, _R.number, _R.shared)
)

UNLIST = delete(LISTING).where(*_is(LISTING, "sandbox", "kind", "grp", "number"))

COUNT_OUT = update(TALLY).where(*_is(TALLY, "sandbox", "kind", "grp")).values(live=_T.live - 1)

COUNTED = select(_T.last, _T.live).where(*_is(TALLY, "sandbox", "kind", "grp"))

NUMBER = select(COUNTER.c.value).where(*_is(COUNTER, "sandbox", "name"))

GROUPS = select(_T.grp).where(*_is(TALLY, "sandbox", "kind"), _T.filed)


@cache
def page(bounded_below: bool, bounded_above: bool, newest_first: bool) -> Select[Any]:
    """Return the statement of a page: a stretch of the listing's key, then its records."""
    bounds = _is(LISTING, "sandbox", "kind", "grp")
    if bounded_below:
        bounds.append(_L.number > bindparam("after"))
    if bounded_above:
        bounds.append(_L.number < bindparam("before"))
    places = (
        select(LISTING)
        .where(*bounds)
        .order_by(_L.number.desc() if newest_first else _L.number)
        .limit(bindparam("most"))
        .offset(bindparam("passed_over"))
        .subquery()
    )
    shown = [column for column in RECORD.c if column is not _R.number]
    return (
        select(*shown, places.c.number)
        .where(*(_R[name] == places.c[name] for name in ("sandbox", "kind", "id")))
        .order_by(places.c.number.desc() if newest_first else places.c.number)
    )


@cache
def count_in(dialect: str) -> Any:
    """Return the statement that gives a group `more` numbers, and tells its last one."""
    first = _INSERT[dialect](TALLY).values(
        sandbox=bindparam("the_sandbox"),
        kind=bindparam("the_kind"),
        grp=bindparam("the_grp"),
        last=bindparam("more"),
        live=bindparam("more"),
        filed=bindparam("is_filed"),
    )
    return first.on_conflict_do_update(
        index_elements=["sandbox", "kind", "grp"],
        set_={
            "last": _T.last + first.excluded.last,
            "live": _T.live + first.excluded.live,
            "filed": _T.filed | first.excluded.filed,
        },
    ).returning(_T.last)


@cache
def next_number(dialect: str) -> Any:
    """Return the statement that moves a counter on by `more`, and tells where it is."""
    first = _INSERT[dialect](COUNTER).values(
        sandbox=bindparam("the_sandbox"), name=bindparam("the_name"), value=bindparam("more")
    )
    return first.on_conflict_do_update(
        index_elements=["sandbox", "name"],
        set_={"value": COUNTER.c.value + first.excluded.value},
    ).returning(COUNTER.c.value)


@cache
def put_number(dialect: str) -> Any:
    """Return the statement that puts a counter where it is told."""
    first = _INSERT[dialect](COUNTER).values(
        sandbox=bindparam("the_sandbox"), name=bindparam("the_name"), value=bindparam("to")
    )
    return first.on_conflict_do_update(
        index_elements=["sandbox", "name"], set_={"value": first.excluded.value}
    )


WRITE_EXCHANGES = insert(EXCHANGE)

READ_EXCHANGES = select(_E.number, _E.data).where(*_is(EXCHANGE, "sandbox")).order_by(_E.number)

WEIGH_EXCHANGES = select(func.count(), func.coalesce(func.sum(_E.size), 0)).where(
    *_is(EXCHANGE, "sandbox")
)

TRIM_EXCHANGES = delete(EXCHANGE).where(*_is(EXCHANGE, "sandbox"), _E.number <= bindparam("up_to"))


def forget(sandbox: str) -> list[Any]:
    """Return the statements that forget a sandbox; tallies first, as everywhere."""
    return [
        delete(table).where(table.c.sandbox == sandbox)
        for table in (TALLY, RECORD, LISTING, COUNTER, EXCHANGE)
    ]


_INSERT: Any = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
