"""One wired mock for the tests that need all of it, as at its start for each of them."""

from collections.abc import Iterator

import pytest

from mockserver.app import App, create_app
from mockserver.config import Settings


@pytest.fixture(scope="session")
def _built() -> App:
    return create_app(Settings(clock="manual"))


@pytest.fixture
def mock(_built: App) -> Iterator[App]:
    """A mock whose time stands still."""
    yield _built
    _built.sandboxes.reset(_built.sandboxes.default)
