"""One wired mock for the tests that need all of it, as at its start for each of them."""

from collections.abc import Iterator

import pytest

from mockserver.app import Mock, build
from mockserver.clock import Mode, Pace
from mockserver.config import Settings


@pytest.fixture(scope="session")
def _built() -> Mock:
    return build(Settings(pace=Pace(Mode.MANUAL)))


@pytest.fixture
def mock(_built: Mock) -> Iterator[Mock]:
    """A mock whose time stands still."""
    yield _built
    _built.sandboxes.reset(_built.sandboxes.default)
