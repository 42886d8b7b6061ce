"""Serves an app on a local port."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    """Speaks HTTP/1.1, so that bodies can be chunked, and does not log."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - its parent's name
        """Do not log: the caller keeps its own record."""


def make_http_server(app: Flask, port: int = 0) -> BaseWSGIServer:
    """Return a server on 127.0.0.1; port 0 picks a free one. OSError if the port is taken."""
    # The library ends the process where it cannot bind, so the socket is bound here.
    version = app.config.get("HTTP_VERSION", QuietHandler.protocol_version)
    handler = type("Handler", (QuietHandler,), {"protocol_version": version})
    with socket.create_server(("127.0.0.1", port)) as listener:
        return make_server(
            "127.0.0.1",
            port,
            app,
            threaded=True,
            request_handler=handler,
            fd=listener.fileno(),
        )


@contextmanager
def serve(app: Flask, port: int = 0) -> Iterator[str]:
    """Yield the base URL, without a slash at its end, of the app being served."""
    server = make_http_server(app, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
