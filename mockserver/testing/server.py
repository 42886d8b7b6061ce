"""A mock for tests: a real server on a free port, for the duration of a `with` block."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack
from warnings import catch_warnings, simplefilter

from mockserver.app import App, create_app
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.server.run import Listener, UvicornServer, listen, make_server, with_token

START_SECONDS = 30


class Options(TypedDict, total=False):
    """The options of `mockserver serve`, each named with `_` for `-`."""

    host: str
    port: int
    store: str
    workers: int
    tls: Literal["self-signed"] | None
    tls_cert: str | Path | None
    tls_key: str | Path | None
    tls_dir: str | Path | None
    root_path: str | None
    profile: Literal["documented", "observed"]
    seed: int
    clock: Literal["real", "manual"]
    scenario: str | None
    faults: str | Path | None
    vendors: str | Path | Sequence[str | Path]
    fixtures: str | Path | None
    scenarios: str | Path | None
    watch: bool
    speed: float
    longest_delay: float
    cors_origin: Sequence[str]
    control_origin: Sequence[str]
    control_host: Sequence[str]
    vendor_option: Sequence[str]
    control_token: str | None
    date_header: Literal["real", "virtual"]
    max_body: int
    max_headers: int
    max_sandboxes: int
    max_journal: int
    max_journal_bytes: int
    sandbox_idle: int
    request_timeout: int
    idle_timeout: int
    log_format: Literal["none", "text", "json"]


class MockServer:
    """A mock in a background thread of this process.

    ```python
    with MockServer(clock="manual") as mock:
        requests.get(f"{mock.control_url}/health")
    ```
    """

    def __init__(self, settings: Settings | None = None, **options: Unpack[Options]) -> None:
        """Accept settings, or the options of `mockserver serve`: `MockServer(clock="manual")`.

        Raises:
            ConfigurationError: one is invalid.
        """
        given: dict[str, Any] = {"port": 0, **options}
        self.settings = settings or Settings(**given)
        if self.settings.workers > 1:
            raise ConfigurationError("workers are processes; start them with mockserver serve")
        self._running: UvicornServer | None = None
        self._thread: threading.Thread | None = None
        self._listener: Listener | None = None

    def start(self) -> "MockServer":
        """Start the server; returns once it accepts requests.

        Raises:
            ConfigurationError: a setting is invalid.
            RuntimeError: it is already running.
        """
        if self._running is not None:
            raise RuntimeError(f"the mock is running already, at {self.base_url}")
        self._listener = listener = listen(self.settings)
        self.settings = with_token(self.settings, listener)
        try:
            with catch_warnings():  # deprecations in libraries, which no test can fix
                simplefilter("ignore")
                self.mock: App = create_app(self.settings)
        except BaseException:
            listener.close()
            raise
        self._running = make_server(self.mock, listener, self.settings)
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._running.run, args=(started.set,), name="mockserver", daemon=True
        )
        self._thread.start()
        if not started.wait(START_SECONDS):
            raise ConfigurationError(f"the mock did not start within {START_SECONDS} seconds")
        return self

    @property
    def base_url(self) -> str:
        """The URL of the running mock.

        Raises:
            RuntimeError: it is not running.
        """
        if self._listener is None:
            raise RuntimeError("the mock is not running: call start() or use it in a with block")
        return self._listener.base_url

    @property
    def control_url(self) -> str:
        """The URL of its control plane; raises as `base_url` does."""
        return f"{self.base_url}/_mock"

    @property
    def ca_file(self) -> Path | None:
        """The certificate authority that clients must trust; None without `tls="self-signed"`."""
        tls = None if self._listener is None else self._listener.tls
        return None if tls is None else tls.ca_file

    def stop(self) -> None:
        """Stop the server; returns once the port is free."""
        if self._running and self._thread and self._listener:
            self._running.stop()
            self._thread.join()
            self.mock.store.close()
            self._listener.close()
        self._running = self._thread = self._listener = None

    def __enter__(self) -> "MockServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
