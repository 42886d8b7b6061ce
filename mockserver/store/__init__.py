"""Where the records of sandboxes are stored: in memory, in SQLite or in PostgreSQL."""

import re
from typing import TYPE_CHECKING

from mockserver.errors import ConfigurationError
from mockserver.store.base import Store
from mockserver.store.memory import MemoryStore

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

MEMORY = "memory"


def open_store(url: str) -> Store:
    """Return the store of a URL: `memory`, `sqlite:///file` or `postgresql://...`.

    Raises:
        ConfigurationError: it cannot be used; the text says why and shows no password.
    """
    if url == MEMORY:
        return MemoryStore()
    try:
        from mockserver.store.sql import SqlStore  # noqa: PLC0415 (not needed for memory)

        return SqlStore(url)
    except ImportError as error:
        raise ConfigurationError(
            f"store: the package {error.name} is missing; install it"
        ) from error


def display_url(url: str) -> str:
    """Return the URL of a store without its password."""
    return url if url == MEMORY else display_parsed(parse_url(url))


_MALFORMED = (
    "store: the URL is malformed; write memory, sqlite:///FILE or "
    "postgresql://USER:PASSWORD@HOST:PORT/NAME, with special characters percent-encoded (@ as %40)"
)
_HOST = re.compile(r"[A-Za-z0-9._-]*|[0-9A-Fa-f:.]+")


def parse_url(url: str) -> "URL":
    """Return the parsed URL of a database; `postgres://` means `postgresql://`.

    Raises:
        ConfigurationError: it is malformed. The text never quotes it: it may hold a password.
    """
    from sqlalchemy.engine import make_url  # noqa: PLC0415 (as above)
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

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


def display_parsed(url: "URL") -> str:
    """Return a URL without its password, and without its query, which may hold another one."""
    shown = url.set(drivername=url.get_backend_name(), query={})
    return shown.render_as_string(hide_password=True)
