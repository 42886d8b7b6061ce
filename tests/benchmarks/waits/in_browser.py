"""The mock in a browser: a page of a hundred requests beside the peers, and the dashboard."""

from collections.abc import Iterator
from pathlib import Path

from selenium.webdriver import Chrome

from tests._browser import chromium_at
from tests.benchmarks import npm
from tests.benchmarks.contenders import ours
from tests.benchmarks.errors import BenchmarkError, UnhealthyError
from tests.benchmarks.peers import Comparison, Entry
from tests.benchmarks.request import HOST
from tests.benchmarks.say import left_out
from tests.benchmarks.scale.jobs import Stocked
from tests.benchmarks.server import running
from tests.benchmarks.waits.wait import Wait

_GROUP = "a browser"
_JOBS = 500
_TIMEOUT = 60
_REQUESTS = """
const [path, headers, done] = arguments;
const ask = async () => {
  const reply = await fetch(path, { headers, cache: "no-store" });
  if (!reply.ok) throw new Error(`${path} answered ${reply.status}`);
  return reply.text();
};
Promise.all(Array.from({ length: 100 }, ask)).then(() => done(null), (error) => done(`${error}`));
"""
_SHOWN = """
const done = arguments[0];
const look = () => document.querySelector("#jobs .job svg, #jobs .job .badge")
  ? requestAnimationFrame(() => done(null)) : requestAnimationFrame(look);
look();
"""


def measure(comparison: Comparison, folder: Path, rounds: int) -> Iterator[Wait]:
    """Yield the waits of a user with a browser; raises UnavailableError without Chromium."""
    npm.program("chromedriver", "Debian: apt-get install chromium-driver")
    with chromium_at(folder / "chromium") as browser:
        browser.set_script_timeout(_TIMEOUT)
        for name, entry in comparison.entries.items():
            wait = Wait(_GROUP, f"100 requests, {name}")
            try:
                _page(browser, entry, folder, rounds, wait)
            except BenchmarkError as reason:
                left_out(wait.name, reason)
            else:
                yield wait
        yield _dashboard(browser, comparison, folder, rounds)


def _page(browser: Chrome, entry: Entry, folder: Path, rounds: int, wait: Wait) -> None:
    contender = entry.contender
    with running(contender.name, contender.command, folder, **contender.environment) as server:
        server.first_answer(contender.poll)
        # Whatever it answers there, the page has its origin.
        browser.get(f"http://{HOST}:{server.port}{contender.poll.path}")
        _script(browser, _REQUESTS, contender.poll.path, dict(contender.poll.headers))
        for _ in range(rounds):
            with wait.timed(server.processor):
                _script(browser, _REQUESTS, contender.poll.path, dict(contender.poll.headers))


def _dashboard(browser: Chrome, comparison: Comparison, folder: Path, rounds: int) -> Wait:
    wait = Wait(_GROUP, f"the dashboard with {_JOBS} jobs")
    with running("dashboard", ours.command(), folder) as server:
        server.first_answer(ours.LIST)
        Stocked(server, comparison.workshop, comparison.generator).fill(_JOBS)
        for _ in range(rounds):
            browser.get("about:blank")
            with wait.timed(server.processor):
                browser.get(f"http://{HOST}:{server.port}/_mock/")
                _script(browser, _SHOWN)
    return wait


def _script(browser: Chrome, script: str, *arguments: object) -> None:
    if error := browser.execute_async_script(script, *arguments):
        raise UnhealthyError(str(error))
