"""What a vendor's module gives to the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.auth import Identity
from mockserver.errors import ApiError
from mockserver.http.messages import Request, Response
from mockserver.jobs import Job
from mockserver.jobs.repository import JobRepository
from mockserver.sandbox.sandbox import Sandbox
from mockserver.sandbox.seeding import SeedLoader
from specs import Contract, Operation

Options = Mapping[str, str]
"""The value of each option of one vendor, by name."""

Handler = Callable[[Request], Response]

Identify = Callable[[Sandbox, str, str], Identity | None]
"""Returns the identity of a secret of a security scheme, None for an unknown or expired one."""


def issues_no_credentials(_sandbox: Sandbox, _scheme: str, _secret: str) -> Identity | None:
    """Return None: only the fixtures have credentials."""
    return None


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor in one profile; `create(contract, options)` of its module returns it.

    It has no state but its contract, which may allow more than the one in `specs`. `handlers` are
    by operationId. `file` returns the response with a job's file, whatever its state. `error`
    returns the vendor's error body; the operation is None for an unknown path. `identify` is for
    secrets that the vendor issued in the sandbox. `stateless` are the operations that are answered
    with an example of their schema, `job_parameters` those with a job's id that no link names.
    """

    contract: Contract
    handlers: Mapping[str, Handler]
    repository: JobRepository
    seeds: SeedLoader
    file: Callable[[Sandbox, Job], Response]
    error: Callable[[ApiError, Operation | None], Response]
    identify: Identify = issues_no_credentials
    stateless: tuple[str, ...] = ()
    job_parameters: frozenset[str] = frozenset()
