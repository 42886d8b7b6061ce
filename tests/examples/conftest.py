"""A mock that plays the vendors of this folder, and a sandbox of it for each test."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from mockserver.testing import MockServer
from mockserver.testing.client import MockVendor, open_vendor

EXAMPLES = Path(__file__).parent


@dataclass(frozen=True)
class Caller:
    """Calls one vendor in one sandbox, as one of its roles."""

    sandbox: MockVendor
    vendor: str

    def __call__(self, method: str, path: str, role: str | None = "user", **more: Any) -> Any:
        """Send a request to a path, or a URL, of the mock."""
        url = path if path.startswith("http") else f"{self.sandbox.base_url}{path}"
        headers = {"X-Mock-Sandbox": self.sandbox.id}
        if role is not None:
            headers = self.sandbox.headers(self.vendor, role)
        headers |= more.pop("headers", {})
        return requests.request(
            method, url, headers=headers, timeout=30, allow_redirects=False, **more
        )


@pytest.fixture(scope="session")
def server() -> Iterator[MockServer]:
    with MockServer(vendors=[EXAMPLES]) as mock:
        yield mock


@pytest.fixture
def sandbox(server: MockServer) -> Iterator[MockVendor]:
    with open_vendor(server.base_url) as vendor:
        yield vendor


@pytest.fixture
def exports(sandbox: MockVendor) -> Caller:
    return Caller(sandbox, "exports")


@pytest.fixture
def operations(sandbox: MockVendor) -> Caller:
    return Caller(sandbox, "operations")
