"""Pytest plugin: a sandbox of the mock for each test. The server is imported at first use."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing.client import SOCKETS, MockVendor, open_vendor

_MARK = (
    "mock_vendor(seed=None, scenario=None, clock='manual', speed=None): the initial state of the "
    "sandbox of the fixture mock_vendor"
)


_OPTIONS = (
    ("url", "URL", "Use a mock that is already running."),
    ("token", "TOKEN", "Token of its control plane."),
    ("ca", "FILE", "Certificate authority (PEM) to trust for its https:// URL."),
    ("vendors", "DIR", "Folder of an own vendor, or of several; separated as in PATH."),
)


@dataclass(frozen=True, slots=True)
class Server:
    """A server for tests; its control plane may require `token`, its clients to trust `ca_file`."""

    base_url: str
    token: str | None = None
    ca_file: Path | None = None

    @property
    def control_url(self) -> str:
        """The URL of the control plane."""
        return f"{self.base_url}/_mock"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin: as flags, in the configuration file, in the environment."""
    group = parser.getgroup("mockserver", "mock server of report APIs")
    for name, metavar, text in _OPTIONS:
        help_text = f"{text} Or mock_{name} in the configuration, or MOCK_{name.upper()}."
        group.addoption(f"--mock-{name}", metavar=metavar, help=help_text)
        parser.addini(f"mock_{name}", text)


def _option(config: pytest.Config, name: str) -> str | None:
    """Return an option: the flag, else the environment variable, else the configuration file."""
    flag: str | None = config.getoption(f"--mock-{name}")
    return flag or os.environ.get(f"MOCK_{name.upper()}") or config.getini(f"mock_{name}") or None


def _ca_file(config: pytest.Config) -> Path | None:
    """Return the path of --mock-ca; a relative one starts at pytest's root folder."""
    name = _option(config, "ca")
    if name is None:
        return None
    path = config.rootpath / Path(name).expanduser()
    if not path.is_file():
        raise pytest.UsageError(f"--mock-ca {name}: there is no such file")
    return path


def _vendors(config: pytest.Config) -> tuple[Path, ...]:
    """Return the folders of --mock-vendors; a relative one starts at pytest's root folder."""
    names = (_option(config, "vendors") or "").split(os.pathsep)
    return tuple(config.rootpath / Path(name).expanduser() for name in names if name)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line("markers", _MARK)


@pytest.fixture(scope="session")
def mock_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The mock of this session or xdist worker; with --mock-url one that is already running."""
    config = request.config
    if url := _option(config, "url"):
        yield Server(url.rstrip("/"), _option(config, "token"), _ca_file(config))
        return
    from mockserver.errors import ConfigurationError  # noqa: PLC0415
    from mockserver.testing import MockServer  # noqa: PLC0415
    from specs import SpecError  # noqa: PLC0415

    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # the test that is first may have changed them
            for name, value in SOCKETS.items():
                patch.setattr(socket, name, value)
            try:
                server = stack.enter_context(MockServer(vendors=_vendors(config)))
            except (ConfigurationError, SpecError) as error:
                raise pytest.fail.Exception(str(error), pytrace=False) from None
        yield Server(server.base_url)


@pytest.fixture
def mock_vendor(request: pytest.FixtureRequest, mock_server: Server) -> Iterator[MockVendor]:
    """A sandbox for this test alone; its clock is manual unless the mark sets a mode."""
    mark = request.node.get_closest_marker("mock_vendor")
    options: dict[str, Any] = dict(mark.kwargs) if mark else {}
    server = mock_server
    with open_vendor(server.base_url, server.token, ca_file=server.ca_file, **options) as vendor:
        yield vendor
