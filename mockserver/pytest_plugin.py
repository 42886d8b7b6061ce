"""A sandbox of the mock for each test. The server is imported when a test asks for it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing.client import MockVendor, open_vendor

_MARK = (
    "mock_vendor(seed=None, scenario=None, clock='manual', speed=None): how the sandbox of the "
    "fixture mock_vendor begins"
)


_OPTIONS = (
    ("url", "URL", "Use the mock that runs there already."),
    ("token", "TOKEN", "What its control plane asks for."),
    ("ca", "FILE", "Trust the authority in this file (PEM), if it speaks TLS by one of its own."),
)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that tests use.

    `token` is what its control plane asks for, `ca_file` the authority to trust, None for neither.
    """

    base_url: str
    token: str | None = None
    ca_file: Path | None = None

    @property
    def control_url(self) -> str:
        """Where the control plane is."""
        return f"{self.base_url}/_mock"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin: as flags, in the configuration file, in the environment."""
    group = parser.getgroup("mockserver", "mock server of report APIs")
    for name, metavar, text in _OPTIONS:
        told = f"{text} Or mock_{name} in the configuration, or MOCK_{name.upper()}."
        group.addoption(f"--mock-{name}", metavar=metavar, help=told)
        parser.addini(f"mock_{name}", text)


def _told(config: pytest.Config, name: str) -> str | None:
    """Return the value of an option; the flag counts before the environment, that before a file."""
    flag: str | None = config.getoption(f"--mock-{name}")
    return flag or os.environ.get(f"MOCK_{name.upper()}") or config.getini(f"mock_{name}") or None


def _ca_file(config: pytest.Config) -> Path | None:
    """Return the file of the authority; relative ones are beside the configuration file."""
    name = _told(config, "ca")
    if name is None:
        return None
    path = config.rootpath / Path(name).expanduser()
    if not path.is_file():
        raise pytest.UsageError(f"--mock-ca {name}: there is no such file")
    return path


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", _MARK)


@pytest.fixture(scope="session")
def mock_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The mock of this session, or of this xdist worker; with --mock-url one that runs already."""
    config = request.config
    if url := _told(config, "url"):
        yield Server(url.rstrip("/"), _told(config, "token"), _ca_file(config))
        return
    from mockserver.testing import MockServer  # noqa: PLC0415

    with MockServer() as server:
        yield Server(server.base_url)


@pytest.fixture
def mock_vendor(request: pytest.FixtureRequest, mock_server: Server) -> Iterator[MockVendor]:
    """A sandbox for this test alone; its time stands unless the mark `mock_vendor` says more."""
    mark = request.node.get_closest_marker("mock_vendor")
    told: dict[str, Any] = dict(mark.kwargs) if mark else {}
    server = mock_server
    with open_vendor(server.base_url, server.token, ca_file=server.ca_file, **told) as vendor:
        yield vendor
