"""A mock under a path of nginx, which removes the path or passes it on, in a real browser."""

from collections.abc import Iterator

import pytest
import requests
from selenium.webdriver import Chrome

import specs
from mockserver.testing import MockServer
from tests._balancer import running
from tests.browser._client import JOBS, Client
from tests.browser._dashboard import Dashboard
from tests.browser._documentation import Documentation

pytestmark = pytest.mark.slow

PREFIX = "/tools/mock-1"
PAGE = """server {
    listen 127.0.0.1:%s;
    location %s/ {
        proxy_pass http://%s%s;
        %s
    }
}
"""
HOSTS = {
    "own host": "",
    "host": "proxy_set_header Host $http_host;",
    "host without port": "proxy_set_header Host $host;",
}


@pytest.fixture(scope="module", params=["removes", "keeps"])
def end(request: pytest.FixtureRequest) -> str:
    """What follows the address in nginx's page: a path there replaces the location's."""
    return "/" if request.param == "removes" else ""


@pytest.fixture(scope="module", params=HOSTS)
def base_url(
    request: pytest.FixtureRequest, nginx: str, end: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where the mock is for whoever is outside."""
    host, home = HOSTS[request.param], tmp_path_factory.mktemp("nginx")
    with MockServer(clock="manual", root_path=PREFIX) as mock:
        address = mock.base_url.removeprefix("http://").removesuffix(PREFIX)
        with running(nginx, home, lambda port: PAGE % (port, PREFIX, address, end, host)) as url:
            yield f"{url}{PREFIX}"


def test_dashboard_shows_and_moves_jobs(browser: Chrome, base_url: str) -> None:
    with Client(base_url) as client:
        job = client.create()
    dashboard = Dashboard(browser, f"{base_url}/_mock")
    browser.get(f"{base_url}/_mock")  # without the slash
    dashboard.until(lambda: browser.current_url == f"{base_url}/_mock/")
    dashboard.await_state(job, "CREATED")
    dashboard.press('[data-advance="PT1M"]')
    dashboard.await_state(job, "DONE")
    dashboard.await_request("createReportJob", 202)
    documents = dashboard.all("#docs a")
    expected = [f"{base_url}/_mock/docs/{name}/" for name in (*specs.vendors(), "control")]
    assert [link.get_attribute("href") for link in documents] == expected
    assert dashboard.complaints() == []


def test_documentation_calls_the_mock_under_the_path(browser: Chrome, base_url: str) -> None:
    page = Documentation(browser, f"{base_url}/_mock")
    for name, status in (("talkdesk", "401"), ("control", "200")):
        page.show(name)
        page.open_operation("get")
        assert page.try_out("get") == status
    assert page.find(".bar .brand").get_attribute("href") == f"{base_url}/_mock/"
    assert page.complaints() == []
    without_slash = requests.get(f"{base_url}/_mock/docs/energycap", timeout=30)
    assert without_slash.ok
    assert without_slash.url == f"{base_url}/_mock/docs/energycap/"


def test_links_lead_through_the_proxy(base_url: str) -> None:
    with Client(base_url) as client:
        job = client.create()
        client.advance("PT1M")

        def ask(prefer: str) -> requests.Response:
            url = f"{base_url}{JOBS}/{job}"
            return client.get(url, headers={"Prefer": prefer}, allow_redirects=False)

        for link in links(ask("")):
            assert link.startswith(PREFIX)
            assert client.get(base_url.removesuffix(PREFIX) + link).ok
        for link in (*links(ask("code=300")), *links(ask("code=300, example=done"))):
            assert link.startswith(f"{PREFIX}/data/reports")
    nowhere = requests.get(f"{base_url}/nowhere", timeout=30).json()
    assert f"{PREFIX}/data/reports" in nowhere["served"]


def links(reply: requests.Response) -> list[str]:
    """Return all links of a job that is done."""
    job_links = reply.json()["_links"]
    return [reply.headers["Location"], job_links["self"]["href"], job_links["files"]["href"]]
