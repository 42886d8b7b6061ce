"""A blank page of another origin than the mock's, whose scripts a test writes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from selenium.webdriver import Chrome

_BLANK = b'<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,"></html>'
_PATIENCE = 60
# The function's value, or the error that `fetch` gave, as text.
_SCRIPT = """
const done = arguments[arguments.length - 1], given = arguments[0];
const {api, token} = given;
const headers = {Authorization: `Bearer ${token}`};
const call = (path, options = {}) => fetch(new URL(path, api), {headers, ...options});
(async () => { %s })().then((value) => done({value}), (error) => done({error: String(error)}));
"""


class Page:
    """A page in a browser. Scripts know `api`, `headers` and `call(path, options)`."""

    def __init__(self, browser: Chrome, origin: str, api: str, token: str) -> None:
        self.origin = origin
        self._browser = browser
        self._known = {"api": api, "token": token}
        browser.set_script_timeout(_PATIENCE)
        browser.get(origin)

    def run(self, script: str, **names: Any) -> Any:
        """Return what an asynchronous function with this body returns; fail if it throws."""
        outcome = self._run(script, names)
        assert "error" not in outcome, outcome["error"]
        return outcome["value"]

    def error(self, script: str, **names: Any) -> str:
        """Return what an asynchronous function with this body throws; fail if it returns."""
        outcome = self._run(script, names)
        assert "error" in outcome, outcome
        return str(outcome["error"])

    def _run(self, script: str, names: dict[str, Any]) -> Any:
        given = "".join(f"const {name} = given.{name};" for name in names)
        return self._browser.execute_async_script(_SCRIPT % (given + script), self._known | names)


@contextmanager
def blank_page() -> Iterator[str]:
    """Serve a blank page on a free port; yield its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_BLANK)))
        self.end_headers()
        self.wfile.write(_BLANK)

    def log_message(self, *_: object) -> None:
        """Say nothing: the test tells what matters."""
