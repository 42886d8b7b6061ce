"""Runs the application: uvicorn's server with `Http1Protocol`, in one process or several."""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_urlsafe
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from mockserver import logs
from mockserver.app import App, create_app
from mockserver.config import Settings
from mockserver.http.context import Asgi
from mockserver.logs import AccessLog
from mockserver.server.banner import Started, render_json, render_text
from mockserver.server.protocol import Http1Protocol
from mockserver.server.sockets import BoundSockets, Tls, bind, open_tls
from mockserver.server.supervisor import WorkerSupervisor, stop_signals

STOP_SECONDS = 5
"""How long running requests may take to end once the server stops."""


TICKS_PER_SECOND = 10
"""How often uvicorn's server looks after itself."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where a server listens, whether by TLS, and the path that its URLs begin with."""

    bound: BoundSockets
    tls: Tls | None
    root_path: str = ""

    @property
    def base_url(self) -> str:
        """The URL that leads here, with the path that a proxy has before every path."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{self.bound.authority}{self.root_path}"

    def close(self) -> None:
        """Give back the port, and remove what was written for this run alone."""
        self.bound.close()
        if self.tls is not None:
            self.tls.close()


def try_out(settings: Settings, vendors: Iterable[str]) -> Iterable[str]:
    """Yield what is wrong with the responses of a user's vendors, each a line; nothing listens.

    Raises:
        SpecError: a contract is invalid.
        ConfigurationError: a setting or a fixture is invalid.
    """
    mock = create_app(settings)
    from mockserver.vendors import generic  # noqa: PLC0415 (the documented vendors need it not)

    for name in vendors:
        vendor, known = mock.vendors[name], mock.identities[name]
        identity = known[0].identity if known else None
        for problem in generic.try_out(vendor, mock.sandboxes.default, identity):
            yield f"{vendor.contract.folder}/lifecycle.yaml: {problem}"


def listen(settings: Settings) -> Listener:
    """Bind the sockets that settings ask for.

    Raises:
        ConfigurationError: they cannot be bound, or the certificate cannot be used.
    """
    bound = bind(settings.host, settings.port)
    try:
        return Listener(bound, open_tls(settings), settings.root_path or "")
    except BaseException:
        bound.close()
        raise


class UvicornServer:
    """A server on bound sockets; `stop` may be called from any thread."""

    def __init__(
        self,
        app: Asgi,
        listener: Listener,
        settings: Settings,
        each_second: Callable[[], None] | None = None,
    ) -> None:
        self._listener = listener
        self._server = _Server(_config(app, settings, listener.tls))
        self._server.each_second = each_second

    def run(
        self,
        on_start: Callable[[], None] = lambda: None,
        signals: Iterable[signal.Signals] = (),
    ) -> None:
        """Serve until `stop`, which each of `signals` calls (in the main thread only).

        From then on these signals are ignored: the process is about to end with its own exit code.
        """
        self._server.on_start = on_start
        numbers = tuple(signals)
        is_tls = self._listener.tls is not None
        with asyncio.Runner(loop_factory=_loop_factory(is_tls=is_tls)) as runner:
            loop = runner.get_loop()

            def on_signal(*_: object) -> None:
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(self.stop)

            # Not by the loop: it would restore the default, which kills, before the process ends.
            for number in numbers:
                signal.signal(number, on_signal)
            runner.run(self._server.serve(sockets=list(self._listener.bound.sockets)))
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    def stop(self) -> None:
        """Take no more connections; responses have `STOP_SECONDS`, or until the next call."""
        if self._server.should_exit:
            self._server.force_exit = True
            self._server.abort_connections()
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers, and with a callback once it has started."""

    on_start: Callable[[], None]
    each_second: Callable[[], None] | None

    async def on_tick(self, counter: int) -> bool:
        if self.each_second is not None and counter % TICKS_PER_SECOND == 0:
            self.each_second()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self.on_start()

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        await super().shutdown(sockets=sockets)
        self.abort_connections()
        await asyncio.sleep(0)  # in which they are told

    def abort_connections(self) -> None:
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()


def _config(app: Asgi, settings: Settings, tls: Tls | None) -> uvicorn.Config:
    limits = settings.connection_limits

    def make_protocol(*, server_state: ServerState, **_: Any) -> asyncio.Protocol:
        return Http1Protocol(app, server_state, limits, settings.root_path or "")

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
        ssl_context_factory=None if tls is None else lambda *_: tls.context,
    )


def tune_gc() -> None:
    """Fit the garbage collector to a process that does nothing but serve.

    What was loaded at the start stays for good and need not be looked through again; requests leave
    hardly any cycles behind. Together that was a seventh of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def _loop_factory(*, is_tls: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return uvloop's where it is, but not for TLS.

    There it waits at its end, for ever, for a client that is in its handshake or keeps silent.
    """
    if is_tls:
        return asyncio.new_event_loop
    try:
        import uvloop  # noqa: PLC0415 (not on every platform)
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


Echo = Callable[[str], None]


def serve(settings: Settings, echo: Echo) -> None:
    """Serve until one of `stop_signals`; `echo` prints the start-up text.

    Raises:
        ConfigurationError: the settings cannot work.
        SpecError: a contract has a fault.
    """
    logs.start(settings.log_format)
    listener = listen(settings)
    try:
        _serve_on(listener, settings, echo)
    finally:
        listener.close()


def _serve_on(listener: Listener, given: Settings, echo: Echo) -> None:
    settings = with_token(given, listener)
    app = create_app(settings)
    unknown_token = None if given.control_token else settings.control_token
    tune_gc()
    on_start = partial(echo, _text(app, listener, settings, unknown_token))
    server = make_server(app, listener, settings)
    if settings.workers == 1:
        server.run(on_start, stop_signals())
        app.store.close()
        return
    app.store.close()  # no connection may be in two processes; each opens its own
    stop_seconds = STOP_SECONDS + 5
    work = partial(server.run, signals=(signal.SIGTERM,))
    close = listener.bound.close
    WorkerSupervisor(settings.workers, work, logs.log_error, stop_seconds, close).run(on_start)


def make_server(mock: App, listener: Listener, settings: Settings) -> UvicornServer:
    """Return a server of a mock that listens."""
    app = mock.app if settings.log_format == logs.NONE else AccessLog(mock.app, settings.log_format)
    watch = partial(mock.fixtures.watch, logs.log_error) if settings.watch else None
    return UvicornServer(app, listener, settings, watch)


def with_token(settings: Settings, listener: Listener) -> Settings:
    """Return settings whose control plane asks for a token, where others can reach the server."""
    if settings.control_token is not None or listener.bound.local:
        return settings
    return replace(settings, control_token=token_urlsafe(18))


def _text(app: App, listener: Listener, settings: Settings, token: str | None) -> str:
    started = Started(
        base_url=listener.base_url,
        ca_file=None if listener.tls is None else listener.tls.ca_file,
        token=token,
    )
    if settings.log_format == logs.JSON:
        return logs.to_json(render_json(app, settings, started))
    return render_text(app, settings, started)
