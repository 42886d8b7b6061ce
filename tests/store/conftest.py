"""One store for each backend; the protocol's tests run on all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.store.base import Store
from mockserver.store.memory import MemoryStore
from mockserver.store.sql import SqlStore

BACKENDS = ["memory", "sqlite", "postgresql"]
SHARED = ["sqlite", "postgresql"]


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of a backend that several processes can share."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    found: str = request.getfixturevalue("postgres_database")
    return found


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each backend."""
    opened: Store
    if request.param == "memory":
        opened = MemoryStore()
    elif request.param == "sqlite":
        opened = SqlStore(f"sqlite:///{tmp_path}/store.db")
    else:
        opened = SqlStore(request.getfixturevalue("postgres_database"))
    for namespace in "ab":
        opened.create(namespace)
    yield opened
    opened.close()
