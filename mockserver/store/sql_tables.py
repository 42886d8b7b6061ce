"""The tables of the SQL store. Every key begins with the sandbox, so that one goes as a whole."""

from sqlalchemy import BigInteger, Boolean, Column, MetaData, String, Table, Text

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
