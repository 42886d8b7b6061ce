"""A served mock for programs that know nothing of it, and the environments that they run in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests._serving import Served, serving
from tests.clients._environments import Environments


@pytest.fixture(scope="session")
def environments(pytestconfig: pytest.Config) -> Environments:
    """The installed clients, kept in pytest's cache from run to run."""
    return Environments(pytestconfig.cache.mkdir("clients"))


@pytest.fixture(scope="session")
def served() -> Iterator[Callable[[str], Served]]:
    """Return the server of a profile, started at its first use."""
    with ExitStack() as stack:
        running: dict[str, Served] = {}

        def serve(profile: str) -> Served:
            if profile not in running:
                options = ("--profile", profile)
                running[profile] = stack.enter_context(serving(*options))
            return running[profile]

        yield serve
