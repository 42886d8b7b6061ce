"""A mock on a real port, whose time stands still, and its dashboard in a real browser."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from mockserver.config import Settings
from mockserver.testing import MockServer
from tests.browser._client import Client
from tests.browser._dashboard import Dashboard


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(Settings(port=0, clock="manual")) as server:
        yield server


@pytest.fixture
def client(mock: MockServer) -> Iterator[Client]:
    with Client(mock.base_url) as client:
        yield client


@pytest.fixture
def dashboard(browser: Chrome, mock: MockServer) -> Iterator[Dashboard]:
    """The dashboard, whose console must have nothing to say that the test has not asked for."""
    dashboard = Dashboard(browser, mock.control_url)
    yield dashboard
    assert dashboard.complaints() == []
