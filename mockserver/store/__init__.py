"""Where the records of sandboxes are stored: in memory, in SQLite or in PostgreSQL."""

from mockserver.errors import ConfigurationError
from mockserver.store.base import Store
from mockserver.store.memory import MemoryStore

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
    if url == MEMORY:
        return url
    from mockserver.store.sql_statements import display_parsed, parse_url  # noqa: PLC0415 (as above)

    return display_parsed(parse_url(url))
