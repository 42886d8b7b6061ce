"""Reads and decodes the body of an answer, and tells how it fell short."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, IncompleteRead, ReadTimeoutError

from conformance.errors import NetworkFailure, Overloaded, Timeout
from conformance.http.adapter import Session, translate_errors
from conformance.http.exchange import Exchange, RecordedRequest, RecordedResponse
from conformance.http.limits import LONGEST_LOAD_WAIT, Budget, CircuitBreaker
from conformance.http.redaction import Redactor
from conformance.http.request import HttpRequest

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class ResponseBody:
    """A body as far as it could be read; `error` tells how it fell short, None where it did not.

    `timed_out`: the rest may have come, but not in time.
    """

    content: bytes
    error: str | None = None
    timed_out: bool = False


def read_body(response: requests.Response, limit: int, timeout: float) -> ResponseBody:
    """Read the whole body of a streamed answer and undo its Content-Encoding.

    Raises:
        NetworkFailure: the connection broke before anything was promised.
        Timeout: the body was still coming after `timeout` seconds, or after `limit` bytes.
    """
    raw = bytearray()
    try:
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            raw += chunk
            if len(raw) > limit:
                raise Timeout(too_large(limit))
    except ReadTimeoutError:
        return _stalled(response, bytes(raw), timeout)
    except IncompleteRead:
        return ResponseBody(bytes(raw), _short(response, len(raw)))
    except (HTTPError, OSError, ValueError) as error:
        if isinstance(error.__context__, IncompleteRead) or isinstance(error, HTTPError):
            return ResponseBody(bytes(raw), _short(response, len(raw)))
        raise NetworkFailure("the connection broke while the body was coming") from error
    return _decode(bytes(raw), response.headers.get("Content-Encoding", ""), limit)


def too_large(limit: int) -> str:
    """Say that an answer has more than `limit` bytes."""
    return f"the answer is larger than {limit // 2**20} MB; the suite stopped reading"


def _stalled(response: requests.Response, raw: bytes, timeout: float) -> ResponseBody:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and raw:
        return ResponseBody(
            raw, f"{_short(response, len(raw))} within {timeout:g} s", timed_out=True
        )
    raise Timeout(f"the body was still coming after {timeout:g} s")


def _short(response: requests.Response, size: int) -> str:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit():
        return f"the body ended after {size} of the {announced} bytes that Content-Length announces"
    return f"the body broke off after {size} bytes"


def _decode(raw: bytes, encoding: str, limit: int) -> ResponseBody:
    coding = encoding.strip().lower()
    if coding in {"", "identity"} or not raw:
        return ResponseBody(raw)
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return ResponseBody(raw, f"the body is in the coding {encoding!r}, which was not asked for")
    try:
        return _inflate(raw, coding, limit)
    except zlib.error:
        return ResponseBody(raw, f"the body does not decode as {coding}, its Content-Encoding")


def _inflate(raw: bytes, coding: str, limit: int) -> ResponseBody:
    # 47: gzip or zlib by its header; -15: the bare stream that some servers call deflate.
    bare = coding == "deflate" and raw[0] & 0x0F != 8
    decoder = zlib.decompressobj(-15 if bare else 47)
    content = decoder.decompress(raw, limit + 1)
    if len(content) > limit:
        raise Timeout(too_large(limit))
    if not decoder.eof:
        return ResponseBody(content, f"the {coding} body ends before its stream does")
    return ResponseBody(content)


LOAD = frozenset({429, 503})
ATTEMPTS_UNDER_LOAD = 5


@dataclass(frozen=True, slots=True)
class ResponseLimits:
    """`timeout`: seconds for one whole answer; `max_body`: bytes, decoded."""

    timeout: float = 10.0
    max_body: int = 32 * 2**20


@dataclass(frozen=True, slots=True)
class ExchangeInfo:
    """What an exchange is filed under (see `Exchange`); `repeatable`: it may be sent twice."""

    operation: str | None
    driver: str
    role: str | None = None
    valid: bool | None = None
    path_parameters: Mapping[str, Any] = field(default_factory=dict)
    repeatable: bool = True
    tokens: str | None = None


class Transport:
    """Sends drafts to `base_url` and records every exchange, redacted."""

    def __init__(
        self,
        base_url: str,
        session: Session,
        *,
        redactor: Redactor,
        budget: Budget,
        limits: ResponseLimits,
        direct: bool,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.redactor = redactor
        self.budget = budget
        self.breaker = CircuitBreaker()
        self.exchanges: list[Exchange] = []
        self.listeners: list[Callable[[Exchange], None]] = []
        self._session = session
        self._limits = limits
        self._direct = direct

    def send(self, draft: HttpRequest, label: ExchangeInfo) -> Exchange:
        """Send a draft (credentials included) and return the recorded exchange.

        Raises:
            BudgetExceeded: nothing more may be sent.
            NotPermitted: the request would leave the target, or cannot be put on the wire.
        """
        failure = self.breaker.denial_reason(label.operation)
        received: RecordedResponse | None = None
        if failure is None:
            try:
                received = self._send_under_load(draft, label)
                self.breaker.answered()
                if received.timed_out:
                    self.breaker.timed_out(label.operation)
            except NetworkFailure as error:
                failure = str(error)
                self.breaker.failed(label.operation, error)
        return self._record(draft, label, received, failure)

    def _send_under_load(self, draft: HttpRequest, label: ExchangeInfo) -> RecordedResponse:
        for attempt in range(ATTEMPTS_UNDER_LOAD):
            received = self._send_with_retry(draft, label)
            wait = self._retry_after(received, attempt)
            if wait is None:
                return received
            if attempt + 1 == ATTEMPTS_UNDER_LOAD or wait > LONGEST_LOAD_WAIT:
                break
            if not self.budget.sleep(wait):
                break
        asked = "Retry-After" in received.headers
        said = f"Retry-After {wait:g} s" if asked else "without Retry-After"
        raise Overloaded(f"the target is overloaded: {received.status}, {said}")

    def _send_with_retry(self, draft: HttpRequest, label: ExchangeInfo) -> RecordedResponse:
        """Send once more where the answer broke off or did not decode."""
        try:
            received = self._send_once(draft)
        except NetworkFailure as error:
            if not (error.repeatable and label.repeatable):
                raise
            return self._send_once(draft)
        again = label.repeatable and not (received.complete or received.timed_out)
        return self._send_once(draft) if again else received

    def _send_once(self, draft: HttpRequest) -> RecordedResponse:
        self.budget.spend()
        began = self.budget.clock.now()
        with translate_errors(self._limits.timeout):
            response = self._session.deliver(
                self._prepare(draft), self._limits.timeout, direct=self._direct and not draft.origin
            )
            try:
                body = read_body(response, self._limits.max_body, self._limits.timeout)
            finally:
                response.close()
        elapsed = self.budget.clock.now() - began
        return RecordedResponse(
            response.status_code,
            CaseInsensitiveDict(response.headers),
            body.content,
            complete=body.error is None,
            elapsed=elapsed,
            body_error=body.error,
            timed_out=body.timed_out,
        )

    def _prepare(self, draft: HttpRequest) -> requests.PreparedRequest:
        request = requests.PreparedRequest()
        request.method = draft.method
        request.url = (draft.origin or self.base_url) + draft.target
        request.headers = CaseInsensitiveDict(draft.headers)
        request.body = draft.body
        if draft.body is not None or draft.method in {"POST", "PUT", "PATCH"}:
            request.headers["Content-Length"] = str(len(draft.body or b""))
        return request

    def _retry_after(self, received: RecordedResponse, attempt: int) -> float | None:
        """Seconds that a 429 or 503 asks to wait; None for any other answer.

        A 503 that does not say for how long is no promise that it ends: it is an answer.
        """
        asked = received.headers.get("Retry-After", "").strip()
        if received.status not in LOAD or (received.status == 503 and not asked):
            return None
        if asked.isascii() and asked.isdigit():
            return float(asked)
        try:
            moment = parsedate_to_datetime(asked)
            return max(0.0, (moment - self.budget.clock.today()).total_seconds())
        except (TypeError, ValueError):
            return float(2**attempt)

    def _record(
        self,
        draft: HttpRequest,
        label: ExchangeInfo,
        received: RecordedResponse | None,
        failure: str | None,
    ) -> Exchange:
        if received is not None and label.tokens is not None:
            self.redactor.register_tokens(received.body, label.tokens)
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            operation=label.operation,
            request=self._sent(draft, label.role),
            response=self._redacted(received),
            failure=failure,
            driver=label.driver,
            valid=label.valid,
            path_parameters=label.path_parameters,
        )
        self.exchanges.append(exchange)
        for listener in self.listeners:
            listener(exchange)
        return exchange

    def _sent(self, draft: HttpRequest, role: str | None) -> RecordedRequest:
        hide = self.redactor.redact
        return RecordedRequest(
            method=draft.method,
            url=hide((draft.origin or self.base_url) + draft.target),
            path=hide(draft.path),
            query=tuple((hide(name), hide(value)) for name, value in draft.query),
            headers=self.redactor.redact_headers(draft.headers),
            body=None if draft.body is None else self.redactor.redact_bytes(draft.body),
            role=role,
        )

    def _redacted(self, received: RecordedResponse | None) -> RecordedResponse | None:
        if received is None:
            return None
        return replace(
            received,
            headers=self.redactor.redact_headers(received.headers),
            body=self.redactor.redact_bytes(received.body),
        )
