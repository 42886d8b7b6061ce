"""What a page of another origin meets when it calls the vendors with fetch, as Chromium sees it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from mockserver.testing import MockServer
from tests.browser._client import TOKEN, Client
from tests.browser._page import Page, blank_page

Start = Callable[..., tuple[Page, Client]]

pytestmark = pytest.mark.slow

JOBS = "/data/reports/calls/jobs"
STATUS = "const reply = await call(path); await reply.text(); return reply.status;"
TRACING = {
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "tracestate": "vendor=1",
    "baggage": "user=1",
    "sentry-trace": "771a43a4192642f0b136d5159a501700-1234567890abcdef-1",
    "x-datadog-trace-id": "1",
    "x-request-id": "r-1",
    "x-requested-with": "XMLHttpRequest",
    "cache-control": "no-cache",
    "range": "bytes=0-9",
    "if-none-match": '"none"',
    "idempotency-key": "k-1",
}


@pytest.fixture
def origin() -> Iterator[str]:
    with blank_page() as origin:
        yield origin


@pytest.fixture
def start(browser: Chrome, origin: str) -> Iterator[Start]:
    """Start a mock whose time stands still; return a page that calls it, and a client beside."""
    with ExitStack() as stack:

        def started(**options: Any) -> tuple[Page, Client]:
            mock = stack.enter_context(MockServer(clock="manual", **options))
            client = stack.enter_context(Client(mock.base_url))
            return Page(browser, origin, mock.base_url, TOKEN), client

        yield started


def done_job(client: Client) -> str:
    """Return the path of a job that is DONE."""
    job = client.create()
    client.advance("PT1M")
    return f"{JOBS}/{job}"


@pytest.mark.parametrize("profile", ["documented", "observed"])
def test_nothing_of_a_vendor_comes_from_the_browsers_cache(start: Start, profile: str) -> None:
    page, client = start(profile=profile)
    job = done_job(client)
    file = job.replace("jobs", "files")
    before = [page.run(STATUS, path=path) for path in (job, file)]
    assert before == [300 if profile == "documented" else 200, 200]
    wrong = {"Authorization": "Bearer wrong"}
    refused = STATUS.replace("path", "path, {headers: wrong}", 1)
    assert [page.run(refused, path=path, wrong=wrong) for path in (job, file)] == [401, 401]
    assert client.delete(client.base_url + file).status_code == 204
    assert [page.run(STATUS, path=path) for path in (job, file)] == [200, 404]
    client.post(f"{client.base_url}/_mock/reset").raise_for_status()
    assert [page.run(STATUS, path=path) for path in (job, file)] == [404, 404]


def test_headers_of_tracing_and_caching_are_let_through(
    start: Start,
) -> None:
    page, _ = start()
    for name, value in TRACING.items():
        script = "return (await call(path, {headers: {...headers, ...more}})).status;"
        assert page.run(script, path=JOBS, more={name: value}) == 200, name


def test_credentials_are_taken_from_an_origin_that_is_named(start: Start, origin: str) -> None:
    script = "return (await call(path, {credentials: 'include'})).status;"
    page, _ = start(cors_origin=(origin,))
    assert page.run(script, path=JOBS) == 200
    page, _ = start(cors_origin=(origin, "http://elsewhere.example"))
    assert page.run(script, path=JOBS) == 200
    page, _ = start(cors_origin=("http://elsewhere.example",))
    assert "Failed to fetch" in page.error(script, path=JOBS)


def test_credentials_where_any_origin_may_call_are_refused_by_the_browser(
    start: Start,
) -> None:
    page, _ = start()
    script = "return (await call(path, {credentials: 'include'})).status;"
    assert "Failed to fetch" in page.error(script, path=JOBS)
    assert page.run("return (await call(path)).status;", path=JOBS) == 200


@pytest.mark.parametrize("named", [False, True])
def test_refusals_of_the_protocol_are_readable(start: Start, origin: str, named: bool) -> None:
    cors = {"cors_origin": (origin,)} if named else {}
    page, _ = start(max_headers=4096, max_body=1000, **cors)
    script = """
      const more = {
        ...headers, "Content-Type": "application/json", "x-request-id": "x".repeat(size),
      };
      const body = size < 4096 ? "x".repeat(2000) : undefined;
      const method = body ? "POST" : "GET";
      const reply = await call(path, {method, body, headers: more});
      return [reply.status, typeof (await reply.json()).message];
    """
    assert page.run(script, path=JOBS, size=5000) == [431, "string"]
    assert page.run(script, path=JOBS, size=1) == [413, "string"]


def test_a_redirect_is_followed_with_the_credentials(
    start: Start,
) -> None:
    page, client = start(profile="observed")
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


def test_a_reset_is_repeated_by_the_browser_and_the_journal_tells_both(
    start: Start,
) -> None:
    page, client = start()
    client.fault({"match": {"operation": "listReportJobs"}, "fault": {"kind": "reset"}, "times": 1})
    assert page.run(STATUS, path=JOBS) == 200
    rows = client.journal(operation="listReportJobs")
    assert [[fault["kind"] for fault in row["faults"]] for row in rows] == [["reset"], []]
    assert [row["status"] for row in rows] == [None, 200]


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


def test_the_control_plane_opens_to_an_origin_that_is_named(start: Start, origin: str) -> None:
    page, _ = start(control_origin=(origin,))
    assert page.run(CONTROL, more={}) == [200, "string"]
    assert page.run(CONTROL, more={"X-Mock-Sandbox": "default"}) == [200, "string"]
    page, client = start(control_origin=("http://elsewhere.example",))
    before = client.now()
    assert "Failed to fetch" in page.error(CONTROL, more={})
    assert client.now() == before


def test_a_token_of_the_control_plane_is_asked_of_named_origins_too(
    start: Start, origin: str
) -> None:
    page, _ = start(control_origin=(origin,), control_token="invented-control-token")
    script = "return (await fetch(new URL('/_mock/clock', api), {headers: more})).status;"
    assert page.run(script, more={}) == 401
    assert page.run(script, more={"X-Mock-Token": "invented-control-token"}) == 200
