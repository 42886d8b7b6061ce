"""One request and its answer, as every judge, probe and report sees them: free of secrets."""

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


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as it left, with placeholders (`$TALKDESK_TOKEN`) where secrets stood.

    `path` is the path of the URL, still percent-encoded; `query` holds decoded pairs in the order
    sent; `role` names the credential that went along, or None where none did.
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
        try:
            return orjson.loads(self.body or b"")
        except ValueError:
            return NOT_JSON


@dataclass(frozen=True)
class RecordedResponse:
    """An answer, its body decoded from any Content-Encoding.

    `complete` is False where the body ended before its Content-Length or did not decode, twice in
    a row; `body_error` says how, `timed_out` that the rest did not come in time. `elapsed` is in
    seconds. Secrets are replaced in `body`, so its length is no evidence for Content-Length:
    `complete` is.
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
        try:
            return orjson.loads(self.body)
        except ValueError:
            return NOT_JSON

    @property
    def media(self) -> str:
        """The media type in lower case without parameters; empty where there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it: an answer, or a failure in plain words.

    `number` counts from 1 in the order of the run. `operation` is the operationId, None where the
    request belongs to none. `valid` is True where the contract allows the request and the
    credential is good, False where it is wrong on purpose, None where nobody knows.
    `path_parameters` are the values before encoding.
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
        """The HTTP status, None where no answer came."""
        return self.response.status if self.response else None

    @property
    def json(self) -> Any:
        """The parsed body of the answer, or `NOT_JSON`."""
        return self.response.json if self.response else NOT_JSON

    @property
    def sort_key(self) -> tuple[int, int, int]:
        """Orders exchanges as evidence: the fewest members and parameters, then the shortest."""
        body = self.request.body or b""
        parts = len(self.request.query) + body.count(b":") + body.count(b"=")
        return (parts, len(self.request.url) + len(body), self.number)
