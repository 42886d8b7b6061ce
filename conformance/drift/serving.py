"""The commands `conformance proxy` and what they serve it with: uvicorn on a loopback address."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, Final

import orjson
import uvicorn

from conformance.checks import load_checks
from conformance.contract_queries import load_contract
from conformance.drift.journal import Journal
from conformance.drift.proxy import OWN_PATH, ProxyApp
from conformance.drift.recording import write_recording
from conformance.errors import UsageError
from conformance.evaluation import EXIT_CONFORMS, EXIT_FAILED
from conformance.target import check_url, is_loopback, read_target

NEVER: Final = "never"
RECORDED: Final = "recorded"
FAIL_ON: Final = ("documented", "vendor", NEVER)


def proxy_command(vendor: str, options: Mapping[str, Any]) -> int:
    """Serve the proxy until a signal comes, print what departed, and return the exit code.

    Raises:
        UsageError: an option or the target file is invalid, or the upstream needs a target file.
    """
    upstream = check_url(options["upstream"], "--upstream")
    # The suite's rules: another host than this machine needs a target file that says what may be.
    target = read_target(vendor, upstream, os.environ, file=options["target"])
    if not is_loopback(f"http://{options['host']}"):
        raise UsageError(
            f"--host: {options['host']} is not a loopback address: whoever reaches the proxy uses "
            "the credentials that pass through it"
        )
    contract = load_contract(vendor, options["profile"], options["vendors"])
    limited = None if is_loopback(upstream) and options["target"] is None else target
    listening = _bind(options["host"], options["port"])
    journal = Journal(contract, load_checks(), upstream, limited)
    app = ProxyApp(
        upstream, journal, timeout=options["timeout"], ca_bundle=_text(options["ca_bundle"])
    )
    try:
        own = "http://{}:{}".format(*listening.getsockname()[:2])
        sys.stdout.write(f"{own} passes on to {upstream}; its journal: {own}{OWN_PATH}/\n")
        sys.stdout.flush()
        # uvicorn raises the signal again that ended it; the exit code is ours.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _ignore)
        _server(app).run(sockets=[listening])
    finally:
        journal.close()
        listening.close()
    return _end(journal, options)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _ignore(*_: object) -> None:
    pass


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(f"--port: {host}:{port}: {error.strerror}") from None
    return listening


def _server(app: Any) -> uvicorn.Server:
    """Return a server that adds nothing to what passes."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            ws="none",
            lifespan="on",
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
    )


@contextmanager
def proxy_in_thread(app: ProxyApp) -> Iterator[str]:
    """Serve the proxy in a thread, on a free port of 127.0.0.1; yields its base URL."""
    listening = _bind("127.0.0.1", 0)
    listening.listen()  # whoever connects before the server has started waits
    server = _server(app)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="proxy")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _end(journal: Journal, options: Mapping[str, Any]) -> int:
    """Print each kind of departure once, write the report, and return the exit code."""
    lines = [journal.summary]
    for departure, count in journal.departures():
        ids = ", ".join(departure.requirements) or "no requirement"
        times = f" ({count} times)" if count > 1 else ""
        lines.append(f"{departure.direction}  {ids}: {departure.reason}{times}")
    sys.stdout.write("\n".join(lines) + "\n")
    if options["report"] is not None:
        _write(options["report"], orjson.dumps(journal.entries(0), option=orjson.OPT_INDENT_2))
    if options["record"] is not None:
        first = min(journal.seconds.values(), default=time.monotonic())
        began = datetime.now(UTC) - timedelta(seconds=time.monotonic() - first)
        scenario = write_recording(journal, options["record"], RECORDED, began)
        sys.stdout.write(f"{scenario}: the scenario\n")
    failed = options["fail_on"] != NEVER and journal.fails(options["fail_on"])
    return EXIT_FAILED if failed else EXIT_CONFORMS


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content + b"\n")
    except OSError as error:
        raise UsageError(f"--report: {path} cannot be written: {error.strerror}") from error
