"""A front end on another origin, unaware of the mock, and its job on the dashboard afterwards."""

import pytest

from mockserver.testing import MockServer
from tests.browser._client import TOKEN, Client
from tests.browser._dashboard import Dashboard
from tests.browser._site import front_end

pytestmark = pytest.mark.slow


def test_page_of_another_origin_makes_polls_and_fetches_a_report(
    mock: MockServer, client: Client, dashboard: Dashboard
) -> None:
    with front_end(mock.base_url, TOKEN) as address:
        dashboard.browser.get(address)
        dashboard.until(lambda: dashboard.find("#status").text == "CREATED")
        client.advance("PT5S")
        dashboard.until(lambda: dashboard.find("#status").text == "PROCESSING")
        client.advance("PT25S")
        dashboard.until(lambda: dashboard.find("#row").text)
        assert dashboard.find("#status").text == "DONE"
        assert dashboard.find("#wrong").text == ""
        job, row = dashboard.find("#job").text, dashboard.find("#row").text
    file = client.get(f"{mock.base_url}/data/reports/calls/files/{job}").text
    assert row == file.splitlines()[1]

    dashboard.open()
    dashboard.await_state(job, "DONE")
    assert dashboard.strip(job) == "CREATED for 5 s, PROCESSING for 25 s, now DONE"
    dashboard.await_request("createReportJob", 202)
    dashboard.await_request("getReportJob", 200)
    dashboard.await_request("getReportJob", 300)
    dashboard.await_request("getReportFile", 200)
