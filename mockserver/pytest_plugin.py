"""A sandbox of the mock for each test. The server is imported when a test asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mockserver.testing.client import MockVendor, open_vendor

_MARK = (
    "mock_vendor(seed=None, scenario=None, clock='manual', speed=None): how the sandbox of the "
    "fixture mock_vendor begins"
)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that tests use; `token` is what its control plane asks for, if it does."""

    base_url: str
    token: str | None = None

    @property
    def control_url(self) -> str:
        """Where the control plane is."""
        return f"{self.base_url}/_mock"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup("mockserver", "mock server of report APIs")
    group.addoption("--mock-url", metavar="URL", help="Use the mock that runs there already.")
    group.addoption("--mock-token", metavar="TOKEN", help="What its control plane asks for.")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", _MARK)


@pytest.fixture(scope="session")
def mock_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The mock of this session, or of this xdist worker; with --mock-url one that runs already."""
    url: str | None = request.config.getoption("--mock-url")
    if url:
        yield Server(url.rstrip("/"), request.config.getoption("--mock-token"))
        return
    from mockserver.testing import MockServer  # noqa: PLC0415

    with MockServer() as server:
        yield Server(server.base_url)


@pytest.fixture
def mock_vendor(request: pytest.FixtureRequest, mock_server: Server) -> Iterator[MockVendor]:
    """A sandbox for this test alone; its time stands unless the mark `mock_vendor` says more."""
    mark = request.node.get_closest_marker("mock_vendor")
    told: dict[str, Any] = dict(mark.kwargs) if mark else {}
    with open_vendor(mock_server.base_url, mock_server.token, **told) as vendor:
        yield vendor
