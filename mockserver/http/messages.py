"""A request as a vendor's handler sees it, and the reply that it gives."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from mockserver.auth import Identity
from mockserver.journal.base import Outcome
from mockserver.sandbox.sandbox import Sandbox
from specs import Operation


class Request(Struct, frozen=True):
    """One request that its contract allows: values parsed and valid, defaults filled in.

    `path` and `query` hold JSON types by parameter name; `headers` are all the request's, by
    lower-case name, as text. `body` is the decoded body, or None. `identity` is None only where
    the operation asks for no credentials. `root_path` is what links to this server begin with.
    """

    operation: Operation
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    identity: Identity | None
    sandbox: Sandbox
    root_path: str = ""

    @property
    def account(self) -> str:
        """The account of the caller; the operation must ask for credentials."""
        assert self.identity is not None
        return self.identity.account


@dataclass(frozen=True, slots=True)
class StreamingBody:
    """The body of a download: its media type, its length in bytes (if known) and its content.

    `chunks` starts the content anew at each call.
    """

    media: str
    length: int | None
    chunks: Callable[[], Iterator[bytes]]


class Response(Struct, frozen=True):
    """The answer to a call: a status and JSON types, or a file, or nothing."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    file: StreamingBody | None = None


class Result(Struct, frozen=True):
    """A response, how it came about, and why where that is not OK.

    `is_deferred` says that the journal can be written only later.
    """

    response: Response
    outcome: Outcome = Outcome.OK
    reason: str = ""
    is_deferred: bool = False
