"""Where a sandbox's records are kept: in memory, in SQLite or in PostgreSQL."""

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
        from mockserver.store.sql import SqlStore  # noqa: PLC0415 (in memory nobody needs it)

        return SqlStore(url)
    except ImportError as error:
        raise ConfigurationError(
            f"store: the package {error.name} is missing; install it"
        ) from error


def shown(url: str) -> str:
    """Return a URL as anybody may see it: without its password."""
    if url == MEMORY:
        return url
    from sqlalchemy.engine import make_url  # noqa: PLC0415 (as above)

    return make_url(url).render_as_string(hide_password=True)
