"""A served mock for programs that know nothing of it, and the environments that they run in."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests._serving import Served, serving
from tests.clients._environments import Environments


@pytest.fixture(scope="session")
def environments() -> Environments:
    """The installed clients."""
    return installed_clients()


def installed_clients() -> Environments:
    """Return the installed clients, kept in the user's cache folder for all checkouts."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = folder / "report-contracts" / "clients"
    cache.mkdir(parents=True, exist_ok=True)
    return Environments(cache)


@pytest.fixture(scope="session")
def served() -> Iterator[Callable[..., Served]]:
    """Return the server of a profile, with TLS or without, started at its first use."""
    with ExitStack() as stack:

        @cache
        def serve(profile: str, *, tls: bool = False) -> Served:
            options = ["--profile", profile, *(["--tls", "self-signed"] if tls else [])]
            return stack.enter_context(serving(*options))

        yield serve
