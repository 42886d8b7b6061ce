"""A site on another origin than the mock's: a page that uses a vendor's API as front ends do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template

PAGE = Template("""<!doctype html>
<html lang="en">
<title>Front end</title>
<link rel="icon" href="data:,">
<p>Job <output id="job"></output> is <output id="status">not there</output></p>
<p>First row: <output id="row"></output></p>
<p role="alert" id="wrong"></p>
<script type="module">
const api = "$api", headers = {Authorization: "Bearer $token"};
const show = (id, text) => document.getElementById(id).textContent = text;
const later = () => new Promise((resolve) => setTimeout(resolve, 50));

async function create() {
  const timespan = {from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z"};
  const reply = await fetch(api + "/data/reports/calls/jobs", {
    method: "POST",
    headers: {...headers, "Content-Type": "application/json"},
    body: JSON.stringify({format: "csv", timespan}),
  });
  const made = await reply.json();
  show("job", made.job.id);
  return made._links.self.href;
}

async function poll(path) {
  while (true) {
    const reply = await fetch(api + path, {headers});
    show("status", (await reply.json()).job.status);
    if (reply.status === 300) return reply.headers.get("Location");
    await later();
  }
}

try {
  const file = await fetch(new URL(await poll(await create()), api), {headers});
  show("row", (await file.text()).split(/\\r?\\n/)[1]);
} catch (error) {
  show("wrong", error);
}
</script>
""")


@contextmanager
def front_end(api: str, token: str) -> Iterator[str]:
    """Serve the page, which calls `api` with `token`; yield its address."""
    page = PAGE.substitute(api=api, token=token).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, page))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, page: bytes, *arguments: object) -> None:
        self._page = page
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self._page)))
        self.end_headers()
        self.wfile.write(self._page)

    def log_message(self, *_: object) -> None:
        """Say nothing: the test tells what matters."""
