"""Recorded exchanges, as every check and report sees them: free of secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import orjson
from requests.structures import CaseInsensitiveDict


class NotJson:
    """The type of `NOT_JSON`."""

    def __repr__(self) -> str:
        return "NOT_JSON"

    def __bool__(self) -> bool:
        return False


NOT_JSON: Final = NotJson()


def _parsed(body: bytes | None) -> Any:
    try:
        return orjson.loads(body or b"")
    except ValueError:
        return NOT_JSON


@dataclass(frozen=True, slots=True)
class ExchangeInfo:
    """What a request is recorded with; for the first four see `Exchange`.

    Attributes:
        operation: the operationId.
        driver: what sends it.
        role: the role of its credential.
        valid: whether the contract allows it.
        path_parameters: values before encoding.
        repeatable: it may be sent twice, should the response be incomplete.
        tokens: the placeholder for tokens in the response body.
    """

    operation: str | None
    driver: str
    role: str | None = None
    valid: bool | None = None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    repeatable: bool = True
    tokens: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it was sent, with placeholders (`$TALKDESK_TOKEN`) for secrets.

    `path` is the path of the URL, still percent-encoded; `query` holds decoded pairs in the order
    sent; `role` names the credential that was sent, None where there was none.
    """

    method: str
    url: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes | None
    role: str | None

    @property
    def json(self) -> Any:
        """The parsed body, or `NOT_JSON`."""
        return _parsed(self.body)


@dataclass(frozen=True)
class RecordedResponse:
    """A response, its body decoded from any Content-Encoding.

    `complete` is False where the body ended before its Content-Length or did not decode, twice in
    a row; then `body_error` says how, and `timed_out` that the rest did not come in time. `elapsed`
    is in seconds. Secrets are replaced in `body`, so its length is no evidence for Content-Length.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool = True
    elapsed: float = 0.0
    body_error: str | None = None
    timed_out: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", CaseInsensitiveDict(self.headers))

    @cached_property
    def json(self) -> Any:
        """The parsed body, or `NOT_JSON` (whatever the Content-Type says)."""
        return _parsed(self.body)

    @property
    def media(self) -> str:
        """The media type in lower case without parameters; empty where there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its response, or with a failure in plain words.

    `number` counts from 1 in the order of the run. `operation` is the operationId, None where the
    request belongs to none. `driver` names the part of the suite that sent it. `valid` is True
    where the contract allows the request and the credential is good, False where it is wrong on
    purpose, None where that is unknown. `path_parameters` are the values before encoding.
    """

    number: int
    operation: str | None
    request: RecordedRequest
    response: RecordedResponse | None
    failure: str | None
    driver: str
    valid: bool | None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int | None:
        """The HTTP status, None where no response came."""
        return self.response.status if self.response else None

    @property
    def json(self) -> Any:
        """The parsed body of the response, or `NOT_JSON`."""
        return self.response.json if self.response else NOT_JSON

    @property
    def sort_key(self) -> tuple[int, int, int]:
        """Orders exchanges as evidence: the fewest members and parameters, then the shortest."""
        body = self.request.body or b""
        parts = len(self.request.query) + body.count(b":") + body.count(b"=")
        return (parts, len(self.request.url) + len(body), self.number)
