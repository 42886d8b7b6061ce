"""The tables and statements of the SQL store; every key begins with the namespace. Its URL."""

import re
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
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mockserver.errors import ConfigurationError

METADATA = MetaData()

NAMESPACE = Table(
    "namespace",
    METADATA,
    Column("namespace", String, primary_key=True),
    sqlite_with_rowid=False,
)
"""The namespaces that exist. What adds rows locks the one it belongs to, so that it cannot be
dropped meanwhile."""

RECORD = Table(
    "record",
    METADATA,
    Column("namespace", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("group_name", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""A record with its group and its number there; `shared` says whether further groups list it."""

LISTING = Table(
    "listing",
    METADATA,
    Column("namespace", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("group_name", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    sqlite_with_rowid=False,
)
"""The groups by number: a page is a range of the primary key."""

GROUP_COUNTER = Table(
    "group_counter",
    METADATA,
    Column("namespace", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("group_name", String, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("is_main", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""The last number of a group, how many records it has, and whether it is a record's own group."""

COUNTER = Table(
    "counter",
    METADATA,
    Column("namespace", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("namespace", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The journals; numbers are those of a counter."""

_R, _L, _G, _J = RECORD.c, LISTING.c, GROUP_COUNTER.c, JOURNAL.c
_INSERT: Any = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _equal(table: Any, *names: str) -> list[Any]:
    """Return the conditions that columns equal what is bound as `the_<column>`."""
    return [table.c[name] == bindparam(f"the_{name}") for name in names]


GET = select(RECORD).where(*_equal(RECORD, "namespace", "kind", "id"))

# With `returning`, SQLAlchemy sends many rows in one statement and not in a pipeline of many,
# for which the driver would log every duplicate.
INSERT_RECORDS = insert(RECORD).returning(_R.number)
INSERT_LISTINGS = insert(LISTING).returning(_L.number)

REPLACE = (
    update(RECORD)
    .where(*_equal(RECORD, "namespace", "kind", "id", "version"))
    .values(version=_R.version + 1, data=bindparam("new_data"))
    .returning(*RECORD.c)
)

REMOVE = (
    delete(RECORD)
    .where(*_equal(RECORD, "namespace", "kind", "id", "version"))
    .returning(_R.group_name, _R.number, _R.shared)
)

DELETE_LISTING = delete(LISTING).where(
    *_equal(LISTING, "namespace", "kind", "group_name", "number")
)

DECREMENT_GROUP = (
    update(GROUP_COUNTER)
    .where(*_equal(GROUP_COUNTER, "namespace", "kind", "group_name"))
    .values(count=_G.count - 1)
)

READ_GROUP = select(_G.last, _G.count).where(
    *_equal(GROUP_COUNTER, "namespace", "kind", "group_name")
)

READ_COUNTER = select(COUNTER.c.value).where(*_equal(COUNTER, "namespace", "name"))

GROUPS = select(_G.group_name).where(*_equal(GROUP_COUNTER, "namespace", "kind"), _G.is_main)


@cache
def page(bounded_below: bool, bounded_above: bool, newest_first: bool) -> Select[Any]:
    """Return the statement of a page: a range of the listing's key, then its records."""
    bounds = _equal(LISTING, "namespace", "kind", "group_name")
    if bounded_below:
        bounds.append(_L.number > bindparam("after"))
    if bounded_above:
        bounds.append(_L.number < bindparam("before"))
    listed = (
        select(LISTING)
        .where(*bounds)
        .order_by(_L.number.desc() if newest_first else _L.number)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
        .subquery()
    )
    columns = [column for column in RECORD.c if column is not _R.number]
    return (
        select(*columns, listed.c.number)
        .where(*(_R[name] == listed.c[name] for name in ("namespace", "kind", "id")))
        .order_by(listed.c.number.desc() if newest_first else listed.c.number)
    )


@cache
def reserve_numbers(dialect: str) -> Any:
    """Return the statement that adds `more` records to a group and returns its last number.

    It returns no row where the namespace does not exist.
    """
    new = _insert_in_namespace(
        dialect, GROUP_COUNTER, kind="the_kind", group_name="the_group_name",
        last="more", count="more", is_main="is_main",
    )  # fmt: skip
    return new.on_conflict_do_update(
        index_elements=["namespace", "kind", "group_name"],
        set_={
            "last": _G.last + new.excluded.last,
            "count": _G.count + new.excluded.count,
            "is_main": _G.is_main | new.excluded.is_main,
        },
    ).returning(_G.last)


@cache
def next_number(dialect: str) -> Any:
    """Return the statement that adds `value` to a counter and returns the sum.

    It returns no row where the namespace does not exist.
    """
    new = _insert_in_namespace(dialect, COUNTER, name="the_name", value="value")
    return new.on_conflict_do_update(
        index_elements=["namespace", "name"],
        set_={"value": COUNTER.c.value + new.excluded.value},
    ).returning(COUNTER.c.value)


@cache
def set_number(dialect: str) -> Any:
    """Return the statement that sets a counter to `value`."""
    new = _insert_in_namespace(dialect, COUNTER, name="the_name", value="value")
    return new.on_conflict_do_update(
        index_elements=["namespace", "name"], set_={"value": new.excluded.value}
    )


def _insert_in_namespace(dialect: str, table: Table, **parameters: str) -> Any:
    """Return an insert, by columns and bound parameters, that needs its namespace to exist."""
    values = [
        bindparam(parameter, type_=table.c[name].type) for name, parameter in parameters.items()
    ]
    row = (
        select(NAMESPACE.c.namespace, *values)
        .where(*_equal(NAMESPACE, "namespace"))
        .with_for_update(read=True, key_share=True)
    )
    return _INSERT[dialect](table).from_select(["namespace", *parameters], row)


@cache
def create_namespace(dialect: str) -> Any:
    """Return the statement that creates a namespace, if it does not exist."""
    return (
        _INSERT[dialect](NAMESPACE)
        .values(namespace=bindparam("the_namespace"))
        .on_conflict_do_nothing()
    )


# The row that writers lock goes first, then tables in the order in which writers use them.
DROP_NAMESPACE = tuple(
    delete(table).where(*_equal(table, "namespace"))
    for table in (NAMESPACE, GROUP_COUNTER, RECORD, LISTING, COUNTER, JOURNAL)
)

APPEND_JOURNAL = insert(JOURNAL)

READ_JOURNAL = select(_J.number, _J.data).where(*_equal(JOURNAL, "namespace")).order_by(_J.number)

JOURNAL_SIZE = select(func.count(), func.coalesce(func.sum(_J.size), 0)).where(
    *_equal(JOURNAL, "namespace")
)

TRIM_JOURNAL = delete(JOURNAL).where(*_equal(JOURNAL, "namespace"), _J.number <= bindparam("up_to"))


_MALFORMED = (
    "store: the URL is malformed; write memory, sqlite:///FILE or "
    "postgresql://USER:PASSWORD@HOST:PORT/NAME, with special characters percent-encoded (@ as %40)"
)
_HOST = re.compile(r"[A-Za-z0-9._-]*|[0-9A-Fa-f:.]+")


def parse_url(url: str) -> URL:
    """Return the parsed URL of a database; `postgres://` means `postgresql://`.

    Raises:
        ConfigurationError: it is malformed. The text never quotes it: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(_MALFORMED) from None
    is_file = not (parsed.host or parsed.username or parsed.port or parsed.query or "\0" in url)
    match parsed.get_backend_name():
        case "sqlite" if is_file:
            if not parsed.database or parsed.database == ":memory:":
                raise ConfigurationError("store: sqlite needs a file, such as sqlite:///mock.db")
            return parsed.set(drivername="sqlite")
        # A second @ shows that one of the password is not encoded; then its rest is in the host.
        case "postgres" | "postgresql" if url.count("@") < 2 and _HOST.fullmatch(parsed.host or ""):
            return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(_MALFORMED)


def display_parsed(url: URL) -> str:
    """Return a URL without its password, and without its query, which may hold another one."""
    shown = url.set(drivername=url.get_backend_name(), query={})
    return shown.render_as_string(hide_password=True)
