"""The HTTP server under the application: uvicorn, and all that knows of it.

A server of another make needs `Running` written again, and nothing else.
"""

import asyncio
import gc
import logging
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from secrets import token_urlsafe
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from mockserver import logs
from mockserver.app import App, create_app
from mockserver.config import ConnectionLimits, Settings
from mockserver.http.context import Asgi
from mockserver.logs import AccessLog
from mockserver.server.banner import render_json, render_text
from mockserver.server.protocol import Http1Protocol
from mockserver.server.sockets import BoundSocket, bind
from mockserver.server.supervisor import WorkerSupervisor

STOP_SECONDS = 5
"""How long running requests may take to end once the server stops."""


class UvicornServer:
    """A server on a bound socket; `stop` may be called from any thread."""

    def __init__(self, app: Asgi, bound: BoundSocket, limits: ConnectionLimits) -> None:
        self._bound = bound
        self._server = _Server(_config(app, limits))

    def run(self, on_start: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`, or until SIGINT or SIGTERM where this is the main thread."""
        self._server.on_start = on_start
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        """Take no more connections; what runs may end within `STOP_SECONDS`."""
        self._server.should_exit = True

    async def _serve(self) -> None:
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.stop)
        await self._server.serve(sockets=[self._bound.socket])


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to us and tells when it has started."""

    on_start: Callable[[], None]

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self.on_start()


def _config(app: Asgi, limits: ConnectionLimits) -> uvicorn.Config:
    def make_protocol(*, server_state: ServerState, **_: Any) -> asyncio.Protocol:
        return Http1Protocol(app, server_state, limits)

    return uvicorn.Config(
        app,
        http=make_protocol,  # type: ignore[arg-type] # as good as the class that uvicorn asks for
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=limits.idle_timeout,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def tune_gc() -> None:
    """Fit the garbage collector to a process that does nothing but serve.

    What was loaded at the start stays for good and need not be looked through again; requests leave
    hardly any cycles behind. Together that was a seventh of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 (not on every platform)
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


Say = Callable[[str], None]


def serve(settings: Settings, say: Say) -> None:
    """Serve until SIGINT or SIGTERM; `say` prints what there is to know at the start.

    Raises:
        ConfigurationError: the settings cannot work.
        SpecError: a contract has a fault.
    """
    logs.start(settings.log_format)
    listening = bind(settings.host, settings.port)
    told, settings = settings, with_token(settings, listening)
    try:
        mock = create_app(settings)
    except BaseException:
        listening.socket.close()
        raise
    made = None if told.control_token else settings.control_token  # who told it knows it
    tune_gc()
    tell = partial(say, _text(mock, listening, settings, made))
    if settings.workers == 1:
        run_on(mock, listening, settings).run(tell)
        mock.store.close()
        return
    mock.store.close()  # no connection may be in two processes; each opens its own
    work = run_on(mock, listening, settings).run
    WorkerSupervisor(settings.workers, work, logs.log_error, STOP_SECONDS + 5).run(tell)


def run_on(mock: App, listening: BoundSocket, settings: Settings) -> UvicornServer:
    """Return a server of a mock on a socket."""
    app = mock.app if settings.log_format == logs.NONE else AccessLog(mock.app, settings.log_format)
    return UvicornServer(app, listening, settings.connection_limits)


def with_token(settings: Settings, listening: BoundSocket) -> Settings:
    """Return settings whose control plane asks for a token, where others can reach the server."""
    if settings.control_token is not None or listening.local:
        return settings
    return replace(settings, control_token=token_urlsafe(18))


def _text(mock: App, listening: BoundSocket, settings: Settings, token: str | None) -> str:
    if settings.log_format == logs.JSON:
        return logs.to_json(render_json(mock, listening.base_url, settings, token))
    return render_text(mock, listening.base_url, settings, token)
