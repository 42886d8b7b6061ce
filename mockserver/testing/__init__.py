"""A mock for tests: a real server on a free port, for as long as a `with` lasts."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Any
from warnings import catch_warnings, simplefilter

from mockserver.app import App, create_app
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.server.run import UvicornServer, listen, make_server, with_token

START_SECONDS = 30


class MockServer:
    """A mock in a background thread of this process.

    ```python
    with MockServer(clock="manual") as mock:
        requests.get(f"{mock.control_url}/health")
    ```
    """

    def __init__(self, settings: Settings | None = None, **told: Any) -> None:
        """Take settings, or what `mockserver serve` could be told: `MockServer(clock="manual")`.

        Raises:
            ConfigurationError: they cannot work.
        """
        self.settings = settings or Settings(**{"port": 0, **told})
        if self.settings.workers > 1:
            raise ConfigurationError("workers are processes; start them with mockserver serve")
        self._running: UvicornServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> "MockServer":
        """Serve from now on; returns once the server answers.

        Raises:
            ConfigurationError: the settings cannot work.
        """
        self._listener = listener = listen(self.settings)
        self.settings = with_token(self.settings, listener)
        try:
            with catch_warnings():  # of what libraries are outgrown by; no test can mend that
                simplefilter("ignore")
                self.mock: App = create_app(self.settings)
        except BaseException:
            listener.close()
            raise
        self.base_url = listener.base_url
        self.control_url = f"{self.base_url}/_mock"
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
    def ca_file(self) -> Path | None:
        """The authority that clients have to trust, where `tls="self-signed"` made one."""
        tls = self._listener.tls
        return None if tls is None else tls.ca_file

    def stop(self) -> None:
        """Stop serving; returns once the port is free."""
        if self._running and self._thread:
            self._running.stop()
            self._thread.join()
            self.mock.store.close()
            self._listener.close()
        self._running = self._thread = None

    def __enter__(self) -> "MockServer":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
