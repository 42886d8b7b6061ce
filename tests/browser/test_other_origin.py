"""What a page of another origin meets when it calls the vendors with fetch, as Chromium sees it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from tests._serving import serving
from tests.browser._client import TOKEN, Client
from tests.browser._page import Page, blank_page

Start = Callable[..., tuple[Page, Client]]

pytestmark = pytest.mark.slow

JOBS = "/data/reports/calls/jobs"
STATUS = "const reply = await call(path); await reply.text(); return reply.status;"


@pytest.fixture
def origin() -> Iterator[str]:
    with blank_page() as origin:
        yield origin


@pytest.fixture
def start(browser: Chrome, origin: str) -> Iterator[Start]:
    """Start a mock whose time stands still; return a page that calls it, and a client beside."""
    with ExitStack() as stack:

        def started(*options: str) -> tuple[Page, Client]:
            mock = stack.enter_context(serving("--clock", "manual", *options))
            client = stack.enter_context(Client(mock.base_url))
            return Page(browser, origin, mock.base_url, TOKEN), client

        yield started


def done_job(client: Client) -> str:
    """Return the path of a job that is DONE."""
    job = client.create()
    client.advance("PT1M")
    return f"{JOBS}/{job}"


def test_credentials_where_any_origin_may_call_are_refused_by_the_browser(
    start: Start,
) -> None:
    page, _ = start()
    script = "return (await call(path, {credentials: 'include'})).status;"
    assert "Failed to fetch" in page.error(script, path=JOBS)
    assert page.run("return (await call(path)).status;", path=JOBS) == 200


def test_a_redirect_is_followed_with_the_credentials(
    start: Start,
) -> None:
    page, client = start("--profile", "observed")
    script = """
      const reply = await call(path);
      const first = (await reply.text()).slice(0, 7);
      return [reply.status, reply.redirected, new URL(reply.url).pathname, first];
    """
    job = done_job(client)
    assert page.run(script, path=job) == [200, True, job.replace("jobs", "files"), "call_id"]
    manual = "return (await call(path, {redirect: 'manual'})).type;"
    assert page.run(manual, path=job) == "opaqueredirect"


def test_a_file_is_saved_under_the_name_that_it_comes_with(
    start: Start, browser: Chrome, tmp_path: Path
) -> None:
    page, client = start()
    behavior = {"behavior": "allow", "downloadPath": str(tmp_path), "eventsEnabled": True}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", behavior)
    job = done_job(client)
    script = """
      const reply = await call(path);
      const name = reply.headers.get("Content-Disposition").match(/filename="([^"]+)"/)[1];
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await reply.blob());
      link.download = name;
      link.click();
      return name;
    """
    name = page.run(script, path=job.replace("jobs", "files"))
    assert name.endswith(".csv")
    saved = tmp_path / name
    WebDriverWait(browser, 30).until(lambda _: saved.exists())
    assert saved.read_bytes() == client.get(client.base_url + job.replace("jobs", "files")).content


def test_an_aborted_request_leaves_the_mock_as_it_was(
    start: Start,
) -> None:
    page, client = start()
    rule = {"match": {"operation": "listReportJobs"}, "fault": {"kind": "drip"}, "times": 1}
    client.fault(rule)
    script = """
      const aborter = new AbortController();
      const reply = await call(path, {signal: aborter.signal});
      const text = reply.text();
      aborter.abort();
      return text.catch((error) => error.name);
    """
    assert page.run(script, path=f"{JOBS}?per_page=200") == "AbortError"
    assert page.run(STATUS, path=JOBS) == 200


CONTROL = """
  const json = {"Content-Type": "application/json", ...more};
  const moved = await fetch(new URL("/_mock/clock", api), {
    method: "POST", headers: json, body: '{"advance": "PT1S"}',
  });
  return [moved.status, typeof (await moved.json()).now];
"""


def test_the_control_plane_is_closed_to_other_origins(
    start: Start,
) -> None:
    page, client = start()
    before = client.now()
    assert "Failed to fetch" in page.error(CONTROL, more={})
    simple = "return (await fetch(new URL(path, api), {method: 'POST', mode: 'no-cors'})).type;"
    assert page.run(simple, path="/_mock/reset") == "opaque"
    assert client.now() == before
    job = client.create()
    page.run(simple, path="/_mock/reset")
    assert client.poll(job) == 200
