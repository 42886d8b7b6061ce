"""HTTP: requests, recorded exchanges, and the one transport to the target."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import orjson
from requests.structures import CaseInsensitiveDict


class NotJson:
    """The type of `NOT_JSON`."""

    def __repr__(self) -> str:
        return "NOT_JSON"

    def __bool__(self) -> bool:
        return False


NOT_JSON: Final = NotJson()


SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# The statuses by which a client should go elsewhere at once (RFC 9110, 15.4).
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MAX_URL_LENGTH: Final = 2000
# Segments of letters, digits and the punctuation of ids; none of dots alone.
_PLAIN_PATH: Final = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~@:+-]*)*")
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# Where a number with a fraction of zeros alone may be.
_POINT_ZERO: Final = re.compile(rb"\.0+(?![0-9])")
LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body, or `NOT_JSON`, as RFC 8259 reads it.

    It is UTF-8. A byte order mark before it and an escaped lone surrogate (read as U+FFFD) are
    allowed, `NaN` and `Infinity` are not. A number written `1.0` is the integer that it equals.
    """
    text = body.removeprefix(BYTE_ORDER_MARK)
    try:
        value = orjson.loads(text)
    except ValueError:
        try:
            value = json.loads(text.decode(), parse_constant=_reject_constant)
            # A lone surrogate is no character: nothing that validates or encodes text takes it.
            value = orjson.loads(
                LONE_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False))
            )
        except (ValueError, RecursionError):
            return NOT_JSON
    return _with_integers(value) if _POINT_ZERO.search(text) else value


def _with_integers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_integers(item) for name, item in value.items()}
    return value


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON (RFC 8259, 6)")


@dataclass(frozen=True, slots=True)
class ExchangeInfo:
    """What a request is recorded with; for the first four see `Exchange`.

    Attributes:
        operation: the operationId.
        driver: what sends it.
        role: the role of its credential.
        valid: whether the contract allows it.
        path_parameters: values before encoding.
        repeatable: it may be sent again, should no complete response come.
        tokens: the placeholder for tokens in the response body.
    """

    operation: str | None
    driver: str
    role: str | None = None
    valid: bool | None = None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    repeatable: bool = True
    tokens: str | None = None


@dataclass(frozen=True)
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
        return parse_json(self.body or b"")

    @cached_property
    def is_malformed(self) -> bool:
        """True for a URL or body that web servers and gateways may reject by themselves."""
        try:
            (self.body or b"").decode()
        except UnicodeDecodeError:
            return True
        path = unquote(urlsplit(self.url).path)
        query_texts = (text for pair in self.query for text in pair)
        return (
            len(self.url) > MAX_URL_LENGTH
            or _PLAIN_PATH.fullmatch(path) is None
            or any(not text.isprintable() for text in query_texts)
        )


@dataclass(frozen=True)
class RecordedResponse:
    """A response, its body decoded from any Content-Encoding.

    `complete` is False where the body ended before its Content-Length or did not decode, however
    often it was requested; then `body_error` says how, `timed_out` that the rest did not come in
    time, and `broken_off` that the connection ended before the body. `elapsed` is in seconds.
    Secrets are replaced in `body`, so its length is no evidence for Content-Length.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool = True
    elapsed: float = 0.0
    body_error: str | None = None
    timed_out: bool = False
    broken_off: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", CaseInsensitiveDict(self.headers))

    @cached_property
    def json(self) -> Any:
        """The parsed body, or `NOT_JSON` (whatever the Content-Type says)."""
        return parse_json(self.body)

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
    `together` are the requests that were sent at the same time (method, path and query).
    `unanswered` counts the attempts that were sent and got no complete response; the target may
    have carried them out. `transient`: the failure is one of the connection, which another attempt
    may not meet.
    """

    number: int
    operation: str | None
    request: RecordedRequest
    response: RecordedResponse | None
    failure: str | None
    driver: str
    valid: bool | None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    together: tuple[str, ...] = ()
    unanswered: int = 0
    transient: bool = False

    @property
    def status(self) -> int | None:
        """The HTTP status, None where no response came."""
        return self.response.status if self.response else None

    @property
    def response_body(self) -> bytes:
        """The body of the response; empty where there is none."""
        return self.response.body if self.response else b""

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
