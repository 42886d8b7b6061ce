"""What a vendor's module gives to the server."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from mockserver.auth import Identity
from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.sandbox.sandbox import Sandbox
from specs import Contract, Operation

Options = Mapping[str, str]
"""The value of each option of one vendor, by name."""

Handler = Callable[[Request], Response]


class Vendor(Protocol):
    """One vendor in one profile. It has no state but its contract: all else is the sandbox's.

    A module of `mockserver.vendors` has a function `create(contract, options) -> Vendor`.
    """

    @property
    def name(self) -> str:
        """The slug."""
        ...

    @property
    def contract(self) -> Contract:
        """The contract that is played; it may allow more than the one in `specs`."""
        ...

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """One for each operationId of the contract."""
        ...

    @property
    def repository(self) -> JobRepository:
        """The jobs of this vendor, for the control plane."""
        ...

    def file(self, sandbox: Sandbox, job: Job) -> Response:
        """Return the reply with the file of a job, whatever its state."""
        ...

    def error(self, error: ApiError, operation: Operation | None = None) -> Response:
        """Return the vendor's error body; `operation` is None for an unknown path."""
        ...

    def identify(self, sandbox: Sandbox, scheme: str, secret: str) -> Identity | None:
        """Return the identity of a secret that the vendor issued in this sandbox and is valid."""
        ...

    def seed(self, sandbox: Sandbox, fixtures: Mapping[str, Any]) -> None:
        """Fill a sandbox with the content of `fixtures/<vendor>/seed.yaml`. Idempotent.

        Raises:
            ConfigurationError: the fixtures do not fit the contract; the text names the place.
        """
        ...
